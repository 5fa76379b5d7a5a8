// How old pictures are, with networks that dawdle and clocks that are not known.

import assert from "node:assert/strict";
import { test } from "node:test";

import { taken } from "../../car-daemon/page/age.js";
import { Clock } from "../../car-daemon/page/clock.js";

const AHEAD_S = 5000; // what the daemon's clock says when the browser's says 0

/** What the car says of a picture taken at `at` (ms of the browser's clock) and sent `latency` ms later. */
function headers(at, latency) {
  return new Map([["x-time", (AHEAD_S + at / 1000).toFixed(6)], ["x-latency-ms", latency.toFixed(1)]]);
}

/** How old (ms) a picture is taken to be that comes at `now` (ms). */
const age = (said, now) => now - taken(said, now, AHEAD_S + now / 1000).at;
const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 0.01, `${actual} is not ${expected}`);

test("a delay that never changes is seen, from the first picture and for ever", () => {
  for (let now = 0; now < 120_000; now += 33) near(age(headers(now - 3010, 10), now), 3010);
});

test("a network that becomes slow and stays so is seen", () => {
  for (let now = 0; now < 240_000; now += 33) {
    const way = now < 60_000 ? 20 : 3000;
    near(age(headers(now - way - 10, 10), now), way + 10);
  }
});

test("no picture is younger than it was when the car sent it, whatever the error of the clock", () => {
  near(taken(headers(1000, 35), 1040, AHEAD_S + 1.02).at, 1005);
  assert.equal(taken(headers(1000, 35), 1040, AHEAD_S + 0.9).sure, true);
});

test("without the daemon's clock, its time, or after that was moved, a picture is said to be at least as old as when it was sent", () => {
  assert.deepEqual(taken(headers(0, 20), 100), { at: 80, sure: false });
  assert.deepEqual(taken(new Map([["x-latency-ms", "20"], ["x-timestamp", "1700000000.5"]]), 100, 7), { at: 80, sure: false });
  assert.deepEqual(taken(headers(60_000, 20), 100, AHEAD_S + 0.1), { at: 80, sure: false });
  assert.deepEqual(taken(new Map([["x-latency-ms", "-5"], ["x-time", "NaN"]]), 100, 7), { at: 100, sure: false });
  assert.deepEqual(taken(new Map(), 100, 7), { at: 100, sure: false });
});

test("the daemon's clock counts as measured by an answer alone", () => {
  const clock = new Clock();
  clock.told(AHEAD_S, 3000); // Three seconds under way, which nobody can know.
  assert.equal(clock.measured, false);
  clock.answered(AHEAD_S + 3, 2990, 3010);
  assert.equal(clock.measured, true);
  near(clock.offset, AHEAD_S);
  clock.reset();
  assert.equal(clock.measured, false);
});
