// Whatever happens to who holds the stick, the car stands within the contract's times.

import assert from "node:assert/strict";
import { test } from "../rig/runner.js";
import { Fingers, PHONE, middle } from "../rig/browser.js";
import { AT_ONCE_MS, SIDES, TTL_MS, action, goes, linked, opened, staysAtRest, stops, turns } from "../rig/drive.js";

const SAID = /said stop/;
const GONE = /connection was closed/;
const TIMED = /sent nothing new/;

test("letting go of a key stops it", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await goes(page, car);
  await stops(car, AT_ONCE_MS, () => page.keyboard.up("ArrowUp"), SAID);
});

test("letting go of a button outside of it stops it", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  const { x, y } = await middle(page, action("up"));
  await page.mouse.move(x, y);
  await page.mouse.down();
  await car.until("forward", turns(SIDES.up));
  await page.mouse.move(2, 2);
  await stops(car, AT_ONCE_MS, () => page.mouse.up(), SAID);
});

test("a finger that the system takes away stops it", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page, PHONE);
  const fingers = await Fingers.on(page);
  for (const selector of [action("up"), "#joystick"]) {
    await page.locator(selector).scrollIntoViewIfNeeded();
    const { x, y, height } = await middle(page, selector);
    await fingers.down(x, y);
    await fingers.move(x, y - (selector === "#joystick" ? height / 2 : 1));
    await car.until("forward", turns(SIDES.up));
    await stops(car, AT_ONCE_MS, () => fingers.cancel(), SAID);
  }
});

test("a key that repeats itself goes on, and stops when it is let go", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await goes(page, car);
  for (let i = 0; i < 10; i += 1) await page.keyboard.down("ArrowUp");
  await car.holds("forward", 1, turns(SIDES.up));
  await stops(car, AT_ONCE_MS, () => page.keyboard.up("ArrowUp"), SAID);
});

test("a tab behind another one stops it, and the key that is still held does not start it again", async (t) => {
  const [daemon, car] = await t.car();
  const [page] = await t.window(daemon.page);
  await linked(page);
  await page.bringToFront();
  await goes(page, car);
  await stops(car, AT_ONCE_MS, () => page.context().newPage(), SAID);
  assert.equal(await page.evaluate(() => document.visibilityState), "hidden");
  await page.bringToFront();
  await page.keyboard.down("ArrowUp");
  await staysAtRest(car);
  await page.keyboard.up("ArrowUp");
  await goes(page, car);
  await page.keyboard.up("ArrowUp");
});

test("a window that is put away stops it", async (t) => {
  const [daemon, car] = await t.car();
  const [page] = await t.window(daemon.page);
  await linked(page);
  await page.bringToFront();
  const cdp = await page.context().newCDPSession(page);
  const { windowId } = await cdp.send("Browser.getWindowForTarget");
  await goes(page, car);
  const bounds = { windowState: "minimized" };
  await stops(car, AT_ONCE_MS, () => cdp.send("Browser.setWindowBounds", { windowId, bounds }), SAID);
  assert.equal(await page.evaluate(() => document.visibilityState), "hidden");
});

test("a window that loses the focus stops it, though all of it is seen", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  const cdp = await page.context().newCDPSession(page);
  await goes(page, car);
  const leave = async () => {
    await cdp.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    await page.context().newPage();
  };
  await stops(car, AT_ONCE_MS, leave, SAID);
  assert.equal(await page.evaluate(() => document.visibilityState), "visible");
});

for (const [what, act] of [
  ["closing the tab", (page) => page.close()],
  ["closing the tab, asked politely", (page) => page.close({ runBeforeUnload: true })],
  ["going to another page", (page) => page.goto("about:blank")],
  ["loading the page anew", (page) => page.reload()],
  ["closing the browser's window", (page) => page.context().close()],
]) {
  test(`${what} stops it`, async (t) => {
    const [daemon, car] = await t.car();
    const page = await opened(t, daemon.page);
    await goes(page, car);
    await stops(car, AT_ONCE_MS, () => act(page), new RegExp(`${SAID.source}|${GONE.source}`));
    await staysAtRest(car, 0.5);
  });
}

