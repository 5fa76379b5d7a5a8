// What the car sees, on a canvas: the newest picture, and honestly how old it is.
//
// What must never live here: words (whoever starts this has them), or what is done about an old picture.
//
// An old picture that looks live is the worst that this page can show. So what comes while one is decoded replaces what waits, and the age of
// the picture on the canvas is worked out all the time.

import { taken } from "./age.js";
import { Backoff } from "./clock.js";
import { Multipart, boundaryOf } from "./multipart.js";

/** A picture older than this (ms) is no longer what is there. */
export const STALLED_MS = 1000;
const TICK_MS = 200;
/** Without a byte for so long (ms) the connection is made anew. */
const SILENCE_MS = 5000;
/** After so many answers without a byte, while the link stands, an `img` is tried: some browsers show what they do not let us read. */
const FRUITLESS = 3;
/** While it is there we try to read so often (ms). */
const RETRY_MS = 30_000;

/**
 * Shows `/stream` on `canvas`. `told({ showing, ageMs, sure, trouble })`: `showing` is `none` (no picture yet), `live`, `stalled`, `resting` (the
 * tab is hidden), `barred` (the car wants a token), `unknown` (by `img`: nobody knows its age), `words` (the daemon drew why there is no picture); `ageMs` the oldest that
 * the picture was since the last call, or null, `sure` whether it may not be older; `trouble` words why no pictures come, or null.
 * `daemonNow()`: the daemon's seconds, or null; `chance()`: 0 to 1, of how long is waited between two tries.
 */
export class Video {
  #canvas;
  #told;
  #backoff;
  #eye = null;
  #linked = null;
  #barred = false;
  #abort = null;
  #wake = null;
  #waiting = null;
  #decoding = false;
  #daemonNow;
  #takenAt = null;
  #sure = false;
  #oldest = 0;
  #trouble = null;
  #words = null;
  #fruitless = 0;
  #image = null;

  constructor(canvas, told, daemonNow = () => null, chance = undefined) {
    this.#canvas = canvas;
    this.#backoff = new Backoff({ least: 300, most: 5000, chance });
    this.#daemonNow = daemonNow;
    this.#told = told;
    document.addEventListener("visibilitychange", () => this.#anew());
    setInterval(() => this.#tell(), TICK_MS);
  }

  /** The stream is shown to be this session's by what it alone was told: so the daemon knows whose driver sees nothing. */
  linked(eye) {
    const same = eye === this.#eye;
    const first = this.#linked === null;
    const barred = this.#barred;
    this.#eye = eye;
    this.#linked = true;
    this.#barred = false;
    if (first) this.#begin();
    else if (!same || barred) this.#anew();
  }

  /** Pictures may come all the same, of no session: what showed whose they are is worth nothing to the next daemon. */
  unlinked() {
    const first = this.#linked === null;
    this.#eye = null;
    this.#linked = false;
    if (first) this.#begin();
  }

  /** A token is wanted: until there is a link nothing is asked for, and what was seen is of no more worth. */
  bar() {
    const first = this.#linked === null;
    this.#eye = null;
    this.#linked = false;
    this.#barred = true;
    this.#takenAt = this.#words = this.#trouble = this.#waiting = null;
    if (first) this.#begin();
    else this.#anew();
  }

  get #rests() {
    return document.hidden || this.#barred;
  }

  #url(more = "") {
    const asked = new URLSearchParams(more);
    if (this.#eye !== null) asked.set("eye", this.#eye);
    return `/stream?${asked}`;
  }

  #begin() {
    if (typeof ReadableStream === "undefined" || typeof createImageBitmap === "undefined") this.#useImage();
    else this.#run();
  }

  /** Ends what is under way, and any wait for the next try. */
  #anew() {
    this.#backoff.reset();
    this.#abort?.abort();
    this.#wake?.();
    // Why nothing came before need not be so any more; the daemon's own words come again by themselves.
    if (this.#words === null) this.#trouble = null;
    if (this.#image) this.#image.src = this.#rests ? "" : this.#url();
    this.#tell();
  }

  async #run() {
    for (;;) {
      if (!this.#rests && (await this.#watch())) continue;
      await this.#pause(this.#rests ? null : this.#image ? RETRY_MS : this.#backoff.next());
    }
  }

  /** Null: until something changed. */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }

