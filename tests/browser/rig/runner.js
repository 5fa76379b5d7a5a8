// Runs tests one after the other, each with daemons and pages of its own, and says how long each took.
//
// What must never live here: what is tested.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Daemon } from "./daemon.js";
import { Late, PATIENCE_MS, Witness } from "./witness.js";
import { Proxy } from "./proxy.js";
import { launch, launchWindow, open, watch } from "./browser.js";

/** Longest that one test may take. */
const LONGEST_MS = 60_000;

/** Longest that a browser may take to show or to close something of a test that is over: one that hangs must not hold up the rest. */
const PATIENT_MS = 10_000;

/** How often a test is run in which the page was late. */
const TRIES = 4;

const REPORTS = process.env.REPORTS ?? "target/browser";
const tests = [];
let file = "";

export function test(name, run) {
  tests.push({ name, run, file });
}

/** Until that is so, of something that says nothing by itself when it becomes so. */
export async function until(what, is) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await is())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await pause(20);
  }
}

/** What comes of it, or nothing where it takes too long. */
const soon = (promise) => Promise.race([promise, pause(PATIENT_MS, undefined, { ref: false })]);

/** What a test is handed: whatever it starts is ended after it, last first. */
class Rig {
  constructor(browser) {
    this.browser = browser;
    this.ends = [];
    this.daemons = [];
    this.pages = [];
  }

  after(end) {
    this.ends.unshift(end);
  }

  /** A daemon and who sees what its car does: `[daemon, car]`. */
  async car(options) {
    const daemon = await Daemon.start(options);
    this.daemons.push(daemon);
    this.after(() => daemon.close());
    const car = await Witness.of(daemon);
    this.after(() => car.close());
    return [daemon, car];
  }

  async page(url, options = {}) {
    const page = await open(options.browser ?? this.browser, url, options);
    this.pages.push(page);
    this.after(() => page.context().close().catch(() => {}));
    return page;
  }

  async ownBrowser(more) {
    const browser = await launch(more);
    this.after(() => browser.close());
    return browser;
  }

  /** A person's browser, open at `url`: `[page, kill]`. */
  async window(url, expect = []) {
    const { page, kill, end } = await launchWindow();
    this.after(end);
    watch(page, expect);
    this.pages.push(page);
    await page.goto(url);
    return [page, kill];
  }

  async proxy(url, options) {
    const proxy = await Proxy.to(new URL(url), options);
    this.after(() => proxy.close());
    return proxy;
  }

  /** No page said an error that its test did not expect, nor asked another host. */
  faults() {
    return this.pages.flatMap((page) => page.wrong);
  }

  async report(name, error) {
    const at = join(REPORTS, name.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 80));
    mkdirSync(REPORTS, { recursive: true });
    const pages = await Promise.all(this.pages.map((page) => soon(page.content().catch(() => ""))));
    const logs = this.daemons.map((daemon) => daemon.table + daemon.log);
    const wrong = this.faults();
    writeFileSync(`${at}.txt`, [error.stack, ...wrong, ...logs, ...pages].join("\n\n"));
    for (const [i, page] of this.pages.entries()) {
      await page.screenshot({ path: `${at}-${i}.png`, timeout: 3000 }).catch(() => {});
    }
    return `${at}.txt`;
  }

  async end() {
    for (const end of this.ends) await soon(end());
  }
}

async function once(browser, { name, run }) {
  const rig = new Rig(browser);
  const began = performance.now();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  });
  let error = null;
  try {
    await Promise.race([run(rig), late]);
    const faults = rig.faults();
    if (faults.length > 0) throw new Error(`the page said: ${faults.join("; ")}`);
  } catch (thrown) {
    error = thrown;
    error.report = await rig.report(name, thrown);
  } finally {
    clearTimeout(timer);
    await rig.end();
  }
  return { error, seconds: (performance.now() - began) / 1000 };
}

/** Runs the files' tests whose names have `only` in them; the number of those that failed. */
export async function runAll(files, only) {
  for (const path of files) {
    file = path;
    await import(path);
  }
  const chosen = tests.filter(({ name, file }) => `${file} ${name}`.includes(only));
  const browser = await launch();
  console.log(`chromium ${browser.version()}, ${chosen.length} tests`);
  let failed = 0;
  let group = "";
  const began = performance.now();
  for (const test of chosen) {
    let { error, seconds } = await once(browser, test);
    for (let again = 1; error instanceof Late && again < TRIES; again += 1) {
      console.log(`  late   ${seconds.toFixed(1).padStart(5)} s  ${test.name}: ${error.message}`);
      ({ error, seconds } = await once(browser, test));
    }
    if (test.file !== group) console.log(`\n${/([^/]+)\.js$/.exec((group = test.file))[1]}`);
    console.log(`  ${error ? "FAILED" : "ok    "} ${seconds.toFixed(1).padStart(5)} s  ${test.name}`);
    if (!error) continue;
    failed += 1;
    const words = error.message.split("\n").filter(Boolean).slice(0, 3);
    console.log([...words, `more in ${error.report}`].map((line) => `         ${line}`).join("\n"));
  }
  await browser.close();
  const whole = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`\n${chosen.length - failed} passed, ${failed} failed in ${whole} s`);
  return chosen.length === 0 ? 1 : failed;
}
