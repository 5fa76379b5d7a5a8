// Who drives: what a page offers to whom; and a token that comes with the address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inAddress } from "../../car-daemon/page/dialogs.js";
import { Keeper, standing, waiting } from "../../car-daemon/page/lease.js";
import { enough } from "../../car-daemon/page/page.js";
import { Time } from "./rig/time.mjs";

const page = (of) => ({ phase: "open", role: "driver", session: 1, driver: null, ...of });
const people = (...priorities) => new Map(priorities.map((priority, at) => [at + 1, { session: at + 1, priority }]));
const AT_REST = { mine: false, take: false, ask: false, force: false };

test("a free car is taken, one that somebody drives is asked for, and one's own is neither", () => {
  assert.deepEqual(standing(page(), people(30)), { ...AT_REST, take: true });
  assert.deepEqual(standing(page({ driver: 2 }), people(30, 30)), { ...AT_REST, ask: true });
  assert.deepEqual(standing(page({ driver: 1 }), people(30)), { ...AT_REST, mine: true });
});

test("whose priority is higher may also take it at once, whatever the role is called", () => {
  for (const role of ["driver", "admin"]) {
    assert.deepEqual(standing(page({ role, driver: 2 }), people(80, 30)), { ...AT_REST, ask: true, force: true });
    assert.equal(standing(page({ role, driver: 2 }), people(30, 80)).force, false);
  }
});

test("who drives is not taken away while nothing is known of them", () => {
  for (const known of [new Map(), people(80), new Map([[2, { priority: 30 }]])]) {
    assert.equal(standing(page({ role: "admin", driver: 2 }), known).force, false);
  }
});

test("who may only watch, and who has no link, is offered nothing", () => {
  for (const of of [{ role: "observer" }, { role: null }, { phase: "closed" }, { phase: "connecting" }]) {
    for (const driver of [null, 2]) assert.deepEqual(standing(page({ ...of, driver }), people(80, 30)), AT_REST);
  }
});

test("of those who wait for the car the first is who asked first, and who gave up is none of them", () => {
  const asks = [null, 2, 29.9, undefined, 7, 30].map((asks_s, session) => [session, { session, asks_s }]);
  assert.deepEqual(waiting(new Map(asks)).map(({ session }) => session), [2, 4, 1]);
  assert.deepEqual(waiting(new Map()), []);
});

test("who may reset is whose role is at least what the car says, and nobody without a role", () => {
  const may = (least) => [null, "observer", "driver", "admin"].filter((role) => enough(role, least));
  assert.deepEqual(may("driver"), ["driver", "admin"]);
  assert.deepEqual(may("admin"), ["admin"]);
});

test("a token comes with the address only as the whole of its fragment, and as the daemon knows tokens", () => {
  assert.equal(inAddress("#token=pupil-token.bert_~+1"), "pupil-token.bert_~+1");
  assert.equal(inAddress(`#token=${"a".repeat(128)}`), "a".repeat(128));
  for (const other of ["", "#", "#controls", "#token=", "#token=short", `#token=${"a".repeat(129)}`, "#token=with%20space", "#x&token=abcdefgh"]) {
    assert.equal(inAddress(other), null, other);
  }
});

test("what was taken at once is kept until it is let go, is somebody else's, or nobody looks", async () => {
  const time = new Time();
  const calls = [];
  const link = { driver: 1, session: 1, call: async (method, params) => calls.push([method, params]) };
  const more = async () => {
    const before = calls.length;
    await time.pass(1000);
    return calls.length - before;
  };
  const keeper = new Keeper(link, time.timers);
  keeper.keep();
  keeper.keep();
  assert.equal(await more(), 4);
  assert.deepEqual(calls[0], ["acquire", undefined], "by no force, and it drives nothing");
  link.driver = 2;
  assert.equal(await more(), 0);
  link.driver = 1;
  globalThis.document = { hidden: true };
  assert.equal(await more(), 0);
  delete globalThis.document;
  keeper.keep(100);
  assert.equal(await more(), 40, "four times within a lease that is short");
  keeper.keep(600_000);
  assert.equal(await more(), 4);
  keeper.letGo();
  assert.deepEqual([await more(), keeper.keeps, time.waiting], [0, false, 0]);
});
