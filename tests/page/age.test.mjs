// How old pictures are, with clocks that are set differently and networks that dawdle.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PictureClock, Smallest } from "../../car-daemon/page/age.js";

const CAR_S = 1_700_000_000; // what the car's clock says when the browser's says 0

/** What the car says of a picture taken at `taken` (ms of the browser's clock) and sent `latency` ms later. */
function headers(taken, latency, carS = CAR_S) {
  return new Map([["x-timestamp", (carS + taken / 1000).toFixed(6)], ["x-latency-ms", latency.toFixed(1)]]);
}

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 0.01, `${actual} is not ${expected}`);

test("with an even network the age is exact, however the clocks are set", () => {
  for (const carS of [0, CAR_S, CAR_S + 9e6]) {
    const clock = new PictureClock();
    clock.roundTrip(40, 1000);
    near(clock.taken(headers(1000, 15, carS), 1000 + 15 + 20), 1000);
    near(clock.taken(headers(1100, 35, carS), 1100 + 35 + 20), 1100);
  }
});

test("what a picture waits in the network counts, though round trips were quick", () => {
  const clock = new PictureClock();
  clock.roundTrip(10, 0);
  near(clock.taken(headers(0, 5), 10), 0);
  near(clock.taken(headers(100, 5), 100 + 5 + 5 + 700), 100);
});

test("a picture that comes more quickly than any before corrects the next", () => {
  const clock = new PictureClock();
  clock.roundTrip(10, 0);
  near(clock.taken(headers(0, 0), 305), 300); // by itself it cannot be known to be late
  near(clock.taken(headers(400, 0), 405), 400);
  near(clock.taken(headers(500, 0), 805), 500);
});

test("the clock of the car may be set, and half a minute later ages are right again", () => {
  const clock = new PictureClock();
  clock.roundTrip(0, 0);
  near(clock.taken(headers(0, 0), 0), 0);
  near(clock.taken(headers(100, 0, CAR_S + 60), 100), 100);
  for (let now = 200; now < 30_000; now += 100) {
    const age = now - clock.taken(headers(now, 0), now);
    assert.ok(age >= 0, "never younger than it is");
  }
  near(clock.taken(headers(45_000, 0), 45_000), 45_000);
});

test("without times of the car the age is what is known", () => {
  const clock = new PictureClock();
  clock.roundTrip(30, 0);
  assert.equal(clock.taken(new Map(), 100), 85);
  assert.equal(clock.taken(new Map([["x-latency-ms", "20"]]), 100), 65);
  assert.equal(clock.taken(new Map([["x-latency-ms", "-5"], ["x-timestamp", "NaN"]]), 100), 85);
});

test("the smallest is of the last quarter to half of a minute", () => {
  const smallest = new Smallest();
  assert.equal(smallest.value, Infinity);
  smallest.add(3, 0);
  smallest.add(9, 14_000);
  assert.equal(smallest.value, 3);
  smallest.add(8, 16_000);
  assert.equal(smallest.value, 3);
  smallest.add(7, 32_000);
  assert.equal(smallest.value, 7);
  smallest.add(9, 90_000);
  assert.equal(smallest.value, 9);
});
