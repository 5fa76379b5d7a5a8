// The link to the car: one WebSocket that speaks JSON-RPC, and is made anew when it is lost.
//
// What must never live here: the page's elements, and anything that moves the car by itself. Nothing that was not said
// when the link broke is said after it.

import { Backoff, Clock } from "./clock.js";

/** How often the round trip is measured (ms). */
const PING_MS = 500;
/** The daemon tells the state 20 times a second, and answers pings: after so long (ms) without a word the link is dead. */
const SILENCE_MS = 2000;
/** How long (ms) a connection may take until the daemon's first word. */
const HELLO_MS = 5000;
/** How long (ms) it may take to have a token judged: after wrong ones the daemon waits up to 8 s. */
const AUTH_MS = 15_000;
/** Bytes that wait in the socket beyond which the network takes less than is said: a few messages of one moment. */
const CONGESTED_BYTES = 1024;
/** Calls without an answer, at most. */
const MOST_CALLS = 256;

/** What a refused or lost call is rejected with; `code` as in PROTOCOL.md, or "closed". */
export class Refused extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** An event with something to tell. */
export class Told extends Event {
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

/**
 * Events, with `detail`: `state`, `event`, `rtt` (ms), `open` (hello), `close` ({ why }: the daemon's words, or null), `phase`, `role`
 * (null: a token must be shown), `busy` (words: the daemon turns us away).
 */
export class Link extends EventTarget {
  #url;
  #WebSocket;
  #timers;
  #now;
  #name;
  #token = null;
  #socket = null;
  #calls = new Map();
  #next = 0;
  #retry = null;
  #pulse = null;
  #heardAt = 0;
  #pinged = null;
  #bye = null;
  #backoff;
  #clock = new Clock();

  /** `connecting`, `open` or `closed`. */
  phase = "closed";
  /** Since when it is in it (ms of `performance.now()`). */
  since = 0;
  /** Whether it was open once. */
  before = false;
  hello = null;
  session = null;
  role = null;
  /** The newest state, or null. */
  state = null;
  /** Who holds the lease, as it was said last. */
  driver = null;
  /** The last round trip in milliseconds, or null. */
  rtt = null;

  constructor(url, { name = "page", WebSocket = globalThis.WebSocket, timers = globalThis, now = () => performance.now(), chance } = {}) {
    super();
    this.#url = url;
    this.#name = name;
    this.#WebSocket = WebSocket;
    this.#timers = timers;
    this.#now = now;
    this.#backoff = new Backoff({ chance });
  }

  /** Why the daemon went or turned us away, in its words, or null. */
  get bye() {
    return this.#bye;
  }

  /** Daemon's seconds minus the browser's, or null. */
  get clockOffset() {
    return this.#clock.offset;
  }

  /** The daemon's seconds now, or null where they are not known. */
  get daemonNow() {
    return this.#clock.offset === null ? null : this.#now() / 1000 + this.#clock.offset;
  }

  /** The same, null until a round trip measured it. */
  get measuredNow() {
    return this.#clock.measured ? this.daemonNow : null;
  }

  /** Whether what was said waits here, as the network does not take it. */
  get congested() {
    return this.#socket !== null && this.#socket.bufferedAmount > CONGESTED_BYTES;
  }

