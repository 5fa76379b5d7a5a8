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
/** Throttle, steer, and for how many tenths of a second: past the table, to where the room is seen. */
const WAY = [[0.5, 0, 10], [0.5, -0.18, 9], [0.5, 0.25, 12], [0.5, 0, 4]];
/** Where the camera looks then, in degrees. */
const LOOK = { pan: 12, tilt: 4 };
const STEP = { ms: 100 };
/** Until the newest picture is drawn, well before the page takes one whose time stands for an old one. */
const SHOWN_MS = 500;
/** A page that gets no processor for 300 ms lets go, as it should; then it is tried again. */
const TRIES = 20;

/** Runs in the page: times that are others with each run stay these. */
function sameTimes() {
  for (const [id, text] of [["rtt", "4 ms"], ["video-age", "30 ms"]]) {
    const element = document.getElementById(id);
    const same = () => element.textContent !== text && (element.textContent = text);
    new MutationObserver(same).observe(element, { childList: true, characterData: true, subtree: true });
    same();
  }
}

/** Runs in the page: it drives, and nothing is wrong. */
const isWell = () => {
  const { drive, video, mode } = document.documentElement.dataset;
  const silent = ["trouble", "refusal"].every((id) => document.getElementById(id).innerText === "");
  return drive === "driving" && video === "live" && mode === "driving" && silent;
};

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

/** The page has the car and drives on, while it is photographed. */
async function photograph(page, hand, path) {
  for (let left = TRIES; left > 0; left -= 1) {
    await page.keyboard.down("ArrowUp");
    const drives = await shows(page, "drive", "driving").then(() => true);
    await hand.call("sim.step", STEP);
    await pause(SHOWN_MS);
    const before = drives && (await page.evaluate(isWell));
    const jpeg = before && (await page.screenshot({ path, type: "jpeg", quality: 82 }));
    const after = jpeg && (await page.evaluate(isWell));
    await page.keyboard.up("ArrowUp");
    await hand.call("sim.step", STEP);
    if (after) return jpeg;
  }
  throw new Error(`${path}: the page was late ${TRIES} times`);
}

async function picture(browser, folder, screen, colorScheme) {
  const daemon = await Daemon.start({ world: "room", camera: "", args: ["--board", "classroom", "--sim-speed", "step"] });
  const hand = new Witness();
  const path = join(folder, `${screen}-${colorScheme}.jpg`);
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
    await photograph(page, hand, path);
    await page.context().close();
  } finally {
    hand.close();
    await daemon.close();
  }
  const { size } = statSync(path);
  if (size > LARGEST) throw new Error(`${path} has ${size} bytes, and should have ${LARGEST} at most`);
  console.log(`${path}: ${Math.round(size / 1000)} kB`);
}

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const screen of Object.keys(SCREENS)) {
  for (const colours of ["light", "dark"]) await picture(browser, folder, screen, colours);
}
await browser.close();
