// Each control of the page turns the wheels as it should, by mouse, finger, key and gamepad.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { Fingers, PHONE, middle } from "../rig/browser.js";
import { stick, withGamepad } from "../rig/controls.js";
import { SIDES, action, opened, turns } from "../rig/drive.js";
import { rests } from "../rig/witness.js";

/** Each of the ten words of old, by a way to press and one to let go. */
async function tenActions(page, car, press, lift) {
  for (const [name, sides] of Object.entries(SIDES)) {
    await press(name);
    await car.until(name, turns(sides));
    await lift(name);
    await car.until(`rest after ${name}`, rests);
  }
  for (const [name, axis, sign] of [
    ["cam_up", "tilt", 1],
    ["cam_down", "tilt", -1],
    ["cam_left", "pan", 1],
    ["cam_right", "pan", -1],
  ]) {
    const before = car.state.gimbal[axis];
    await press(name);
    await lift(name);
    await car.until(name, ({ gimbal }) => Math.sign(gimbal[axis] - before) === sign);
  }
  for (const name of ["cam_left", "cam_up", "cam_up"]) {
    await press(name);
    await lift(name);
  }
  await car.until("another view", ({ gimbal }) => gimbal.pan > 0 && gimbal.tilt > 0);
  await press("cam_init");
  await lift("cam_init");
  await car.until("cam_init", ({ gimbal }) => gimbal.pan === 0 && gimbal.tilt === 0);
}

test("the ten actions by mouse", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  const press = async (name) => {
    const { x, y } = await middle(page, action(name));
    await page.mouse.move(x, y);
    await page.mouse.down();
  };
  await tenActions(page, car, press, () => page.mouse.up());
});

test("the ten actions by finger", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page, PHONE);
  const fingers = await Fingers.on(page);
  const press = async (name) => {
    await page.locator(action(name)).scrollIntoViewIfNeeded();
    const { x, y } = await middle(page, action(name));
    await fingers.down(x, y);
  };
  await tenActions(page, car, press, () => fingers.up());
});

const KEYS = [
  ["ArrowUp", "up"],
  ["ArrowDown", "back"],
  ["ArrowLeft", "left"],
  ["ArrowRight", "right"],
  ["KeyW", "up"],
  ["KeyS", "back"],
  ["KeyA", "left"],
  ["KeyD", "right"],
];

test("the arrows and WASD drive while they are held, and two of them together make a bend", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  for (const [key, name] of KEYS) {
    await page.keyboard.down(key);
    await car.until(`${name} by ${key}`, turns(SIDES[name]));
    await page.keyboard.up(key);
    await car.until(`rest after ${key}`, rests);
  }
  await page.keyboard.down("ArrowUp");
  await page.keyboard.down("ArrowLeft");
  await car.until("a bend to the left", ({ wheels }) => wheels.right > 0.1 && wheels.right > wheels.left + 0.1);
  await page.keyboard.up("ArrowLeft");
  await car.until("straight on", ({ wheels }) => wheels.left > 0.1 && wheels.left === wheels.right);
});

/** Where the camera looks, each way once: key by place, key with shift, the right stick, and the axis that it turns. */
const LOOKS = [
  ["KeyJ", "ArrowLeft", [-1, 0], "pan", 1],
  ["KeyL", "ArrowRight", [1, 0], "pan", -1],
  ["KeyI", "ArrowUp", [0, -1], "tilt", 1],
  ["KeyK", "ArrowDown", [0, 1], "tilt", -1],
];

/** Turns the camera until it did by more than a step of a button; then it stands, and the wheels never turned. */
async function looks(car, what, axis, sign, hold, release) {
  const from = car.state.gimbal[axis];
  await hold();
  const moved = await car.until(what, ({ gimbal }) => sign * (gimbal[axis] - from) > 12);
  assert.ok(rests(moved), "the wheels have nothing to do with it");
  await release();
  // What was under way when it was let go may turn it a little more. Then nothing does: a held one turns ten steps meanwhile.
  let last = moved;
  const stood = await car.until("the camera stands", (state) => {
    if (state.gimbal[axis] !== last.gimbal[axis]) last = state;
    return !rests(state) || state.t > last.t + 0.5;
  });
  assert.ok(rests(stood), "the wheels have nothing to do with it");
}

test("IJKL, and arrows with shift, turn the camera while they are held, and never the wheels", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  const hold = (key) => [() => page.keyboard.down(key), () => page.keyboard.up(key)];
  // From the middle each time: a key that a slow machine lifts late turns it to its end.
  const middle = async () => {
    await page.click(action("cam_init"));
    await car.until("the middle", ({ gimbal }) => gimbal.pan === 0 && gimbal.tilt === 0);
  };
  for (const [key, arrow, , axis, sign] of LOOKS) {
    await looks(car, `${axis} by ${key}`, axis, sign, ...hold(key));
    await middle();
    await page.keyboard.down("Shift");
    await looks(car, `${axis} by ${arrow}`, axis, sign, ...hold(arrow));
    await page.keyboard.up("Shift");
    await middle();
  }
});

