// The top view: the car, where it has been, and on a simulated car what stands around it.
//
// What must never live here: geometry (topview.js), or anything that drives the car.

import { drawBeam, drawCar, drawGrid, drawScale, drawTrail, drawWorld, planOf } from "./mapdraw.js";
import { Trail, Viewport, placed } from "./topview.js";

/** A hop (metres) that no car makes: the pose was set anew. */
const HOP_M = 1;
const ZOOM_STEP = 1.5;
/** How high the scale is, in pixels of CSS. */
const SCALE_PX = 20;
/** What Shift and an arrow move, in pixels of CSS. */
const ARROW_PX = 40;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class TopView {
  #canvas;
  #view = new Viewport();
  #trail = new Trail();
  #world = "null";
  #plan = null;
  #car = null;
  #pose = null;
  #state = null;
  #shown = "";
  #following = true;
  #waiting = false;
  #seen = false;
  /** Pixels of CSS to one of the view: text and car grow with the page's letters. */
  #unit = 1;
  #pointers = new Map();

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver((entries) => this.#resize(entries.at(-1))).observe(canvas);
    new MutationObserver(() => this.#redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#listen();
  }

  /** What stands around the car, as `/world` tells it, or null. */
  world(world) {
    // After the link was lost it is mostly the same, and so is the trail.
    const told = JSON.stringify(world);
    if (told === this.#world) return;
    this.#world = told;
    this.#plan = world && planOf(world);
    this.#car = world?.car ?? null;
    this.#trail.clear();
    this.#pose = null;
    this.#shown = "";
    if (this.#plan) this.#fit();
    this.#redraw();
  }

  update(state) {
    const pose = state?.pose ? placed(state.pose, this.#plan?.start) : null;
    // What is less than a pixel is no news: echoes are never quite still.
    const dots = [pose?.x, pose?.y, state?.range_m].map((metres) => Math.round(metres * this.#view.scale));
    const turned = [pose?.heading, state?.gimbal?.pan].map((angle) => angle?.toFixed(2));
    const shown = [...dots, ...turned, state?.odometry, state?.range_m === null].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#state = state;
    this.#move(pose);
    this.#redraw();
  }

  zoomIn() {
    this.#zoom(ZOOM_STEP);
  }

  zoomOut() {
    this.#zoom(1 / ZOOM_STEP);
  }

  centre() {
    this.#following = true;
    if (this.#pose) this.#view.centre = { x: this.#pose.x, y: this.#pose.y };
    this.#redraw();
  }

  clear() {
    this.#trail.clear();
    this.#redraw();
  }

  /** With room for the scale. */
  #fit() {
    this.#view.fit(this.#plan.corners, undefined, SCALE_PX);
  }

  #move(pose) {
    if (pose && this.#pose && Math.hypot(pose.x - this.#pose.x, pose.y - this.#pose.y) > HOP_M) this.#trail.clear();
    if (pose) this.#trail.add(pose.x, pose.y);
    this.#pose = pose;
    if (pose && this.#following) this.#view.follow(pose.x, pose.y);
  }

  #zoom(factor, px, py) {
    this.#view.zoom(factor, px, py);
    if (this.#following && this.#pose) this.#view.follow(this.#pose.x, this.#pose.y);
    this.#redraw();
  }

  #drag(dx, dy) {
    this.#following = false;
    this.#view.drag(dx, dy);
    this.#redraw();
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      this.#zoom(Math.exp(-event.deltaY * lines * 0.002), ...this.#at(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, this.#at(event));
    });
    canvas.addEventListener("pointermove", (event) => this.#pointed(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
    canvas.addEventListener("keydown", (event) => this.#keyed(event));
  }

  #at({ offsetX, offsetY }) {
    return [offsetX / this.#unit, offsetY / this.#unit];
  }

  #pointed(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#at(event);
    this.#pointers.set(event.pointerId, now);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) {
      this.#drag(now[0] - before[0], now[1] - before[1]);
      return;
    }
    const apart = ([x, y]) => Math.hypot(x - other[0], y - other[1]);
    this.#zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  /** Arrows alone drive the car, wherever the focus is; with Shift they move the map. */
  #keyed(event) {
    const arrow = event.shiftKey && ARROWS[event.key];
    if (arrow) this.#drag(arrow[0] * ARROW_PX, arrow[1] * ARROW_PX);
    else if (event.key === "+" || event.key === "=") this.zoomIn();
    else if (event.key === "-") this.zoomOut();
    else if (event.key === "Home") this.centre();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #resize(entry) {
    const { width, height } = entry.contentRect;
    this.#seen = width > 0 && height > 0;
    if (!this.#seen) return;
    const first = this.#view.size.width === 1;
    this.#unit = Number.parseFloat(getComputedStyle(this.#canvas).fontSize) / 16;
    this.#view.size = { width: width / this.#unit, height: height / this.#unit };
    if (first && this.#plan) this.#fit();
    this.#redraw();
  }

  #redraw() {
    if (this.#waiting || !this.#seen) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#draw();
    });
  }

  #draw() {
    const canvas = this.#canvas;
    const ink = canvas.getContext("2d");
    const ratio = devicePixelRatio * this.#unit;
    const { width, height } = this.#view.size;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--map-${name}`).trim();
    const scene = { ink, view: this.#view, colour, font: style.fontFamily };
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, width, height);
    drawGrid(scene);
    if (this.#plan) drawWorld(scene, this.#plan, ratio);
    drawTrail(scene, this.#trail, this.#state?.odometry === "commanded");
    if (this.#pose) {
      drawBeam(scene, this.#pose, this.#state?.range_m ?? null, this.#car);
      drawCar(scene, this.#pose, this.#state?.gimbal?.pan ?? null, this.#car);
    }
    drawScale(scene);
  }
}
