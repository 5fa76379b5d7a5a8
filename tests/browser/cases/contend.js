// Two browsers and one car: who drives, who asks, and what an emergency stop means to both.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { SIDES, goes, linked, opened, says, shows, staysAtRest, turns } from "../rig/drive.js";
import { rests } from "../rig/witness.js";

/** Two pages, and which session is whose. */
async function two(t, options) {
  const [daemon, car] = await t.car(options);
  const one = await opened(t, daemon.page);
  const other = await opened(t, daemon.page);
  return { daemon, car, one, other };
}

test("one drives, the other is refused, asks, and has the car when it is handed over", async (t) => {
  const { car, one, other } = await two(t);
  await goes(one, car);
  const first = car.state.driver;
  await says(one, "#driver", /you/i);
  await says(other, "#driver", /Chrome on Linux \(\d+\) drives/);
  await other.keyboard.down("ArrowDown");
  await says(other, "#refusal", /Somebody else drives/);
  await car.holds("the first one drives on", 0.5, turns(SIDES.up));
  await other.keyboard.up("ArrowDown");
  await other.click("#take");
  await car.until("it was asked", () => car.events.some(({ event }) => event === "asked"));
  const second = car.events.find(({ event }) => event === "asked").session;
  await says(one, "#asked-words", new RegExp(`\\(${second}\\) asks to drive\\.`));
  await car.holds("asking takes nothing", 0.5, turns(SIDES.up));
  // Later by more than `who` rounds off.
  await car.call("acquire").catch(() => {});
  await says(one, "#asked-words", new RegExp(`\\(${second}\\) asks to drive, and then 1 more`));
  await one.keyboard.up("ArrowUp");
  await one.click("#handover");
  await car.until("the other has it", ({ driver }) => driver !== null && driver !== first);
  await says(other, "#driver", /you/i);
  await staysAtRest(car, 0.5);
  await goes(other, car);
  await other.keyboard.up("ArrowUp");
});

test("a teacher comes by a link that is gone from the address, takes the car at once, and hands it over", async (t) => {
  const rows = [["teacher-token", "admin", "Teacher"], ["pupil-token", "driver", "Anna"]];
  const tokens = rows.map(([token, role, name]) => `{ token = "${token}", role = "${role}", name = "${name}" }`);
  const [daemon, car] = await t.car({ config: `[control]\nlease_ms = 60000\n[auth]\ntokens = [${tokens}]\n` });
  const come = async (token) => {
    const page = await opened(t, `${daemon.page}#token=${token}`);
    assert.equal(page.url(), daemon.page, "the token is not in the address");
    return page;
  };
  const [pupil, teacher] = [await come("pupil-token"), await come("teacher-token")];
  await goes(pupil, car);
  await says(teacher, "#driver", /Anna \(\d+\) drives/);
  assert.equal(await pupil.locator("#force").isVisible(), false);
  await teacher.click("#take");
  await says(teacher, "#refusal", /Asked/);
  await teacher.click("#force");
  await says(teacher, "#driver", /You drive/);
  await says(teacher, "#refusal", /^$/);
  await car.until("rest", rests);
  await says(pupil, "#driver", /Teacher \(\d+\) drives/);
  await says(teacher, "#people", /Teacher \(\d+\) · you · admin/);
  await teacher.click("#handover");
  await says(teacher, "#driver", /Nobody drives/);
});

test("either stops the other's car, which drives again only when its key is pressed anew", async (t) => {
  const { car, one, other } = await two(t);
  await goes(one, car);
  await other.click("#stop");
  await car.until("rest", rests);
  await one.keyboard.down("ArrowUp");
  await staysAtRest(car);
  await one.keyboard.up("ArrowUp");
  await goes(one, car);
  await one.keyboard.up("ArrowUp");
});

