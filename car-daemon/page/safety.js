// Stop, the emergency stop, and its reset.
//
// What must never live here: anything that moves the car.

import { TTL_MS } from "./driver.js";
import { $, say } from "./page.js";
import { reason } from "./reasons.js";
import { t, words } from "./words.js";

export class Safety {
  #link;
  #driver;
  #gimbal;
  #report;

  constructor(link, driver, gimbal, report) {
    this.#link = link;
    this.#driver = driver;
    this.#gimbal = gimbal;
    this.#report = report;
    // At the touch, not after it: a finger that slides off has meant it, too.
    for (const [id, act] of [["stop", () => this.stop()], ["estop", () => this.estop()]]) {
      $(id).addEventListener("pointerdown", act);
      $(id).addEventListener("click", ({ detail }) => detail === 0 && act());
    }
    $("reset").addEventListener("click", () => this.#ask("reset"));
    link.addEventListener("state", ({ detail }) => this.#show(detail));
    words.addEventListener("lang", () => link.state && this.#show(link.state));
  }

  stop() {
    this.#gimbal.rest();
    this.#driver.stop().catch((error) => this.#failed(error));
  }

  estop() {
    this.#driver.rest("estop");
    this.#gimbal.rest();
    this.#ask("estop", { reason: t("estop.reason") });
  }

  #ask(method, params) {
    this.#link.call(method, params).catch((error) => this.#failed(error));
  }

  #failed(error) {
    if (error.code === "closed") this.#report.tell(t("stop.unheard", { ms: TTL_MS }));
    else this.#report.refused(error);
  }

  #show({ mode, stop_reason, estop }) {
    const latched = mode === "estop" || mode === "fault";
    $("reset").hidden = !latched;
    $("estop").setAttribute("aria-pressed", String(estop !== null));
    const known = stop_reason === null ? { key: "stopped.never" } : reason(stop_reason, this.#link.session);
    say($("stop-reason"), known ? t(known.key, known.args) : stop_reason);
  }
}
