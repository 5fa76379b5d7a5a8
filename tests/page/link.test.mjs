// The link: greeting, answers, a lost network, a token, and the car's clock.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff, Clock } from "../../car-daemon/page/clock.js";
import { Link } from "../../car-daemon/page/link.js";
import { Time, settled } from "./rig/time.mjs";

/** Sockets as a browser has them, whose other end is the test. */
function network() {
  const sockets = [];
  class WebSocket {
    readyState = 0;
    bufferedAmount = 0;
    sent = [];
    constructor(url) {
      this.url = url;
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.readyState = 3;
    }
    say(message) {
      this.onmessage({ data: JSON.stringify({ jsonrpc: "2.0", ...message }) });
    }
    greet(role = "driver", t = 100) {
      this.readyState = 1;
      this.say({ method: "hello", params: { session: sockets.length, role, t, name: "car" } });
    }
    asked(method) {
      return this.sent.filter((request) => request.method === method);
    }
    answer(method, result) {
      this.say({ id: this.asked(method).at(-1).id, result });
    }
    refuse(method, error) {
      this.say({ id: this.asked(method).at(-1).id, error });
    }
    cut() {
      this.readyState = 3;
      this.onclose();
    }
  }
  const time = new Time();
  const link = new Link("ws://car/ws", { WebSocket, timers: time.timers, now: () => time.now, chance: () => 1 });
  const told = [];
  for (const type of ["open", "close", "role", "phase"]) link.addEventListener(type, ({ detail }) => told.push([type, detail]));
  return { time, link, sockets, told };
}

function opened(role) {
  const net = network();
  net.link.connect();
  net.sockets[0].greet(role);
  return { ...net, socket: net.sockets[0] };
}

test("it opens with the daemon's first word, and asks for states and events", () => {
  const { link, socket } = opened();
  assert.deepEqual([link.phase, link.role, link.session], ["open", "driver", 1]);
  assert.deepEqual(socket.asked("subscribe")[0].params, { topics: ["state", "events"], rate_hz: 20 });
});

test("an answer finds its call, and a refusal rejects with code and words", async () => {
  const { link, socket } = opened();
  const [good, bad] = [link.call("stop"), link.call("drive", { throttle: 1, steer: 0 })];
  socket.refuse("drive", { code: -32001, message: "somebody else drives", data: { driver: 7 } });
  socket.answer("stop", { accepted: true });
  assert.deepEqual(await good, { accepted: true });
  await assert.rejects(bad, { code: -32001, message: "somebody else drives", data: { driver: 7 } });
});

test("a lost link rejects what waits, and is tried again, each time later, up to a bound", async () => {
  const { time, link, sockets, socket } = opened();
  const call = link.call("stop");
  socket.cut();
  await assert.rejects(call, { code: "closed" });
  assert.equal(link.phase, "closed");
  const gaps = [];
  for (let i = 0; i < 8; i += 1) {
    const [before, count] = [time.now, sockets.length];
    while (sockets.length === count) await time.pass(10);
    gaps.push(time.now - before);
    sockets.at(-1).cut();
  }
  assert.deepEqual(gaps, [250, 500, 1000, 2000, 4000, 4000, 4000, 4000]);
  while (sockets.at(-1).readyState === 3) await time.pass(10);
  sockets.at(-1).greet();
  assert.deepEqual([link.phase, link.session], ["open", sockets.length]);
});

test("nothing that was said without a link is said after it", async () => {
  const { time, link, sockets, socket } = opened();
  socket.cut();
  link.notify("drive", { throttle: 1, steer: 0 });
  await assert.rejects(link.call("drive", { throttle: 1, steer: 0 }), { code: "closed" });
  await time.pass(250);
  sockets.at(-1).greet();
  await time.pass(400);
  assert.deepEqual(sockets.at(-1).asked("drive"), []);
});

test("two seconds of silence are a lost link, and what comes of it later is not believed", async () => {
  const { time, link, sockets, socket } = opened();
  await time.pass(2800);
  assert.notEqual(link.phase, "open");
  socket.say({ method: "state", params: { mode: "driving", driver: 1 } });
  assert.equal(link.state, null);
  assert.equal(sockets.length, 2);
});

