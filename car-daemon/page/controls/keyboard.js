// Keys: the car's and the camera's are held, stop and the emergency stop are pressed.
//
// What must never live here: keys of a dialog, or how long a word lives.

import { away } from "./pointer.js";

/** By place, alike on every layout. Throttle, steer, strafe. */
const DRIVE = {
  KeyW: [1, 0, 0],
  KeyS: [-1, 0, 0],
  KeyA: [0, 1, 0],
  KeyD: [0, -1, 0],
  KeyQ: [0, 0, 1],
  KeyE: [0, 0, -1],
};
const LOOK = {
  KeyI: [0, 1],
  KeyK: [0, -1],
  KeyJ: [1, 0],
  KeyL: [-1, 0],
};
for (const [arrow, drive, look] of [["Up", "W", "I"], ["Down", "S", "K"], ["Left", "A", "J"], ["Right", "D", "L"]]) {
  DRIVE[`Arrow${arrow}`] = DRIVE[`Key${drive}`];
  LOOK[`Shift+Arrow${arrow}`] = LOOK[`Key${look}`];
}

const sum = (table, keys) => {
  const found = [...keys].map((key) => table[key]).filter(Boolean);
  if (found.length === 0) return null;
  return found[0].map((_, axis) => Math.max(-1, Math.min(1, found.reduce((all, one) => all + one[axis], 0))));
};

/** Beside these no key's going up is told (macOS), or a menu takes the keys. */
const MODIFIER = /^(Alt|Control|Meta|OS|F10|ContextMenu)/;

/** Whether it is part of a shortcut: then nobody knows which keys are down. */
export const shortcut = ({ key, ctrlKey, metaKey, altKey, isComposing }) =>
  Boolean(ctrlKey || metaKey || altKey || isComposing) || MODIFIER.test(key);

export class Keys {
  #down = new Set();
  #act;

  /** `drive(vector or null)`, `look(vector or null)`, `stop()`, `estop()`. */
  constructor(act) {
    this.#act = act;
  }

  /** Whether the key means something here. A key that repeats by itself was never pressed anew. */
  press({ code, shift = false, repeat = false, modified = false }) {
    if (modified) return this.forget();
    if (code === "Space" || code === "Escape") {
      if (!repeat) (code === "Space" ? this.#act.stop : this.#act.estop)();
      return true;
    }
    const key = shift && `Shift+${code}` in LOOK ? `Shift+${code}` : code;
    if (!(key in DRIVE) && !(key in LOOK)) return false;
    if (!repeat && !this.#down.has(key)) {
      this.#down.add(key);
      this.#tell(key);
    }
    return true;
  }

  lift({ code, modified = false }) {
    if (modified) this.forget();
    for (const key of [code, `Shift+${code}`]) if (this.#down.delete(key)) this.#tell(key);
  }

  forget() {
    const keys = [...this.#down];
    this.#down.clear();
    keys.forEach((key) => this.#tell(key));
    return false;
  }

  #tell(key) {
    if (key in DRIVE) this.#act.drive(sum(DRIVE, this.#down));
    else this.#act.look(sum(LOOK, this.#down));
  }
}

/** Text is typed there; no token has a space. */
const types = (target, code) => target.matches?.("input:not([type=range])") && code !== "Escape" && code !== "Space";
const slides = (target, code) => target.matches?.("input[type=range]") && code.startsWith("Arrow");

/** `light(vector or null)` shows what is held. */
export function keyboard(driver, gimbal, { stop, estop, steered, light }) {
  const turned = ([throttle, steer, strafe]) =>
    steered() && throttle === 0 && steer !== 0 ? [1, steer, strafe] : [throttle, steer, strafe];
  const keys = new Keys({
    drive: (vector) => {
      light(vector);
      if (vector) driver.hold("keyboard", ...turned(vector));
      else driver.release("keyboard");
    },
    look: (vector) => gimbal.turn("keyboard", ...(vector ?? [0, 0])),
    stop,
    estop,
  });
  addEventListener("keydown", (event) => {
    const { code, target, shiftKey: shift, repeat } = event;
    const modified = shortcut(event);
    if (!modified && (types(target, code) || slides(target, code))) return;
    if (!keys.press({ code, shift, repeat, modified })) return;
    // Space also presses the button that has the focus, unless that button moves the car.
    const presses = code === "Space" && target.closest?.("button:not(.motion), summary, a");
    if (!presses) event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    keys.lift({ code: event.code, modified: shortcut(event) });
    if (event.code === "Space" && event.target.closest?.(".motion")) event.preventDefault();
  });
  away(() => keys.forget());
  // What was clicked keeps no focus: space would press it, and arrows slide it.
  for (const type of ["click", "pointerup"]) {
    addEventListener(type, ({ detail }) => {
      const at = document.activeElement;
      if ((detail > 0 || type !== "click") && at?.matches("button, [type=range]")) at.blur();
    });
  }
}
