// The line that is read once: that it does not stay longer than it is true.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Notice } from "../../car-daemon/page/notice.js";
import { Time } from "./rig/time.mjs";

function line() {
  const [time, shown] = [new Time(), []];
  const notice = new Notice((text) => shown.push(text), time.timers);
  return { time, notice, shows: () => shown.at(-1) };
}

test("what is told goes after 6 s, and what is kept is there again", async () => {
  const { time, notice, shows } = line();
  notice.keep("kept");
  notice.tell("told");
  await time.pass(5999);
  assert.equal(shows(), "told");
  await time.pass(1);
  assert.equal(shows(), "kept");
});

test("a refusal goes as soon as it is no longer true", () => {
  const { time, notice, shows } = line();
  let other = true;
  notice.tell("somebody else drives", () => other);
  notice.look();
  assert.equal(shows(), "somebody else drives");
  other = false;
  notice.look();
  assert.equal(shows(), "");
  assert.equal(time.waiting, 0);
});

test("a refusal that comes before its reason is known stays until that has come and gone", () => {
  const { notice, shows } = line();
  let latched = false;
  notice.tell("the emergency stop is on", () => latched);
  notice.look();
  assert.equal(shows(), "the emergency stop is on");
  latched = true;
  notice.look();
  latched = false;
  notice.look();
  assert.equal(shows(), "");
});

test("what was told after it does not go with it", () => {
  const { notice, shows } = line();
  let other = true;
  notice.tell("somebody else drives", () => other);
  notice.tell("asked");
  other = false;
  notice.look();
  assert.equal(shows(), "asked");
});
