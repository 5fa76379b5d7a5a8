// How the things of the top view look.
//
// What must never live here: state, events, or colours (they are the style sheet's).
//
// A scene is `ink` (the canvas' context, in pixels of CSS), `view` (topview.js), `colour(name)` and `font`.

import { roundLength } from "./topview.js";

/** The least that a car looks long, in pixels. */
const CAR_PX = 26;
/** How wide it looks, by its length. */
const CAR_WIDTH = 0.62;
const TRAIL_PIECES = 24;

/** What `/world` tells, ready to be drawn. */
export function planOf({ walls = [], boxes = [], lines = [], start }) {
  const outlines = boxes.map(outlineOf);
  const plan = { walls: new Path2D(), boxes: new Path2D(), lines: [], start: null };
  for (const wall of walls) trace(plan.walls, wall.points, wall.closed);
  for (const outline of outlines) trace(plan.boxes, outline, true);
  for (const line of lines) {
    const path = new Path2D();
    trace(path, line.points, line.closed);
    plan.lines.push({ path, width: line.width_m });
  }
  if (start) plan.start = { x: start.x, y: start.y, heading: (start.heading_deg * Math.PI) / 180 };
  plan.corners = [...walls, ...lines].flatMap(({ points }) => points).concat(outlines.flat());
  return plan;
}

function outlineOf({ at: [x, y], size: [along, across], heading_deg: degrees = 0 }) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const corner = (a, b) => [x + (cos * a * along - sin * b * across) / 2, y + (sin * a * along + cos * b * across) / 2];
  return [corner(1, 1), corner(-1, 1), corner(-1, -1), corner(1, -1)];
}