test("space stops a car whose key is still held, and Esc latches the emergency stop", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await page.keyboard.down("KeyW");
  await car.until("forward", turns(SIDES.up));
  await page.keyboard.press("Space");
  await car.until("rest", rests);
  await car.holds("rest", 0.7, rests);
  await page.keyboard.up("KeyW");
  await page.keyboard.down("KeyW");
  await car.until("forward", turns(SIDES.up));
  assert.equal(await page.locator(".keyed").count(), 1, "the button that means the same shows it");
  assert.equal(await page.locator(`${action("up")}.keyed`).count(), 1);
  await page.keyboard.press("Escape");
  const { stop_reason } = await car.until("the latch", (state) => state.mode === "estop" && rests(state));
  // Or the page was late, and the car stood before.
  assert.match(stop_reason, /^emergency stop by|sent nothing new/);
  await page.keyboard.up("KeyW");
  assert.equal(await page.locator(".keyed").count(), 0);
});

test("the buttons stop and e-stop do what they say while another control is held", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  for (const [button, mode] of [["#stop", "idle"], ["#estop", "estop"]]) {
    await page.keyboard.down("ArrowUp");
    await car.until("forward", turns(SIDES.up));
    await page.click(button);
    await car.until(button, (state) => state.mode === mode && rests(state));
    await car.holds("rest", 0.7, rests);
    await page.keyboard.up("ArrowUp");
  }
});

test("the joystick drives the way it is pushed, more the further, and lets go at once", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  const push = await stick(page);
  await push(0, 0.4);
  const slow = await car.until("a little forward", ({ wheels }) => wheels.left > 0.05 && wheels.left === wheels.right);
  await push(0, 1);
  await car.until("more", ({ wheels }) => wheels.left > slow.wheels.left + 0.1 && wheels.left === wheels.right);
  await push(-0.7, 0.7);
  await car.until("a bend to the left", ({ wheels }) => wheels.right > wheels.left + 0.1);
  await push(1, 0);
  await car.until("to the right on the spot", turns(SIDES.right));
  await push(0, -3);
  await car.until("back, also outside of it", turns(SIDES.back));
  await page.mouse.up();
  await car.until("rest", rests);
});

test("a gamepad's left stick drives, its drift does not, and unplugging it stops", async (t) => {
  const [daemon, car] = await t.car();
  const page = await withGamepad(t, daemon);
  const axes = (x, y) => page.evaluate(([x, y]) => (window.pad.axes = [x, y, 0, 0]), [x, y]);
  await axes(0.04, -0.04);
  await car.holds("rest", 0.5, rests);
  await axes(0, -1);
  await car.until("forward", turns(SIDES.up));
  await axes(1, 0);
  await car.until("right", turns(SIDES.right));
  await axes(0, 0);
  await car.until("rest", rests);
  await axes(0, 1);
  await car.until("back", turns(SIDES.back));
  await page.evaluate(() => (navigator.getGamepads = () => [null, null, null, null]));
  await car.until("rest without it", rests);
});

test("a gamepad's right stick turns the camera while it is out of its middle, and never the wheels", async (t) => {
  const [daemon, car] = await t.car();
  const page = await withGamepad(t, daemon);
  const stick = (x, y) => page.evaluate(([x, y]) => (window.pad.axes = [0, 0, x, y]), [x, y]);
  for (const [, , [x, y], axis, sign] of LOOKS) {
    await looks(car, `${axis} by the stick`, axis, sign, () => stick(x, y), () => stick(0.05, -0.05));
  }
});

test("the picture follows the finger that drags it: the camera turns the other way", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  const { x, y, width, height } = await middle(page, "#gimbal");
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + width / 4, y + height / 4, { steps: 4 });
  await car.until("left and up", ({ gimbal }) => gimbal.pan > 5 && gimbal.tilt > 5);
  await page.mouse.move(x - width / 4, y - height / 4, { steps: 8 });
  await car.until("right and down", ({ gimbal }) => gimbal.pan < -5 && gimbal.tilt < -5);
  await page.mouse.up();
  assert.ok(rests(car.state), "the wheels have nothing to do with it");
});

test("a tap that lasts no time, as a screen reader makes it, moves the car for a moment and no longer", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page, PHONE);
  const cdp = await page.context().newCDPSession(page);
  const { x, y } = await middle(page, action("up"));
  const timestamp = Date.now() / 1000;
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }], timestamp });
  const forward = car.until("forward", turns(SIDES.up));
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [], timestamp });
  await forward;
  // The touch itself has ended; what its click begins lasts.
  let since = null;
  await car.until("it drives on", (state) => {
    if (!turns(SIDES.up)(state)) since = null;
    else since ??= state.t;
    return since !== null && state.t > since + 0.2;
  });
  await car.until("rest", rests, 3000);
  await car.holds("rest", 0.5, rests);
  await page.locator(action("up")).evaluate((button) => button.click());
  await car.until("forward, by a click alone", turns(SIDES.up));
  await car.until("rest", rests, 3000);
});
