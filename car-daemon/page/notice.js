// One line that is read once: how long it stays.
//
// What must never live here: what it says, and the page's elements.

/** How long (ms) it stays: to be read once. */
const READ_MS = 6000;

export class Notice {
  #show;
  #timers;
  #timer = null;
  #kept = "";
  #still = null;
  #was = false;

  constructor(show, timers = globalThis) {
    this.#show = show;
    this.#timers = timers;
  }

  /** Until it was read; and once `still()` was true, no longer than it is. What is refused may be told before what it is refused for. */
  tell(text, still = null) {
    this.#end();
    this.#show(text || this.#kept);
    this.#still = still;
    this.#was = false;
    this.#timer = this.#timers.setTimeout(() => this.#back(), READ_MS);
    this.look();
  }

  /** Until there is another to keep; null: nothing. */
  keep(text) {
    this.#end();
    this.#kept = text ?? "";
    this.#show(this.#kept);
  }

  /** Something changed. */
  look() {
    if (!this.#still) return;
    const is = this.#still();
    if (this.#was && !is) this.#back();
    this.#was = is;
  }

  #back() {
    this.#end();
    this.#show(this.#kept);
  }

  #end() {
    this.#timers.clearTimeout(this.#timer);
    this.#still = null;
  }
}