test("a daemon that never says hello is not waited for", async () => {
  const { time, link, sockets } = network();
  link.connect();
  await time.pass(5300);
  assert.equal(sockets.length, 2);
});

test("pings twice a second tell the round trip and the car's clock", async () => {
  const { time, link, socket } = opened();
  await time.pass(40);
  socket.answer("ping", { value: 0, t: 100.02 });
  await settled();
  assert.equal(link.rtt, 40);
  await time.pass(1000);
  assert.ok(Math.abs(link.daemonNow - 101.04) < 1e-9);
  assert.equal(socket.asked("ping").length, 2, "none is sent while one is under way");
});

test("an unanswered ping shows how long it takes already", async () => {
  const { time, link } = opened();
  await time.pass(1000);
  assert.equal(link.rtt, 1000);
});

test("without a role it waits for a token, and tries nothing before", async () => {
  const { time, link, sockets, told } = opened(null);
  assert.deepEqual(told.slice(-2), [["role", null], ["phase", "closed"]]);
  await time.pass(60_000);
  link.wake();
  assert.equal(sockets.length, 1);
  const shown = link.login("s3cret-word");
  sockets[1].greet(null);
  assert.deepEqual(sockets[1].asked("auth")[0].params, { token: "s3cret-word" });
  sockets[1].answer("auth", { role: "driver" });
  await shown;
  assert.deepEqual([link.phase, link.role], ["open", "driver"]);
});

test("a token is shown again after a reconnect", async () => {
  const { time, link, sockets } = opened("observer");
  const shown = link.login("s3cret-word");
  sockets[0].answer("auth", { role: "driver" });
  await shown;
  sockets[0].cut();
  await time.pass(250);
  sockets[1].greet(null);
  sockets[1].answer("auth", { role: "driver" });
  await settled();
  assert.deepEqual([link.phase, link.role], ["open", "driver"]);
});

test("a wrong token is told, and not tried again", async () => {
  const { time, link, sockets } = opened(null);
  const shown = link.login("wrong-word");
  sockets[1].greet(null);
  sockets[1].refuse("auth", { code: -32003, message: "no such token" });
  await assert.rejects(shown, { code: -32003 });
  await time.pass(60_000);
  assert.equal(sockets.length, 2);
});

test("what the daemon says at its end is known at the close", () => {
  const { socket, told } = opened();
  socket.say({ method: "event", params: { event: "bye", reason: "the daemon is shutting down" } });
  socket.cut();
  assert.deepEqual(told.find(([type]) => type === "close"), ["close", { why: "the daemon is shutting down" }]);
});

test("words that are no JSON, and answers to nobody, are passed over", () => {
  const { link, socket } = opened();
  socket.onmessage({ data: "ok pong" });
  socket.say({ id: 999, result: {} });
  assert.equal(link.phase, "open");
});

test("the socket is congested when more than a moment's words wait in it", () => {
  const { link, socket } = opened();
  assert.equal(link.congested, false);
  socket.bufferedAmount = 5000;
  assert.equal(link.congested, true);
});

test("waking up tries at once, and only where there was a link", () => {
  const { link, sockets, socket } = opened();
  link.wake();
  assert.equal(sockets.length, 1);
  socket.cut();
  link.wake();
  assert.equal(sockets.length, 2);
});

test("thirty pages that lost their car together come back one after the other", () => {
  const waits = Array.from({ length: 30 }, (_, i) => new Backoff({ chance: () => i / 30 }).next());
  assert.equal(new Set(waits).size, 30);
  assert.ok(waits.every((ms) => ms >= 125 && ms <= 250));
});

test("of all answers the quickest tells the clock", () => {
  const clock = new Clock();
  clock.told(100, 0);
  assert.equal(clock.offset, 100);
  clock.answered(101.5, 1000, 2000);
  clock.answered(102.001, 2000, 2010);
  assert.ok(Math.abs(clock.offset - 99.996) < 1e-9);
  for (let i = 0; i < 100; i += 1) clock.answered(103, 3000, 3400);
  assert.ok(Math.abs(clock.offset - 99.8) < 1e-9, "what is long ago counts no more: clocks drift");
});
