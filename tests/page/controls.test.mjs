// Keys, sticks and gamepads, as numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Gimbal } from "../../car-daemon/page/controls/gimbal.js";
import { Pads, beyond, reads } from "../../car-daemon/page/controls/gamepad.js";
import { stick } from "../../car-daemon/page/controls/joystick.js";
import { Keys, shortcut } from "../../car-daemon/page/controls/keyboard.js";
import { hands } from "../../car-daemon/page/controls/pointer.js";
import { first } from "../../car-daemon/page/page.js";
import { Time, settled } from "./rig/time.mjs";

function desk() {
  const said = [];
  const note = (what) => (value) => said.push([what, value]);
  const keys = new Keys({ drive: note("drive"), look: note("look"), stop: note("stop"), estop: note("estop") });
  return { keys, heard: () => said.splice(0) };
}

test("keys that are down together are one direction, and the last that goes up lets go", () => {
  const { keys, heard } = desk();
  keys.press({ code: "KeyW" });
  keys.press({ code: "ArrowLeft" });
  keys.lift({ code: "KeyW" });
  keys.lift({ code: "ArrowLeft" });
  assert.deepEqual(heard(), [["drive", [1, 0, 0]], ["drive", [1, 1, 0]], ["drive", [0, 1, 0]], ["drive", null]]);
});

test("two keys for one direction are no more than one", () => {
  const { keys, heard } = desk();
  keys.press({ code: "KeyW" });
  keys.press({ code: "ArrowUp" });
  assert.deepEqual(heard().at(-1), ["drive", [1, 0, 0]]);
});

test("a key that repeats by itself presses nothing", () => {
  const { keys, heard } = desk();
  for (const code of ["KeyW", "Space", "Escape"]) assert.ok(keys.press({ code, repeat: true }));
  assert.deepEqual(heard(), []);
});

test("space stops, escape is the emergency stop, and a shortcut of the browser is neither", () => {
  const { keys, heard } = desk();
  keys.press({ code: "Space" });
  keys.press({ code: "Escape" });
  assert.deepEqual(heard().map(([what]) => what), ["stop", "estop"]);
  assert.ok(!keys.press({ code: "KeyW", modified: true }));
  assert.ok(!keys.press({ code: "KeyZ" }));
  assert.deepEqual(heard(), []);
});

test("IJKL and arrows with shift turn the camera, also where shift goes up first", () => {
  const { keys, heard } = desk();
  keys.press({ code: "KeyJ" });
  keys.press({ code: "ArrowUp", shift: true });
  keys.lift({ code: "ArrowUp" });
  keys.lift({ code: "KeyJ" });
  assert.deepEqual(heard(), [["look", [1, 0]], ["look", [1, 1]], ["look", [1, 0]], ["look", null]]);
});

test("keys of which nobody will hear again are let go", () => {
  const { keys, heard } = desk();
  keys.press({ code: "KeyW" });
  keys.press({ code: "KeyJ" });
  heard();
  keys.forget();
  assert.deepEqual(heard(), [["drive", null], ["look", null]]);
});

for (const key of ["Meta", "OS", "Alt", "Control", "AltGraph", "F10", "ContextMenu"]) {
  test(`${key} lets go of what is held, when it goes down and when it comes up: the keys' going up may be told to nobody`, () => {
    const { keys, heard } = desk();
    const modified = shortcut({ key });
    keys.press({ code: "KeyW" });
    heard();
    keys.press({ code: "Other", modified });
    assert.deepEqual(heard(), [["drive", null]]);
    keys.press({ code: "KeyW", repeat: true });
    assert.deepEqual(heard(), [], "it still repeats, and was not pressed anew");
    keys.press({ code: "KeyJ" });
    heard();
    keys.lift({ code: "Other", modified });
    assert.deepEqual(heard(), [["look", null]]);
  });
}

test("a key with a modifier lets go, and shift does not", () => {
  for (const mark of ["ctrlKey", "metaKey", "altKey", "isComposing"]) assert.ok(shortcut({ key: "c", [mark]: true }), mark);
  assert.ok(!shortcut({ key: "w" }) && !shortcut({ key: "Shift", shiftKey: true }));
});

