// Small things that all parts of the page need.
//
// What must never live here: what only one of them needs.

export const $ = (id) => document.getElementById(id);

/** Says `words` in an element, and nothing where it says so already: a screen reader repeats what is set anew. */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** What was remembered in this browser, or null: also where it may remember nothing. */
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
    // Somebody wants no traces: then it is as new each time.
  }
}

/** What a session of this browser calls itself: `Chrome on Android`. */
export function device(agent) {
  const first = (names) => names.find(([, pattern]) => pattern.test(agent))?.[0] ?? "?";
  const browser = first([["Edge", /Edg/], ["Firefox", /Firefox|FxiOS/], ["Chrome", /Chrome|CriOS/], ["Safari", /Safari/]]);
  const system = first([["Android", /Android/], ["iPhone", /iPhone/], ["iPad", /iPad/], ["Windows", /Windows/], ["Mac", /Mac OS/], ["Linux", /Linux/]]);
  return `${browser} on ${system}`;
}

/** What there is to know of the car: how its wheels move it (`differential`, `ackermann`, `mecanum`), and the power that is usual. */
export async function about(link) {
  // Where the link breaks it is asked again after the next.
  const { drivetrain = "differential", limits = {} } = await link.call("info").catch(() => ({}));
  return { drivetrain, cruise: limits.cruise ?? null };
}
