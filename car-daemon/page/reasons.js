// What the daemon says in words, as keys of the page's words, so that they are read in the reader's language.
//
// What must never live here: the words of either language. What is not known here is shown as the daemon said it: paths, and
// what a chip or a camera says of itself, are of no language.

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
  ["why.idle", /^(?<who>.+?\)) did not drive for (?<ms>\d+) ms(?:; .+ had asked for it)?$/],
  ["why.estop.reason", /^emergency stop by (?<who>session \d+ \(.+?\)): (?<reason>.+)$/],
  ["why.estop", /^emergency stop by (?<who>.+)$/],
  ["why.fault.answers", /^hardware fault: (?<what>.+); it answers again: reset$/],
  ["why.fault", /^hardware fault: (?<what>.+?)(?:; it still does not answer)?$/],
  ["why.closing", /^the daemon is shutting down$/],
];

/** What stands within such a sentence, or alone: how a link ended, what hardware and camera lack. */
const PHRASES = [
  ["how.closed", /^(?:the connection was (?:closed|cut off)|closed)$/],
  ["how.dead", /^(?:nothing heard from the peer for (?<s>[\d.]+)s)$/],
  ["how.mute", /^it neither reads nor speaks$/],
  ["why.closing", /^the daemon is shutting down$/],
  ["how.full", /^all (?<n>\d+) sessions of this daemon are in use$/],
  ["how.unacknowledged", /^(?<place>.+): no acknowledge\b.*$/],
  ["how.reset", /^(?<place>.+): the chip was reset \(.*$/],
  ["how.stuck", /^(?<place>.+): the bus hangs\b.*$/],
  ["eye.opening", /^(?<place>.+) is being opened(?:, and that takes long: is it there\?)?$/],
  ["eye.late", /^(?<place>.+) is late: this machine has too much else to do$/],
  ["eye.mute", /^(?<place>.+) (?:does not answer|gives no more pictures): look at its cable, and plug it in anew$/],
  ["eye.none", /^(?<place>.+) is open, and has given no picture yet$/],
  ["eye.frozen", /^(?<place>.+) gives the same picture again and again while the car moves; .*$/],
  ["eye.off", /^the camera is off: .*$/],
  ["eye.gone", /^(?<place>.+): the camera is gone\b.*$/],
  ["eye.silent", /^(?<place>.+) gives (?:no|only damaged) pictures: plug it in again, .*$/],
  ["eye.url", /^(?<place>.+): nobody answers within (?<s>\d+) s: is it on, and in this network\?$/],
  ["eye.refused", /^(?<place>.+): .+: is the program there on, and the port right\?$/],
  ["eye.program", /^(?:.+: )?there is no program `(?<place>.+)`: .*$/],
];
/** Things that both languages have a name for. */
const PLACES = { "the camera": "camera", "the simulated camera": "camera.simulated" };

function known(table, words) {
  for (const [key, sentence] of table) {
    const found = sentence.exec(words);
    if (found) return { key, args: { ...found.groups } };
  }
  return null;
}

/** What a `stop_reason` says: `{ key, args }`, or null. */
export function reason(words, own) {
  const found = known(SENTENCES, words);
  const { who, how, what } = found?.args ?? {};
  if (who !== undefined) found.args.who = person(who, own);
  if (how !== undefined) found.args.how = phrase(how);
  if (what !== undefined) found.args.what = phrase(what);
  return found;
}

/** Any other words of the daemon: `{ key, args }` where the page has words for them, else the text itself. */
export function phrase(words) {
  const found = known(PHRASES, words);
  if (found?.args.place in PLACES) found.args.place = { key: PLACES[found.args.place] };
  return found ?? words;
}
