// When a picture was taken: when light fell in at the car, by this browser's clock.
//
// What must never live here: a clock (every time is told), and what is done about an old picture.
//
// `X-Time` is by the clock that the link knows to half a round trip, so whatever delays a picture is seen. Where it is missing (a simulated
// car whose time is not the wall's), or no round trip was measured yet, all that is known is how old it was when the car sent it: it is
// at least as old as that.

/** Half of the longest round trip that a link lives through. */
const MOST_ERROR_MS = 1000;

/**
 * When the picture of a part with these headers was taken, which came at `now` (ms), when the daemon's clock said `daemonNow` (s; null: not
 * known): `{ at, sure }`, where `sure` tells whether it may not have been earlier.
 */
export function taken(headers, now, daemonNow = null) {
  const latency = number(headers.get("x-latency-ms")) ?? 0;
  const time = number(headers.get("x-time"));
  const age = time === null || daemonNow === null ? NaN : (daemonNow - time) * 1000;
  // One from the future: that clock was moved.
  const sure = age > -MOST_ERROR_MS;
  return { at: now - (sure ? Math.max(age, latency) : latency), sure };
}

function number(text) {
  return /^\d{1,12}(\.\d{1,9})?$/.test(text ?? "") ? Number(text) : null;
}
