// Debian's chromium, and the pages in it, of which all that went wrong is written down.
//
// What must never live here: how a car drives.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** What a browser that is newer or older than ours says of the page's headers: of no harm, and of no page of ours. */
const OF_ITSELF = /Unrecognized feature|Unrecognized Content-Security-Policy/;

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"];

/** A process of its own, for many pages. CI's user is root, for whom chromium has no sandbox. */
export function launch(more = []) {
  return chromium.launch({ executablePath: PROGRAM, args: [...ARGS, ...more], timeout: 60_000 });
}

/**
 * A process as a person has it: one window with tabs, which have no focus while another is in front, and are not seen.
 * (Playwright's own pages all believe that somebody looks at them.) Its first tab, and `kill`: no goodbye, as when the power goes.
 */
export async function launchWindow() {
  const profile = mkdtempSync(join(tmpdir(), "car-page-profile-"));
  const args = [...ARGS, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn(PROGRAM, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const ended = once(child, "exit");
  // All of its processes: it is a group of its own.
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  let said = "";
  const listens = /DevTools listening on (ws:\S+)/;
  for await (const text of child.stderr.setEncoding("utf8")) if (listens.test((said += text))) break;
  if (!listens.test(said)) throw new Error(`chromium did not start: ${said}`);
  const browser = await chromium.connectOverCDP(listens.exec(said)[1], { noDefaults: true });
  const [context] = browser.contexts();
  const page = context.pages()[0] ?? (await context.newPage());
  const end = async () => {
    await kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { page, kill, end };
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
export function watch(page, expect) {
  page.wrong = [];
  page.hosts = new Set();
  const wrong = (text) => {
    if (!page.wrong.includes(text) && !expect.some((pattern) => pattern.test(text))) page.wrong.push(text);
  };
  page.on("pageerror", (error) => wrong(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !OF_ITSELF.test(message.text())) wrong(`console: ${message.text()}`);
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
    const lifted = this.points.get(id);
    this.points.delete(id);
    // The protocol's end of a touch names who ends; nobody named is everybody.
    await this.tell("touchEnd", this.points.size > 0 ? [lifted] : []);
  }

  async cancel() {
    this.points.clear();
    await this.tell("touchCancel", []);
  }

  tell(type, touchPoints = [...this.points.values()]) {
    return this.cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}

/** The middle of what a selector finds, on the screen. */
export async function middle(page, selector) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  return { x: x + width / 2, y: y + height / 2, width, height };
}
