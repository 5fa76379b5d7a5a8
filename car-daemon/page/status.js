// What is going on: the gauges, the one thing that is most wrong, and why a control does not drive.
//
// What must never live here: anything that acts.

import { $, say } from "./page.js";
import { t, words } from "./words.js";

/** How long (ms) a refusal stays: to be read once. */
const READ_MS = 6000;
/** Codes of refusals that have words of their own. */
const KNOWN = [-32001, -32002, -32003, -32004, -32005, -32006, "closed", "blocked"];

const root = document.documentElement;

/** `refused(error)` and `tell(words)` say something for a while. */
export function status(link, driver) {
  let forget = null;
  const tell = (text) => {
    say($("refusal"), text);
    clearTimeout(forget);
    forget = setTimeout(() => say($("refusal"), ""), READ_MS);
  };
  const refused = ({ code, message }) =>
    tell(KNOWN.includes(code) ? t(`refused.${code}`) : t("refused.other", { words: message }));

  driver.addEventListener("refused", ({ detail }) => {
    root.dataset.drive = "refused";
    refused(detail);
  });
  driver.addEventListener("rested", ({ detail }) => {
    if (["lease", "stalled", "link"].includes(detail)) tell(t(`rested.${detail}`));
  });
  driver.addEventListener("change", ({ detail }) => {
    if (detail === null && root.dataset.drive === "refused") return;
    root.dataset.drive = detail === null ? "rest" : driver.driving ? "driving" : "held";
  });
  return { refused, tell };
}

/** Data of the root element that styles and tests go by, and the gauges. */
export function gauges(link) {
  const show = () => {
    const { phase, role, rtt, state } = link;
    root.dataset.link = phase;
    root.dataset.role = role ?? "";
    root.dataset.mode = state?.mode ?? "";
    say($("link-state"), t(`link.${phase}`));
    say($("rtt"), rtt === null ? "" : t("ms", { n: Math.round(rtt) }));
    say($("mode"), state ? t(`mode.${state.mode}`) : "–");
    say($("speed-now"), state?.speed ? t("mps", { n: state.speed.linear.toFixed(2) }) : "–");
    const range = state?.range_m;
    say($("range"), typeof range === "number" ? t("metres", { n: range.toFixed(2) }) : "–");
    const percent = state?.battery?.percent;
    say($("battery"), typeof percent === "number" ? t("percent", { n: Math.round(percent) }) : "–");
  };
  for (const type of ["state", "rtt", "phase", "role"]) link.addEventListener(type, show);
  words.addEventListener("lang", show);
  show();
  trouble(link);
}

/** Said once for each change, not at every second: a screen reader would never end. */
function trouble(link) {
  const show = () => {
    const { phase, role, before } = link;
    if (phase === "open" || !before) say($("trouble"), role === null && phase === "closed" ? t("trouble.token") : "");
    else say($("trouble"), role === null ? t("trouble.token") : t("trouble.closed"));
  };
  for (const type of ["phase", "role"]) link.addEventListener(type, show);
  words.addEventListener("lang", show);
}
