// Numbers of a state as people read them: with few digits, always as many, and a unit.
//
// What must never live here: elements, or words of a language.

export const NOTHING = "–";

/** With so many digits after the point, and a true minus; `–` for what is no number. */
export function number(value, digits) {
  if (typeof value !== "number" || !Number.isFinite(value)) return NOTHING;
  // -0.004 is no "-0.00".
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

export function quantity(value, digits, unit) {
  const text = number(value, digits);
  return text === NOTHING ? text : `${text}\u00a0${unit}`;
}

export const percent = (share) => quantity(typeof share === "number" ? share * 100 : null, 0, "%");

export const degrees = (radians, digits) => (typeof radians === "number" ? quantity((radians * 180) / Math.PI, digits, "°").replace("\u00a0", "") : NOTHING);

/** A time of up to a second in milliseconds, rounded to `step` of them; a longer one in seconds. */
export function time(ms, step = 1) {
  if (typeof ms !== "number" || !Number.isFinite(ms)) return NOTHING;
  if (ms < 1000) return `${Math.round(ms / step) * step}\u00a0ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}\u00a0s` : `${Math.round(ms / 1000)}\u00a0s`;
}

/** `good`, `fair` or `bad`, by the least that is fair and the least that is bad; null for nothing. */
export function grade(value, fair, bad) {
  if (typeof value !== "number") return null;
  return value >= bad ? "bad" : value >= fair ? "fair" : "good";
}
