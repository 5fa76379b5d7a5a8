// The camera's shell, with a browser made of a few functions: what it fetches, what it draws, what it tells.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { STALLED_MS, Video } from "../../car-daemon/page/video.js";

let now, browser;

/** A browser that fetches nothing by itself and decodes when it is told to. */
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  now = 1000;
  browser = { hidden: false, streams: [], decoding: [], drawn: [], told: null, answer: null, image: null, daemonNow: null };
  Object.defineProperty(globalThis, "performance", { configurable: true, value: { now: () => now } });
  globalThis.document = Object.assign(new EventTarget(), {});
  Object.defineProperty(globalThis.document, "hidden", { get: () => browser.hidden });
  globalThis.createImageBitmap = (blob) =>
    new Promise((resolve, reject) => browser.decoding.push({ blob, resolve: () => resolve({ width: 4, height: 3, close() {}, blob }), reject }));
  globalThis.Image = class extends EventTarget {
    remove() {
      browser.image = null;
    }
  };
  globalThis.fetch = async (url, { signal }) => {
    if (browser.answer) return browser.answer();
    const stream = { url, signal, end: null, send: null };
    const body = new ReadableStream({
      start(controller) {
        stream.send = (text) => controller.enqueue(new TextEncoder().encode(text));
        stream.end = () => controller.close();
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    browser.streams.push(stream);
    return new Response(body, { headers: { "content-type": "multipart/mixed;boundary=edge" } });
  };
});

const canvas = () => ({ width: 0, height: 0, getContext: () => ({ drawImage: ({ blob }) => browser.drawn.push(blob.size) }), after(image) { browser.image = image; } });
const part = (size, more = "") => `--edge\r\nContent-Length: ${size}\r\nX-Latency-Ms: 5\r\n${more}\r\n${"x".repeat(size)}\r\n`;

/** Lets everything happen that needs no time. */
async function settle() {
  for (let each = 0; each < 20; each++) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms) {
  now += ms;
  mock.timers.tick(ms);
  await settle();
}

async function started() {
  const video = new Video(canvas(), (told) => (browser.told = told), () => browser.daemonNow, () => 0.5);
  video.linked(7);
  await settle();
  return video;
}

test("it asks for the session's stream, under the name that scripts may read", async () => {
  await started();
  assert.equal(browser.streams.length, 1);
  assert.deepEqual(Object.fromEntries(new URL(browser.streams[0].url, "http://car").searchParams), { mixed: "1", eye: "7" });
});

test("of pictures that come while one is decoded the newest is shown, and the others never are", async () => {
  await started();
  const [stream] = browser.streams;
  for (const size of [1, 2, 3, 4]) stream.send(part(size));
  await settle();
  assert.equal(browser.decoding.length, 1, "one at a time");
  browser.decoding[0].resolve();
  await settle();
  browser.decoding[1].resolve();
  await settle();
  assert.deepEqual(browser.drawn, [1, 4]);
  assert.equal(browser.decoding.length, 2);
});

test("a picture is live until it is a second old, by the time since light fell in", async () => {
  await started();
  browser.streams[0].send(part(1));
  await settle();
  assert.equal(browser.told, null, "it is not there yet");
  now += 300; // Decoding counts.
  browser.decoding[0].resolve();
  await settle();
  assert.equal(browser.told.showing, "live");
  assert.equal(browser.told.ageMs, 305);
  await pass(STALLED_MS - 400);
  assert.equal(browser.told.showing, "live");
  await pass(200);
  assert.equal(browser.told.showing, "stalled");
});

test("a picture that cannot be decoded leaves the last one to grow old", async () => {
  await started();
  browser.streams[0].send(part(1));
  await settle();
  browser.decoding[0].resolve();
  await settle();
  browser.streams[0].send(part(2));
  await settle();
  browser.decoding[1].reject(new Error("no JPEG"));
  await pass(1200);
  assert.deepEqual(browser.drawn, [1]);
  assert.equal(browser.told.showing, "stalled");
});

test("a stream that ends or falls silent is made anew", async () => {
  await started();
  browser.streams[0].send(part(1));
  await settle();
  browser.streams[0].end();
  await settle();
  await pass(1000);
  assert.equal(browser.streams.length, 2);
  await pass(5000);
  assert.ok(browser.streams[1].signal.aborted, "no byte for five seconds");
  await pass(5000);
  assert.equal(browser.streams.length, 3);
});

test("what the daemon says instead of pictures is told, until there are some", async () => {
  browser.answer = () => new Response("the camera is off\n", { status: 503 });
  await started();
  await pass(200);
  assert.equal(browser.told.trouble, "the camera is off");
  browser.answer = null;
  await pass(5000);
  browser.streams.at(-1).send(part(1));
  await settle();
  browser.decoding[0].resolve();
  await settle();
  await pass(200);
  assert.deepEqual([browser.told.trouble, browser.told.showing], [null, "live"]);
});

test("words in place of a picture are no live picture, and are told", async () => {
  await started();
  browser.streams[0].send(part(1, "X-Words: the camera is unplugged\r\n"));
  await settle();
  browser.decoding[0].resolve();
  await pass(1500);
  assert.deepEqual(browser.told, { showing: "words", ageMs: null, sure: false, trouble: "the camera is unplugged" });
  browser.streams[0].send(part(2));
  await settle();
  browser.decoding[1].resolve();
  await settle();
  await pass(200);
  assert.deepEqual([browser.told.showing, browser.told.trouble], ["live", null]);
});

test("nothing is fetched while the tab is hidden, and at once when it is shown", async () => {
  await started();
  browser.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(60_000);
  assert.ok(browser.streams[0].signal.aborted);
  assert.equal(browser.streams.length, 1);
  assert.equal(browser.told.showing, "resting");
  browser.hidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(browser.streams.length, 2);
});

test("after a reconnect the stream is that of the new session", async () => {
  const video = await started();
  video.unlinked();
  video.linked(8);
  await settle();
  assert.ok(browser.streams[0].signal.aborted);
  assert.match(browser.streams[1].url, /eye=8/);
  video.linked(8);
  await settle();
  assert.equal(browser.streams.length, 2);
});

test("while there is no link the stream is of no session, whose number may be another's after a restart", async () => {
  const video = await started();
  video.unlinked();
  browser.streams[0].end();
  await settle();
  await pass(1000);
  assert.equal(new URL(browser.streams[1].url, "http://car").searchParams.get("eye"), null);
});

test("whose session the daemon does not know any more watches by the new one at once", async () => {
  browser.answer = () => new Response("there is no session 7\n", { status: 409 });
  const video = await started();
  await pass(200);
  assert.equal(browser.told.trouble, "there is no session 7");
  browser.answer = null;
  video.unlinked();
  video.linked(8);
  await settle();
  assert.match(browser.streams.at(-1).url, /eye=8/);
});

test("a picture that was three seconds under way is old at once, and its age is sure", async () => {
  browser.daemonNow = 103.5;
  await started();
  browser.streams[0].send(part(1, "X-Time: 100.500000\r\n"));
  await settle();
  browser.decoding[0].resolve();
  await settle();
  assert.deepEqual(browser.told, { showing: "stalled", ageMs: 3000, sure: true, trouble: null });
});

test("a network that is silent for long is asked again in the same way, and never by an image", async () => {
  await started();
  const whole = globalThis.fetch;
  globalThis.fetch = (url, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  for (let each = 0; each < 60; each++) await pass(1000);
  assert.equal(browser.image, null);
  globalThis.fetch = whole;
  while (browser.streams.length === 1) await pass(500);
  browser.streams.at(-1).send(part(1));
  await settle();
  browser.decoding[0].resolve();
  await settle();
  await pass(200);
  assert.equal(browser.told.showing, "live");
});

test("where answers come and no byte of them can be read an image is tried, of unknown age, until bytes come", async () => {
  await started();
  for (let each = 0; each < 40; each++) await pass(1000);
  assert.ok(browser.image);
  assert.equal(browser.told.showing, "unknown");
  const before = browser.streams.length;
  while (browser.streams.length === before) await pass(1000);
  browser.streams.at(-1).send(part(1));
  await settle();
  browser.decoding[0].resolve();
  await settle();
  await pass(200);
  assert.equal(browser.image, null);
  assert.equal(browser.told.showing, "live");
});

test("while a token is wanted nothing is asked for nor told, and with the link the stream is opened at once, without a session's word, too", async () => {
  browser.answer = () => new Response("show a token", { status: 401 });
  const video = new Video(canvas(), (told) => (browser.told = told), () => browser.daemonNow, () => 1);
  video.unlinked();
  await settle();
  await pass(200);
  assert.equal(browser.told.trouble, "show a token");
  video.bar();
  assert.deepEqual([browser.told.showing, browser.told.trouble], ["barred", null]);
  browser.answer = null;
  await pass(60_000);
  assert.equal(browser.streams.length, 0);
  video.linked(null);
  await settle();
  assert.equal(browser.streams.length, 1, "no wait for the next try");
  assert.deepEqual([browser.told.showing, browser.told.trouble], ["none", null]);
});

test("of a picture from before a token was wanted nothing is left", async () => {
  const video = await started();
  browser.streams[0].send(part(1));
  await settle();
  video.bar();
  browser.decoding[0].resolve();
  await pass(3000);
  assert.deepEqual([browser.told.showing, browser.told.ageMs, browser.drawn], ["barred", null, []]);
});
