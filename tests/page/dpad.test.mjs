// A button that is held, pressed by what cannot hold: a screen reader, a touchpad.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Dpad } from "../../car-daemon/page/controls/dpad.js";

let button, halt, driver, stops, at, dpad;
const shown = new Map();

/** One button, in a window with what a browser does of pointers; `driver.held` is what it means now. */
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const [window, document] = [new EventTarget(), new EventTarget()];
  Object.assign(globalThis, { addEventListener: window.addEventListener.bind(window), document });
  const made = (action) =>
    Object.assign(new EventTarget(), { dataset: { action }, classList: { add() {}, remove() {}, toggle: (name, on) => shown.set(name, on) }, setPointerCapture() {} });
  [button, halt, stops] = [made("up"), made("stop"), 0];
  driver = {
    held: null,
    hold: (source, ...way) => (driver.held = way),
    release: () => (driver.held = null),
  };
  at = 1000;
  dpad = new Dpad({ querySelectorAll: () => [button, halt] }, driver, {}, () => (stops += 1));
});

function tell(type, more = {}, element = button) {
  const event = Object.assign(new Event(type), { pointerId: 1, isPrimary: true, button: 0, buttons: 1, detail: 1, ...more });
  Object.defineProperty(event, "timeStamp", { value: at });
  element.dispatchEvent(event);
}

function pass(ms) {
  at += ms;
  mock.timers.tick(ms);
}

/** It moves, and stands again by itself. */
function pulses() {
  assert.deepEqual(driver.held, [1, 0, 0]);
  pass(399);
  assert.deepEqual(driver.held, [1, 0, 0]);
  pass(1);
  assert.equal(driver.held, null);
}

test("a tap that lasts no time moves the car for a moment", () => {
  tell("pointerdown");
  tell("pointerup");
  assert.equal(driver.held, null);
  tell("click");
  pulses();
});

test("a click without a pointer moves the car for a moment, again and again", () => {
  for (const detail of [0, 0, 1]) {
    tell("click", { detail, pointerId: -1 });
    pulses();
  }
});

test("a finger that was held moves nothing after it is up", () => {
  tell("pointerdown");
  pass(40);
  assert.deepEqual(driver.held, [1, 0, 0]);
  tell("pointerup");
  tell("click");
  assert.equal(driver.held, null);
});

test("what goes down and is clicked without going up is held no longer", () => {
  for (const more of [{}, { pointerId: undefined }, { pointerId: -1, detail: 0 }]) {
    tell("pointerdown");
    pass(5);
    tell("click", more);
    pulses();
  }
});

test("a finger whose press was taken away moves nothing by a click that is late", () => {
  tell("pointerdown");
  pass(5);
  tell("pointercancel");
  tell("click");
  assert.equal(driver.held, null);
});

test("a finger that comes during such a moment holds as long as it is down", () => {
  tell("click", { detail: 0 });
  pass(200);
  tell("pointerdown");
  pass(1000);
  assert.deepEqual(driver.held, [1, 0, 0]);
  tell("pointerup");
  assert.equal(driver.held, null);
});

test("a button that loses the focus lets go of Enter, and of nothing else", () => {
  tell("keydown", { key: "Enter" });
  tell("blur");
  assert.equal(driver.held, null);
  tell("click", { detail: 0 });
  tell("blur");
  pulses();
});

test("stop stops at the touch, once; and by a click that began with no touch", () => {
  const press = (type, detail = 1) => tell(type, { detail }, halt);
  press("pointerdown");
  assert.equal(stops, 1);
  pass(300);
  press("pointerup");
  press("click");
  assert.equal(stops, 1);
  // A finger that slid off is followed by no click.
  press("pointerdown");
  assert.equal(stops, 2);
  pass(5000);
  press("click");
  press("click", 0);
  assert.equal(stops, 4);
});

test("a button shows that its way is held by keys, and moves nothing by that", () => {
  for (const [vector, lit] of [[[1, 1, 0], true], [[0, 1, 0], false], [[1, 0, 0], true], [[-1, 0, 0], false], [null, false]]) {
    dpad.light(vector);
    assert.equal(shown.get("keyed"), lit, `${vector}`);
  }
  assert.equal(driver.held, null);
});
