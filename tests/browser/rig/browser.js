// Debian's chromium, and the pages in it, of which all that went wrong is written down.
//
// What must never live here: how a car drives.

import { chromium } from "playwright-core";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** A process of its own; CI's user is root, for whom chromium has no sandbox. */
export function launch(more = []) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none", ...more];
  return chromium.launch({ executablePath: PROGRAM, args, timeout: 60_000 });
}

/** A page of a browser of its own: storage, language, and one window. */
export async function open(browser, url, { locale = "en-GB", before, expect = [], ...options } = {}) {
  const context = await browser.newContext({ ...DESKTOP, locale, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  watch(page, expect);
  if (before) await page.addInitScript(before);
  if (url) await page.goto(url);
  return page;
}

/** Everything that a page must not do: `page.wrong` has it, one line each. `expect`: what a test is about. */
function watch(page, expect) {
  page.wrong = [];
  page.hosts = new Set();
  const wrong = (text) => {
    if (!expect.some((pattern) => pattern.test(text))) page.wrong.push(text);
  };
  page.on("pageerror", (error) => wrong(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong(`console: ${message.text()}`);
  });
  page.on("request", (request) => page.hosts.add(new URL(request.url()).host));
  page.on("websocket", (socket) => page.hosts.add(new URL(socket.url()).host));
}

/** A finger, as the screen tells it: goes down, moves, lifts; several at once. */
export class Fingers {
  static async on(page) {
    const fingers = new Fingers();
    fingers.cdp = await page.context().newCDPSession(page);
    fingers.points = new Map();
    return fingers;
  }

  async down(x, y, id = 1) {
    this.points.set(id, { x, y, id });
    await this.tell("touchStart");
  }

  async move(x, y, id = 1) {
    this.points.set(id, { x, y, id });
    await this.tell("touchMove");
  }

  async up(id = 1) {
    this.points.delete(id);
    await this.tell("touchEnd");
  }

  async cancel() {
    this.points.clear();
    await this.cdp.send("Input.dispatchTouchEvent", { type: "touchCancel", touchPoints: [] });
  }

  tell(type) {
    return this.cdp.send("Input.dispatchTouchEvent", { type, touchPoints: [...this.points.values()] });
  }
}

/** The middle of what a selector finds, on the screen. */
export async function middle(page, selector) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  return { x: x + width / 2, y: y + height / 2, width, height };
}
