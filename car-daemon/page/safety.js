// Stop, the emergency stop, and its reset.
//
// What must never live here: anything that moves the car, and who may reset (the daemon says it, and refuses by itself).

import { pressed } from "./controls/pointer.js";
import { TTL_MS } from "./driver.js";
import { Halts } from "./halts.js";
import { $, about, enough, hide, say } from "./page.js";
import { reason } from "./reasons.js";
import { t, words } from "./words.js";

export class Safety {
  #link;
  #driver;
  #gimbal;
  #halts;
  /** The least role that may reset, as far as the car has said. */
  #least = "driver";
  #latched = false;

  constructor(link, driver, gimbal, report) {
    this.#link = link;
    this.#driver = driver;
    this.#gimbal = gimbal;
    const tell = (key, what) => report.keep(key && t(key, { what: { key: what }, ms: TTL_MS }));
    this.#halts = new Halts(link, { tell, refused: report.refused });
    pressed($("stop"), () => this.stop());
    pressed($("estop"), () => this.estop());
    $("reset").addEventListener("click", () => link.call("reset").catch((error) => report.refused(error)));
    link.addEventListener("state", ({ detail }) => this.#show(detail));
    link.addEventListener("phase", () => (this.#latched = false));
    words.addEventListener("lang", () => link.state && this.#show(link.state));
  }

  get mayReset() {
    return enough(this.#link.role, this.#least);
  }

  stop() {
    this.#gimbal.rest();
    this.#halts.stop(this.#driver.stop());
  }

  estop() {
    // Before what is held lets go: else the car would stand for that, and say so.
    this.#halts.estop();
    this.#driver.rest("estop");
    this.#gimbal.rest();
  }

  #show({ mode, stop_reason }) {
    const latched = mode === "estop" || mode === "fault";
    // Each time anew: it can be configured while the car is on.
    if (latched && !this.#latched) about(this.#link).then(({ reset }) => (this.#least = reset));
    this.#latched = latched;
    const { mayReset } = this;
    hide($("reset"), !latched);
    $("reset").disabled = !mayReset;
    say($("reset"), t(mayReset ? "reset" : `reset.${this.#least}`));
    const known = stop_reason === null ? { key: "stopped.never" } : reason(stop_reason, this.#link.session);
    say($("stop-reason"), known ? t(known.key, known.args) : stop_reason);
  }
}
