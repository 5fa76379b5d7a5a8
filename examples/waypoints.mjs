// Drives from point to point by what the car reckons of its pose, and stops at the last one.
//
// Usage: node waypoints.mjs [URL]     the daemon's WebSocket; ws://127.0.0.1:9900 without one
//
// Node 22 and newer have WebSocket, as browsers do; older ones want `npm install ws` in this folder.

// Metres forward and to the left of where the car started: through the preset `room` and out of its door.
const POINTS = [[1.8, 0.1], [1.9, 1.1], [0.5, 1.3], [0.45, 2.25]];
const ARRIVED = 0.06; // metres: nearer than this is there
const SPEED = 0.3; // metres a second
const GAIN = 2.5; // radians a second for each radian beside the goal
const PATIENCE = 15; // seconds without a word of the car that are too many

const end = (code, words) => {
  (code ? console.error : console.log)(words);
  process.exit(code);
};
const [url = "ws://127.0.0.1:9900", ...more] = process.argv.slice(2);
if (more.length > 0 || !/^wss?:/.test(url)) end(2, "usage: node waypoints.mjs [URL]");

/** What to drive towards a point: turn first, then go; the faster the straighter it lies ahead. */
function towards([x, y], pose) {
  const beside = Math.atan2(y - pose.y, x - pose.x) - pose.heading;
  const turn = Math.atan2(Math.sin(beside), Math.cos(beside)); // the short way round, -π to π
  const speed = Math.min(SPEED, Math.hypot(x - pose.x, y - pose.y) + 0.05); // slower where it is near
  const linear = speed * Math.max(0, Math.cos(turn)) ** 3;
  return { linear, angular: Math.max(-1.5, Math.min(1.5, GAIN * turn)) };
}

const fromNpm = () => import("ws").catch(() => end(1, "this Node has no WebSocket yet: npm install ws"));
const Socket = globalThis.WebSocket ?? (await fromNpm()).default;
const car = new Socket(url);
const say = (method, params = {}) => car.send(JSON.stringify({ jsonrpc: "2.0", id: method, method, params }));
const silence = setTimeout(() => end(1, `the car has said nothing for ${PATIENCE} s`), PATIENCE * 1000);
let next = 0;

function drive({ pose }) {
  if (!pose) end(1, "this car does not know where it is");
  const [x, y] = POINTS[next];
  if (Math.hypot(x - pose.x, y - pose.y) < ARRIVED) {
    console.log(`at ${x}, ${y}`);
    next += 1;
  }
  if (next < POINTS.length) return say("velocity", towards(POINTS[next], pose));
  say("stop");
  say("release");
}

car.onopen = () => say("subscribe", { topics: ["state"], rate_hz: 20 });
car.onerror = ({ message }) => end(1, `no car at ${url}: ${message || "nobody answers"}`);
car.onclose = () => end(1, "the link to the car is lost");
car.onmessage = ({ data }) => {
  silence.refresh();
  const { method, id, params, error } = JSON.parse(data);
  if (error) end(1, `the car refused: ${error.message}`);
  if (id === "release") end(0, "there");
  if (method === "state" && next < POINTS.length) drive(params);
};
