// What the car tells of itself: a row for each thing, in SI units.
//
// What must never live here: what is most wrong (diagnose.js), and anything that drives the car.

import { NOTHING, degrees, grade, number, percent, quantity, time } from "./readings.js";

/**
 * The element's id, the key of its name, and what it shows of the facts: text, or `{ text, say }` (words of a key) with perhaps `grade`,
 * `hint` (a key), `bars` (-1 to 1 each), `shades` (0 to 1 each). For an element that the page has not, a row is made in the panel.
 */
const ROWS = [
  ["link-state", "link", ({ link, role }) => ({ say: role === null && link.phase === "closed" ? "link.token" : `link.${link.phase}`, grade: link.phase === "open" ? "good" : "bad" })],
  ["rtt", "link", ({ link }) => ({ text: link.rtt === null ? "" : time(link.rtt), grade: grade(link.rtt, 100, 250) })],
  ["video-age", "video", ({ video }) => ageOf(video)],
  ["mode", "mode", ({ state }) => state && { say: `mode.${state.mode}`, grade: /estop|fault/.test(state.mode) ? "bad" : null }],
  ["battery", "battery", told("battery", ({ percent: left }) => ({ text: quantity(left, 0, "%"), grade: grade(100 - left, 80, 95) }))],
  ["volts", "panel.volts", told("battery", ({ volts }) => quantity(volts, 2, "V"))],
  ["amps", "panel.amps", told("battery.amps", (amps) => quantity(amps, 2, "A"))],
  ["range", "range", told("range_m", (range) => quantity(range, 2, "m"))],
  ["speed-now", "speed", told("speed", ({ linear }) => quantity(linear, 2, "m/s"))],
  ["turn", "panel.turn", told("speed", ({ angular }) => `${degrees(angular, 0)}/s`)],
  ["pose", "panel.pose", told("pose", ({ x, y, heading }) => `${vector([x, y], 2, "m")} · ${degrees(heading, 0)}`)],
  ["power", "panel.power", ({ state }) => state && `${percent(state.throttle)} · ${percent(state.steer)}`],
  ["wheels", "panel.wheels", told("wheels", ({ left, right }) => ({ text: `${percent(left)} · ${percent(right)}`, bars: [left, right] }))],
  ["gimbal-now", "panel.gimbal", told("gimbal", ({ pan, tilt }) => `${number(pan, 0)}° · ${number(tilt, 0)}°`, "none.gimbal")],
  ["line", "panel.line", told("line", (line) => ({ text: line.map((dark) => number(dark, 1)).join("  "), shades: line }))],
  ["acceleration", "panel.acceleration", told("imu.acceleration", (values) => vector(values, 1, "m/s²"))],
  ["rotation", "panel.rotation", told("imu.rotation", (values) => vector(values.map((value) => (value * 180) / Math.PI), 0, "°/s"))],
];

/** Nobody knows how old a picture is that the browser alone reads. */
function ageOf({ showing, ageMs, sure }) {
  if (showing === "unknown") return { text: "?", grade: "bad" };
  return { text: `${sure || ageMs === null ? "" : "≥ "}${time(ageMs, 10)}`, grade: grade(ageMs, 250, 1000) };
}

/** What the state has at `path`, by `show`; or why there is nothing; null before the first state. */
function told(path, show, none = "none.sensor") {
  return ({ state }) => {
    const value = path.split(".").reduce((at, name) => at?.[name], state) ?? null;
    return state && (value === null ? { text: NOTHING, hint: none } : show(value));
  };
}

function vector(values, digits, unit) {
  return `${values.map((value) => number(value, digits)).join("  ")}\u00a0${unit}`;
}

export class Panel {
  #rows;
  #say;

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

  translate() {
    for (const row of this.#rows) {
      if (row.title) row.title.textContent = this.#say(row.name);
      row.shown = "";
    }
  }

  update(facts) {
    for (const row of this.#rows) {
      const found = row.show(facts) ?? NOTHING;
      const { text, say, grade: how, hint, bars, shades } = typeof found === "string" ? { text: found } : found;
      const words = say ? this.#say(say) : text;
      const small = hint ? this.#say(hint) : "";
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
  outer.setAttribute("aria-hidden", true);
  inner.style.transform = `scaleX(${Math.min(Math.max(power, -1), 1)})`;
  outer.append(inner);
  return outer;
}

function shade(dark) {
  const cell = document.createElement("span");
  cell.className = "shade";
  cell.setAttribute("aria-hidden", true);
  const grey = 255 * (1 - Math.min(Math.max(dark, 0), 1));
  cell.style.backgroundColor = `rgb(${grey}, ${grey}, ${grey})`;
  return cell;
}
