// Stop and the emergency stop: what is told of them, and that an emergency stop that nobody heard is said again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Halts } from "../../car-daemon/page/halts.js";
import { Told } from "../../car-daemon/page/link.js";
import { Time, settled } from "./rig/time.mjs";

/** A link of which the test says what becomes of each call. */
class Car extends EventTarget {
  said = [];
  calls = [];
  call(method, ...more) {
    this.said.push([method, ...more]);
    return new Promise((resolve, reject) => this.calls.push({ resolve, reject }));
  }
  open() {
    this.dispatchEvent(new Told("open", {}));
  }
  /** What is under way is answered, or fails. */
  async end(error) {
    for (const { resolve, reject } of this.calls.splice(0)) error ? reject(error) : resolve({ accepted: true });
    await settled();
  }
}

function desk() {
  const [time, car, told, refused] = [new Time(), new Car(), [], []];
  const halts = new Halts(car, {
    tell: (key, what) => told.push(key?.startsWith("halt.") ? key.replace("halt", what) : key),
    refused: ({ code }) => refused.push(code),
    timers: time.timers,
  });
  return { time, car, halts, refused, heard: () => told.splice(0) };
}

const closed = { code: "closed" };

test("a stop is told at once, and no more once the car has answered", async () => {
  const { time, car, halts, heard } = desk();
  halts.stop(car.call("stop"));
  halts.estop();
  assert.deepEqual(heard(), ["stop.sent", "estop.sent"]);
  await car.end();
  assert.deepEqual(heard(), [null]);
  await time.pass(1000);
  assert.deepEqual([heard(), time.waiting], [[], 0]);
});

test("without an answer it says so after 300 ms, and is not called heard", async () => {
  const { time, halts, heard } = desk();
  halts.estop();
  heard();
  await time.pass(299);
  assert.deepEqual(heard(), []);
  await time.pass(1);
  assert.deepEqual(heard(), ["estop.late"]);
});

test("an emergency stop that nobody confirmed is said again with the next link, until it is confirmed", async () => {
  const { car, halts, heard } = desk();
  halts.estop();
  await car.end(closed);
  assert.deepEqual(heard(), ["estop.sent", "estop.unheard"]);
  car.open();
  await car.end(closed);
  assert.deepEqual(heard(), ["estop.sent", "estop.unheard"]);
  car.open();
  await car.end();
  assert.deepEqual(heard(), ["estop.sent", null]);
  assert.deepEqual(car.said, [["estop"], ["estop"], ["estop"]]);
  car.open();
  assert.equal(car.said.length, 3);
});

test("a stop is not said again: somebody may drive rightly by then", async () => {
  const { car, halts, heard } = desk();
  halts.stop(car.call("stop"));
  await car.end(closed);
  assert.deepEqual(heard(), ["stop.sent", "stop.unheard"]);
  car.open();
  assert.equal(car.said.length, 1);
});

test("a stop after an emergency stop that nobody heard does not hide it", async () => {
  const { car, halts, heard } = desk();
  halts.estop();
  await car.end(closed);
  halts.stop(car.call("stop"));
  await car.end(closed);
  assert.equal(heard().at(-1), "estop.unheard");
});

test("what the car refuses is told as the car says it, and not asked again", async () => {
  const { car, halts, refused, heard } = desk();
  halts.estop();
  await car.end({ code: -32003 });
  assert.deepEqual([refused, heard().at(-1)], [[-32003], null]);
  car.open();
  assert.equal(car.said.length, 1);
});
