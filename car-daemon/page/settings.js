// What somebody likes: light or dark, the language, how much power, full screen. Remembered in this browser.
//
// What must never live here: anything that the car must know before it is driven.

import { $, first, remember, remembered, say } from "./page.js";
import { t, toggle, translate, words } from "./words.js";

/** How long (ms) the screen stays on after the last touch. */
const AWAKE_MS = 30_000;

const root = document.documentElement;

/** Says how to suggest a car's power. `stop`: done where the browser leaves the full screen. */
export function settings(driver, stop) {
  icons();
  language();
  theme();
  fullscreen(stop);
  details();
  awake(driver);
  return power(driver);
}

function icons() {
  for (const button of document.querySelectorAll("[data-icon]")) {
    button.insertAdjacentHTML("afterbegin", `<svg aria-hidden="true"><use href="#${button.dataset.icon}"/></svg>`);
  }
}

function language() {
  translate(document);
  $("lang").addEventListener("click", () => {
    toggle();
    translate(document);
  });
}

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    root.dataset.theme = remembered("theme") ?? (dark.matches ? "dark" : "light");
  };
  dark.addEventListener("change", show);
  $("theme").addEventListener("click", () => {
    remember("theme", root.dataset.theme === "dark" ? "light" : "dark");
    show();
  });
  show();
}

function power(driver) {
  const slider = $("speed");
  const take = () => {
    driver.limit = slider.valueAsNumber / 100;
    const said = t("percent", { n: slider.value });
    say($("speed-limit"), said);
    slider.setAttribute("aria-valuetext", said);
  };
  const set = (percent) => {
    slider.value = percent;
    take();
  };
  let key = null;
  slider.addEventListener("input", () => {
    if (key) remember(key, slider.value);
    take();
  });
  words.addEventListener("lang", take);
  set(slider.min);
  return (car, cruise) => {
    const known = key;
    key = `power ${cruise} ${car}`;
    if (key !== known) set(first(remembered(key), cruise));
  };
}

function fullscreen(stop) {
  let asked = false;
  $("fullscreen").hidden = !document.fullscreenEnabled;
  $("fullscreen").addEventListener("click", () => {
    asked = true;
    // Where the browser leaves it to the page, Escape is the emergency stop in full screen, too.
    (document.fullscreenElement
      ? document.exitFullscreen()
      : root.requestFullscreen().then(() => navigator.keyboard?.lock?.(["Escape"]))
    ).catch(() => {});
  });
  document.addEventListener("fullscreenchange", () => {
    if (document.fullscreenElement) asked = false;
    // By Escape, of which nothing else is told; another tab is no reason to stop others.
    else if (!asked && document.hasFocus()) stop();
  });
}

function details() {
  $("menu").addEventListener("click", () => {
    const open = root.classList.toggle("details");
    $("menu").setAttribute("aria-expanded", String(open));
  });
}

function awake(driver) {
  let lock = null;
  let sleep = null;
  driver.addEventListener("change", ({ detail }) => {
    clearTimeout(sleep);
    if (detail === null) sleep = setTimeout(() => lock?.then((held) => held?.release()), AWAKE_MS);
    else lock ??= navigator.wakeLock?.request("screen").then(
      (held) => (held.addEventListener("release", () => (lock = null)), held),
      () => (lock = null),
    );
  });
}
