// How much power a control means: as much as the slider allows.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { middle } from "../rig/browser.js";
import { stick, withGamepad } from "../rig/controls.js";
import { action, opened, says } from "../rig/drive.js";
import { rests } from "../rig/witness.js";

/** Full ahead by each control: a way to hold it, and one to let go. */
async function fullAhead(page) {
  const button = await middle(page, action("up"));
  const axes = (y) => page.evaluate((y) => (window.pad.axes = [0, y, 0, 0]), y);
  return {
    "a key": [() => page.keyboard.down("ArrowUp"), () => page.keyboard.up("ArrowUp")],
    "a button": [() => page.mouse.move(button.x, button.y).then(() => page.mouse.down()), () => page.mouse.up()],
    "the joystick": [() => stick(page).then((push) => push(0, 1)), () => page.mouse.up()],
    "a gamepad": [() => axes(-1), () => axes(0)],
  };
}

test("the slider limits the power of every control", async (t) => {
  const [daemon, car] = await t.car();
  const page = await withGamepad(t, daemon);
  // What is usual for this car was heard: it is set no more.
  await says(page, "#speed-limit", /^60\s*%$/);
  for (const [control, [hold, release]] of Object.entries(await fullAhead(page))) {
    for (const power of [0.2, 1]) {
      await page.fill("#speed", String(100 * power));
      await page.evaluate(() => document.activeElement?.blur());
      const is = ({ wheels }) => Math.abs(wheels.left - power) < 0.01 && Math.abs(wheels.right - power) < 0.01;
      await hold();
      await car.until(`${control} with ${power}`, is);
      await car.holds(`no more and no less than ${power} by ${control}`, 0.4, is);
      await release();
      await car.until("rest", rests);
    }
  }
});

test("an arrow drives after the slider was drawn by a mouse, with the power that was chosen", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await says(page, "#speed-limit", /^60\s*%$/);
  const { x, y, width } = await middle(page, "#speed");
  await page.mouse.click(x - width / 4, y);
  const power = Number(await page.inputValue("#speed")) / 100;
  assert.ok(power > 0.15 && power < 0.4, `${power}`);
  await page.keyboard.down("ArrowUp");
  await car.until("forward", ({ wheels }) => Math.abs(wheels.left - power) < 0.01);
  await page.keyboard.up("ArrowUp");
  assert.equal(Number(await page.inputValue("#speed")) / 100, power);
});
