// The camera's mount: dragged on the picture, stepped by buttons, turned by keys and sticks.
//
// What must never live here: the wheels.

import { hands } from "./pointer.js";

const STEP_DEG = 10;
/** Degrees a second of a key that is held, or a stick at its end. */
const RATE_DEG_S = 60;
const EVERY_MS = 50;
/** Degrees that the picture shows from side to side, about. */
const VIEW_DEG = 60;

/** One word at a time is under way; what comes meanwhile is one word after it. */
export class Gimbal {
  #link;
  #timers;
  #refused;
  #by = [0, 0];
  #busy = false;
  #rates = new Map();
  #timer = null;

  constructor(link, refused, { timers = globalThis } = {}) {
    this.#link = link;
    this.#timers = timers;
    this.#refused = refused;
    link.addEventListener("close", () => this.rest());
  }

  step(pan, tilt) {
    this.nudge(pan * STEP_DEG, tilt * STEP_DEG);
  }

  /** By so many degrees, left and up positive. */
  nudge(pan, tilt) {
    this.#by = [this.#by[0] + pan, this.#by[1] + tilt];
    this.#flush();
  }

  center() {
    this.#by = [0, 0];
    this.#link.call("center").catch(this.#refused);
  }

  /** `source` turns it at these rates, -1 to 1, until it says zeros. */
  turn(source, pan, tilt) {
    if (pan === 0 && tilt === 0) this.#rates.delete(source);
    else this.#rates.set(source, [pan, tilt]);
    if (this.#rates.size === 0) this.#halt();
    else this.#timer ??= this.#timers.setInterval(() => this.#tick(), EVERY_MS);
  }

  rest() {
    this.#rates.clear();
    this.#by = [0, 0];
    this.#halt();
  }

  #halt() {
    this.#timers.clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick() {
    const degrees = (RATE_DEG_S * EVERY_MS) / 1000;
    for (const [pan, tilt] of this.#rates.values()) this.nudge(pan * degrees, tilt * degrees);
  }

  #flush() {
    const [pan, tilt] = this.#by.map((by) => Math.max(-180, Math.min(180, by)));
    if (this.#busy || (pan === 0 && tilt === 0)) return;
    if (this.#link.phase !== "open") {
      this.#by = [0, 0];
      return this.#refused({ code: "closed", message: "no link" });
    }
    if (this.#link.congested) return;
    this.#by = [0, 0];
    this.#busy = true;
    const next = () => {
      this.#busy = false;
      this.#flush();
    };
    this.#link.call("nudge", { pan, tilt }).then(next, (error) => {
      this.#by = [0, 0];
      this.#refused(error);
      next();
    });
  }
}

export function dragged(element, picture, gimbal) {
  let last = null;
  hands(element, {
    down: ({ clientX, clientY }) => (last = [clientX, clientY]),
    move: ({ clientX, clientY }) => {
      const degrees = VIEW_DEG / shown(picture);
      gimbal.nudge((clientX - last[0]) * degrees, (clientY - last[1]) * degrees);
      last = [clientX, clientY];
    },
    up: () => (last = null),
  });
}

function shown(picture) {
  const { width, height } = picture.getBoundingClientRect();
  return Math.max(Math.min(width, (height * picture.width) / picture.height), 1);
}
