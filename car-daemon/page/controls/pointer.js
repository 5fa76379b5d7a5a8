// One finger, mouse or pen on one element: from going down to going up, however that comes.
//
// What must never live here: what it means.

/** Does `act` when the page is left: nobody tells any more what goes up. */
export function away(act) {
  for (const type of ["blur", "pagehide"]) addEventListener(type, act);
  document.addEventListener("visibilitychange", () => document.hidden && act());
}

/**
 * Tells `down(event)`, `move(event)` and `up()` of the first pointer on `element`; further ones are passed over.
 * However it ends (lifted, cancelled, capture lost, page left), `up` is told once.
 */
export function hands(element, { down, move = () => {}, up }) {
  let pointer = null;
  const drop = () => {
    if (pointer === null) return;
    pointer = null;
    up();
  };
  const end = ({ pointerId }) => pointerId === pointer && drop();
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
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(type, end);
  away(drop);
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}
