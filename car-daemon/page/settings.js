// How the page looks, and what somebody likes: light or dark, the language, how much power, full screen. Remembered in this browser.
//
// What must never live here: anything that the car must know before it is driven.

import { $, remember, remembered, say } from "./page.js";
import { t, toggle, translate, words } from "./words.js";

const root = document.documentElement;

/** Says how to suggest a power, which counts until somebody chooses one: 0 to 1. */
export function settings(driver) {
  icons();
  language();
  theme();
  fullscreen();
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
    // What is no number, or beyond its ends, a slider makes one within.
    slider.value = percent;
    take();
  };
  slider.addEventListener("input", () => {
    remember("power", slider.value);
    take();
  });
  words.addEventListener("lang", take);
  set(remembered("power") ?? slider.min);
  return (share) => remembered("power") ?? set(share * 100);
}

function fullscreen() {
  $("fullscreen").hidden = !document.fullscreenEnabled;
  $("fullscreen").addEventListener("click", () => {
    // Where it is refused the page is as it was.
    (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()).catch(() => {});
  });
}

function details() {
  $("menu").addEventListener("click", () => {
    const open = root.classList.toggle("details");
    $("menu").setAttribute("aria-expanded", String(open));
  });
}

/** While somebody drives the screen stays on, where the browser can. */
function awake(driver) {
  let lock = null;
  driver.addEventListener("change", async ({ detail }) => {
    if (detail === null || lock || !navigator.wakeLock) return;
    lock = await navigator.wakeLock.request("screen").catch(() => null);
    lock?.addEventListener("release", () => (lock = null));
  });
}
