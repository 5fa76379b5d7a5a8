// What the daemon says in words, as keys of the page's words, so that they are read in the reader's language.
//
// What must never live here: the words of either language. What is not known here is shown as the daemon said it.

/** `session 3 (tablet, 192.0.2.7:40112)` or `session 3 (uid 1000, pid 42)`, as the gate calls people. */
const PERSON = /^session (\d+) \((?:(.+?), )?(?:uid \d+(?:, pid \d+)?|(?!pid )[^,()]+)\)$/;
/** A latch that is older than the daemon. */
const BEFORE = ", before a restart";

/** Who is meant: `{ key, args }` where the page has words for it, else the text itself. `own` is this page's session. */
export function person(label, own) {
  if (label.endsWith(BEFORE)) return { key: "who.before", args: { who: person(label.slice(0, -BEFORE.length), null) } };
  const button = /^the button at (.+)$/.exec(label);
  if (button) return { key: "who.button", args: { pin: button[1] } };
  const found = PERSON.exec(label);
  if (!found) return label;
  if (Number(found[1]) === own) return { key: "who.you" };
  // Whoever calls itself as others are called is still told by its number.
  const [, session, who] = found;
  return who ? { key: "who.named", args: { who, session } } : { key: "who.session", args: { session } };
}

/** One row for each sentence of the gate; groups are the words' arguments. */
const SENTENCES = [
  ["why.silent", /^(?<who>.+) sent nothing new for (?<ms>\d+) ms$/],
  ["why.stop", /^(?<who>.+) said stop$/],
  ["why.released", /^(?<who>.+) gave the lease back$/],
  ["why.gone", /^(?<who>.+?\)) drove and is gone: (?<how>.+)$/],
  ["why.blind", /^(?<who>.+?\)) drove and saw nothing: no new picture reached it for (?<ms>\d+) ms$/],
  ["why.taken", /^(?<who>.+) took the lease$/],
  ["why.demoted", /^(?<who>.+) may not (?:drive|test) any more$/],
  ["why.idle", /^(?<who>.+) did not drive for (?<ms>\d+) ms$/],
  ["why.estop.reason", /^emergency stop by (?<who>session \d+ \(.+?\)): (?<reason>.+)$/],
  ["why.estop", /^emergency stop by (?<who>.+)$/],
  ["why.fault.answers", /^hardware fault: (?<what>.+); it answers again: reset$/],
  ["why.fault", /^hardware fault: (?<what>.+?)(?:; it still does not answer)?$/],
  ["why.closing", /^the daemon is shutting down$/],
];

/** What a `stop_reason` says: `{ key, args }`, or null. */
export function reason(words, own) {
  for (const [key, sentence] of SENTENCES) {
    const found = sentence.exec(words);
    if (!found) continue;
    const args = { ...found.groups };
    if (args.who !== undefined) args.who = person(args.who, own);
    return { key, args };
  }
  return null;
}
