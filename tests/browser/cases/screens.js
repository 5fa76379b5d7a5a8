// On every screen all of the page can be reached, and stop and e-stop are always in sight.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { PHONE } from "../rig/browser.js";
import { action, opened, says } from "../rig/drive.js";

const SCREENS = {
  "a phone, upright": PHONE,
  "a phone, on its side": { ...PHONE, viewport: { width: 640, height: 360 } },
  "a tablet": { viewport: { width: 820, height: 1180 }, hasTouch: true },
  "a laptop": { viewport: { width: 1280, height: 720 } },
  "a 4K screen": { viewport: { width: 3840, height: 2160 } },
};

const LANGUAGES = { English: "en-GB", 中文: "zh-CN" };

const DRIVING = ["up", "back", "left", "right", "stop"].map(action);
const CAMERA = ["cam_up", "cam_down", "cam_left", "cam_right", "cam_init"].map(action);
const ALL = [...DRIVING, ...CAMERA, "#joystick", "#speed", "#gimbal", "#take", "#handover", "#lang", "#theme"];

/** Runs in the page: what hangs over its edge to the side, with its own words. */
function overhang() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = (element) => {
    const { left, right } = element.getBoundingClientRect();
    return right > width + 0.5 || left < -0.5;
  };
  const words = (element) => `${element.tagName}#${element.id}.${element.className}`;
  return [`${document.documentElement.scrollWidth} px`, ...[...document.body.querySelectorAll("*")].filter(wide).map(words)];
}

/** Runs in the page: whether nothing covers the middle of an element, all of it is in sight, and how big it is. */
function inSight(element) {
  const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const within = left >= -0.5 && top >= -0.5 && right <= clientWidth + 0.5 && bottom <= clientHeight + 0.5;
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const free = hit !== null && (element === hit || element.contains(hit));
  return { within, free, width, height, hit: hit && `${hit.tagName}#${hit.id}` };
}

/** Runs in the page: how many pixels of its words are cut off at a side. */
function cutOff(selector) {
  const element = document.querySelector(selector);
  const cut = ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth;
  return Math.max(cut(element), cut(element.parentElement));
}

/** Runs in the page: the buttons over the picture that it lies upon. */
function under(selector) {
  const box = document.querySelector(selector).getBoundingClientRect();
  const lies = (button) => {
    const { left, right, top, bottom } = button.getBoundingClientRect();
    return left < box.right && right > box.left && top < box.bottom && bottom > box.top;
  };
  return [...document.querySelectorAll("#stage > [data-action]")].filter(lies).map(({ dataset }) => dataset.action);
}

async function isInSight(page, selector, least) {
  const { within, free, width, height, hit } = await page.locator(selector).evaluate(inSight);
  assert.ok(within, `${selector} is in sight`);
  assert.ok(free, `${selector} is covered by ${hit}`);
  assert.ok(Math.min(width, height) >= least, `${selector} is ${width} by ${height} px`);
}

for (const [screen, options] of Object.entries(SCREENS)) {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    test(`on ${screen}, in ${language}, all can be reached and stop is in sight`, async (t) => {
      const [daemon, car] = await t.car({ world: "room" });
      const page = await opened(t, daemon.page, { ...options, locale });
      const lang = await page.locator("html").getAttribute("lang");
      assert.ok(locale.startsWith(lang.slice(0, 2)), lang);
      for (const latched of [false, true]) {
        if (latched) {
          await car.call("estop", { reason: "W".repeat(64) });
          await says(page, "#trouble", /W{64}/);
          assert.equal(await page.evaluate(cutOff, "#trouble"), 0);
        }
        assert.deepEqual(await page.evaluate(overhang), []);
        assert.deepEqual(await page.evaluate(under, ".hud"), []);
        await page.evaluate(() => window.scrollTo(0, 0));
        await isInSight(page, "#stop", 44);
        await isInSight(page, "#estop", 44);
      }
      // While it is latched a phone shows words in place of what would not drive.
      await car.call("reset");
      await page.waitForFunction(() => document.documentElement.dataset.mode === "idle");
      for (const selector of ALL) {
        // Of these two the one that can be done now is shown.
        if (["#take", "#handover"].includes(selector) && !(await page.locator(selector).isVisible())) continue;
        await page.locator(selector).scrollIntoViewIfNeeded({ timeout: 5000 });
        const small = ["#speed", "#lang", "#theme", "#take", "#handover"].includes(selector);
        await isInSight(page, selector, small ? 24 : 40);
        await isInSight(page, "#stop", 44);
        await isInSight(page, "#estop", 44);
      }
      assert.equal(await page.locator("#take, #handover").filter({ visible: true }).count(), 1);
    });
  }
}

test("the language and the colours that somebody chose stay", async (t) => {
  const [daemon] = await t.car();
  const page = await opened(t, daemon.page);
  const look = () => page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.body).backgroundColor]);
  const [english, light] = await look();
  await page.click("#lang");
  await page.click("#theme");
  const chosen = await look();
  assert.notEqual(chosen[0], english);
  assert.notEqual(chosen[1], light);
  await page.reload();
  await page.waitForFunction((lang) => document.documentElement.lang === lang, chosen[0]);
  assert.deepEqual(await look(), chosen);
});