test("either latches the emergency stop, both read who and why, and either releases it", async (t) => {
  const { car, one, other } = await two(t);
  for (const [presser, resetter] of [[other, one], [one, other]]) {
    await goes(one, car);
    await presser.click("#estop");
    await car.until("the latch", (state) => state.mode === "estop" && rests(state));
    for (const page of [one, other]) {
      await shows(page, "mode", "estop");
      await says(page, "#trouble", /emergency/i);
    }
    await one.keyboard.down("ArrowUp");
    await staysAtRest(car, 0.5);
    await resetter.click("#reset");
    await car.until("the release", ({ mode }) => mode === "idle");
    await one.keyboard.down("ArrowUp");
    await staysAtRest(car, 0.7);
    await one.keyboard.up("ArrowUp");
  }
});

test("somebody else's emergency stop is told with its reason", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await car.call("estop", { reason: "a cat on the floor" });
  await says(page, "body", /a cat on the floor/);
  await car.call("reset");
  await shows(page, "mode", "idle");
});

test("a latch outlives the daemon, and the page says so when it is back", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page, { expect: [/WebSocket connection/, /net::ERR/] });
  await page.click("#estop");
  await car.until("the latch", ({ mode }) => mode === "estop");
  await daemon.restart();
  await car.join(daemon);
  await linked(page);
  await shows(page, "mode", "estop");
  await page.keyboard.down("ArrowUp");
  await staysAtRest(car, 0.5);
  await page.keyboard.up("ArrowUp");
  await page.click("#reset");
  await car.until("the release", ({ mode }) => mode === "idle");
  await goes(page, car);
  await page.keyboard.up("ArrowUp");
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`after a restart by ${signal} the page is back by itself, and a key that is still held moves nothing`, async (t) => {
    const [daemon, car] = await t.car();
    const page = await opened(t, daemon.page, { expect: [/WebSocket connection/, /net::ERR/] });
    await goes(page, car);
    await daemon.end(signal);
    await page.waitForFunction(() => document.documentElement.dataset.link !== "open");
    await page.keyboard.down("ArrowUp");
    await daemon.again();
    await car.join(daemon);
    await linked(page);
    await page.keyboard.down("ArrowUp");
    await staysAtRest(car);
    await page.keyboard.up("ArrowUp");
    await goes(page, car);
    await page.keyboard.up("ArrowUp");
    await car.until("rest", rests);
  });
}

const TOKENS = '[auth]\ntokens = [{ token = "a-good-token", role = "driver", name = "tablet" }]\n';

/** Types a token and sends it, as a person does. */
async function show(page, token) {
  await page.locator("#token input").first().fill(token);
  await page.keyboard.press("Enter");
}

/** Runs in the page: keeps all that it says over the picture from now on. */
function listens() {
  window.told = [];
  for (const id of ["trouble", "refusal", "video-words"]) {
    const place = document.getElementById(id);
    const note = () => window.told.push(place.textContent);
    new MutationObserver(note).observe(place, { childList: true, characterData: true, subtree: true });
    note();
  }
}

test("whose token is taken away is told that it is no longer valid, and nobody is listed any more", async (t) => {
  const [daemon] = await t.car({ config: TOKENS });
  const page = await opened(t, `${daemon.page}#token=a-good-token`, { expect: [/40[13]/, /WebSocket connection/] });
  await says(page, "#people", /you · may drive/);
  daemon.rewrite("a-good-token", "another-token");
  await says(page, "#token", /Your token is no longer valid/);
  await says(page, "#driver", /wants a token/);
  await says(page, "#people", /^$/);
  for (const place of ["#refusal", "#trouble"]) await says(page, place, /^$/);
  await show(page, "another-token");
  await shows(page, "role", "driver");
});

test("who takes the car and does not drive is told why it is free again", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await page.click("#take");
  await car.until("it is taken", ({ driver }) => driver !== null);
  await says(page, "#refusal", /You did not drive for 3 s: the car is free again/);
  await goes(page, car);
  await says(page, "#refusal", /^$/);
  await page.keyboard.up("ArrowUp");
});

