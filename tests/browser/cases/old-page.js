// The page that came before this one: a file of somebody's, words over `ws://`, the picture by mjpg-streamer's address.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { test, until } from "../rig/runner.js";
import { rests } from "../rig/witness.js";
import { apart, look, sees } from "../rig/picture.js";

const FILE = new URL("../old-page.html", import.meta.url);
const PANEL = "panel.example";

/** Opens it, and types where the car is; `said`: all that it alerts. */
async function opened(t, url, daemon, options) {
  const page = await t.page(url, options);
  page.said = [];
  page.on("dialog", (dialog) => {
    page.said.push(dialog.message());
    dialog.accept().catch(() => {});
  });
  await page.fill("#ip", daemon.ws.hostname);
  await page.fill("#port", daemon.ws.port);
  await page.fill("#videoPort", new URL(daemon.page).port);
  return page;
}

const word = (page, name) => page.click(`button[onclick="say('${name}')"]`);

/** All that it can do, on a car that does what it should. */
async function drives(page, car) {
  await page.click("#connect");
  await page.waitForFunction(() => document.getElementById("picture").naturalWidth > 0);
  for (const [name, sides] of [["up", [1, 1]], ["left", [-1, 1]], ["right", [1, -1]], ["back", [-1, -1]]]) {
    await word(page, name);
    const goes = ({ wheels }) => Math.sign(wheels.left) === sides[0] && Math.sign(wheels.right) === sides[1];
    await car.until(name, goes);
  }
  await word(page, "stop");
  await car.until("stop", rests);
  const { gimbal } = car.state;
  for (const [name, axis, sign] of [["cam_up", "tilt", 1], ["cam_left", "pan", 1], ["cam_right", "pan", -1]]) {
    const before = car.state.gimbal[axis];
    await word(page, name);
    await car.until(name, (state) => Math.sign(state.gimbal[axis] - before) === sign);
  }
  await word(page, "cam_init");
  await car.until("cam_init", (state) => state.gimbal.pan === gimbal.pan && state.gimbal.tilt === gimbal.tilt);
  await page.fill("#word", "up");
  await page.click("#send");
  await car.until("a word that was typed", ({ mode }) => mode === "driving");
  assert.ok(page.said.includes("ok"), page.said.join("; "));
}

async function showsWhatTheCarSees(page) {
  const before = await look(page, "#picture");
  assert.ok(apart(before, before.map(() => before[0])) > 5, "a picture of something");
  for (let step = 0; step < 3; step += 1) await word(page, "cam_left");
  await sees(page, "#picture", "another view", (now) => apart(before, now) > 5);
}

test("the old page drives from a file, with the line that the README has", async (t) => {
  const [daemon, car] = await t.car({ world: "room", config: '[auth]\nallow_origins = ["null"]\n' });
  const page = await opened(t, FILE.href, daemon);
  await drives(page, car);
  await showsWhatTheCarSees(page);
  await page.close({ runBeforeUnload: true });
  const { stop_reason } = await car.until("rest, as the page is closed", rests);
  assert.match(stop_reason, /the connection was closed/);
});

async function panel(t) {
  const server = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    answer.end(readFileSync(FILE));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const browser = await t.ownBrowser([`--host-resolver-rules=MAP ${PANEL} 127.0.0.1`]);
  return [`http://${PANEL}:${server.address().port}`, browser];
}

test("the old page drives from another's server, with a line that names it", async (t) => {
  const [url, browser] = await panel(t);
  const [daemon, car] = await t.car({ world: "room", config: `[auth]\nallow_origins = ["${url}"]\n` });
  const page = await opened(t, url, daemon, { browser });
  await drives(page, car);
  // It alerts that its link is gone while it is left, and chromium may wait for that box for ever: nobody waits for chromium.
  page.goto("about:blank").catch(() => {});
  const { stop_reason } = await car.until("rest, as the page is left", rests);
  assert.match(stop_reason, /the connection was closed/);
});

for (const [from, allow] of [["a file", "null"], ["another's server", PANEL]]) {
  test(`without its line the old page from ${from} is refused, and the log says the line`, async (t) => {
    const [daemon, car] = await t.car();
    const [url, browser] = from === "a file" ? [FILE.href] : await panel(t);
    const page = await opened(t, url, daemon, { browser, expect: [/WebSocket connection .* failed/] });
    const alerted = page.waitForEvent("dialog");
    await page.click("#connect");
    await alerted;
    const line = allow === "null" ? '"null"' : `"${url}"`;
    await until("the log says why", () => /allow_origins/.test(daemon.log));
    assert.ok(daemon.log.includes(line), daemon.log);
    await word(page, "up");
    assert.ok(rests(car.state));
  });
}
