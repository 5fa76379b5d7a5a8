// What somebody likes: light or dark, the language, how much power, full screen. Remembered in this browser.
//
// What must never live here: anything that the car must know before it is driven.

import { $, say } from "./page.js";
import { t, toggle, translate, words } from "./words.js";

const root = document.documentElement;

export function settings(driver) {
  language();
  theme();
  power(driver);
  fullscreen();
  details();
  awake(driver);
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
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  $("theme").addEventListener("click", () => {
    const now = root.dataset.theme ?? (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

function power(driver) {
  const slider = $("speed");
  const kept = Number(localStorage.getItem("power"));
  if (kept >= Number(slider.min) && kept <= Number(slider.max)) slider.value = kept;
  const take = () => {
    driver.limit = slider.valueAsNumber / 100;
    localStorage.setItem("power", slider.value);
    say($("speed-limit"), t("percent", { n: slider.value }));
    slider.setAttribute("aria-valuetext", t("percent", { n: slider.value }));
  };
  slider.addEventListener("input", take);
  words.addEventListener("lang", take);
  take();
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
