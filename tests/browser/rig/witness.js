// Somebody beside the page who knows what the car does: a session of its own over the Unix socket.
//
// What must never live here: a browser, or anything that the page says of itself.

import { connect } from "node:net";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How long anything may take before a test fails; nothing waits for it unless it fails. */
export const PATIENCE_MS = 15_000;

const now = () => performance.now() / 1000;

export class Witness {
  static async of(daemon) {
    const witness = new Witness();
    await witness.join(daemon);
    return witness;
  }

  /** Sees every state; also after the daemon began anew. */
  async join(daemon) {
    await this.dial(daemon);
    // As often as the control loop looks: no state between two of them is missed.
    await this.call("subscribe", { topics: ["state", "events"], rate_hz: 100 });
    await this.clock();
    await this.until("a state", () => true);
  }

  /** Only asks. */
  async dial(daemon) {
    this.socket?.destroy();
    this.socket = connect(daemon.socket);
    await once(this.socket, "connect");
    this.socket.on("error", () => {});
    this.waiting = new Map();
    this.watchers = new Set();
    this.state = null;
    this.events = [];
    this.id = 0;
    createInterface({ input: this.socket }).on("line", (line) => this.hear(JSON.parse(line)));
  }

  hear({ id, method, params, result, error }) {
    if (method === "state") {
      this.state = params;
      for (const watcher of [...this.watchers]) watcher(params);
    } else if (method === "event") {
      this.events.push(params);
    } else if (this.waiting.has(id)) {
      const { resolve, reject } = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    }
  }

  call(method, params = {}) {
    const id = ++this.id;
    this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** The daemon's seconds, now: by the quickest of some answers, as a slow one was late. */
  async clock() {
    let best = { took: Infinity };
    for (let round = 0; round < 5; round += 1) {
      const before = now();
      const { t } = await this.call("ping", { value: round });
      const took = now() - before;
      if (took < best.took) best = { took, ahead: t - (before + took / 2) };
    }
    this.ahead = best.ahead;
    return this.time();
  }

  time() {
    return now() + this.ahead;
  }

  /** The first state from now on of which that is true. */
  until(what, is, patience = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      const watcher = (state) => {
        if (!is(state)) return;
        clearTimeout(timer);
        this.watchers.delete(watcher);
        resolve(state);
      };
      const late = () => {
        this.watchers.delete(watcher);
        reject(new Error(`not within ${patience} ms: ${what}; the car: ${brief(this.state)}`));
      };
      const timer = setTimeout(late, patience);
      this.watchers.add(watcher);
    });
  }

  /** That stays true for so many seconds of the car's. */
  async holds(what, seconds, is) {
    const end = this.state.t + seconds;
    let wrong = null;
    await this.until(`${seconds} s pass`, (state) => {
      if (!is(state)) wrong = state;
      return wrong || state.t >= end;
    });
    if (wrong) throw wrongBy(`not all the time: ${what}; the car: ${brief(wrong)}`, wrong);
  }

  close() {
    this.socket.destroy();
  }
}

/**
 * A page that gets no processor for its time to live is stopped for that, as it should be; then a test is not about what
 * it wants to be about, and is run again. So is one in which the daemon itself got none.
 */
export class Late extends Error {}

/** What went wrong with a car that is so. */
export const wrongBy = (words, { stop_reason }) =>
  new (/sent nothing new/.test(stop_reason ?? "") ? Late : Error)(words);

export const rests = ({ wheels }) => wheels.left === 0 && wheels.right === 0;

export const brief = (state) =>
  state &&
  JSON.stringify({
    mode: state.mode,
    wheels: state.wheels,
    gimbal: state.gimbal,
    driver: state.driver,
    stop_reason: state.stop_reason,
  });
