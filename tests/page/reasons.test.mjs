// The gate's sentences, as the page knows them again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { person, phrase, reason } from "../../car-daemon/page/reasons.js";

const named = (who, session = "2") => ({ key: "who.named", args: { who, session } });
const ben = { who: named("Ben") };
const other = { who: { key: "who.session", args: { session: "2" } } };

for (const [words, key, args] of [
  ["session 3 (127.0.0.1:1) sent nothing new for 500 ms", "why.silent", { who: { key: "who.you" }, ms: "500" }],
  ["session 2 (127.0.0.1:2) said stop", "why.stop", other],
  ["session 2 (Ben, 127.0.0.1:2) gave the lease back", "why.released", ben],
  ["session 2 (Ben, [::1]:2) drove and is gone: the connection was cut off", "why.gone", { ...ben, how: { key: "how.closed", args: {} } }],
  ["session 3 (Ben, 127.0.0.1:2) drove and saw nothing: no new picture reached it for 712 ms", "why.blind", { who: { key: "who.you" }, ms: "712" }],
  ["session 2 (Ben, 127.0.0.1:2) took the lease", "why.taken", ben],
  ["session 2 (Ben, 127.0.0.1:2) may not drive any more", "why.demoted", ben],
  ["session 2 (Ben, 127.0.0.1:2) did not drive for 3000 ms", "why.idle", { ...ben, ms: "3000" }],
  ["session 2 (Ben, 127.0.0.1:2) did not drive for 3000 ms; session 4 (Eve, 127.0.0.1:4) had asked for it", "why.idle", { ...ben, ms: "3000" }],
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

for (const [words, key, args] of [
  ["the connection was closed", "how.closed", {}],
  ["nothing heard from the peer for 1.5s", "how.dead", { s: "1.5" }],
  ["it neither reads nor speaks", "how.mute", {}],
  ["all 4 sessions of this daemon are in use", "how.full", { n: "4" }],
  ["the daemon is shutting down", "why.closing", {}],
  ["motor left: pca9685@0x40: no acknowledge: is the chip wired and powered?; tried 3 times", "how.unacknowledged", { place: "motor left: pca9685@0x40" }],
  ["servo pan: pca9685@0x40: the chip was reset (its MODE1 is 0x11, not 0x20): does its supply drop under load?", "how.reset", { place: "servo pan: pca9685@0x40" }],
  ["the simulated camera is late: this machine has too much else to do", "eye.late", { place: { key: "camera.simulated" } }],
  ["the camera is being opened, and that takes long: is it there?", "eye.opening", { place: { key: "camera" } }],
  ["/dev/video0 gives no more pictures: look at its cable, and plug it in anew", "eye.mute", { place: "/dev/video0" }],
  ["/dev/video0: the camera is gone: plug it in again", "eye.gone", { place: "/dev/video0" }],
  ["http://10.0.0.9:8080/: nobody answers within 2 s: is it on, and in this network?", "eye.url", { place: "http://10.0.0.9:8080/", s: "2" }],
  ["http://10.0.0.9:1/: Connection refused (os error 111): is the program there on, and the port right?", "eye.refused", { place: "http://10.0.0.9:1/" }],
  ["`rpicam-vid`: there is no program `rpicam-vid`: install it (sudo apt install rpicam-apps)", "eye.program", { place: "rpicam-vid" }],
]) {
  test(`said in the reader's language: ${words}`, () => assert.deepEqual(phrase(words), { key, args }));
}

test("a cause within a sentence is said in the reader's language, too", () => {
  assert.deepEqual(reason("hardware fault: pca9685@0x40: no acknowledge: is the chip wired and powered?; it answers again: reset", 3), {
    key: "why.fault.answers",
    args: { what: { key: "how.unacknowledged", args: { place: "pca9685@0x40" } } },
  });
});

test("a sentence that is not known is left as it is", () => {
  assert.equal(reason("the moon is full", 3), null);
  assert.equal(phrase("the moon is full"), "the moon is full");
  assert.equal(person("uid 1000", 3), "uid 1000");
});
