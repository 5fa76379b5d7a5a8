// What the car tells of itself: a row for each thing, in SI units.
//
// What must never live here: what is most wrong (diagnose.js), and anything that drives the car.

import { NOTHING, degrees, grade, number, percent, quantity, time } from "./readings.js";
import { person } from "./reasons.js";

const angle = (value) => (typeof value === "number" ? `${number(value, 0)}°` : NOTHING);
const vector = (values, digits, unit) => `${values.map((value) => number(value, digits)).join("  ")}\u00a0${unit}`;

/**
 * Each: the element's id, the key of its name, and what it shows of `{ state, link, video }`: `text` or `say`
 * ({ key, args }), and perhaps `grade`, `hint`, `bars` (-1 to 1 each), `shades` (0 to 1 each). An element that the page has already
 * is filled where it is; for any other a row is made in the panel.
 */
const ROWS = [
  ["link-state", "link", ({ link }) => ({ say: { key: `link.${link.phase}` }, grade: link.phase === "open" ? "good" : "bad" })],
  ["rtt", "link", ({ link }) => ({ text: link.rtt === null ? "" : time(link.rtt), grade: grade(link.rtt, 100, 250) })],
  ["video-age", "video", ({ video }) => ({ text: time(video.ageMs, 10), grade: grade(video.ageMs, 250, 1000) })],
  ["mode", "mode", ({ state }) => state && { say: { key: `mode.${state.mode}` }, grade: ["estop", "fault"].includes(state.mode) ? "bad" : null }],
  ["estop-why", "estop", ({ state, link }) => estop(state?.estop, link.session)],
  ["battery", "battery", ({ state }) => measured(state, (told) => told.battery, ({ percent: left }) => ({ text: quantity(left, 0, "%"), grade: grade(100 - left, 80, 95) }))],
  ["volts", "panel.volts", ({ state }) => measured(state, (told) => told.battery, ({ volts }) => ({ text: quantity(volts, 2, "V") }))],
  ["amps", "panel.amps", ({ state }) => measured(state, (told) => told.battery?.amps, (amps) => ({ text: quantity(amps, 2, "A") }))],
  ["range", "range", ({ state }) => measured(state, (told) => told.range_m, (range) => ({ text: quantity(range, 2, "m") }), "none.range")],
  ["speed-now", "speed", ({ state }) => measured(state, (told) => told.speed, ({ linear }) => ({ text: quantity(linear, 2, "m/s") }))],
  ["turn", "panel.turn", ({ state }) => measured(state, (told) => told.speed, ({ angular }) => ({ text: `${degrees(angular, 0)}/s` }))],
  ["pose", "panel.pose", ({ state }) =>
    measured(state, (told) => told.pose, ({ x, y, heading }) => ({ text: `${number(x, 2)}  ${number(y, 2)}\u00a0m · ${degrees(heading, 0)}` }))],
  ["power", "panel.power", ({ state }) => state && { text: `${percent(state.throttle)} · ${percent(state.steer)}` }],
  ["wheels", "panel.wheels", ({ state }) => state && {
    text: `${percent(state.wheels.left)} · ${percent(state.wheels.right)}`,
    bars: [state.wheels.left, state.wheels.right],
  }],
  ["gimbal-now", "panel.gimbal", ({ state }) =>
    measured(state, (told) => told.gimbal, ({ pan, tilt }) => ({ text: `${angle(pan)} · ${angle(tilt)}` }), "none.gimbal")],
  ["line", "panel.line", ({ state }) =>
    measured(state, (told) => told.line, (line) => ({ text: line.map((dark) => number(dark, 1)).join("  "), shades: line }))],
  ["acceleration", "panel.acceleration", ({ state }) => measured(state, (told) => told.imu?.acceleration, (values) => ({ text: vector(values, 1, "m/s²") }))],
  ["rotation", "panel.rotation", ({ state }) =>
    measured(state, (told) => told.imu?.rotation, (values) => ({ text: vector(values.map((value) => (value * 180) / Math.PI), 0, "°/s") }))],
];

/** What `pick` finds, by `show`; or why there is nothing; null before the first state. */
function measured(state, pick, show, none = "none.sensor") {
  if (!state) return null;
  const value = pick(state) ?? null;
  return value === null ? { text: NOTHING, hint: { key: none } } : show(value);
}

function estop(told, own) {
  if (!told) return told === null ? { text: NOTHING } : null;
  const say = { key: told.reason ? "latched.reason" : "latched.by", args: { who: person(told.by, own), why: told.reason } };
  return { say, grade: "bad" };
}

export class Panel {
  #rows;
  #say;

  /** `say(key, args)` gives words of the reader's language; an argument may be `{ key, args }` itself. */
  constructor(root, say) {
    this.#say = say;
    const list = document.createElement("dl");
    list.className = "readings";
    this.#rows = ROWS.map(([id, name, show]) => {
      const found = document.getElementById(id);
      const row = found ? { value: found } : made(list, id);
      return { ...row, name, show, shown: "" };
    });
    root.append(list);
    this.translate();
  }

  /** The language is another now. */
  translate() {
    for (const row of this.#rows) {
      if (row.title) row.title.textContent = this.#say(row.name);
      row.shown = "";
    }
  }

  update(facts) {
    for (const row of this.#rows) {
      const { text, say, grade: how, hint, bars, shades } = row.show(facts) ?? { text: NOTHING };
      const words = say ? this.#say(say.key, say.args) : text;
      const small = hint ? this.#say(hint.key, hint.args) : "";
      const shown = `${words}|${how ?? ""}|${small}`;
      if (shown === row.shown) continue;
      row.shown = shown;
      row.value.textContent = words;
      if (how) row.value.dataset.grade = how;
      else delete row.value.dataset.grade;
      if (small) row.value.append(hinted(small));
      if (bars) row.value.append(...bars.map(bar));
      if (shades) row.value.append(...shades.map(shade));
    }
  }
}

function made(list, id) {
  const [row, title, value] = ["div", "dt", "dd"].map((name) => document.createElement(name));
  value.id = id;
  row.append(title, value);
  list.append(row);
  return { value, title };
}

function hinted(words) {
  const small = document.createElement("small");
  small.textContent = ` ${words}`;
  return small;
}

/** A power from -1 to 1, from the middle: forward to the right. */
function bar(power) {
  const [outer, inner] = [document.createElement("span"), document.createElement("i")];
  outer.className = "bar";
  outer.ariaHidden = "true";
  inner.style.transform = `scaleX(${Math.min(Math.max(power, -1), 1)})`;
  outer.append(inner);
  return outer;
}

function shade(dark) {
  const cell = document.createElement("span");
  cell.className = "shade";
  cell.ariaHidden = "true";
  const grey = 255 * (1 - Math.min(Math.max(dark, 0), 1));
  cell.style.backgroundColor = `rgb(${grey}, ${grey}, ${grey})`;
  return cell;
}
