// Small things that all parts of the page need.
//
// What must never live here: what only one of them needs.

export const $ = (id) => document.getElementById(id);

/** A screen reader repeats what is set anew. */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Hides it or shows it; the focus of what is hidden goes to what is always there. */
export function hide(element, hidden) {
  const had = hidden && document.activeElement === element;
  element.hidden = hidden;
  if (had) $("stop").focus();
}

/** Or null, also where the browser may remember nothing. */
export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Somebody wants no traces.
  }
}

/** Percent of power to begin with: what was chosen for this car, at most twice its `cruise` (0 to 1); rounded down. */
export function first(chosen, cruise) {
  const percent = chosen > 0 ? Math.min(chosen, 200 * cruise) : 100 * cruise;
  return Math.floor(percent + 1e-6);
}

/** What a session of this browser calls itself: `Chrome on Android`. */
export function device(agent) {
  const first = (names) => names.find((name) => agent.includes(name)) ?? "?";
  const browser = { Edg: "Edge", FxiOS: "Firefox", CriOS: "Chrome" };
  const found = first(["Edg", "Firefox", "FxiOS", "Chrome", "CriOS", "Safari"]);
  const system = first(["Android", "iPhone", "iPad", "Windows", "Mac", "Linux"]);
  return `${browser[found] ?? found} on ${system}`;
}

/**
 * What the car says of itself: how its wheels move it (`differential`, `ackermann`, `mecanum`), the power that is usual, how long a lease lives
 * without a word (each null where it does not say), and the least role that may reset.
 */
export async function about(link) {
  const { drivetrain = "differential", limits = {}, reset = "driver" } = await link.call("info").catch(() => ({}));
  return { drivetrain, cruise: limits.cruise ?? null, leaseMs: limits.lease_ms ?? null, reset };
}

const ROLES = ["observer", "driver", "admin"];

/** Whether `role` (null: none yet) is at least `least`. */
export const enough = (role, least) => ROLES.indexOf(role) >= ROLES.indexOf(least);
