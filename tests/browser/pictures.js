// The pictures of docs/page: the page on a phone and on a desktop, light and dark, the same again each time as far as
// fonts allow. Time stands but for what is asked for, so that the car is where it was the last time.
//
// Usage: node pictures.js FOLDER

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DESKTOP, PHONE, launch, open } from "./rig/browser.js";
import { Daemon } from "./rig/daemon.js";
import { linked, says } from "./rig/drive.js";
import { Witness } from "./rig/witness.js";

const LARGEST = 150_000; // bytes
const SCREENS = { desktop: DESKTOP, phone: { ...PHONE, viewport: { width: 360, height: 740 } } };
/** Keys that are held, and for how long the car drives so, in milliseconds of its own. */
const WAY = [[["ArrowUp"], 2000], [["ArrowUp", "ArrowLeft"], 700], [["ArrowUp"], 900]];
/** The page repeats what is held each tenth of a second: after two the daemon has it. */
const TOLD_MS = 250;
/** Until the last picture is drawn, here and there; well before the page takes a car whose time stands for one that hangs. */
const SHOWN_MS = 900;

/** Runs in the page: times that are others with each run stay these. */
function sameTimes() {
  for (const [id, text] of [["rtt", "4 ms"], ["video-age", "30 ms"]]) {
    const element = document.getElementById(id);
    const same = () => element.textContent !== text && (element.textContent = text);
    new MutationObserver(same).observe(element, { childList: true, characterData: true, subtree: true });
    same();
  }
}

async function drive(page, hand) {
  let held = [];
  for (const [keys, ms] of WAY) {
    for (const key of held.filter((key) => !keys.includes(key))) await page.keyboard.up(key);
    for (const key of keys.filter((key) => !held.includes(key))) await page.keyboard.down(key);
    held = keys;
    await pause(TOLD_MS);
    await hand.call("sim.step", { ms });
  }
}

async function picture(browser, folder, screen, colorScheme) {
  const daemon = await Daemon.start({ world: "room", args: ["--board", "classroom", "--sim-speed", "step"] });
  const hand = new Witness();
  const path = join(folder, `${screen}-${colorScheme}.jpg`);
  try {
    await hand.dial(daemon);
    const page = await open(browser, daemon.page, { ...SCREENS[screen], colorScheme, deviceScaleFactor: 1 });
    await linked(page);
    await hand.call("sim.step", { ms: 200 });
    await says(page, "#video-age", /\d/);
    await page.evaluate(sameTimes);
    await drive(page, hand);
    await pause(SHOWN_MS);
    await page.screenshot({ path, type: "jpeg", quality: 82 });
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
