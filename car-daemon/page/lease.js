// Who drives: shown, taken, asked for, handed over.
//
// What must never live here: who may; that is the daemon's to say.

import { $, about, hide, remembered, say } from "./page.js";
import { reason } from "./reasons.js";
import { t, words } from "./words.js";

/** The daemon forgets somebody's question after so long (ms). */
const ASKED_MS = 30_000;

/** Who took the car by force keeps it, until it is handed over or the page is left, by so many words within the daemon's `lease_ms`, and at least one each so many ms. */
const KEEP_WORDS = 4;
const KEEP_MS = 250;
/** How often (ms) it is asked who is here: nothing else tells who came and went. */
const LEARN_MS = 5000;

/**
 * What a page may do about who drives: `mine`, `take` and `ask`, `force` (it drives at once: whoever drives has less priority).
 * `people`: who is here by session, as far as it is known.
 */
export function standing({ phase, role, session, driver }, people) {
  const may = phase === "open" && (role === "driver" || role === "admin");
  const mine = driver !== null && driver === session;
  const other = driver !== null && !mine;
  const [own, theirs] = [people.get(session), people.get(driver)];
  return { mine, take: may && driver === null, ask: may && other, force: may && other && own?.priority > theirs?.priority };
}

/** Who waits for the car, longest first: so it goes round when it is handed over. */
export function waiting(people) {
  const asks = [...people.values()].filter(({ asks_s: since }) => typeof since === "number" && since * 1000 < ASKED_MS);
  return asks.sort((one, other) => other.asks_s - one.asks_s);
}

/** The daemon frees a lease without a word of its driver. What is kept drives nothing, and is free soon after nobody looks. */
export class Keeper {
  #link;
  #timers;
  #timer = null;

  constructor(link, timers = globalThis) {
    this.#link = link;
    this.#timers = timers;
  }

  get keeps() {
    return this.#timer !== null;
  }

  /** `leaseMs`: how long a lease lives without a word; null where nobody said. */
  keep(leaseMs = null) {
    this.letGo();
    this.#timer = this.#timers.setInterval(() => {
      const { driver, session } = this.#link;
      if (driver === session && !globalThis.document?.hidden) this.#link.call("acquire").catch(() => {});
    }, Math.min((leaseMs ?? Infinity) / KEEP_WORDS, KEEP_MS));
  }

  letGo() {
    this.#timers.clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** Says how a session is called. */
export function lease(link, report) {
  const people = new Map();
  let forget = null;
  /** What was told of what was asked here. */
  let told = null;
  const keeper = new Keeper(link);
  /** Whether the car said that it wants a token. */
  let wanted = false;

  const nameOf = (session) => {
    const who = people.get(session)?.name;
    return who ? t("who.named", { who, session }) : t("driver.session", { session });
  };

  const show = () => {
    const { driver, phase, role } = link;
    const { mine, take, ask, force } = standing(link, people);
    const key = phase !== "open" ? (wanted ? "driver.token" : "driver.unknown") : driver === null ? "driver.none" : mine ? "driver.you" : "driver.other";
    say($("driver"), t(key, { who: driver === null ? "" : nameOf(driver) }));
    hide($("take"), !take && !ask);
    say($("take"), t(ask ? "ask" : "take"));
    hide($("force"), !force);
    hide($("handover"), !mine);
    $("login").hidden = !wanted && (phase !== "open" || role !== "observer");
    $("account").hidden = $("login").hidden && !remembered("token");
    document.documentElement.dataset.lease = mine ? "mine" : driver === null ? "free" : "other";
    if (!mine) hush();
    if (mine && told === "ask.sent") tell(null);
  };

  const tell = (key) => {
    told = key;
    report.tell(key ? t(key) : "");
  };

  const hush = () => {
    clearTimeout(forget);
    $("asked").hidden = true;
  };

  const asked = async ({ session }) => {
    await learn();
    if (link.driver !== link.session) return;
    const [first = { session }, ...others] = waiting(people);
    const key = others.length > 0 ? "asked.more" : "asked.words";
    say($("asked-words"), t(key, { who: nameOf(first.session), n: others.length }));
    $("asked").hidden = false;
    clearTimeout(forget);
    forget = setTimeout(hush, ASKED_MS);
  };

  /** Sessions have names and a priority that the state does not say. */
  const learn = async () => {
    const { sessions } = await link.call("who").catch(() => ({ sessions: [] }));
    people.clear();
    for (const one of sessions) people.set(one.session, one);
    show();
    list();
  };

  const list = () => {
    $("people").replaceChildren(...[...people.values()].map(({ session, role }) => {
      const row = document.createElement("li");
      const own = session === link.session;
      row.textContent = t(own ? "people.you" : "people.other", { who: nameOf(session), role: { key: `role.${role ?? "none"}` } });
      row.className = own ? "own" : "";
      return row;
    }));
  };

  const give = () => {
    hush();
    keeper.letGo();
    link.call("release").catch((error) => report.refused(error));
  };

  $("take").addEventListener("click", () =>
    link.call("acquire").catch((error) =>
      error.code === -32001 ? tell("ask.sent") : report.refused(error)));
  $("force").addEventListener("click", () =>
    Promise.all([link.call("acquire", { force: true }), about(link)]).then(
      ([, { leaseMs }]) => link.phase === "open" && keeper.keep(leaseMs),
      (error) => (error.code === -32001 ? tell("force.refused") : report.refused(error)),
    ));
  $("handover").addEventListener("click", give);
  $("grant").addEventListener("click", give);

  /** Whoever drives may have said its name after it was first asked for. */
  const named = () => {
    const { driver, session } = link;
    if (driver !== null && driver !== session && !people.get(driver)?.name) learn();
  };

  let shown;
  let had = false;
  /** The car is this page's, and it has not driven since. */
  let untouched = false;
  link.addEventListener("state", ({ detail }) => {
    if (detail.mode === "driving") untouched = false;
    if (shown === detail.driver) return;
    shown = detail.driver;
    show();
    named();
  });
  link.addEventListener("event", ({ detail }) => {
    if (detail.event === "asked" && link.driver === link.session) asked(detail);
    if (detail.event !== "lease") return;
    const mine = detail.driver === link.session;
    if (had && !mine) lost(detail);
    untouched = mine && (untouched || !had);
    had = mine;
    show();
    named();
  });

  /** What was taken is gone, and not by a word of this page. */
  const lost = ({ driver, reason: words }) => {
    const why = reason(words, link.session);
    const still = () => link.driver !== link.session;
    if (keeper.keeps) {
      keeper.letGo();
      report.tell(t("force.lost", { why: why ?? words }), still);
    } else if (untouched && why?.key === "why.idle") {
      report.tell(t(driver === null ? "lease.idle" : "lease.idle.next", { s: why.args.ms / 1000 }), still);
    }
  };

  link.addEventListener("role", ({ detail }) => {
    wanted = detail === null;
    if (!wanted) learn();
  });
  for (const type of ["open", "role", "phase"]) link.addEventListener(type, () => {
    shown = undefined;
    if (link.phase !== "open") {
      keeper.letGo();
      had = untouched = false;
      people.clear();
      list();
    }
    show();
  });
  setInterval(() => link.phase === "open" && !document.hidden && learn(), LEARN_MS);
  words.addEventListener("lang", () => (show(), list()));
  show();
  return nameOf;
}
