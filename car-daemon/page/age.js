// How old a picture is: from when light fell in at the car, to now in this browser.
//
// What must never live here: a clock (every time is told), and what is done about an old picture.
//
// The clocks of car and browser are not set alike. For each picture
//   said = its arrival by the browser's clock - (X-Timestamp + X-Latency-Ms), which is when the car sent it
// is how far they are apart, and how long the network had it. The least of the last half minute came most quickly: that picture
// is taken to have been under way for half of the smallest round trip. So
//   age = X-Latency-Ms + half the smallest round trip + (said - the least said) + what has passed since it came.
// While the car's clock is set back, pictures look too old for half a minute, never too young.

const HALF_WINDOW_MS = 15_000;

/** The smallest of the numbers of the last 15 to 30 s. */
export class Smallest {
  #now = Infinity;
  #before = Infinity;
  #since = -Infinity;

  /** Takes `value`, said at `now` (ms). */
  add(value, now) {
    const passed = now - this.#since;
    if (passed >= HALF_WINDOW_MS) {
      this.#before = passed >= 2 * HALF_WINDOW_MS ? Infinity : this.#now;
      this.#now = Infinity;
      this.#since = now;
    }
    this.#now = Math.min(this.#now, value);
  }

  /** `Infinity` where there is none. */
  get value() {
    return Math.min(this.#now, this.#before);
  }
}

/** When pictures were taken, in milliseconds of the browser's clock (`performance.now()`). */
export class PictureClock {
  #trips = new Smallest();
  #apart = new Smallest();

  /** A round trip to the car took `ms`. */
  roundTrip(ms, now) {
    if (Number.isFinite(ms) && ms >= 0) this.#trips.add(ms, now);
  }

  /** A part came at `now`, with these headers; says when its picture was taken. */
  taken(headers, now) {
    const latency = Math.max(number(headers.get("x-latency-ms")) ?? 0, 0);
    const underway = Number.isFinite(this.#trips.value) ? this.#trips.value / 2 : 0;
    const stamp = number(headers.get("x-timestamp"));
    if (stamp === null) return now - latency - underway;
    const said = now - (stamp * 1000 + latency);
    this.#apart.add(said, now);
    return now - latency - underway - (said - this.#apart.value);
  }
}

function number(text) {
  return /^\d{1,12}(\.\d{1,9})?$/.test(text ?? "") ? Number(text) : null;
}
