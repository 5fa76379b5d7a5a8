// A gamepad. Of one without the standard mapping nobody knows which button is which: each says stop, and nothing drives.
//
// What must never live here: how long a word lives.

/** Sticks rest this far off their middle (of 1), and are never quite still. */
const DEAD = 0.15;
/** How often it is looked at (ms), also where the screen is not refreshed. */
const EVERY_MS = 20;

/** Buttons of the standard mapping (w3.org/TR/gamepad, "remapping"). */
const B = 1;
const Y = 3;
const [BUMPER_LEFT, BUMPER_RIGHT, TRIGGER_LEFT, TRIGGER_RIGHT] = [4, 5, 6, 7];
const START = 9;

export function beyond(value) {
  const far = Math.abs(value) - DEAD;
  return far > 0 ? (Math.sign(value) * Math.min(far, 1 - DEAD)) / (1 - DEAD) : 0;
}

export function reads({ axes, buttons, mapping }) {
  if (mapping !== "standard") return { drive: [0, 0, 0], look: [0, 0], stop: buttons.some((one) => one.pressed), estop: false };
  const [x = 0, y = 0, lookX = 0, lookY = 0] = axes;
  const pressed = (number) => buttons[number]?.pressed ?? false;
  const pull = (number) => buttons[number]?.value ?? 0;
  const trigger = beyond(pull(TRIGGER_RIGHT)) - beyond(pull(TRIGGER_LEFT));
  const strafe = Number(pressed(BUMPER_LEFT)) - Number(pressed(BUMPER_RIGHT));
  return {
    drive: [trigger === 0 ? 0 - beyond(y) : trigger, 0 - beyond(x), strafe],
    look: [0 - beyond(lookX), 0 - beyond(lookY)],
    stop: pressed(B),
    estop: pressed(START) || pressed(Y),
  };
}

export class Pads {
  #act;
  #before = new Map();
  #strange = new Set();

  /** `drive(source, vector or null)`, `look(source, vector)`, `stop()`, `estop()`, `strange()`: a pad that cannot drive. */
  constructor(act) {
    this.#act = act;
  }

  look(pads) {
    const here = [...pads].filter((pad) => pad?.connected);
    for (const pad of here) this.#one(pad);
    for (const index of [...this.#before.keys()]) if (!here.some((pad) => pad.index === index)) this.#gone(index);
  }

  #one(pad) {
    const source = `gamepad:${pad.index}`;
    const now = reads(pad);
    // Buttons that are down when it shows up were not pressed for this page, and each stick must pass its middle once.
    const before = this.#before.get(pad.index) ?? { stop: true, estop: true };
    const out = now.drive.some((way) => way !== 0);
    const centred = before.centred || !out;
    const looks = before.looks || now.look.every((way) => way === 0);
    this.#before.set(pad.index, { ...now, centred, looks });
    if (pad.mapping !== "standard" && !this.#strange.has(pad.id)) {
      this.#strange.add(pad.id);
      this.#act.strange();
    }
    if (now.stop && !before.stop) this.#act.stop();
    if (now.estop && !before.estop) this.#act.estop();
    if (centred) this.#act.drive(source, out ? now.drive : null);
    if (looks) this.#act.look(source, now.look);
  }

  #gone(index) {
    this.#before.delete(index);
    this.#act.drive(`gamepad:${index}`, null);
    this.#act.look(`gamepad:${index}`, [0, 0]);
  }
}

/** Browsers give gamepads to secure pages alone. */
export const available = () => isSecureContext && "getGamepads" in navigator;

export function gamepads(driver, gimbal, { stop, estop, strange }) {
  if (!available()) return;
  const pads = new Pads({
    drive: (source, vector) => (vector ? driver.hold(source, ...vector, { polled: true }) : driver.release(source)),
    look: (source, vector) => gimbal.turn(source, ...vector),
    stop,
    estop,
    strange,
  });
  let timer = null;
  const look = () => {
    const here = [...navigator.getGamepads()].filter(Boolean);
    // What a pad says while nobody looks at this page is not meant for it.
    pads.look(document.hasFocus() && !document.hidden ? here : []);
    if (here.length === 0) timer = clearInterval(timer);
  };
  addEventListener("gamepadconnected", () => (timer ??= setInterval(look, EVERY_MS)));
  addEventListener("gamepaddisconnected", look);
}
