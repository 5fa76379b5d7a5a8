// What is going on: marks for styles and tests, and why a control does not drive.
//
// What must never live here: anything that acts.

import { $, say } from "./page.js";
import { phrase } from "./reasons.js";
import { t } from "./words.js";

/** How long (ms) a refusal stays: to be read once. */
const READ_MS = 6000;
const KNOWN = [-32001, -32002, -32003, -32004, -32005, -32006, "closed", "blocked"];

const root = document.documentElement;

/** Only what changed: whoever looks at the marks is woken by each. */
const mark = (name, value) => root.dataset[name] === value || (root.dataset[name] = value);

/** `refused(error)` and `tell(words)` say something for a while, `keep(words)` until there is another to keep, or null. */
export function status(link, driver) {
  let forget = null;
  let kept = "";
  const tell = (text) => {
    say($("refusal"), text);
    clearTimeout(forget);
    forget = setTimeout(() => say($("refusal"), kept), READ_MS);
  };
  const keep = (text) => {
    clearTimeout(forget);
    say($("refusal"), (kept = text ?? ""));
  };
  const refused = ({ code, message }) => {
    if (/^you s(ee|aw) nothing/.test(message)) tell(t("refused.blind"));
    else tell(KNOWN.includes(code) ? t(`refused.${code}`) : t("refused.other", { words: phrase(message) }));
  };

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
  return { refused, tell, keep };
}

export function marks(link) {
  const show = () => {
    mark("link", link.phase);
    mark("role", link.role ?? "");
    mark("mode", link.state?.mode ?? "");
    mark("gimbal", link.state?.gimbal === null ? "none" : "");
  };
  for (const type of ["state", "phase", "role"]) link.addEventListener(type, show);
  show();
}
