// The dead-man: what is said to the car while controls are held, and that it ends however a hand leaves them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Driver, TTL_MS } from "../../car-daemon/page/driver.js";
import { Told } from "../../car-daemon/page/link.js";
import { Time, settled } from "./rig/time.mjs";

/** A link whose car answers what the test says. */
class Car extends EventTarget {
  phase = "open";
  role = "driver";
  session = 3;
  driver = null;
  congested = false;
  daemonNow = null;
  said = [];
  /** Null: accepted; "never": no answer; else the error. */
  answer = null;

  call(method, params) {
    if (this.phase !== "open") return Promise.reject({ code: "closed" });
    this.said.push({ method, ...params });
    if (this.answer === "never" && method === "drive") return new Promise(() => {});
    return this.answer && method === "drive" ? Promise.reject(this.answer) : Promise.resolve({ accepted: true });
  }

  notify(method, params) {
    this.said.push({ method, ...params });
  }

  tell(type, detail) {
    this.dispatchEvent(new Told(type, detail));
  }

  /** What was said since the last look. */
  heard() {
    return this.said.splice(0);
  }

  get methods() {
    return this.heard().map(({ method }) => method);
  }
}

function seat() {
  const time = new Time();
  const car = new Car();
  const driver = new Driver(car, { timers: time.timers, now: () => time.now });
  driver.limit = 1;
  const refused = [];
  driver.addEventListener("refused", ({ detail }) => refused.push(detail.code));
  return { time, car, driver, refused };
}

test("what is held is said at once, and again three times within its life", async () => {
  const { time, car, driver } = seat();
  driver.hold("pad", 0.5, -0.25);
  assert.deepEqual(car.heard(), [{ method: "drive", throttle: 0.5, steer: -0.25, ttl_ms: TTL_MS, seq: 1 }]);
  await time.pass(TTL_MS);
  const words = car.heard();
  assert.equal(words.length, 3);
  assert.deepEqual(words.map(({ seq }) => seq), [2, 3, 4]);
  assert.ok(driver.driving);
});

test("letting go says stop at once, and then nothing more", async () => {
  const { time, car, driver } = seat();
  driver.hold("pad", 1, 0);
  await settled();
  car.heard();
  driver.release("pad");
  assert.deepEqual(car.methods, ["stop"]);
  await time.pass(5000);
  assert.deepEqual(car.methods, []);
  assert.equal(time.waiting, 0);
});

test("the limit bounds what is said, but not the angle of front wheels", () => {
  const { car, driver } = seat();
  driver.limit = 0.5;
  driver.hold("pad", 1, -1, 1);
  driver.limitsTurns = false;
  driver.release("pad");
  driver.hold("pad", 3, -3);
  const [first, , second] = car.heard();
  assert.deepEqual([first.throttle, first.steer, first.strafe], [0.5, -0.5, 0.5]);
  assert.deepEqual([second.throttle, second.steer, second.strafe], [0.5, -1, undefined]);
});

test("a number that is none is not said", () => {
  const { car, driver } = seat();
  driver.hold("pad", NaN, 0);
  driver.hold("pad", 0, Infinity);
  assert.deepEqual(car.heard(), []);
});

test("many changes in one moment are one word, the newest", async () => {
  const { time, car, driver } = seat();
  driver.hold("stick", 0, 0);
  for (let i = 1; i <= 100; i += 1) driver.hold("stick", i / 100, 0);
  await time.pass(50);
  assert.deepEqual(car.heard().map(({ throttle }) => throttle), [0, 1]);
});

test("the control that was taken last has the car; letting it go rests, and the older one counts no more", async () => {
  const { time, car, driver } = seat();
  driver.hold("stick", 1, 0);
  driver.hold("keys", 0, 1);
  assert.equal(driver.source, "keys");
  driver.hold("stick", 0.9, 0);
  assert.equal(driver.source, "keys");
  driver.release("keys");
  car.heard();
  driver.hold("stick", 0.8, 0);
  await time.pass(1000);
  assert.deepEqual(car.methods, []);
  driver.release("stick");
  driver.hold("stick", 0.7, 0);
  assert.deepEqual(car.heard().map(({ throttle }) => throttle), [0.7]);
});

test("letting go of a control that has not the car any more changes nothing", () => {
  const { car, driver } = seat();
  driver.hold("stick", 1, 0);
  driver.hold("keys", 0, 1);
  car.heard();
  driver.release("stick");
  assert.equal(driver.source, "keys");
  assert.deepEqual(car.methods, []);
});

