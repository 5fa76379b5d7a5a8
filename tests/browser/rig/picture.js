// What is on a canvas or an image of the page, as numbers small enough to compare.
//
// What must never live here: what should be on it.

import { setTimeout as pause } from "node:timers/promises";
import { PATIENCE_MS } from "./witness.js";

/** Fields across and down. */
const SIZE = [16, 12];

/** Runs in a page of nobody's, as the one that shows a picture may not read it where it is another host's. */
async function measure([png, [across, down]]) {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(across, down).getContext("2d");
  canvas.drawImage(bitmap, 0, 0, across, down);
  const { data } = canvas.getImageData(0, 0, across, down);
  return Array.from({ length: across * down }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
}

/** As PNG: what is drawn on a canvas, without what lies over it; anything else as somebody sees it. */
async function shot(page, selector) {
  const element = page.locator(selector);
  const url = await element.evaluate((element) => (element.matches("canvas") ? element.toDataURL() : null));
  return url === null ? (await element.screenshot()).toString("base64") : url.split(",")[1];
}

/** The brightness of each field of what a selector finds, 0 to 255. */
export async function look(page, selector) {
  const png = await shot(page, selector);
  const context = await page.context().browser().newContext();
  try {
    const reader = await context.newPage();
    return await reader.evaluate(measure, [png, SIZE]);
  } finally {
    await context.close();
  }
}

/** How much two looks differ, in the mean of all fields. */
export const apart = (one, other) => one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;

/** Until it looks so: `is` has what is seen now. */
export async function sees(page, selector, what, is) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look(page, selector);
    if (is(seen)) return seen;
    if (performance.now() > end) throw new Error(`${selector} never shows ${what}`);
    await pause(50);
  }
}
