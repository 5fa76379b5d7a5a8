// Small things that all parts of the page need.
//
// What must never live here: what only one of them needs.

export const $ = (id) => document.getElementById(id);

/** Says `words` in an element, and nothing where it says so already: a screen reader repeats what is set anew. */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** What a session of this browser calls itself: `Chrome on Android`. */
export function device(agent) {
  const first = (names) => names.find(([, pattern]) => pattern.test(agent))?.[0] ?? "?";
  const browser = first([["Edge", /Edg/], ["Firefox", /Firefox|FxiOS/], ["Chrome", /Chrome|CriOS/], ["Safari", /Safari/]]);
  const system = first([["Android", /Android/], ["iPhone", /iPhone/], ["iPad", /iPad/], ["Windows", /Windows/], ["Mac", /Mac OS/], ["Linux", /Linux/]]);
  return `${browser} on ${system}`;
}

/** How the car turns: `differential`, `ackermann` or `mecanum`. Where the daemon does not say it, it turns on the spot. */
export async function drivetrain(link) {
  try {
    return (await link.call("info")).drivetrain ?? "differential";
  } catch {
    return "differential"; // The link broke; it is asked again after the next.
  }
}
