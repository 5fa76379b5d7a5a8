// The pictures of docs/page: the page on a phone and on a desktop, light and dark, the same again each time as far as
// fonts allow. Time stands but for what is asked for, so that the car is where it was the last time.
//
// Usage: node pictures.js FOLDER

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PHONE, launch, open } from "./rig/browser.js";
import { Daemon } from "./rig/daemon.js";
import { linked, says, shows } from "./rig/drive.js";
import { Witness } from "./rig/witness.js";

const LARGEST = 150_000; // bytes
/** As high as the page's details are. */
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 960 } },
  phone: { ...PHONE, viewport: { width: 360, height: 740 }, deviceScaleFactor: 1 },
};
/** Throttle, steer, and for how many tenths of a second: a bend, on to the rug. */
const WAY = [[0.5, 0, 6], [0.5, -0.06, 9], [0.5, 0.06, 9], [0.5, 0, 5]];
/** Where the camera looks then, in degrees. */
const LOOK = { pan: 12, tilt: 4 };
const STEP = { ms: 100 };
/** How often it is looked whether all is well. */
const LOOKS = 100;
/** A page that gets no processor for 300 ms lets go, as it should; then it is tried again. */
const TRIES = 10;

/** Runs in the page: times that are others with each run stay these. */
function sameTimes() {
  for (const [id, text] of [["rtt", "4 ms"], ["video-age", "30 ms"]]) {
    const element = document.getElementById(id);
    const same = () => {
      if (element.textContent !== text) element.textContent = text;
      if (element.dataset.grade !== "good") element.dataset.grade = "good";
    };
    new MutationObserver(same).observe(element, { childList: true, characterData: true, subtree: true, attributes: true });
    same();
  }
}

/** Runs in the page: what a picture should not have; empty where nothing is wrong, and the page `does` that. */
function amiss(does) {
  const { drive, video } = document.documentElement.dataset;
  const words = ["trouble", "refusal"].map((id) => document.getElementById(id).innerText);
  return [drive, video, ...words].filter((word) => ![does, "live", ""].includes(word)).join("; ");
}

/** Time goes on, a tenth as fast as people's, until all is well; says what was not, where that lasts. */
async function well(page, hand, does) {
  let wrong = "";
  for (let left = LOOKS; left > 0; left -= 1) {
    await hand.call("sim.step", { ms: 10 });
    wrong = await page.evaluate(amiss, does);
    if (wrong === "" || (does === "driving" && wrong.startsWith("rest"))) break;
    await pause(100);
  }
  return wrong;
}

/** The way, by somebody whose words are never late: each step is told, and so drawn as a trail. */
async function go(hand) {
  await hand.call("nudge", LOOK);
  for (const [throttle, steer, steps] of WAY) {
    for (let step = 0; step < steps; step += 1) {
      await hand.call("drive", { throttle, steer });
      await hand.call("sim.step", STEP);
    }
  }
  await hand.call("stop");
  await hand.call("release");
}

/** The page has the car and drives on, while it is photographed; says what was wrong with it. */
async function photograph(page, hand, path) {
  const before = await well(page, hand, "rest");
  if (before !== "") return before;
  await page.keyboard.down("ArrowUp");
  await page.waitForFunction(() => document.documentElement.dataset.drive !== "held");
  await hand.call("sim.step", STEP);
  const wrong = await well(page, hand, "driving");
  if (wrong !== "") return wrong;
  await page.screenshot({ path, type: "jpeg", quality: 82 });
  return page.evaluate(amiss, "driving");
}

/** All of it anew, from where the car starts, until nothing is wrong. */
async function picture(browser, folder, screen, colorScheme) {
  const path = join(folder, `${screen}-${colorScheme}.jpg`);
  let wrong = "";
  for (let left = TRIES; left > 0; left -= 1) {
    wrong = await taken(browser, screen, colorScheme, path);
    if (wrong === "") break;
    console.log(`${path}, once more: ${wrong}`);
  }
  if (wrong !== "") throw new Error(`${path} cannot be taken: ${wrong}`);
  const { size } = statSync(path);
  if (size > LARGEST) throw new Error(`${path} has ${size} bytes, and should have ${LARGEST} at most`);
  console.log(`${path}: ${Math.round(size / 1000)} kB`);
}

async function taken(browser, screen, colorScheme, path) {
  const daemon = await Daemon.start({ world: "room", camera: "", args: ["--board", "classroom", "--sim-speed", "step"] });
  const hand = new Witness();
  try {
    await hand.dial(daemon);
    const page = await open(browser, daemon.page, { ...SCREENS[screen], colorScheme });
    await linked(page);
    await hand.call("sim.step", STEP);
    await says(page, "#video-age", /\d/);
    await page.evaluate(sameTimes);
    // The whole room, with what is written on the map beside it.
    if (screen === "desktop") await page.click("#map-out");
    await go(hand);
    await page.click("#take");
    const wrong = await photograph(page, hand, path);
    await page.context().close();
    return wrong;
  } finally {
    hand.close();
    await daemon.close();
  }
}

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const screen of Object.keys(SCREENS)) {
  for (const colours of ["light", "dark"]) await picture(browser, folder, screen, colours);
}
await browser.close();