/** An element in a window, with what a browser does of pointers. */
function surface() {
  const [window, document] = [new EventTarget(), new EventTarget()];
  Object.assign(globalThis, { addEventListener: window.addEventListener.bind(window), document });
  const said = [];
  const element = new EventTarget();
  element.setPointerCapture = () => {};
  hands(element, { down: () => said.push("down"), up: () => said.push("up") });
  const tell = (type, pointerId, isPrimary = true) =>
    element.dispatchEvent(Object.assign(new Event(type), { pointerId, isPrimary, button: 0, buttons: 1 }));
  return { element, window, document, tell, heard: () => said.splice(0) };
}

test("a finger whose end nobody told is gone when the page is left, and the next one counts", () => {
  const { window, document, tell, heard } = surface();
  tell("pointerdown", 77);
  window.dispatchEvent(new Event("blur"));
  assert.deepEqual(heard(), ["down", "up"]);
  tell("pointermove", 77);
  tell("pointerup", 77);
  tell("pointerdown", 78);
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(heard(), ["down", "up"]);
});

test("a first finger that goes down anew takes the place of one that was lost; a second finger does not", () => {
  const { tell, heard } = surface();
  tell("pointerdown", 1);
  tell("pointerdown", 2, false);
  assert.deepEqual(heard(), ["down"]);
  tell("pointerdown", 3);
  assert.deepEqual(heard(), ["up", "down"]);
  tell("lostpointercapture", 1);
  tell("pointerup", 3);
  assert.deepEqual(heard(), ["up"]);
});

test("a finger that is up before it was heard holds nothing, and the next one does", () => {
  const { element, tell, heard } = surface();
  element.setPointerCapture = () => {
    throw new Error("no such pointer");
  };
  tell("pointerdown", 1);
  assert.deepEqual(heard(), []);
  element.setPointerCapture = () => {};
  tell("pointerdown", 2);
  assert.deepEqual(heard(), ["down"]);
});

test("the power begins at what is usual for this car, and what was chosen is bounded by twice that", () => {
  assert.equal(first(null, 0.6), 60);
  assert.equal(first("35", 0.6), 35);
  assert.equal(first("100", 0.05), 10);
  assert.equal(first("much", 0.29), 29);
  assert.equal(first(null, 0.055), 5, "never more than asked");
});

test("a stick reaches the circle's edge and no further", () => {
  assert.deepEqual(stick(0.5, -0.5), [0.5, -0.5]);
  const [x, y] = stick(3, 4);
  assert.ok(Math.abs(Math.hypot(x, y) - 1) < 1e-12);
});

test("a gamepad's stick rests in its dead zone and grows from zero to one", () => {
  assert.equal(beyond(0.14), 0);
  assert.equal(beyond(-1), -1);
  assert.ok(beyond(0.16) > 0 && beyond(0.16) < 0.02);
});

const pad = ({ axes = [0, 0, 0, 0], down = [], pull = {}, index = 0, mapping = "standard" } = {}) => ({
  index,
  mapping,
  id: "pad",
  connected: true,
  axes,
  buttons: Array.from({ length: 17 }, (_, i) => ({ pressed: down.includes(i), value: pull[i] ?? 0 })),
});

test("sticks and triggers mean forward, left and up where they should", () => {
  assert.deepEqual(reads(pad({ axes: [-1, -1, -1, -1] })), { drive: [1, 1, 0], look: [1, 1], stop: false, estop: false });
  assert.deepEqual(reads(pad({ pull: { 7: 1 } })).drive, [1, 0, 0]);
  assert.deepEqual(reads(pad({ pull: { 6: 1 } })).drive, [-1, 0, 0]);
  assert.deepEqual(reads(pad({ down: [4] })).drive, [0, 0, 1]);
  assert.ok(reads(pad({ down: [1] })).stop && reads(pad({ down: [9] })).estop && reads(pad({ down: [3] })).estop);
});

test("a pad with fewer axes and buttons than the standard is no fault", () => {
  assert.deepEqual(reads({ axes: [], buttons: [], mapping: "standard" }), { drive: [0, 0, 0], look: [0, 0], stop: false, estop: false });
});

function bench() {
  const [said, looked] = [[], []];
  const pads = new Pads({
    drive: (source, vector) => said.push([source, vector]),
    look: (_, vector) => looked.push(vector),
    stop: () => said.push("stop"),
    estop: () => said.push("estop"),
    strange: () => said.push("strange"),
  });
  return { pads, looked, heard: () => said.splice(0) };
}