function trace(path, points, closed) {
  points.forEach(([x, y], at) => (at === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  if (closed) path.closePath();
}

function stroke(ink, ...lines) {
  ink.beginPath();
  for (const points of lines) trace(ink, points);
  ink.stroke();
}

/** Squares of a round length, so that one sees how far and how fast. */
export function drawGrid({ ink, view, colour }) {
  const step = roundLength(120 / view.scale);
  const { width, height } = view.size;
  const [low, high] = [view.toFloor(0, height), view.toFloor(width, 0)];
  ink.strokeStyle = colour("grid");
  ink.lineWidth = 1;
  const lines = [];
  for (let x = Math.ceil(low.x / step); x * step <= high.x; x++) {
    const at = Math.round(view.toCanvas(x * step, 0)[0]) + 0.5;
    lines.push([[at, 0], [at, height]]);
  }
  for (let y = Math.ceil(low.y / step); y * step <= high.y; y++) {
    const at = Math.round(view.toCanvas(0, y * step)[1]) + 0.5;
    lines.push([[0, at], [width, at]]);
  }
  stroke(ink, ...lines);
}

export function drawWorld({ ink, view, colour }, plan, ratio) {
  const [x, y] = view.toCanvas(0, 0);
  const metres = view.scale * ratio;
  ink.save();
  ink.setTransform(metres, 0, 0, -metres, x * ratio, y * ratio);
  ink.lineJoin = ink.lineCap = "round";
  ink.strokeStyle = colour("line");
  ink.globalAlpha = 0.6;
  for (const line of plan.lines) {
    ink.lineWidth = Math.max(line.width, 1 / view.scale);
    ink.stroke(line.path);
  }
  ink.globalAlpha = 1;
  ink.fillStyle = colour("box");
  ink.fill(plan.boxes);
  ink.strokeStyle = colour("wall");
  ink.lineWidth = 2.5 / view.scale;
  ink.stroke(plan.walls);
  ink.lineWidth = 1.5 / view.scale;
  ink.stroke(plan.boxes);
  ink.restore();
}

/** Dashed where nobody measured it: so it is only where the car was told to go. */
export function drawTrail({ ink, view, colour }, trail, dashed) {
  ink.save();
  ink.strokeStyle = colour("trail");
  ink.lineWidth = 2.5;
  ink.lineJoin = "round";
  ink.setLineDash(dashed ? [6, 5] : []);
  let length = 0;
  for (const { points, fresh } of trail.pieces(TRAIL_PIECES)) {
    ink.globalAlpha = 0.15 + 0.85 * fresh;
    ink.lineDashOffset = length;
    ink.beginPath();
    let before = null;
    for (const [x, y] of points) {
      const [px, py] = view.toCanvas(x, y);
      if (before) length += Math.hypot(px - before[0], py - before[1]);
      ink.lineTo(px, py);
      before = [px, py];
    }
    ink.stroke();
  }
  ink.restore();
}

/** Straight ahead, and a stroke where the echo came from. */
export function drawBeam({ ink, view, colour }, pose, range, car) {
  if (range === null) return;
  const nose = car ? car.ahead_m + car.radius_m : 0;
  const [cos, sin] = [Math.cos(pose.heading), Math.sin(pose.heading)];
  const [fx, fy] = view.toCanvas(pose.x + cos * nose, pose.y + sin * nose);
  const [tx, ty] = view.toCanvas(pose.x + cos * (nose + range), pose.y + sin * (nose + range));
  ink.save();
  ink.strokeStyle = colour("beam");
  ink.lineWidth = 1.5;
  ink.setLineDash([3, 4]);
  stroke(ink, [[fx, fy], [tx, ty]]);
  ink.setLineDash([]);
  ink.lineWidth = 3;
  stroke(ink, [[tx - sin * 7, ty - cos * 7], [tx + sin * 7, ty + cos * 7]]);
  ink.restore();
}

/** The car in its own size, where that is known; and where its camera looks. */
export function drawCar({ ink, view, colour }, pose, pan, car) {
  const length = Math.max((car ? 2 * car.radius_m : 0) * view.scale, CAR_PX);
  const width = length * CAR_WIDTH;
  ink.save();
  ink.translate(...view.toCanvas(pose.x, pose.y));
  ink.rotate(-pose.heading);
  // The pose is of the point about which it turns, which need not be its middle.
  ink.translate((car?.ahead_m ?? 0) * view.scale, 0);
  if (pan !== null) drawLook(ink, colour("car"), -(pan * Math.PI) / 180, length);
  ink.fillStyle = colour("car");
  ink.strokeStyle = colour("floor");
  ink.lineWidth = 2;
  ink.beginPath();
  const [end, side] = [length / 2, width / 2];
  trace(ink, [[-end, -side], [end * 0.3, -side], [end, -side / 3], [end, side / 3], [end * 0.3, side], [-end, side]], true);
  ink.fill();
  ink.stroke();
  ink.restore();
}

function drawLook(ink, colour, angle, length) {
  ink.globalAlpha = 0.22;
  ink.fillStyle = colour;
  ink.beginPath();
  ink.moveTo(0, 0);
  ink.arc(0, 0, length * 1.8, angle - 0.5, angle + 0.5);
  ink.closePath();
  ink.fill();
  ink.globalAlpha = 1;
}

/** With a rim and no plate: walls lie anywhere, and are seen. */
export function drawScale({ ink, view, colour, font }) {
  const metres = roundLength(Math.min(view.size.width * 0.4, 140) / view.scale);
  const length = metres * view.scale;
  const said = metres >= 1 ? `${metres} m` : `${Math.round(metres * 100)} cm`;
  const [x, y] = [12.5, view.size.height - 10.5];
  ink.font = `12px ${font}`;
  ink.lineJoin = "round";
  ink.fillStyle = colour("text");
  for (const [name, wide] of [["floor", 4.5], ["text", 1.5]]) {
    ink.strokeStyle = colour(name);
    ink.lineWidth = wide;
    stroke(ink, [[x, y - 5], [x, y], [x + length, y], [x + length, y - 5]]);
    if (name === "floor") ink.strokeText(said, x + 5, y - 6);
  }
  ink.fillText(said, x + 5, y - 6);
}