  /** Begins, or tries at once where it waits. */
  connect() {
    if (this.#socket) return;
    this.#timers.clearTimeout(this.#retry);
    this.#enter("connecting");
    const socket = new this.#WebSocket(this.#url);
    this.#socket = socket;
    // A socket that was given up may still speak.
    const ours = (act) => (event) => this.#socket === socket && act(event);
    socket.onmessage = ours(({ data }) => this.#hear(data));
    socket.onclose = ours(() => this.#lost());
    socket.onerror = () => {};
    this.#expect(HELLO_MS);
  }

  /** Something changed (the network is back, somebody looks at the page): a wait for the next try ends now. */
  wake() {
    if (this.before && this.role !== null) this.connect();
  }

  /** Shows a token, now and after each reconnect; rejects where the daemon does not know it. */
  async login(token) {
    this.#token = token;
    if (this.phase === "open") {
      const { role } = await this.call("auth", { token });
      this.#granted(role);
      return;
    }
    this.#backoff.reset();
    await new Promise((resolve, reject) => {
      const over = new AbortController();
      const on = (type, act) =>
        this.addEventListener(type, (event) => (over.abort(), act(event)), { signal: over.signal });
      on("open", resolve);
      on("role", () => reject(new Refused({ code: -32003, message: this.#bye ?? "refused" })));
      on("close", () => reject(new Refused({ code: "closed", message: this.#bye ?? "closed" })));
      this.connect();
    });
  }

  /** The result of a method; rejects with `Refused`. */
  call(method, params) {
    if (this.#socket?.readyState !== 1) return Promise.reject(new Refused({ code: "closed", message: "no link" }));
    if (this.#calls.size >= MOST_CALLS) return Promise.reject(new Refused({ code: -32006, message: "too many calls" }));
    const id = ++this.#next;
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** Says it without an answer. */
  notify(method, params) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  #expect(ms) {
    const socket = this.#socket;
    this.#timers.clearTimeout(this.#retry);
    this.#retry = this.#timers.setTimeout(() => this.#socket === socket && this.#lost(), ms);
  }

  #hear(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // A word in another dialect is none of ours.
    }
    this.#heardAt = this.#now();
    const { id, method, params, result, error } = message;
    if (method === "state") this.#stateTold(params);
    else if (method === "event") this.#eventTold(params);
    else if (method === "hello") this.#greeted(params);
    else if (this.#calls.has(id)) {
      const { resolve, reject } = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) reject(new Refused(error));
      else resolve(result);
    } else if (error && id === null) this.#turnedAway(error.message);
  }

  #stateTold(state) {
    this.state = state;
    this.driver = state.driver;
    this.#say("state", state);
  }

  #eventTold(event) {
    if (event.event === "lease") this.driver = event.driver;
    if (event.event === "bye") this.#bye = event.reason;
    this.#say("event", event);
  }

  #turnedAway(words) {
    this.#bye = words;
    this.#say("busy", words);
  }

  #greeted(hello) {
    this.hello = hello;
    this.session = hello.session;
    this.#clock.reset();
    this.#clock.told(hello.t, this.#now());
    if (hello.role !== null) return this.#begin(hello.role);
    if (!this.#token) return this.#wantToken();
    this.#expect(AUTH_MS);
    this.call("auth", { token: this.#token }).then(({ role }) => this.#begin(role), (error) => this.#unknown(error));
  }

  #unknown(error) {
    if (error.code === "closed") return;
    this.#token = null;
    this.#wantToken(error.message);
  }

  /** Nothing is tried again until there is a token: the daemon ends who shows none. */
  #wantToken(words = null) {
    this.#bye = words;
    this.role = null;
    this.#close();
    this.#say("role", null);
    this.#enter("closed");
  }

  #begin(role) {
    this.#timers.clearTimeout(this.#retry);
    this.#backoff.reset();
    this.role = role;
    this.before = true;
    this.#bye = null;
    this.#heardAt = this.#now();
    this.#pinged = null;
    this.#enter("open");
    this.call("hello", { name: this.#name }).catch(() => {});
    this.call("subscribe", { topics: ["state", "events"], rate_hz: 20 }).catch(() => {});
    this.#pulse = this.#timers.setInterval(() => this.#beat(), PING_MS);
    this.#beat();
    this.#say("open", this.hello);
    this.#say("role", role);
  }

  #granted(role) {
    this.role = role;
    this.#say("role", role);
  }

  #beat() {
    const now = this.#now();
    if (now - this.#heardAt > SILENCE_MS) return this.#lost();
    if (this.#pinged !== null) return this.#tripTook(now - this.#pinged);
    this.#pinged = now;
    this.call("ping", { value: 0 }).then(({ t }) => {
      const heard = this.#now();
      this.#clock.answered(t, now, heard);
      this.#pinged = null;
      this.#tripTook(heard - now);
    }, () => {});
  }

  #tripTook(ms) {
    this.rtt = ms;
    this.#say("rtt", ms);
  }

  #lost() {
    this.#close();
    const wait = this.#backoff.next();
    this.#say("close", { why: this.#bye });
    this.#enter("closed");
    this.#timers.clearTimeout(this.#retry);
    this.#retry = this.#timers.setTimeout(() => this.connect(), wait);
  }

  #close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#timers.clearInterval(this.#pulse);
    this.#timers.clearTimeout(this.#retry);
    socket?.close();
    this.rtt = null;
    this.state = null;
    this.driver = null;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of calls) reject(new Refused({ code: "closed", message: "the link was lost" }));
  }

  #enter(phase) {
    this.since = this.#now();
    this.phase = phase;
    this.#say("phase", phase);
  }

  #say(type, detail) {
    this.dispatchEvent(new Told(type, detail));
  }
}