test("a pad of another layout drives and turns nothing, says so once, and each of its buttons stops", () => {
  const { pads, looked, heard } = bench();
  const mapping = "";
  // As Linux tells an Xbox pad: triggers are axes that rest at -1, start is button 7.
  const rest = { mapping, axes: [0, 0, -1, 0, 0, -1] };
  pads.look([pad(rest)]);
  pads.look([pad({ ...rest, axes: [0, -1, 1, 1, 1, 1], pull: { 7: 1 } })]);
  for (const button of [7, 9]) {
    pads.look([pad({ ...rest, down: [button] })]);
    pads.look([pad(rest)]);
  }
  pads.look([]);
  pads.look([pad(rest)]);
  const told = heard();
  assert.deepEqual(told.filter((what) => typeof what === "string"), ["strange", "stop", "stop"]);
  assert.ok(told.filter(Array.isArray).every(([, vector]) => vector === null));
  assert.ok(looked.every(([pan, tilt]) => pan === 0 && tilt === 0));
});

test("a stick for the camera that is out when the pad shows up turns it only after it was in its middle", () => {
  const { pads, looked } = bench();
  pads.look([pad({ axes: [0, 0, 1, 0] })]);
  assert.deepEqual(looked, []);
  pads.look([pad()]);
  pads.look([pad({ axes: [0, 0, 1, 0] })]);
  assert.deepEqual(looked, [[0, 0], [-1, 0]]);
});

test("a stick that is out when the pad shows up drives only after it was in its middle", () => {
  const { pads, heard } = bench();
  const out = pad({ axes: [0, -1, 0, 0] });
  pads.look([null, out]);
  assert.deepEqual(heard(), []);
  pads.look([pad()]);
  pads.look([out]);
  assert.deepEqual(heard(), [["gamepad:0", null], ["gamepad:0", [1, 0, 0]]]);
});

test("a pad's button counts when it goes down, and not while it stays", () => {
  const { pads, heard } = bench();
  pads.look([pad({ down: [1] })]);
  assert.ok(!heard().includes("stop"), "it was down before");
  pads.look([pad()]);
  pads.look([pad({ down: [1] })]);
  pads.look([pad({ down: [1] })]);
  pads.look([pad({ down: [9] })]);
  assert.deepEqual(heard().filter((what) => typeof what === "string"), ["stop", "estop"]);
});

test("a pad that is gone has let go", () => {
  const { pads, heard } = bench();
  pads.look([pad()]);
  pads.look([pad({ axes: [0, -1, 0, 0] })]);
  heard();
  pads.look([]);
  assert.deepEqual(heard(), [["gamepad:0", null]]);
});

/** A link that answers when the test says so. */
class Mount extends EventTarget {
  phase = "open";
  congested = false;
  said = [];
  call(method, params) {
    this.said.push([method, params]);
    return new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
}

test("of a camera that is dragged one word at a time is under way, and the rest is one word", async () => {
  const link = new Mount();
  const gimbal = new Gimbal(link, () => {});
  for (let i = 0; i < 50; i += 1) gimbal.nudge(1, -0.5);
  assert.deepEqual(link.said, [["nudge", { pan: 1, tilt: -0.5 }]]);
  link.resolve({});
  await settled();
  assert.deepEqual(link.said[1], ["nudge", { pan: 49, tilt: -24.5 }]);
});

test("a key that turns the camera does so until it is let go, or all hands are off", async () => {
  const time = new Time();
  const link = new Mount();
  const gimbal = new Gimbal(link, () => {}, { timers: time.timers });
  gimbal.turn("keyboard", 1, 0);
  await time.pass(50);
  assert.deepEqual(link.said, [["nudge", { pan: 3, tilt: 0 }]]);
  gimbal.rest();
  link.resolve({});
  await time.pass(1000);
  assert.equal(link.said.length, 1);
  assert.equal(time.waiting, 0);
});

test("a camera that is somebody else's says so, and forgets what was asked", async () => {
  const link = new Mount();
  const told = [];
  const gimbal = new Gimbal(link, (error) => told.push(error.code));
  gimbal.step(1, 0);
  gimbal.step(1, 0);
  link.reject({ code: -32001 });
  await settled();
  assert.deepEqual([told, link.said.length], [[-32001], 1]);
});
