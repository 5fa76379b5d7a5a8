// The stick on the screen: how far from its middle is how much power.
//
// What must never live here: how long a word lives.

import { hands } from "./pointer.js";

/** Nearer to the middle than this (of 1) is the middle: a finger is never quite still. */
const DEAD = 0.08;

export class Joystick {
  constructor(element, knob, driver) {
    const follow = ({ clientX, clientY }) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      const reach = (Math.min(width, height) - knob.offsetWidth) / 2;
      const [x, y] = stick((clientX - left - width / 2) / reach, (clientY - top - height / 2) / reach);
      knob.style.transform = `translate(${x * reach}px, ${y * reach}px)`;
      driver.hold("joystick", ...[y, x].map((way) => 0 - (Math.abs(way) < DEAD ? 0 : way)));
    };
    hands(element, {
      down: (event) => {
        element.classList.add("held");
        follow(event);
      },
      move: follow,
      up: () => {
        element.classList.remove("held");
        knob.style.transform = "";
        driver.release("joystick");
      },
    });
  }
}

export function stick(x, y) {
  const far = Math.max(Math.hypot(x, y), 1);
  return [x / far, y / far];
}