  /** One connection, to its end; says whether it was ended here, so that the next is made at once. */
  async #watch() {
    const abort = new AbortController();
    const counts = this.#linked;
    // `null` before the answer, then whether a byte of its body was read.
    let read = null;
    let late = false;
    let timer = null;
    const heard = (byte) => {
      read = byte;
      clearTimeout(timer);
      timer = setTimeout(() => ((late = true), abort.abort()), SILENCE_MS);
    };
    this.#abort = abort;
    heard(null);
    try {
      await this.#read(abort.signal, heard);
    } catch (error) {
      if (abort.signal.aborted && !late) return true;
      this.#trouble = error instanceof Unwilling ? error.message : null;
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
    // Silence of the network is no reason to ask in another way.
    this.#fruitless = read === false && counts ? this.#fruitless + 1 : 0;
    if (this.#fruitless >= FRUITLESS) this.#useImage();
    return false;
  }

  async #read(signal, heard) {
    // WebKit gives no bytes of what it calls multipart/x-mixed-replace, so another name for the same is asked for.
    const response = await fetch(this.#url("mixed=1"), { signal, cache: "no-store" });
    if (!response.ok) throw new Unwilling((await response.text()).trim().slice(0, 200) || `HTTP ${response.status}`);
    const boundary = boundaryOf(response.headers.get("content-type"));
    if (boundary === null) throw new Unwilling("not a stream of pictures");
    heard(false);
    const parts = new Multipart(boundary);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || parts.ended) return;
      heard(true);
      for (const part of parts.push(value)) this.#came(part);
    }
  }

  #came(part) {
    const { at, sure } = taken(part.headers, performance.now(), this.#daemonNow());
    this.#image?.remove();
    this.#image = null;
    this.#backoff.reset();
    this.#waiting = { body: part.body, takenAt: at, sure, words: part.headers.get("x-words") ?? null };
    if (!this.#decoding) this.#decode();
  }

  async #decode() {
    this.#decoding = true;
    while (this.#waiting) {
      const { body, ...picture } = this.#waiting;
      this.#waiting = null;
      try {
        const bitmap = await createImageBitmap(new Blob(body, { type: "image/jpeg" }));
        this.#draw(bitmap, picture);
        bitmap.close();
      } catch {
        // It is none: the last one grows old, and is said to.
      }
    }
    this.#decoding = false;
  }

  #draw(bitmap, { takenAt, sure, words }) {
    if (this.#barred) return;
    const canvas = this.#canvas;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    canvas.getContext("2d", { alpha: false }).drawImage(bitmap, 0, 0);
    const first = this.#takenAt === null;
    if (!first) this.#oldest = Math.max(this.#oldest, performance.now() - this.#takenAt);
    this.#takenAt = takenAt;
    this.#sure = sure;
    this.#words = words;
    this.#trouble = words || null;
    if (first) this.#tell();
  }

  #useImage() {
    if (this.#image) return;
    const image = new Image();
    image.id = "video-image";
    image.alt = "";
    image.addEventListener("error", () => this.#rests || setTimeout(() => (image.src = this.#url()), this.#backoff.next()));
    image.addEventListener("load", () => this.#backoff.reset());
    if (!this.#rests) image.src = this.#url();
    this.#canvas.after(image);
    this.#image = image;
  }

  #tell() {
    const age = this.#takenAt === null ? null : performance.now() - this.#takenAt;
    const ageMs = age === null || this.#image || this.#words !== null ? null : Math.max(age, this.#oldest);
    this.#oldest = 0;
    this.#told({ showing: this.#showing(age), ageMs, sure: this.#sure, trouble: this.#trouble });
  }

  /** Live or stalled by the picture that is there now, however late the ones before came. */
  #showing(age) {
    if (document.hidden) return "resting";
    if (this.#barred) return "barred";
    if (this.#image) return "unknown";
    if (age === null) return "none";
    if (this.#words !== null) return "words";
    return age > STALLED_MS ? "stalled" : "live";
  }
}

class Unwilling extends Error {}
