// The one sentence: which of several faults is told, by a table.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Steady, diagnose } from "../../car-daemon/page/diagnose.js";
import { en } from "../../car-daemon/page/words/en.js";
import { zh } from "../../car-daemon/page/words/zh.js";

/** A page that drives a car with which all is well. */
const WELL = {
  link: "open", before: true, bye: null, role: "driver", session: 3, silentMs: 40, rttMs: 8, lateMs: null,
  driverName: null, hidden: false,
  state: { mode: "driving", driver: 3, estop: null, battery: { volts: 7.6, percent: 70, amps: null }, stop_reason: null },
  video: { showing: "live", trouble: null },
};
const state = (changed) => ({ state: { ...WELL.state, ...changed } });
const estop = (by, reason = null) => state({ mode: "estop", estop: { by, reason } });
const fault = (stop_reason) => state({ mode: "fault", stop_reason });

const TABLE = [
  ["all is well", {}, null],
  ["a car without battery, driver and state is no fault", state({ battery: null, driver: null }), null],
  ["before the first state nothing of it is missed", { state: null, silentMs: null }, null],
  ["it connects", { link: "connecting", before: false, role: undefined }, "connecting"],
  ["it never reached the daemon", { link: "closed", before: false, role: undefined }, "gone.never"],
  ["the link broke", { link: "closed" }, "gone"],
  ["it tries again", { link: "connecting" }, "gone"],
  ["the daemon said goodbye", { link: "closed", bye: "the daemon is shutting down" }, "bye.closing"],
  ["the daemon ended this link alone", { link: "closed", bye: "it neither reads nor speaks" }, "bye", { why: { key: "how.mute", args: {} } }],
  ["a token is missing, for which the daemon closed the link", { link: "closed", bye: "x", role: null, lapsed: false }, "token"],
  ["one that was shown counts no longer", { link: "closed", role: null, lapsed: true }, "token.lapsed"],
  ["the tab is in the background", { hidden: true }, "hidden"],
  ["no state comes", { silentMs: 1600 }, "silent"],
  ["the emergency stop is latched", estop("session 9 (Anna, 10.0.0.2:99)"), "estop", { who: { key: "who.named", args: { who: "Anna", session: "9" } }, why: null }],
  ["with its reason", estop("session 9 (10.0.0.2:99)", "a child"), "estop.reason",
    { who: { key: "who.session", args: { session: "9" } }, why: "a child" }],
  ["by oneself", estop("session 3 (Ben, 10.0.0.2:99)"), "estop", { who: { key: "who.you" }, why: null }],
  ["by somebody of an earlier daemon, whose words are kept", estop("somebody: whoever"), "estop", { who: "somebody: whoever", why: null }],
  ["by the button", estop("the button at gpio:GPIO26"), "estop.button", { pin: "gpio:GPIO26" }],
  ["the hardware failed", fault("hardware fault: motor left: no answer; it still does not answer"), "fault", { what: "motor left: no answer" }],
  ["and answers again", fault("hardware fault: motor left: no answer; it answers again: reset"), "fault.answers", { what: "motor left: no answer" }],
  ["a fault without words is one", fault(null), "fault", { what: "?" }],
  ["a fault of other words, too", fault("the moon is full"), "fault", { what: "the moon is full" }],
  ["the battery is empty", state({ battery: { volts: 6.1, percent: 0, amps: null } }), "battery"],
  ["the battery is nearly so", state({ battery: { volts: 6.1, percent: 5, amps: null } }), "battery"],
  ["the battery is low", state({ battery: { volts: 6.8, percent: 15, amps: null } }), "battery.low"],
  ["it has enough", state({ battery: { volts: 6.9, percent: 16, amps: null } }), null],
  ["nobody knows how old the picture is", { video: { showing: "unknown", trouble: null } }, "unknown"],
  ["a battery that tells no percent is not called empty", state({ battery: { volts: 6.1, percent: null } }), null],
  ["the picture stands", { video: { showing: "stalled", trouble: "x" } }, "stalled"],
  ["no picture comes at all", { video: { showing: "none", trouble: "no camera" } }, "camera", { what: "no camera" }],
  ["a command came late", { lateMs: 100 }, "late"],
  ["which is forgotten", { lateMs: 3000 }, null],
  ["the link is slow", { rttMs: 251 }, "slow"],
  ["and at its bound it is not", { rttMs: 250 }, null],
  ["the page may only look", { role: "observer" }, "observer"],
  ["another drives", { ...state({ driver: 7 }), driverName: "tablet" }, "other", { who: "tablet" }],
  ["whose name is not known", state({ driver: 7 }), "other", { who: { key: "who.session", args: { session: 7 } } }],
];

