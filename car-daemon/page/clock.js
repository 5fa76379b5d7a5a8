// When to try a lost link again, and what the car's clock says now.
//
// What must never live here: a clock or a timer (every time is told), or a connection.

/** How long to wait before each try: twice as long each time, and some chance, so that thirty pages do not come at once. */
export class Backoff {
  #tries = 0;
  #least;
  #most;
  #chance;

  /** `least` and `most` in milliseconds; `chance` gives 0 to 1. */
  constructor({ least = 250, most = 4000, chance = Math.random } = {}) {
    this.#least = least;
    this.#most = most;
    this.#chance = chance;
  }

  /** Milliseconds to wait now: between half and the whole of the step. */
  next() {
    const step = Math.min(this.#least * 2 ** this.#tries, this.#most);
    this.#tries = Math.min(this.#tries + 1, 16);
    return step * (0.5 + 0.5 * this.#chance());
  }

  reset() {
    this.#tries = 0;
  }
}

/** So many answers are compared: half a minute of them, at two a second. */
const SAMPLES = 60;

/**
 * How far the daemon's clock is from this browser's: daemon's seconds minus `performance.now()` in seconds. Of the last answers
 * the quickest counts, as it was under way least: it is wrong by at most half of its round trip.
 */
export class Clock {
  #samples = [];
  /** Seconds, or null before anything was heard. */
  offset = null;

  /** Whether an answer told it: what was only told may have been long on its way. */
  get measured() {
    return this.#samples.length > 0;
  }

  /** Forgets all: another daemon may be there. */
  reset() {
    this.#samples = [];
    this.offset = null;
  }

  /** The daemon said `t` (s), heard at `at` (ms). Counts only until there is an answer: too small by the way here. */
  told(t, at) {
    if (this.#samples.length === 0) this.offset = t - at / 1000;
  }

  /** What was asked at `sent` (ms) was answered with `t` (s), heard at `heard` (ms). */
  answered(t, sent, heard) {
    this.#samples.push({ took: heard - sent, offset: t - (sent + heard) / 2000 });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.offset = this.#samples.reduce((best, one) => (one.took < best.took ? one : best)).offset;
  }
}