for (const [how, act] of [
  ["the page takes the hands off", ({ driver }) => driver.rest("blur")],
  ["a dialog opens", ({ driver }) => (driver.block("help"), driver.unblock("help"))],
  ["stop is pressed", ({ driver }) => driver.stop()],
  ["the emergency stop is latched", ({ car }) => car.tell("event", { event: "estop", latched: true })],
  ["a state says that the emergency stop is latched", ({ car }) => car.tell("state", { mode: "estop" })],
  ["the hardware fails", ({ car }) => car.tell("event", { event: "hardware", fault: "motor left" })],
  ["a state says that the hardware failed", ({ car }) => car.tell("state", { mode: "fault" })],
  ["the daemon says goodbye", ({ car }) => car.tell("event", { event: "bye" })],
  ["the lease is gone", ({ car }) => car.tell("event", { event: "lease", driver: null })],
]) {
  test(`when ${how} the car is told to stop, and what is still held drives only after it was let go`, async () => {
    const seated = seat();
    const { time, car, driver } = seated;
    driver.hold("stick", 1, 0);
    await settled();
    car.heard();
    act(seated);
    assert.deepEqual(car.methods, ["stop"]);
    driver.hold("stick", 0.5, 0);
    await time.pass(1000);
    assert.deepEqual(car.methods, []);
    driver.release("stick");
    driver.hold("stick", 0.5, 0);
    assert.deepEqual(car.methods, ["drive"]);
  });
}

test("after a lost link nothing moves until a control is touched anew", async () => {
  const { time, car, driver, refused } = seat();
  driver.hold("keys", 1, 0);
  await settled();
  car.heard();
  car.phase = "closed";
  car.tell("close", { why: null });
  driver.hold("stick", 1, 0);
  assert.deepEqual(refused, ["closed"]);
  car.phase = "open";
  car.tell("open", {});
  for (let i = 0; i < 20; i += 1) {
    driver.hold("keys", 1, 0);
    driver.hold("stick", 1, 0.1 * (i % 2));
    await time.pass(100);
  }
  assert.deepEqual(car.methods, []);
  driver.release("stick");
  driver.hold("stick", 1, 0);
  assert.deepEqual(car.methods, ["drive"]);
});

test("a link that takes nothing is told nothing, and stop all the same", async () => {
  const { time, car, driver } = seat();
  driver.hold("stick", 1, 0);
  car.congested = true;
  car.heard();
  await time.pass(500);
  driver.hold("stick", 0.5, 0);
  await time.pass(500);
  assert.deepEqual(car.methods, []);
  driver.release("stick");
  assert.deepEqual(car.methods, ["stop"]);
});

test("a link that answers nothing for a second is let go", async () => {
  const { time, car, driver } = seat();
  car.answer = "never";
  const why = [];
  driver.addEventListener("rested", ({ detail }) => why.push(detail));
  driver.hold("stick", 1, 0);
  await time.pass(2000);
  assert.deepEqual(why, ["stalled"]);
  assert.equal(car.methods.at(-1), "stop");
});

test("a source that is polled and no longer looked at is let go", async () => {
  const { time, car, driver } = seat();
  driver.hold("gamepad", 1, 0, 0, { polled: true });
  await time.pass(1000);
  const said = car.methods;
  assert.equal(said.at(-1), "stop");
  assert.ok(said.length <= 5, `${said}`);
});

for (const code of [-32001, -32002, -32003, -32004, -32006]) {
  test(`a refusal ${code} is told once, and ends what was held`, async () => {
    const { time, car, driver, refused } = seat();
    car.answer = { code };
    driver.hold("stick", 1, 0);
    await time.pass(1000);
    assert.deepEqual(refused, [code]);
    assert.equal(driver.source, null);
    assert.equal(car.heard().filter(({ method, throttle }) => method === "drive" && throttle !== 0).length, 1);
  });
}

test("a word that came late is told, and the next drives", async () => {
  const { time, car, driver, refused } = seat();
  car.answer = { code: -32005 };
  driver.hold("stick", 1, 0);
  await settled();
  assert.ok(!driver.driving);
  car.answer = null;
  await time.pass(100);
  assert.ok(driver.driving);
  assert.deepEqual(refused, [-32005]);
});

test("where somebody else drives, letting go does not stop them", async () => {
  const { car, driver } = seat();
  car.driver = 9;
  car.answer = "never";
  driver.hold("stick", 1, 0);
  driver.release("stick");
  const words = car.heard();
  assert.ok(words.every(({ method }) => method === "drive"), JSON.stringify(words));
  assert.deepEqual([words.at(-1).throttle, words.at(-1).steer], [0, 0]);
  driver.stop();
  assert.deepEqual(car.methods, ["stop"]);
});

test("who took the car from us is not stopped by our letting go", async () => {
  const { car, driver } = seat();
  driver.hold("stick", 1, 0);
  await settled();
  car.driver = 9;
  car.heard();
  car.tell("event", { event: "lease", driver: 9 });
  driver.release("stick");
  assert.ok(!car.methods.includes("stop"));
});

test("a watcher's controls drive nothing, and say why", () => {
  const { car, driver, refused } = seat();
  car.role = "observer";
  driver.hold("stick", 1, 0);
  assert.deepEqual(car.heard(), []);
  assert.deepEqual(refused, [-32003]);
});

test("while a dialog is open nothing drives", () => {
  const { car, driver, refused } = seat();
  driver.block("token");
  driver.hold("stick", 1, 0);
  assert.deepEqual([car.heard(), refused], [[], ["blocked"]]);
});

test("each word says when it was sent, by the car's clock", () => {
  const { car, driver } = seat();
  car.daemonNow = 12.5;
  driver.hold("stick", 1, 0);
  assert.equal(car.heard()[0].t, 12.5);
});
