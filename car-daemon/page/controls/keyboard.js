// Keys: the car's and the camera's are held, stop and the emergency stop are pressed.
//
// What must never live here: keys of a dialog, or how long a word lives.

/** By place on the keyboard, so that they lie alike on every layout. Throttle, steer, strafe. */
const DRIVE = {
  ArrowUp: [1, 0, 0],
  KeyW: [1, 0, 0],
  ArrowDown: [-1, 0, 0],
  KeyS: [-1, 0, 0],
  ArrowLeft: [0, 1, 0],
  KeyA: [0, 1, 0],
  ArrowRight: [0, -1, 0],
  KeyD: [0, -1, 0],
  KeyQ: [0, 0, 1],
  KeyE: [0, 0, -1],
};
/** Pan, tilt; arrows with shift. */
const LOOK = {
  KeyI: [0, 1],
  KeyK: [0, -1],
  KeyJ: [1, 0],
  KeyL: [-1, 0],
  "Shift+ArrowUp": [0, 1],
  "Shift+ArrowDown": [0, -1],
  "Shift+ArrowLeft": [1, 0],
  "Shift+ArrowRight": [-1, 0],
};

const sum = (table, keys) => {
  const found = [...keys].map((key) => table[key]).filter(Boolean);
  if (found.length === 0) return null;
  return found[0].map((_, axis) => Math.max(-1, Math.min(1, found.reduce((all, one) => all + one[axis], 0))));
};

/** Which keys are down, and what they mean together. No element is known here. */
export class Keys {
  #down = new Set();
  #act;

  /** `drive(vector or null)`, `look(vector or null)`, `stop()`, `estop()`: what is done when keys change. */
  constructor(act) {
    this.#act = act;
  }

  /** Whether the key means something here. A key that repeats by itself was never pressed anew. */
  press({ code, shift = false, repeat = false, modified = false }) {
    if (modified) return false;
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

  lift({ code }) {
    for (const key of [code, `Shift+${code}`]) if (this.#down.delete(key)) this.#tell(key);
  }

  /** Nobody tells any more which keys go up. */
  forget() {
    const keys = [...this.#down];
    this.#down.clear();
    keys.forEach((key) => this.#tell(key));
  }

  #tell(key) {
    if (key in DRIVE) this.#act.drive(sum(DRIVE, this.#down));
    else this.#act.look(sum(LOOK, this.#down));
  }
}

/** Text is typed there, or arrows choose in it. */
const typing = (target) => target.matches?.("input:not([type=range]), textarea, select, [contenteditable]") ?? false;
const slides = (target, code) => target.matches?.("input[type=range]") && code.startsWith("Arrow");

export function keyboard(driver, gimbal, { stop, estop, steered }) {
  const turned = ([throttle, steer, strafe]) =>
    steered() && throttle === 0 && steer !== 0 ? [1, steer, strafe] : [throttle, steer, strafe];
  const keys = new Keys({
    drive: (vector) => (vector ? driver.hold("keyboard", ...turned(vector)) : driver.release("keyboard")),
    look: (vector) => gimbal.turn("keyboard", ...(vector ?? [0, 0])),
    stop,
    estop,
  });
  addEventListener("keydown", (event) => {
    const { code, target, shiftKey: shift, repeat } = event;
    if (typing(target) || slides(target, code)) return;
    const modified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (!keys.press({ code, shift, repeat, modified })) return;
    // Space also presses the button that has the focus, unless that button moves the car.
    const presses = code === "Space" && target.closest?.("button:not(.motion), summary, a");
    if (!presses) event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    keys.lift(event);
    // Some browsers press a button when the key comes up: space is no way to begin to move.
    if (event.code === "Space" && event.target.closest?.(".motion")) event.preventDefault();
  });
  addEventListener("blur", () => keys.forget());
  addEventListener("focusin", ({ target }) => typing(target) && keys.forget());
}
