// The gate's sentences, as the page knows them again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { person, reason } from "../../car-daemon/page/reasons.js";

const named = (who, session = "2") => ({ key: "who.named", args: { who, session } });
const ben = { who: named("Ben") };
const other = { who: { key: "who.session", args: { session: "2" } } };

for (const [words, key, args] of [
  ["session 3 (127.0.0.1:1) sent nothing new for 500 ms", "why.silent", { who: { key: "who.you" }, ms: "500" }],
  ["session 2 (127.0.0.1:2) said stop", "why.stop", other],
  ["session 2 (Ben, 127.0.0.1:2) gave the lease back", "why.released", ben],
  ["session 2 (Ben, [::1]:2) drove and is gone: the connection was cut off", "why.gone", { ...ben, how: "the connection was cut off" }],
  ["session 3 (Ben, 127.0.0.1:2) drove and saw nothing: no new picture reached it for 712 ms", "why.blind", { who: { key: "who.you" }, ms: "712" }],
  ["session 2 (Ben, 127.0.0.1:2) took the lease", "why.taken", ben],
  ["session 2 (Ben, 127.0.0.1:2) may not drive any more", "why.demoted", ben],
  ["session 2 (Ben, 127.0.0.1:2) did not drive for 3000 ms", "why.idle", { ...ben, ms: "3000" }],
  ["emergency stop by session 2 (127.0.0.1:2): a child", "why.estop.reason", { ...other, reason: "a child" }],
  ["emergency stop by session 2 (127.0.0.1:2)", "why.estop", other],
  ["emergency stop by the button at gpio:GPIO26", "why.estop", { who: { key: "who.button", args: { pin: "gpio:GPIO26" } } }],
  ["hardware fault: motor left: no answer; it still does not answer", "why.fault", { what: "motor left: no answer" }],
  ["hardware fault: motor left: no answer", "why.fault", { what: "motor left: no answer" }],
  ["hardware fault: motor left: no answer; it answers again: reset", "why.fault.answers", { what: "motor left: no answer" }],
  ["the daemon is shutting down", "why.closing", {}],
]) {
  test(`known again: ${words}`, () => assert.deepEqual(reason(words, 3), { key, args }));
}

test("people are known again however they came, and their names may be odd", () => {
  const session = (number) => ({ key: "who.session", args: { session: number } });
  assert.deepEqual(person("session 2 (carctl, uid 0, pid 31346)", 3), named("carctl"));
  assert.deepEqual(person("session 2 (Chrome, Linux, 127.0.0.1:4)", 3), named("Chrome, Linux"));
  assert.deepEqual(person("session 2 (a (b), [::1]:4)", 3), named("a (b)"));
  assert.deepEqual(person("session 2 (uid 1000, pid 7)", 3), session("2"));
  assert.deepEqual(person("session 2 (uid 1000)", 3), session("2"));
  assert.deepEqual(person("session 3 (uid 1000)", 3), { key: "who.you" });
});

test("whoever calls itself as this page or the button is called is told by its number", () => {
  for (const name of ["you", "the button at gpio:GPIO26", "你"]) {
    assert.deepEqual(person(`session 2 (${name}, 127.0.0.1:4)`, 3), named(name));
  }
});

test("who latched before a restart is none of the sessions of now", () => {
  const before = person("session 3 (10.0.0.2:9), before a restart", 3);
  assert.deepEqual(before, { key: "who.before", args: { who: { key: "who.session", args: { session: "3" } } } });
});

test("a sentence that is not known is left as it is", () => {
  assert.equal(reason("the moon is full", 3), null);
  assert.equal(person("uid 1000", 3), "uid 1000");
});
