// On every screen all of the page can be reached, and stop and e-stop are always in sight.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { PHONE } from "../rig/browser.js";
import { action, goes, opened, says, shows } from "../rig/drive.js";
import { rests } from "../rig/witness.js";

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

/** Runs in the page: what hangs over its edge to the side, where nothing scrolls there; what lies in a box that cuts it is that box's. */
function overhang() {
  const width = document.documentElement.clientWidth;
  const beyond = (element) => {
    const { left, right } = element.getBoundingClientRect();
    return right > width + 0.5 || left < -0.5;
  };
  const cut = (element) => {
    const box = element.parentElement.closest("#bar .gauges, #stage, #map, .now, #why, #messages, #side");
    return box !== null && !beyond(box);
  };
  const words = (element) => `${element.tagName}#${element.id}.${element.className}`;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0;
  const all = [...document.body.querySelectorAll(":not(svg, svg *)")];
  return all.filter((element) => shown(element) && beyond(element) && !cut(element)).map(words);
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

/** Runs in the page: what covers the last of its words, once they are scrolled to; nothing is well. */
function unread(selector) {
  const element = document.querySelector(selector);
  const words = document.createRange();
  words.selectNodeContents(element);
  const last = () => [...words.getClientRects()].at(-1);
  element.scrollIntoView({ block: "end" });
  // Where the whole page scrolls, what stops the car lies over its lower half.
  scrollBy(0, last().bottom - innerHeight / 4);
  const { left, right, top, bottom } = last();
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return element.contains(hit) ? null : `${hit?.tagName}#${hit?.id}`;
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

async function isInSight(page, selector, least, where = "") {
  const { within, free, width, height, hit } = await page.locator(selector).evaluate(inSight);
  assert.ok(within, `${selector} is in sight ${where}`);
  assert.ok(free, `${selector} is covered by ${hit} ${where}`);
  assert.ok(Math.min(width, height) >= least, `${selector} is ${width} by ${height} px ${where}`);
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
          assert.equal(await page.evaluate(unread, "#trouble"), null);
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

/** Between those: small phones, tablets on their side, half a window, a page that is zoomed in four times. */
const BETWEEN = [
  [320, 568], [568, 320], [740, 360], [360, 380], [320, 256],
  [900, 600], [901, 700], [1024, 768], [1112, 834], [1180, 820], [600, 1024],
];

for (const [language, locale] of Object.entries(LANGUAGES)) {
  test(`on screens between, in ${language}, all can be reached, what is wrong can be read, and stop is in sight`, async (t) => {
    const [daemon, car] = await t.car({ world: "room" });
    const page = await opened(t, daemon.page, { locale, hasTouch: true });
    for (const latched of [false, true]) {
      if (latched) {
        await car.call("estop", { reason: "a word of somebody, and some more of that, to be read wholly" });
        await shows(page, "mode", "estop");
        await says(page, "#trouble", /wholly/);
      }
      for (const [width, height] of BETWEEN) {
        await page.setViewportSize({ width, height });
        const at = `${width}x${height}${latched ? ", latched" : ""}`;
        assert.deepEqual(await page.evaluate(overhang), [], at);
        if (latched) assert.equal(await page.evaluate(unread, "#trouble"), null, at);
        for (const selector of latched ? ["#reset"] : ["#take", action("up"), action("right"), "#speed", "#lang", "#theme"]) {
          await page.locator(selector).evaluate((element) => element.scrollIntoView({ block: "center" }));
          await isInSight(page, selector, 24, at);
        }
        for (const selector of ["#stop", "#estop"]) await isInSight(page, selector, 44, at);
      }
    }
  });
}

test("a keyboard that lies over the page, and tells only the browser, leaves stop and e-stop above it", async (t) => {
  const [daemon] = await t.car();
  const covered = () => {
    const seen = Object.assign(new EventTarget(), { height: innerHeight, scale: 1 });
    Object.defineProperty(window, "visualViewport", { value: seen });
  };
  for (const [viewport, keyboard] of [[PHONE.viewport, 260], [{ width: 740, height: 360 }, 190]]) {
    const page = await opened(t, daemon.page, { ...PHONE, viewport, before: covered });
    const bottoms = () => Promise.all(["#stop", "#estop"].map(async (selector) => {
      const { y, height } = await page.locator(selector).boundingBox();
      return viewport.height - y - height;
    }));
    const resize = (height) => page.evaluate((height) => {
      visualViewport.height = height;
      visualViewport.dispatchEvent(new Event("resize"));
    }, height);
    const before = await bottoms();
    await resize(viewport.height - keyboard);
    const above = await bottoms();
    assert.ok(above.every((room) => room >= keyboard && room < keyboard + 20), `${above}`);
    await resize(viewport.height);
    assert.deepEqual(await bottoms(), before);
  }
});

test("the view from above is not drawn anew for a car that stands, whose echoes are never quite still", async (t) => {
  const [daemon, car] = await t.car({ world: "room", args: ["--board", "classroom"] });
  const counts = () => {
    const { clearRect } = CanvasRenderingContext2D.prototype;
    window.drawn = 0;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      if (this.canvas.id === "map") window.drawn += 1;
      return clearRect.apply(this, box);
    };
  };
  const page = await opened(t, daemon.page, { before: counts });
  await page.waitForFunction(() => window.drawn > 0);
  await car.holds("rest", 1, rests);
  const drawn = () => page.evaluate(() => window.drawn);
  const before = await drawn();
  await car.holds("rest", 2, rests);
  const idle = (await drawn()) - before;
  // Each state would be forty; of the echoes a few are by chance far enough from the last that was drawn.
  assert.ok(idle < 20, `${idle} times in 2 s, in which 40 states came`);
  await goes(page, car);
  await page.waitForFunction((before) => window.drawn > before + 5, before + idle);
  await page.keyboard.up("ArrowUp");
});

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
