// What the car sees, how old it is, and what is said when it is no longer so.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { rests } from "../rig/witness.js";
import { apart, look, sees } from "../rig/picture.js";
import { SIDES, action, linked, opened, says, staysAtRest, turns } from "../rig/drive.js";

const BLIND = /drove and saw nothing: no new picture reached it for \d+ ms/;
const OTHER = 5; // of 255, in the mean: another view, and no noise of the camera

test("the picture turns with the gimbal, and back", async (t) => {
  const [daemon, car] = await t.car({ world: "room" });
  const page = await opened(t, daemon.page);
  const flat = (seen) => apart(seen, seen.map(() => seen[0]));
  const before = await sees(page, "#video", "a picture", (seen) => flat(seen) > OTHER);
  const started = car.state.gimbal;
  for (let step = 0; step < 3; step += 1) await page.click(action("cam_left"));
  await car.until("turned", ({ gimbal }) => gimbal.pan > started.pan);
  await sees(page, "#video", "another view", (seen) => apart(before, seen) > OTHER);
  await page.click(action("cam_init"));
  await sees(page, "#video", "the first view again", (seen) => apart(before, seen) < OTHER / 2);
});

test("the age of the picture is shown and small, and so is the round trip", async (t) => {
  const [daemon] = await t.car({ world: "room" });
  const page = await opened(t, daemon.page);
  for (const selector of ["#video-age", "#rtt"]) {
    // Less than a second is told in milliseconds.
    await says(page, selector, /^\d+\s*ms$/);
  }
});

test("a picture that a network keeps for two seconds is old on the page, from the first one on", async (t) => {
  const [daemon] = await t.car({ world: "room" });
  const proxy = await t.proxy(daemon.page, { late: /^GET \/stream/, lateMs: 2000 });
  const page = await opened(t, proxy.url);
  await page.evaluate(() => {
    const { dataset } = document.documentElement;
    window.seen = [];
    new MutationObserver(() => window.seen.push(dataset.video)).observe(document.documentElement, { attributeFilter: ["data-video"] });
  });
  await says(page, "#video-age", /^\D*([2-9]\.\d|\d\d)\s*s$/);
  await says(page, "#video-words", /Old picture: \d/);
  assert.ok(!(await page.evaluate(() => window.seen)).includes("live"));
});

test("a daemon that hangs is told on the page, and forgotten when it goes on", async (t) => {
  const [daemon] = await t.car({ world: "room" });
  const page = await opened(t, daemon.page, { expect: [/net::ERR/, /WebSocket connection/] });
  await says(page, "#video-age", /\d/);
  daemon.freeze();
  await page.waitForFunction(() => {
    const { hidden, innerText } = document.querySelector("#trouble");
    return !hidden && /says nothing|is lost|picture is old/.test(innerText);
  });
  daemon.thaw();
  // Who does not turn for two seconds ends itself; this one may have.
  if (daemon.child.exitCode !== null || (await Promise.race([daemon.ended.then(() => true), linked(page)])) === true) {
    await daemon.again();
  }
  await linked(page);
  await says(page, "#video-age", /\d/);
});

test("where drivers who see nothing are stopped, a frozen camera stops the wheels, and the page says why", async (t) => {
  // Small pictures, which a slow machine draws in time.
  const camera = "stop_stalled_ms = 700\nwidth = 160\nheight = 120\n";
  const [daemon, car] = await t.car({ world: "room", camera });
  const page = await opened(t, daemon.page, { expect: [/WebSocket connection/, /net::ERR/, /409/] });
  const frozen = async () => {
    for (let reason = ""; !BLIND.test(reason); ) {
      await page.keyboard.up("ArrowLeft");
      await car.call("sim.mend", {});
      await says(page, "#video-age", /^\d+\s*ms$/);
      await page.keyboard.down("ArrowLeft");
      await car.until("left", turns(SIDES.left));
      await car.call("sim.fault", { fault: "camera-frozen" });
      reason = (await car.until("rest", rests)).stop_reason;
      // A page that got no processor for 300 ms of these 700 was stopped for that before: once more.
      if (!BLIND.test(reason)) assert.match(reason, /sent nothing new|said stop/);
    }
    await says(page, "#stop-reason", /you: no new picture for \d+ ms/);
    await says(page, "#trouble", /picture/i);
    await says(page, "#refusal", /no new picture/i);
    await staysAtRest(car, 0.5);
  };
  await frozen();
  // Pictures that come again resume nothing.
  await car.call("sim.mend", {});
  await says(page, "#video-age", /^\d+\s*ms$/);
  await staysAtRest(car, 0.7);
  await page.keyboard.up("ArrowLeft");
  // After a restart the page watches by its new session: it drives, and is stopped again.
  await daemon.restart("SIGKILL");
  await car.join(daemon);
  await linked(page);
  await frozen();
});

test("a camera that is frozen is told, and the car still drives", async (t) => {
  const [daemon, car] = await t.car({ world: "room" });
  const page = await opened(t, daemon.page);
  await says(page, "#video-age", /\d/);
  await car.call("sim.fault", { fault: "camera-frozen", for_s: 600 });
  await says(page, "#trouble", /picture|camera|video/i);
  await page.keyboard.down("ArrowLeft");
  await car.until("left", ({ wheels }) => wheels.left < 0);
  await page.keyboard.up("ArrowLeft");
});

