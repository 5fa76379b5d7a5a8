// The buttons of the first page: the car's are held, the camera's are tapped.
//
// What must never live here: how long a word lives, or how the camera turns.

import { shortcut } from "./keyboard.js";
import { hands, pressed } from "./pointer.js";

/** Throttle, steer, strafe. */
const MOTIONS = {
  up: [1, 0, 0],
  back: [-1, 0, 0],
  left: [0, 1, 0],
  right: [0, -1, 0],
  strafe_left: [0, 0, 1],
  strafe_right: [0, 0, -1],
};
/** Steps of the camera: pan, tilt. */
const STEPS = { cam_up: [0, 1], cam_down: [0, -1], cam_left: [1, 0], cam_right: [-1, 0] };
/** A press shorter than this (ms) is no finger: a screen reader or a touchpad tells a tap so, and cannot hold. */
const TAP_MS = 30;
/** How long (ms) the car moves for it. */
const PULSE_MS = 400;

export class Dpad {
  #motions = new Map();
  /** Whether `left` goes ahead in the tightest curve, as a car must that cannot turn on the spot. */
  steered = false;

  constructor(root, driver, gimbal, stop) {
    for (const button of root.querySelectorAll("[data-action]")) {
      const { action } = button.dataset;
      if (action in MOTIONS) this.#motion(button, driver, action);
      else if (action === "stop") pressed(button, stop);
      else if (action === "cam_init") button.addEventListener("click", () => gimbal.center());
      else button.addEventListener("click", () => gimbal.step(...STEPS[action]));
    }
  }

  /** Shows what is held elsewhere, each -1 to 1, as if a finger held the buttons; null: nothing is. */
  light(vector) {
    for (const [action, button] of this.#motions) {
      button.classList.toggle("keyed", MOTIONS[action].some((way, axis) => way !== 0 && Math.sign(vector?.[axis] ?? 0) === way));
    }
  }

  #means(action) {
    const [throttle, steer, strafe] = MOTIONS[action];
    return this.steered && steer !== 0 ? [1, steer, 0] : [throttle, steer, strafe];
  }

  #motion(button, driver, action) {
    const source = `dpad:${action}`;
    this.#motions.set(action, button);
    let pulse = null;
    let entered = false;
    /** When the last press began, and how long (ms) it lasted. */
    let press = { at: 0, lasted: 0 };
    const hold = () => {
      clearTimeout(pulse);
      button.classList.add("held");
      driver.hold(source, ...this.#means(action));
    };
    const release = () => {
      clearTimeout(pulse);
      entered = false;
      button.classList.remove("held");
      driver.release(source);
    };
    hands(button, {
      down: ({ timeStamp }) => {
        press = { at: timeStamp, lasted: Infinity };
        hold();
      },
      up: (event) => {
        if (event) press.lasted = event.timeStamp - press.at;
        release();
      },
    });
    button.addEventListener("keydown", (event) => {
      if (shortcut(event)) return release();
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (event.repeat) return;
      hold();
      entered = true;
    });
    button.addEventListener("keyup", (event) => (event.key === "Enter" || shortcut(event)) && release());
    button.addEventListener("blur", () => entered && release());
    button.addEventListener("click", ({ detail }) => {
      const tapped = detail === 0 || press.lasted < TAP_MS;
      press.lasted = 0;
      if (!tapped) return;
      hold();
      pulse = setTimeout(release, PULSE_MS);
    });
  }
}
