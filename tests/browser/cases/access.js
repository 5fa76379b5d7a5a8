// By keyboard alone, and with a screen reader: axe finds nothing serious, all can be reached, focus is seen.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "../rig/runner.js";
import { PHONE } from "../rig/browser.js";
import { AT_ONCE_MS, SIDES, action, opened, says, shows, staysAtRest, stops, turns } from "../rig/drive.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical findings, with what each is about. */
async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ""}`).join(" | ")}`);
}

for (const [locale, colorScheme, screen] of [
  ["en-GB", "light", {}],
  ["en-GB", "dark", PHONE],
  ["zh-CN", "light", PHONE],
  ["zh-CN", "dark", {}],
]) {
  const where = screen === PHONE ? "a phone" : "a laptop";
  test(`axe finds nothing serious in ${locale}, ${colorScheme}, on ${where}: driving, stopped, and latched`, async (t) => {
    const [daemon, car] = await t.car({ world: "room" });
    const page = await opened(t, daemon.page, { ...screen, locale, colorScheme });
    await says(page, "#video-age", /\d/);
    assert.deepEqual(await findings(page), []);
    await car.call("estop", { reason: "a test" });
    await shows(page, "mode", "estop");
    assert.deepEqual(await findings(page), []);
  });
}

test("axe finds nothing serious while the help is open, and what opened it has the focus again", async (t) => {
  const [daemon] = await t.car();
  for (const [locale, colorScheme] of [["en-GB", "dark"], ["zh-CN", "light"]]) {
    const page = await opened(t, daemon.page, { locale, colorScheme });
    await page.locator("#help-open").focus();
    await page.keyboard.press("Enter");
    await page.locator("#help").waitFor({ state: "visible" });
    assert.deepEqual(await findings(page), []);
    await page.locator("#help .close").focus();
    await page.keyboard.press("Enter");
    await page.locator("#help").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.id), "help-open");
  }
});

test("axe finds nothing serious while a token is asked for, nor while the link is lost", async (t) => {
  const config = '[auth]\ntokens = [{ token = "a-good-token", role = "driver", name = "tablet" }]\n';
  const [daemon] = await t.car({ config });
  for (const [locale, colorScheme] of [["en-GB", "dark"], ["zh-CN", "light"]]) {
    const page = await t.page(daemon.page, { locale, colorScheme, expect: [/./] });
    await page.locator("#token").waitFor({ state: "visible" });
    // It is there before the script has given all else its words.
    await page.waitForFunction(() => document.getElementById("map").ariaLabel);
    assert.deepEqual(await findings(page), []);
  }
  const [other] = await t.car();
  const page = await opened(t, other.page, { expect: [/net::ERR/, /WebSocket connection/] });
  await other.end();
  await page.waitForFunction(() => document.documentElement.dataset.link !== "open");
  assert.deepEqual(await findings(page), []);
});

/** Runs in the page: what has the focus, and whether one sees that it has. */
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const { width, height } = element.getBoundingClientRect();
  const seen = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  return { name: element.id || element.dataset.action || element.outerHTML.slice(0, 80), seen, shown: width > 0 && height > 0 };
}

/** Runs in the page: whatever a person may want to press. */
function wanted() {
  const all = document.querySelectorAll("button, input, select, a[href], summary, [tabindex='0']");
  const shown = (element) => element.checkVisibility() && !element.disabled && !element.closest("[inert]");
  return [...all].filter(shown).map((element) => element.id || element.dataset.action || element.outerHTML.slice(0, 80));
}

test("Tab reaches every control, and one sees where one is", async (t) => {
  const [daemon] = await t.car();
  const page = await opened(t, daemon.page);
  const missing = new Set(await page.evaluate(wanted));
  assert.ok(missing.size > 15, [...missing].join(" "));
  for (let i = 0; i < 80 && missing.size > 0; i += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(focused);
    if (!at) continue;
    assert.ok(at.shown && at.seen, `${at.name} shows that it has the focus`);
    missing.delete(at.name);
  }
  assert.deepEqual([...missing], []);
});

/** A page that got no processor for 300 ms was stopped for that a moment before; else it said so itself. */
const LATE = /sent nothing new/;
const ENDED = new RegExp(`said stop|${LATE.source}`);

/** Enter is held, and the car drives longer than by a tap; anew where the page was late. */
async function isHeld(page, car, drives) {
  for (;;) {
    await page.keyboard.down("Enter");
    const began = await car.until("it drives by Enter", drives);
    const seen = await car.until("it drives on", (state) => !drives(state) || state.t > began.t + 0.6);
    if (drives(seen)) return;
    assert.match(seen.stop_reason, LATE);
    await page.keyboard.up("Enter");
  }
}

test("a button that drives is held by Enter, one that does not is pressed by it, and space stops on both", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  for (const [name, sides] of Object.entries(SIDES)) {
    await page.focus(action(name));
    await isHeld(page, car, turns(sides));
    await stops(car, AT_ONCE_MS, () => page.keyboard.up("Enter"), ENDED);
  }
  await page.keyboard.down("Enter");
  await car.until("right by Enter", turns(SIDES.right));
  await stops(car, AT_ONCE_MS, () => page.keyboard.press("Space"), ENDED);
  await staysAtRest(car, 0.7);
  await page.keyboard.up("Enter");
  await page.keyboard.down("Space");
  await staysAtRest(car, 0.7);
  await page.keyboard.up("Space");
  await page.focus(action("cam_left"));
  await page.keyboard.press("Enter");
  await car.until("the camera to the left", ({ gimbal }) => gimbal.pan > 0);
  await page.focus("#estop");
  await page.keyboard.press("Enter");
  await car.until("the latch", ({ mode }) => mode === "estop");
  await page.locator("#reset").waitFor();
  await page.focus("#reset");
  await page.keyboard.press("Enter");
  await car.until("the release", ({ mode }) => mode === "idle");
});

test("the page asks nobody but its car, for nothing that it may not", async (t) => {
  const [daemon] = await t.car({ world: "room" });
  const page = await opened(t, daemon.page);
  await says(page, "#video-age", /\d/);
  await page.click("#lang");
  await page.click("#theme");
  assert.deepEqual([...page.hosts], [new URL(daemon.page).host]);
});
