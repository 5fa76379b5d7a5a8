// Numbers as people read them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTHING, degrees, grade, number, percent, quantity, time } from "../../car-daemon/page/readings.js";

const nb = "\u00a0";

test("a number has always as many digits, and none has a dash", () => {
  assert.equal(number(1.005, 1), "1.0");
  assert.equal(number(-3.14159, 2), "−3.14");
  assert.equal(number(-0.004, 2), "0.00");
  assert.equal(number(0, 0), "0");
  for (const none of [null, undefined, NaN, Infinity, "3"]) assert.equal(number(none, 1), NOTHING);
});

test("a unit belongs to a number, and nothing has none", () => {
  assert.equal(quantity(7.42, 1, "V"), `7.4${nb}V`);
  assert.equal(quantity(null, 1, "V"), NOTHING);
  assert.equal(percent(0.256), `26${nb}%`);
  assert.equal(percent(null), NOTHING);
  assert.equal(degrees(Math.PI / 2, 0), "90°");
  assert.equal(degrees(null, 0), NOTHING);
});

test("a time is told in the unit in which it is short", () => {
  assert.equal(time(7.4), `7${nb}ms`);
  assert.equal(time(43, 10), `40${nb}ms`);
  assert.equal(time(1449), `1.4${nb}s`);
  assert.equal(time(71_400), `71${nb}s`);
  assert.equal(time(null), NOTHING);
});

test("what is at a bound is past it", () => {
  assert.deepEqual([99, 100, 250].map((ms) => grade(ms, 100, 250)), ["good", "fair", "bad"]);
  assert.equal(grade(null, 1, 2), null);
});
