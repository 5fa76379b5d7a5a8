// The geometry of the top view.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SCALE, Trail, Viewport, placed, roundLength } from "../../car-daemon/page/topview.js";

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

function viewport() {
  const view = new Viewport();
  view.size = { width: 400, height: 300 };
  view.centre = { x: 2, y: -1 };
  return view;
}

test("x is to the right, y is up, and the centre is in the middle", () => {
  const view = viewport();
  assert.deepEqual(view.toCanvas(2, -1), [200, 150]);
  assert.deepEqual(view.toCanvas(3, 0), [300, 50]);
});

test("a pixel is the point that is drawn there", () => {
  const view = viewport();
  view.zoom(2.5, 17, 99);
  const { x, y } = view.toFloor(...view.toCanvas(0.3, 7));
  near(x, 0.3);
  near(y, 7);
});

test("what is under the finger stays there while it zooms, also at the ends of the scale", () => {
  for (const factor of [1.7, 0.2, 1e9, 1e-9]) {
    const view = viewport();
    const before = view.toFloor(30, 250);
    view.zoom(factor, 30, 250);
    const after = view.toFloor(30, 250);
    near(after.x, before.x);
    near(after.y, before.y);
    assert.ok(view.scale >= SCALE.least && view.scale <= SCALE.most);
  }
});

test("a pinch of no size changes nothing", () => {
  const view = viewport();
  for (const factor of [NaN, Infinity]) view.zoom(factor, 0, 0);
  assert.equal(view.scale, SCALE.usual);
});

test("what is dragged follows the finger", () => {
  const view = viewport();
  const [px, py] = view.toCanvas(1, 1);
  view.drag(40, -25);
  assert.deepEqual(view.toCanvas(1, 1).map(Math.round), [px + 40, py - 25]);
});

test("the view stands until what it follows comes near its edge, and then keeps it in", () => {
  const view = viewport();
  assert.ok(!view.follow(2.9, -1.5));
  assert.deepEqual(view.centre, { x: 2, y: -1 });
  assert.ok(view.follow(50, -40));
  assert.deepEqual(view.toCanvas(50, -40).map(Math.round), [320, 240]);
});

test("a world that is fitted is seen whole, and of nothing there is nothing to fit", () => {
  const view = viewport();
  const corners = [[-5, -2], [9, 3], [0, 0]];
  assert.ok(view.fit(corners));
  for (const [x, y] of corners) {
    const [px, py] = view.toCanvas(x, y);
    assert.ok(px > 0 && px < 400 && py > 0 && py < 300);
  }
  const high = [[0, -5], [1, 5]];
  assert.ok(view.fit(high, 0.02, 20));
  for (const corner of high) assert.ok(view.toCanvas(...corner)[1] < view.size.height - 20, "above what lies there");
  assert.ok(!view.fit([]));
  assert.ok(view.fit([[4, 4]]));
  assert.ok(Number.isFinite(view.scale));
});

test("a pose from the start is turned and moved to where the start is", () => {
  const at = placed({ x: 2, y: 1, heading: 0.5 }, { x: 10, y: 20, heading: Math.PI / 2 });
  near(at.x, 9);
  near(at.y, 22);
  near(at.heading, Math.PI / 2 + 0.5);
  assert.deepEqual(placed({ x: 2, y: 1, heading: 0.5 }, null), { x: 2, y: 1, heading: 0.5 });
});

test("a scale bar is 1, 2 or 5 of some power of ten", () => {
  for (const [most, length] of [[1, 1], [0.99, 0.5], [4.99, 2], [5, 5], [19, 10], [0.3, 0.2], [0.05, 0.05], [700, 500]]) {
    assert.equal(roundLength(most), length);
  }
});

test("a trail grows by steps, not by time, and not past its bound", () => {
  const trail = new Trail(100);
  assert.ok(trail.add(0, 0));
  for (let each = 0; each < 1000; each++) assert.ok(!trail.add(0.001, 0));
  for (let each = 1; each < 1000; each++) {
    trail.add(each, 0);
    assert.ok(trail.points.length <= 100);
  }
  assert.deepEqual(trail.points.at(-1), [999, 0], "the newest are kept");
  trail.clear();
  assert.deepEqual(trail.pieces(8), []);
});

test("a trail's pieces join, from its first point to its last, and the last is the freshest", () => {
  for (const count of [2, 3, 7, 8, 9, 100]) {
    const trail = new Trail();
    for (let each = 0; each < count; each++) trail.add(each, 0);
    const pieces = trail.pieces(8);
    assert.ok(pieces.length <= 8);
    assert.deepEqual(pieces[0].points[0], [0, 0]);
    assert.deepEqual(pieces.at(-1).points.at(-1), [count - 1, 0]);
    for (let at = 1; at < pieces.length; at++) {
      assert.deepEqual(pieces[at].points[0], pieces[at - 1].points.at(-1));
      assert.ok(pieces[at].fresh > pieces[at - 1].fresh);
    }
    assert.equal(pieces.at(-1).fresh, 1);
  }
});