for (const [name, changed, key, args] of TABLE) {
  test(`${name}: ${key ?? "nothing"} is told`, () => {
    const found = diagnose({ ...WELL, ...changed });
    assert.equal(found?.key ?? null, key);
    if (args) assert.deepEqual(found.args, args);
    if (!found) return;
    for (const table of [en, zh]) {
      for (const said of [table[`said.${found.key}`], table[`do.${found.todo}`]]) {
        for (const [, name] of said.matchAll(/\{(\w+)\}/g)) assert.ok(found.args[name], `{${name}} of "${said}" is told`);
      }
    }
  });
}

test("of several faults the most dangerous is told, down to the least", () => {
  const all = [
    ["token", { role: null }],
    ["gone", { link: "closed" }],
    ["silent", { silentMs: 9000 }],
    ["estop", estop("Anna")],
    ["stalled", { video: { showing: "stalled", trouble: null } }],
    ["slow", { rttMs: 900 }],
    ["other", { driverName: "tablet", ...state({ driver: 7 }) }],
  ];
  for (let first = 0; first < all.length; first++) {
    const rest = all.slice(first).reverse().map(([, changed]) => changed);
    assert.equal(diagnose(Object.assign({}, WELL, ...rest)).key, all[first][0]);
  }
});

test("who may not reset is told that somebody else does", () => {
  for (const latched of [estop("Anna"), estop("Anna", "a child"), estop("the button at gpio:GPIO26"), fault("hardware fault: x; it answers again: reset")]) {
    const { key, todo } = diagnose({ ...WELL, ...latched, mayReset: true });
    assert.ok(/Reset/.test(en[`do.${todo}`]), key);
    assert.equal(diagnose({ ...WELL, ...latched, mayReset: false }).todo, "reset.others");
  }
  assert.equal(diagnose({ ...WELL, ...fault("hardware fault: x"), mayReset: false }).todo, "fault", "cables are for everybody");
});

const told = (key) => key && { key, level: "bad", args: {} };

test("a picture that is old by turns is told of after a second, without a break, and for two seconds after", () => {
  const steady = new Steady();
  for (let now = 0; now < 5000; now += 200) {
    const found = now % 400 === 0 ? told("stalled") : null;
    assert.equal(steady.told(found, now)?.key ?? null, now < 1200 ? null : "stalled", `${now}`);
  }
  assert.equal(steady.told(null, 6700).key, "stalled");
  assert.equal(steady.told(null, 6800), null);
});

test("what is old for a moment now and then is never told", () => {
  const steady = new Steady();
  for (let now = 0; now < 60_000; now += 200) {
    const found = now % 3000 === 0 ? told("stalled") : { ...told("other"), level: "info" };
    assert.equal(steady.told(found, now)?.key ?? "other", "other");
  }
});

test("that the picture is old is not told beside words in its place", () => {
  const steady = new Steady();
  for (let now = 0; now <= 1000; now += 200) steady.told(told("stalled"), now);
  assert.equal(steady.told(told("stalled"), 1200).key, "stalled");
  assert.equal(steady.told({ ...told("camera"), level: "warn" }, 1400).key, "camera");
});

test("what is more important is told at once, and what ends for good is no longer told", () => {
  const steady = new Steady();
  for (let now = -1000; now < 0; now += 200) steady.told(told("slow"), now);
  assert.equal(steady.told(told("slow"), 0).key, "slow");
  assert.equal(steady.told(told("estop"), 100).key, "estop");
  assert.equal(steady.told(told("stalled"), 150), null, "not the emergency stop, which is over");
  assert.equal(steady.told(null, 200), null);
  for (let now = 300; now <= 1300; now += 200) steady.told(told("slow"), now);
  assert.equal(steady.told(told("other"), 1400).key, "slow");
  assert.equal(steady.told(told("other"), 3400).key, "other");
  assert.equal(steady.told(null, 3500), null);
});
