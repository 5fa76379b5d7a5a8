// One finger, mouse or pen on one element: that it touches, and from going down to going up, however that comes.
//
// What must never live here: what it means.

/** Does `act` when the page is left: nobody tells any more what goes up. */
export function away(act) {
  for (const type of ["blur", "pagehide"]) addEventListener(type, act);
  document.addEventListener("visibilitychange", () => document.hidden && act());
}

/** A click so soon (ms) after the touch is that touch's. */
const CLICK_MS = 1000;

/** Does `act` at the touch, not after it: a finger that slides off has meant it, too. And by a click that began with no touch: keys, screen readers. */
export function pressed(element, act) {
  let touchedAt = -Infinity;
  element.addEventListener("pointerdown", ({ timeStamp }) => {
    touchedAt = timeStamp;
    act();
  });
  element.addEventListener("click", ({ detail, timeStamp }) => {
    if (detail === 0 || timeStamp - touchedAt > CLICK_MS) act();
  });
}

/**
 * Tells `down(event)`, `move(event)` and `up(event)` of the first pointer on `element`; further ones are passed over.
 * However it ends, `up` is told once: with the event where it was lifted or clicked, with none where it was cancelled, lost, or the page left.
 */
export function hands(element, { down, move = () => {}, up }) {
  let pointer = null;
  const drop = (event) => {
    if (pointer === null) return;
    pointer = null;
    up(event);
  };
  const end = ({ pointerId }) => pointerId === pointer && drop();
  const lift = (event) => event.pointerId === pointer && drop(event);
  element.addEventListener("pointerdown", (event) => {
    // A first finger anew: the end of the one before was lost.
    if (event.button !== 0 || (pointer !== null && !event.isPrimary)) return;
    drop();
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      return; // It is up already.
    }
    pointer = event.pointerId;
    down(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    // A mouse whose button went up outside of the window tells it only so.
    if (event.buttons === 0) end(event);
    else move(event);
  });
  element.addEventListener("pointerup", lift);
  // A click ends what was pressed, also where a screen reader told nothing else of its end; of which pointer, not every browser says.
  element.addEventListener("click", (event) => (event.pointerId > 0 ? lift(event) : drop(event)));
  for (const type of ["pointercancel", "lostpointercapture"]) element.addEventListener(type, end);
  away(() => drop());
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}