test("a page that crashes stops it", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await goes(page, car);
  const crashed = page.waitForEvent("crash");
  await stops(car, TTL_MS, () => page.goto("chrome://crash").catch(() => {}));
  await crashed;
});

test("a browser that is killed stops it", async (t) => {
  const [daemon, car] = await t.car();
  const [page, kill] = await t.window(daemon.page);
  await linked(page);
  await page.bringToFront();
  await goes(page, car);
  await stops(car, TTL_MS, kill);
});

test("a page that hangs stops it within the time to live", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await goes(page, car);
  const hang = () => {
    setTimeout(() => {
      for (const end = performance.now() + 700; performance.now() < end; );
    });
  };
  await stops(car, TTL_MS, () => page.evaluate(hang), TIMED);
  await page.evaluate(() => "it goes on");
  await staysAtRest(car);
});

test("a box of the browser's that wants an answer stops it", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await goes(page, car);
  const asked = page.waitForEvent("dialog");
  page.on("dialog", () => {});
  await stops(car, TTL_MS, () => page.evaluate(() => void setTimeout(() => window.confirm("sure?"))));
  await staysAtRest(car, 0.5);
  await (await asked).dismiss();
  await staysAtRest(car);
});

test("a network that is cut without a word stops it within the time to live, and nothing is resumed", async (t) => {
  const [daemon, car] = await t.car();
  const proxy = await t.proxy(daemon.page);
  const page = await opened(t, proxy.url, { expect: [/net::ERR/, /WebSocket connection/] });
  await goes(page, car);
  await stops(car, TTL_MS, () => proxy.cut(), TIMED);
  await staysAtRest(car, 1.5);
  proxy.mend();
  await staysAtRest(car, 1);
});

test("of two fingers the second has the car, and the first has it again only when it is put down anew", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page, PHONE);
  const fingers = await Fingers.on(page);
  await page.locator(action("up")).scrollIntoViewIfNeeded();
  const [up, left] = [await middle(page, action("up")), await middle(page, action("left"))];
  await fingers.down(up.x, up.y, 1);
  await car.until("forward", turns(SIDES.up));
  await fingers.down(left.x, left.y, 2);
  await car.until("left", turns(SIDES.left));
  await stops(car, AT_ONCE_MS, () => fingers.up(2), SAID);
  await staysAtRest(car, 0.5);
  await fingers.up(1);
  await fingers.down(up.x, up.y, 1);
  await car.until("forward", turns(SIDES.up));
  const stop = await middle(page, "#stop");
  await stops(car, AT_ONCE_MS, () => fingers.down(stop.x, stop.y, 2), SAID);
  await fingers.up(2);
  await staysAtRest(car);
});

test("a second finger on the same button that lifts leaves the first one's in force, and so does the other way round", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page, PHONE);
  const fingers = await Fingers.on(page);
  await page.locator(action("up")).scrollIntoViewIfNeeded();
  const { x, y } = await middle(page, action("up"));
  await fingers.down(x, y, 1);
  await car.until("forward", turns(SIDES.up));
  await fingers.down(x + 6, y, 2);
  await fingers.up(2);
  await car.holds("forward", 0.6, turns(SIDES.up));
  await stops(car, AT_ONCE_MS, () => fingers.up(1), SAID);
});

test("the help that is opened while a key is held stops it, and nothing drives behind it", async (t) => {
  const [daemon, car] = await t.car();
  const page = await opened(t, daemon.page);
  await goes(page, car);
  await stops(car, AT_ONCE_MS, () => page.click("#help-open"), SAID);
  await page.keyboard.up("ArrowUp");
  await page.keyboard.down("ArrowUp");
  await staysAtRest(car, 0.5);
});
