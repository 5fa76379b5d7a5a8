// The dead-man: the car moves only while a control is held, and only by the control that was taken last.
//
// What must never live here: the page's elements, or which control is which.

import { Told } from "./link.js";

/** How long (ms) the daemon believes one word: three repetitions. */
export const TTL_MS = 300;
const REPEAT_MS = 100;
/** A changed intent is said no sooner after the last word than this (ms). */
const GAP_MS = 33;
/** A word without an answer for so long (ms): the link stalls. */
const STALL_MS = 1000;
/** A polled source is believed for so long (ms) after the last look. */
const FRESH_MS = 250;

const NOT_DRIVER = -32001;
const STALE = -32005;

/** Events: `change` (the source that is held, or null), `refused` (an error: why a control does not drive), `rested` (why). */
export class Driver extends EventTarget {
  #link;
  #timers;
  #now;
  #timer = null;
  #sentAt = -Infinity;
  #looked = { at: -Infinity, current: null };
  #seq = 0;
  #waiting = new Set();
  #current = null;
  #held = new Set();
  #blocks = new Set();

  /** The most power that a control means, 0 to 1. */
  limit = 0.6;
  /** Whether the limit holds for turning, too; not where `steer` is the angle of front wheels. */
  limitsTurns = true;

  constructor(link, { timers = globalThis, now = () => performance.now() } = {}) {
    super();
    this.#link = link;
    this.#timers = timers;
    this.#now = now;
    link.addEventListener("close", () => this.rest("link"));
    link.addEventListener("event", ({ detail }) => this.#heard(detail));
    link.addEventListener("state", ({ detail }) => this.#latched(detail.mode));
  }

  get source() {
    return this.#current?.source ?? null;
  }

  get driving() {
    return this.#current !== null && this.#current.accepted && !this.#current.refused;
  }

  /**
   * `source` is held, and means this: each -1 to 1, before the limit. Only a touch that began after the last rest counts.
   * `polled`: it must say so again and again, else nobody looks at it any more.
   */
  hold(source, throttle, steer, strafe = 0, { polled = false } = {}) {
    if (![throttle, steer, strafe].every(Number.isFinite)) return;
    const intent = { throttle: within(throttle), steer: within(steer), strafe: within(strafe) };
    if (this.#current?.source === source) return this.#changed(intent);
    if (this.#held.has(source)) return;
    this.#held.add(source);
    const why = this.#whyNot();
    if (why) return this.#tell("refused", why);
    this.#current = { source, ...intent, polled, at: this.#now(), accepted: this.#current?.accepted ?? false, refused: null };
    this.#tell("change", source);
    this.#send();
  }

  release(source) {
    if (!this.#held.delete(source)) return;
    if (this.#current?.source === source) this.rest("released");
  }

  /** Takes all hands off: nothing moves until a control is let go and touched anew. */
  rest(why) {
    const was = this.#current;
    if (!was) return;
    this.#letGo();
    if (this.#ours(was)) this.#link.call("stop").catch(() => {});
    else this.#sayZeros();
    this.#tell("rested", why);
    this.#tell("change", null);
  }

  /** Stops the car, whoever drives it; rejects where nobody heard. */
  stop() {
    const was = this.#current;
    this.#letGo();
    const heard = this.#link.call("stop");
    if (was) {
      this.#tell("rested", "stop");
      this.#tell("change", null);
    }
    return heard;
  }

  /** Nothing drives until every `why` is unblocked. */
  block(why) {
    this.#blocks.add(why);
    this.rest(why);
  }

  unblock(why) {
    this.#blocks.delete(why);
  }

  #letGo() {
    this.#current = null;
    this.#timers.clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #whyNot() {
    const { phase, role } = this.#link;
    if (this.#blocks.size > 0) return { code: "blocked", message: [...this.#blocks][0] };
    if (phase !== "open") return { code: "closed", message: "no link" };
    if (role !== "driver" && role !== "admin") return { code: -32003, message: "" };
    return null;
  }

  #changed(intent) {
    const current = this.#current;
    const same = ["throttle", "steer", "strafe"].every((axis) => intent[axis] === current[axis]);
    Object.assign(current, intent, { at: this.#now() });
    if (!same) this.#soon();
  }

  #soon() {
    const wait = this.#sentAt + GAP_MS - this.#now();
    if (wait <= 0) this.#send();
    else this.#arm(wait);
  }

  #arm(wait) {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.#send(), wait);
  }

  #limited({ throttle, steer, strafe }) {
    const turns = this.limitsTurns ? this.limit : 1;
    return { throttle: throttle * this.limit, steer: steer * turns, strafe: strafe * this.limit };
  }

  #send() {
    const current = this.#current;
    if (!current) return;
    const now = this.#now();
    if (current.polled && now - current.at > FRESH_MS) return this.rest("unseen");
    for (const sent of this.#waiting) if (now - sent.at > STALL_MS) return this.rest("stalled");
    // This page stood still, and so does the car: nobody knows whether what was held then still is.
    const { at, current: before } = this.#looked;
    this.#looked = { at: now, current };
    if (before === current && now - at > TTL_MS) return this.rest("stalled");
    // What the network does not take would be told too late.
    if (!this.#link.congested) this.#say(current, now);
    if (this.#current === current) this.#arm(REPEAT_MS);
  }

  #say(current, now) {
    const { throttle, steer, strafe } = this.#limited(current);
    const word = { throttle, steer, ttl_ms: TTL_MS, seq: ++this.#seq };
    if (strafe !== 0) word.strafe = strafe;
    if (this.#link.daemonNow !== null) word.t = Math.max(this.#link.daemonNow, 0);
    const sent = { at: now };
    this.#waiting.add(sent);
    this.#sentAt = now;
    this.#link.call("drive", word).then(
      (answer) => this.#answered(sent, current, null, answer),
      (error) => this.#answered(sent, current, error),
    );
  }

  #answered(sent, current, error) {
    this.#waiting.delete(sent);
    if (this.#current !== current) return;
    const changed = !error !== current.accepted || Boolean(error) !== Boolean(current.refused);
    current.refused = error;
    if (!error) current.accepted = true;
    if (error) this.#tell("refused", error);
    if (error && error.code !== STALE) return this.#refused(current, error);
    if (changed) this.#tell("change", current.source);
  }

  #refused(current, error) {
    if (error.code === NOT_DRIVER) current.accepted = false;
    this.rest("refused");
  }

  /** Whether the car may move by what `was` said: a `stop` would stop others, too. */
  #ours(was) {
    if (was.refused?.code === NOT_DRIVER) return false;
    const { driver, session } = this.#link;
    return driver === null || driver === session || (was.accepted && !was.lost);
  }

  #sayZeros() {
    if (this.#link.phase === "open" && !this.#whyNot()) this.#link.notify("drive", { throttle: 0, steer: 0, ttl_ms: TTL_MS, seq: ++this.#seq });
  }

  #heard({ event, driver, latched, fault }) {
    if (event === "lease" && driver !== this.#link.session && this.#current?.accepted) {
      this.#current.lost = driver !== null;
      this.rest("lease");
    }
    if (event === "estop" && latched) this.rest("estop");
    if (event === "hardware" && fault) this.rest("fault");
    if (event === "bye") this.rest("link");
  }

  #latched(mode) {
    if (mode === "estop" || mode === "fault") this.rest(mode);
  }

  #tell(type, detail) {
    this.dispatchEvent(new Told(type, detail));
  }
}

const within = (value) => Math.min(Math.max(value, -1), 1);
