// What is going on: marks for styles and tests, and why a control does not drive.
//
// What must never live here: anything that acts.

import { Notice } from "./notice.js";
import { $, say } from "./page.js";
import { phrase } from "./reasons.js";
import { t } from "./words.js";

const KNOWN = [-32001, -32002, -32003, -32004, -32005, -32006, "closed", "blocked"];

const root = document.documentElement;

/** Only what changed: whoever looks at the marks is woken by each. */
const mark = (name, value) => root.dataset[name] === value || (root.dataset[name] = value);

/** What a refusal says of the car, by its code: it is told no longer than it is true. */
const TRUE = {
  "-32001": ({ driver, session }) => driver !== null && driver !== session,
  "-32002": ({ state }) => state?.mode === "estop",
  "-32004": ({ state }) => state?.mode === "fault",
  closed: ({ phase }) => phase !== "open",
};

/**
 * `refused(error)` and `tell(words, still)` say something for a while, at most while `still()` is true; `keep(words)` until there is another to keep, or
 * null.
 */
export function status(link, driver) {
  const notice = new Notice((text) => say($("refusal"), text));
  const tell = (text, still) => notice.tell(text, still);
  const keep = (text) => notice.keep(text);
  const refused = ({ code, message }) => {
    const still = () => !driver.driving && (TRUE[code]?.(link) ?? true);
    if (/^you s(ee|aw) nothing/.test(message)) tell(t("refused.blind"), still);
    else tell(KNOWN.includes(code) ? t(`refused.${code}`) : t("refused.other", { words: phrase(message) }), still);
  };

  for (const type of ["state", "event", "phase"]) link.addEventListener(type, () => notice.look());
  // What was refused before a token was wanted is not what is wrong.
  link.addEventListener("role", ({ detail }) => detail === null && notice.tell(""));
  driver.addEventListener("change", () => notice.look());
  driver.addEventListener("refused", ({ detail }) => {
    root.dataset.drive = "refused";
    refused(detail);
  });
  driver.addEventListener("rested", ({ detail }) => {
    const still = () => link.driver !== link.session;
    if (detail === "lease") tell(t(link.driver === null ? "rested.free" : "rested.lease"), still);
    if (["stalled", "link"].includes(detail)) tell(t(`rested.${detail}`));
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
