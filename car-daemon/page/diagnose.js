// What is most wrong now, of all that may be, as one sentence and what to do about it.
//
// What must never live here: the words (keys of them alone), the page's elements, or a clock. Numbers that change
// all the time are in no sentence: a screen reader says each.

import { person, phrase, reason } from "./reasons.js";

/** Milliseconds of a round trip beyond which a car is hard to steer. */
export const SLOW_MS = 250;
/** Without a state for so long (ms) the daemon does not turn. */
export const SILENT_MS = 1500;
/** How long (ms) a refusal of a late command is told. */
const LATE_SHOWN_MS = 3000;

/**
 * Most important first: key of the words (`said.KEY`), level (`bad`: it cannot be driven, or not safely), and what it takes: true, or
 * the words' arguments.
 */
const RULES = [
  ["token.lapsed", "bad", (f) => f.role === null && f.lapsed],
  ["token", "bad", (f) => f.role === null],
  ["connecting", "info", (f) => f.link === "connecting" && !f.before],
  ["bye.closing", "bad", (f) => f.link !== "open" && f.bye !== null && phrase(f.bye).key === "why.closing"],
  ["bye", "bad", (f) => f.link !== "open" && f.bye !== null && { why: phrase(f.bye) }],
  ["gone", "bad", (f) => f.link !== "open" && f.before],
  ["gone.never", "bad", (f) => f.link !== "open"],
  ["hidden", "warn", (f) => f.hidden],
  ["silent", "bad", (f) => f.silentMs !== null && f.silentMs > SILENT_MS],
  ["estop.button", "bad", (f) => pressed(f)],
  ["estop.reason", "bad", (f) => f.state?.estop?.reason && latched(f)],
  ["estop", "bad", (f) => f.state?.estop && latched(f)],
  ["fault.answers", "bad", (f) => broken(f, "why.fault.answers")],
  ["fault", "bad", (f) => broken(f, "why.fault") || (f.state?.mode === "fault" && { what: f.state.stop_reason ?? "?" })],
  ["battery", "bad", (f) => charge(f) <= 5],
  ["stalled", "bad", (f) => f.video.showing === "stalled"],
  ["unknown", "warn", (f) => f.video.showing === "unknown"],
  ["camera", "warn", (f) => f.video.trouble !== null && { what: phrase(f.video.trouble) }],
  ["late", "warn", (f) => f.lateMs !== null && f.lateMs < LATE_SHOWN_MS],
  ["slow", "warn", (f) => f.rttMs !== null && f.rttMs > SLOW_MS],
  ["battery.low", "warn", (f) => charge(f) <= 15],
  ["observer", "info", (f) => f.role === "observer"],
  ["other", "info", (f) => driven(f) && { who: f.driverName ?? { key: "who.session", args: { session: f.state.driver } } }],
];

/** These end by a reset: who may not reset hears so. */
const RESET = ["estop.button", "estop.reason", "estop", "fault.answers"];

/** What is to be done, with or without a reason: the words `do.TODO`. */
export const todoOf = (key, mayReset = true) =>
  !mayReset && RESET.includes(key) ? "reset.others" : key.replace(/\.(reason|never|closing)$/, "");

export const KEYS = RULES.map(([key]) => key);

/**
 * The facts, null where there are none: `link` (its phase), `before` (it was open once), `bye` (why the daemon went), `role` (null: a token
 * must be shown; undefined: not known yet), `lapsed` (one that was shown counts no longer), `session` and `mayReset` (a latch) of this page, `state`, `silentMs` (since that came), `rttMs`,
 * `lateMs` (since a command was refused as stale), `driverName`, `hidden`, `video` (as video.js tells it).
 * Says `{ key, todo, level, args }`, or null where all is well.
 */
export function diagnose(facts) {
  for (const [key, level, applies] of RULES) {
    const found = applies(facts);
    if (found) return { key, todo: todoOf(key, facts.mayReset), level, args: found === true ? {} : found };
  }
  return null;
}

/** What comes and goes is told once it did so for so long (ms), and for so long after it was last so. */
const COME_MS = 1000;
const HOLD_MS = 2000;
const FLEETING = ["silent", "stalled", "late", "slow"];
/** Of these one is true at a time: none is told beside a picture that shows another. */
const PICTURE = ["stalled", "unknown", "camera"];

/** Keeps the sentence from flickering. */
export class Steady {
  #last = null;
  #seen = 0;
  #coming = { key: null, since: 0, seen: 0 };

  /** What to tell at `now` (ms), where `found` is what `diagnose` says. */
  told(found, now) {
    if (found && FLEETING.includes(found.key) && found.key !== this.#last?.key) {
      const coming = this.#coming;
      if (coming.key !== found.key || now - coming.seen > COME_MS) Object.assign(coming, { key: found.key, since: now });
      coming.seen = now;
      // What was bad and is over is told no longer.
      if (now - coming.since < COME_MS) found = this.#last?.level === "bad" ? null : this.#last;
    }
    const rank = (one) => (one ? KEYS.indexOf(one.key) : KEYS.length);
    const fresh = this.#last && FLEETING.includes(this.#last.key) && now - this.#seen < HOLD_MS;
    const opposite = found && PICTURE.includes(found.key) && PICTURE.includes(this.#last?.key);
    if (fresh && !opposite && rank(found) > rank(this.#last)) return this.#last;
    this.#last = found;
    this.#seen = now;
    return found;
  }
}

const charge = (f) => f.state?.battery?.percent ?? 100;
const pressed = (f) => {
  const who = f.state?.estop && person(f.state.estop.by, f.session);
  return who?.key === "who.button" && who.args;
};
const latched = (f) => ({ who: person(f.state.estop.by, f.session), why: f.state.estop.reason });
const broken = (f, key) => {
  const said = f.state?.mode === "fault" ? reason(f.state.stop_reason ?? "", f.session) : null;
  return said?.key === key && said.args;
};
const driven = (f) => typeof f.state?.driver === "number" && f.state.driver !== f.session;