test("a refusal goes when the car is free to drive again", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await page.click("#estop");
  await car.until("the latch", ({ mode }) => mode === "estop");
  await shows(page, "mode", "estop");
  await page.keyboard.down("ArrowUp");
  await says(page, "#refusal", /emergency stop is on/);
  await page.keyboard.up("ArrowUp");
  await page.click("#reset");
  await shows(page, "mode", "idle");
  // In the same turn of the page as its mark.
  assert.doesNotMatch(await page.locator("#refusal").textContent(), /emergency stop is on/);
});

test("who has no token is asked for one; a wrong one is told, and the right one drives and sees", async (t) => {
  const [daemon, car] = await t.car({ world: "room", config: TOKENS });
  const page = await t.page(daemon.page, { expect: [/40[13]/, /WebSocket connection/] });
  await page.locator("#token").waitFor({ state: "visible" });
  await show(page, "not-the-token");
  await says(page, "#token", /wrong|not known|unknown|does not know|not accept/i);
  await says(page, "#driver", /wants a token/);
  await page.evaluate(listens);
  await show(page, "a-good-token");
  await page.locator("#token").waitFor({ state: "hidden" });
  await shows(page, "role", "driver");
  await says(page, "#video-age", /\d/);
  const told = await page.evaluate(() => window.told.join("\n"));
  assert.doesNotMatch(told, /no pictures|show a token/i);
  await goes(page, car);
  await page.keyboard.up("ArrowUp");
  await car.until("rest", rests);
  const { sessions } = await car.call("who");
  assert.ok(sessions.some(({ name }) => name === "tablet"), JSON.stringify(sessions));
});

test("who may only look cannot drive, and is told; but stops a car that somebody drives", async (t) => {
  const config = '[auth]\ntokens = [{ token = "only-to-look", role = "observer", name = "child" }]\n';
  const [daemon, car] = await t.car({ config });
  const page = await t.page(daemon.page, { expect: [/40[13]/, /WebSocket connection/] });
  await show(page, "only-to-look");
  await shows(page, "role", "observer");
  await page.keyboard.down("ArrowUp");
  await says(page, "#refusal", /token is not enough/);
  await staysAtRest(car, 0.5);
  await page.keyboard.up("ArrowUp");
  for (const [button, stopped] of [["#stop", rests], ["#estop", (state) => state.mode === "estop" && rests(state)]]) {
    await car.call("drive", { throttle: 0.5, steer: 0, ttl_ms: 2000 });
    const drives = setInterval(() => car.call("drive", { throttle: 0.5, steer: 0, ttl_ms: 2000 }).catch(() => {}), 500);
    try {
      await car.until("forward", turns(SIDES.up));
      await page.click(button);
      await car.until(button, stopped);
    } finally {
      clearInterval(drives);
    }
    // Whoever was stopped by somebody else must let go before it drives again.
    await car.holds("rest", 0.8, rests);
  }
  assert.ok(await page.locator("#reset").isDisabled());
  await says(page, "#reset", /drivers only/);
});

test("who may not reset sees so before it is pressed, and is told who can", async (t) => {
  const rows = [["teacher-token", "admin", "Teacher"], ["pupil-token", "driver", "Anna"]];
  const tokens = rows.map(([token, role, name]) => `{ token = "${token}", role = "${role}", name = "${name}" }`);
  const [daemon, car] = await t.car({ config: `[auth]\nreset = "admin"\ntokens = [${tokens}]\n` });
  const pupil = await opened(t, `${daemon.page}#token=pupil-token`);
  const teacher = await opened(t, `${daemon.page}#token=teacher-token`);
  await pupil.click("#estop");
  await says(pupil, "#reset", /admins only/);
  assert.ok(await pupil.locator("#reset").isDisabled());
  await says(pupil, "#trouble", /somebody whose token is enough/);
  await says(teacher, "#trouble", /until Reset/);
  await teacher.click("#reset");
  await car.until("the release", ({ mode }) => mode === "idle");
});
