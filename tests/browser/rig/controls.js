// Controls that take more than a key or a click: the stick on the screen, a gamepad.
//
// What must never live here: what they do to a car.

import { middle } from "./browser.js";
import { opened } from "./drive.js";

/** Puts a pointer on the joystick, `x` to the right and `y` up, in parts of its half. */
export async function stick(page) {
  const { x, y, width, height } = await middle(page, "#joystick");
  await page.mouse.move(x, y);
  await page.mouse.down();
  return (right, up) => page.mouse.move(x + (right * width) / 2, y - (up * height) / 2);
}

/** A gamepad that is not there, in the browser's own words: `pad.axes`, `pad.buttons[i]`. */
function fakeGamepad() {
  const button = () => ({ pressed: false, touched: false, value: 0 });
  const pad = {
    id: "a pad",
    index: 0,
    connected: true,
    mapping: "standard",
    timestamp: 0,
    axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 17 }, button),
  };
  navigator.getGamepads = () => {
    pad.timestamp = performance.now();
    return [pad, null, null, null];
  };
  window.pad = pad;
}

/** A page with its pad plugged in, and looked at once: only a stick that was in its middle counts. */
export async function withGamepad(t, daemon) {
  const page = await opened(t, daemon.page, { before: fakeGamepad });
  await page.evaluate(() => window.dispatchEvent(new Event("gamepadconnected")));
  await page.waitForFunction(() => window.pad.timestamp > 0);
  return page;
}
