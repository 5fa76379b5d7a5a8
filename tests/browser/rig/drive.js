// The page's handles: how somebody drives by it, and how soon the car stands after.
//
// What must never live here: how the page does it.

import assert from "node:assert/strict";
import { Late, rests, wrongBy } from "./witness.js";

/**
 * What a test allows between somebody's hand and the daemon: a browser and a daemon share two loaded cores with others. How soon
 * the page says stop is shown by virtual time (tests/page); how long the daemon then waits, or waited for a silent page, is judged by its own words.
 */
const SLACK_MS = 1000;

/** A turn or two of the control loop, and what a loaded machine adds. */
const LATE_MS = 100;

/** The page's own time to live of a motion: the car stands by then, whatever became of the page. */
export const TTL_MS = 300;

/** How far a link's end, or a stop that was said, is from a car at rest. */
export const AT_ONCE_MS = 20;

export const action = (name) => `[data-action="${name}"]`;

/** Which way each side's wheels turn. */
export const SIDES = { up: [1, 1], back: [-1, -1], left: [-1, 1], right: [1, -1] };

export const turns = ([left, right]) => ({ wheels }) =>
  Math.sign(wheels.left) === left && Math.sign(wheels.right) === right;

/** The page with its link open and its picture drawn or not. */
export async function opened(t, url, options) {
  const page = await t.page(url, options);
  await linked(page);
  return page;
}

export const shows = (page, key, value) =>
  page.waitForFunction(([key, value]) => document.documentElement.dataset[key] === value, [key, value]);

export const linked = (page) => shows(page, "link", "open");

/** What an element of the page says, once it says that. */
export async function says(page, selector, pattern) {
  const is = ([selector, source, flags]) => new RegExp(source, flags).test(document.querySelector(selector)?.innerText);
  try {
    await page.waitForFunction(is, [selector, pattern.source, pattern.flags], { timeout: 10_000 });
  } catch {
    const said = await page.locator(selector).innerText({ timeout: 1000 }).catch(() => "nothing");
    assert.fail(`${selector} does not say ${pattern}; it says: ${said}`);
  }
}

/** Holds the key until the car goes forward. */
export async function goes(page, car, key = "ArrowUp") {
  await page.keyboard.down(key);
  await car.until("forward", turns(SIDES.up));
}

/** The car stands so soon after that was done; and for this reason, if it is known. */
export async function stops(car, within, act, reason = /./) {
  await car.clock();
  const from = car.time();
  const rest = car.until("rest", rests);
  await act();
  const state = await rest;
  const took = (state.t - from) * 1000;
  assert.ok(took < within + SLACK_MS, `it took ${took.toFixed(0)} ms to stop, not ${within}`);
  if (!reason.test(state.stop_reason)) throw wrongBy(`${state.stop_reason}: not ${reason}`, state);
  const silent = /sent nothing new for (\d+) ms/.exec(state.stop_reason)?.[1] ?? 0;
  // Now and then a daemon that gets no processor is late, too; one that is told of longer times is so each time.
  if (silent > TTL_MS + LATE_MS) throw new Late(`it drove on for ${silent} ms after the last word, not ${TTL_MS}`);
}

/** Nothing that is still held moves it. */
export const staysAtRest = (car, seconds = 1) => car.holds("rest", seconds, rests);
