// One finger, mouse or pen on one element: from going down to going up, however that comes.
//
// What must never live here: what it means.

/**
 * Tells `down(event)`, `move(event)` and `up(event)` of the first pointer on `element`; further ones are passed over.
 * However it ends (lifted, cancelled, capture lost), `up` is told once.
 */
export function hands(element, { down, move = () => {}, up }) {
  let pointer = null;
  const end = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    up(event);
  };
  element.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    element.setPointerCapture(pointer);
    down(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    // A mouse whose button went up outside of the window tells it only so.
    if (event.buttons === 0) end(event);
    else move(event);
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(type, end);
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}
