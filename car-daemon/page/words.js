// What the page says, in the language of whoever reads it.
//
// What must never live here: when it is said.

import { en } from "./words/en.js";
import { zh } from "./words/zh.js";
import { Told } from "./link.js";
import { remember, remembered } from "./page.js";

const TABLES = { en, zh };
const KEPT = "lang";

/** `lang`: the language is another now; `detail` is its name. */
export const words = new EventTarget();

let lang = chosen();

function chosen() {
  const kept = remembered(KEPT);
  if (kept in TABLES) return kept;
  return globalThis.navigator?.language?.startsWith("zh") ? "zh" : "en";
}

/** The words of `key`; `{name}` in them is the argument of that name: text, a number, or `{ key, args }`, which is said in words, too. */
export function t(key, args = {}) {
  const said = TABLES[lang][key];
  if (said === undefined) throw new Error(`no words for ${key}`);
  const whole = said.replace(/\{(\w+)\}/g, (_, name) => {
    const value = args[name];
    return typeof value === "object" && value !== null ? t(value.key, value.args) : String(value ?? "");
  });
  // What ends as a question has its mark.
  return whole.replace(/([?？!！])[.。]/g, "$1");
}

export const language = () => lang;

export function toggle() {
  lang = lang === "en" ? "zh" : "en";
  remember(KEPT, lang);
  words.dispatchEvent(new Told("lang", lang));
}

/** Says everything under `root` that has `data-t` (text), `data-t-label` (name) or `data-t-title`. */
export function translate(root) {
  root.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", t(element.dataset.tLabel));
  for (const element of root.querySelectorAll("[data-t-title]")) element.title = t(element.dataset.tTitle);
}
