// The geometry of the top view: where a point of the floor is on the canvas, and where the car has been.
//
// What must never live here: the canvas, colours, or what is drawn.
//
// The floor is a plan as in docs/world-file.md: x to the right, y up, metres; angles from x towards y, radians.

/** Pixels a metre. */
export const SCALE = { least: 5, usual: 100, most: 1000 };

const MOST_POINTS = 2000;
/** A point is kept where the car has moved so far (metres) since the one before. */
const STEP_M = 0.02;

/** A pose told from where the car started, as a pose in the world where it started at `start`. */
export function placed(pose, start) {
  if (!start) return pose;
  const [cos, sin] = [Math.cos(start.heading), Math.sin(start.heading)];
  return {
    x: start.x + cos * pose.x - sin * pose.y,
    y: start.y + sin * pose.x + cos * pose.y,
    heading: start.heading + pose.heading,
  };
}

/** What of the floor is seen; sizes are in pixels of CSS. */
export class Viewport {
  centre = { x: 0, y: 0 };
  scale = SCALE.usual;
  size = { width: 1, height: 1 };

  toCanvas(x, y) {
    const { width, height } = this.size;
    return [width / 2 + (x - this.centre.x) * this.scale, height / 2 - (y - this.centre.y) * this.scale];
  }

  toFloor(px, py) {
    const { width, height } = this.size;
    return { x: this.centre.x + (px - width / 2) / this.scale, y: this.centre.y - (py - height / 2) / this.scale };
  }

  /** Nearer by `factor`, with what is at the pixel staying there. */
  zoom(factor, px = this.size.width / 2, py = this.size.height / 2) {
    const fixed = this.toFloor(px, py);
    const scale = this.scale * factor;
    if (!Number.isFinite(scale)) return;
    this.scale = Math.min(Math.max(scale, SCALE.least), SCALE.most);
    const now = this.toFloor(px, py);
    this.centre = { x: this.centre.x + fixed.x - now.x, y: this.centre.y + fixed.y - now.y };
  }

  drag(dx, dy) {
    this.centre = { x: this.centre.x - dx / this.scale, y: this.centre.y + dy / this.scale };
  }

  /** Keeps a point out of the outer fifth on each side; says whether anything had to move. */
  follow(x, y) {
    const [px, py] = this.toCanvas(x, y);
    const beyond = (at, size) => at - Math.min(Math.max(at, size * 0.2), size * 0.8);
    const [dx, dy] = [beyond(px, this.size.width), beyond(py, this.size.height)];
    if (dx === 0 && dy === 0) return false;
    this.drag(-dx, -dy);
    return true;
  }

  /** Everything from corner to corner, with a margin, and so many pixels free `below`; says whether there was anything. */
  fit(points, margin = 0.08, below = 0) {
    if (points.length === 0) return false;
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
    const [low, high] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
    const room = 1 + 2 * margin;
    const fits = Math.min(this.size.width / ((right - left) * room), (this.size.height - below) / ((high - low) * room));
    this.scale = Math.min(Math.max(fits || SCALE.usual, SCALE.least), SCALE.most);
    this.centre = { x: (left + right) / 2, y: (low + high - below / this.scale) / 2 };
    return true;
  }
}

/** The longest of 1, 2, 5, 10, 20, 50 … (also below 1) that is at most `most`. */
export function roundLength(most) {
  const ten = 10 ** Math.floor(Math.log10(most));
  return Number(([5, 2, 1].find((times) => times * ten <= most * (1 + 1e-9)) * ten).toPrecision(1));
}

/** Where the car was, oldest first. */
export class Trail {
  #points = [];
  #most;

  constructor(most = MOST_POINTS) {
    this.#most = most;
  }

  get points() {
    return this.#points;
  }

  add(x, y) {
    const last = this.#points.at(-1);
    if (last && Math.hypot(x - last[0], y - last[1]) < STEP_M) return false;
    this.#points.push([x, y]);
    if (this.#points.length > this.#most) this.#points.splice(0, Math.ceil(this.#most / 4));
    return true;
  }

  clear() {
    this.#points = [];
  }

  /** In at most `count` pieces that join, oldest first, each with how fresh it is: 0 to 1. */
  pieces(count) {
    const points = this.#points;
    const length = Math.max(Math.ceil(points.length / count), 1);
    const pieces = [];
    for (let from = 0; from < points.length - 1; from += length) {
      const to = Math.min(from + length, points.length - 1);
      pieces.push({ points: points.slice(from, to + 1), fresh: (to + 1) / points.length });
    }
    return pieces;
  }
}
