// Who drives: shown, taken, asked for, handed over.
//
// What must never live here: who may; that is the daemon's to say.

import { $, say } from "./page.js";
import { person } from "./reasons.js";
import { t, words } from "./words.js";

/** How long (ms) somebody's question is shown: the daemon forgets it after as much. */
const ASKED_MS = 30_000;

/** Says how a session is called. */
export function lease(link, report) {
  const names = new Map();
  let forget = null;

  const nameOf = (session) => names.get(session) ?? t("driver.session", { session });

  const show = () => {
    const { driver, session, phase, role } = link;
    const may = phase === "open" && (role === "driver" || role === "admin");
    const mine = driver !== null && driver === session;
    const key = phase !== "open" ? "driver.unknown" : driver === null ? "driver.none" : mine ? "driver.you" : "driver.other";
    say($("driver"), t(key, { who: driver === null ? "" : nameOf(driver) }));
    $("take").hidden = !may || mine;
    say($("take"), t(driver === null ? "take" : "ask"));
    $("handover").hidden = !may || !mine;
    $("login").hidden = phase === "open" && role !== "observer";
    document.documentElement.dataset.lease = mine ? "mine" : driver === null ? "free" : "other";
    if (!mine) hush();
  };

  const hush = () => {
    clearTimeout(forget);
    $("asked").hidden = true;
  };

  const asked = ({ who }) => {
    say($("asked-words"), t("asked.words", { who: person(who, link.session) }));
    $("asked").hidden = false;
    clearTimeout(forget);
    forget = setTimeout(hush, ASKED_MS);
  };

  /** Sessions have names that the state does not say. */
  const learn = async () => {
    const { sessions } = await link.call("who").catch(() => ({ sessions: [] }));
    names.clear();
    for (const { session, name } of sessions) if (name) names.set(session, name);
    show();
  };

  /** Whoever drives may have said its name after it was first asked for. */
  const named = () => {
    const { driver, session } = link;
    if (driver !== null && driver !== session && !names.has(driver)) learn();
  };

  const give = () => {
    hush();
    link.call("release").catch((error) => report.refused(error));
  };

  $("take").addEventListener("click", () =>
    link.call("acquire").catch((error) =>
      error.code === -32001 ? report.tell(t("ask.sent")) : report.refused(error)));
  $("handover").addEventListener("click", give);
  $("grant").addEventListener("click", give);

  let shown;
  link.addEventListener("state", ({ detail }) => {
    if (shown === detail.driver) return;
    shown = detail.driver;
    show();
    named();
  });
  link.addEventListener("event", ({ detail }) => {
    if (detail.event === "asked" && link.driver === link.session) asked(detail);
    if (detail.event !== "lease") return;
    show();
    named();
  });
  for (const type of ["open", "role", "phase"]) link.addEventListener(type, () => {
    // Nothing is known of who drives until the next state.
    shown = undefined;
    show();
  });
  words.addEventListener("lang", show);
  show();
  return nameOf;
}
