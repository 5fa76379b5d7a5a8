// Time that a test moves, for what takes its clock and timers from outside.

export class Time {
  now = 0;
  #timers = new Map();
  #next = 1;

  /** As `globalThis` has them. */
  timers = {
    setTimeout: (act, ms) => this.#add(act, ms, null),
    setInterval: (act, ms) => this.#add(act, ms, ms),
    clearTimeout: (id) => this.#timers.delete(id),
    clearInterval: (id) => this.#timers.delete(id),
  };

  get waiting() {
    return this.#timers.size;
  }

  #add(act, ms, every) {
    const id = this.#next++;
    this.#timers.set(id, { act, at: this.now + ms, every });
    return id;
  }

  /** So many milliseconds pass; what is due is done in its order, and so are promises. */
  async pass(ms) {
    const end = this.now + ms;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [id, timer] = due;
      this.now = Math.max(this.now, timer.at);
      if (timer.every === null) this.#timers.delete(id);
      else timer.at += timer.every;
      timer.act();
      await settled();
    }
    this.now = end;
  }
}

/** All promises that can be kept without time are kept. */
export async function settled() {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}
