// Ties what shows things to the link: camera, view from above, the car's numbers, and the one sentence of what is wrong.
//
// What must never live here: what drives the car, or how a thing is shown.

import { Steady, diagnose } from "./diagnose.js";
import { TopView } from "./map.js";
import { $, remembered, say } from "./page.js";
import { Panel } from "./panel.js";
import { degrees, number } from "./readings.js";
import { Video } from "./video.js";
import { t, words } from "./words.js";

/** How often (ms) what is shown is worked out anew. */
const SHOWN_MS = 200;
/** How often (ms) the view from above is told in words. */
const TOLD_MS = 3000;
/** Of so many round trips the middle one is judged. */
const TRIPS = 5;
const RETRY_MS = 2000;
const STALE = -32005;

/** Begins all of it; `driver` tells what the car refuses, `nameOf(session)` how somebody is called, `safety` who may reset. */
export function startViews(link, driver, nameOf, safety) {
  const facts = {
    link, nameOf, safety, video: { showing: "none", ageMs: null, sure: false, trouble: null },
    bye: null, role: undefined, known: false, lapsed: false, trips: [], stateAt: null, lateAt: null,
  };
  const refresh = [camera(link, facts), map(link), numbers(facts), trouble(facts)];
  listen(link, driver, facts);
  const all = () => {
    for (const show of refresh) show();
  };
  setInterval(all, SHOWN_MS);
  words.addEventListener("lang", all);
}

function listen(link, driver, facts) {
  link.addEventListener("state", () => (facts.stateAt = performance.now()));
  link.addEventListener("open", () => Object.assign(facts, { bye: null, trips: [], stateAt: performance.now() }));
  link.addEventListener("open", ({ detail }) => (document.title = $("name").textContent = detail.name));
  link.addEventListener("close", ({ detail }) => Object.assign(facts, { bye: detail.why, stateAt: null }));
  link.addEventListener("busy", ({ detail }) => (facts.bye = detail));
  link.addEventListener("rtt", ({ detail }) => (facts.trips = [...facts.trips, detail].slice(-TRIPS)));
  link.addEventListener("role", ({ detail }) => {
    facts.lapsed = detail === null && (facts.lapsed || facts.known);
    facts.known = detail !== null && Boolean(remembered("token"));
    facts.role = detail;
    if (facts.lapsed) say($("token-wrong"), t("said.token.lapsed"));
  });
  driver.addEventListener("refused", ({ detail }) => {
    if (detail.code === STALE) facts.lateAt = performance.now();
  });
}

function camera(link, facts) {
  const canvas = $("video");
  const cover = $("video-words"); // For eyes alone: the picture's own name says it, and the alert.
  const show = () => {
    const { showing, ageMs } = facts.video;
    if (canvas.dataset.showing !== showing) canvas.dataset.showing = document.documentElement.dataset.video = showing;
    const covered = { stalled: t("video.stalled", { s: number(ageMs / 1000, 1) }), none: t("video.none") }[showing] ?? "";
    say(cover, covered);
    label(canvas, t(showing === "stalled" ? "said.stalled" : `video.${showing}`));
  };
  const video = new Video(canvas, (told) => {
    facts.video = told;
    show();
  }, () => link.measuredNow);
  link.addEventListener("open", () => video.linked(link.hello.eye || null));
  link.addEventListener("phase", ({ detail }) => detail === "closed" && (facts.role === null ? video.bar() : video.unlinked()));
  return show;
}

function map(link) {
  const view = new TopView($("map"));
  const caption = $("map-words");
  for (const [id, act] of [["map-in", "zoomIn"], ["map-out", "zoomOut"], ["map-centre", "centre"], ["map-clear", "clear"]]) {
    $(id).addEventListener("click", () => view[act]());
  }
  link.addEventListener("open", async () => {
    const { session } = link;
    const world = await worldOf(() => link.session === session);
    if (world !== undefined) view.world(world);
  });
  link.addEventListener("state", ({ detail }) => view.update(detail));
  let toldAt = -Infinity;
  return () => {
    const { pose, odometry } = link.state ?? {};
    const how = !link.state ? "lost" : !pose ? "none" : odometry === "commanded" ? "commanded" : "encoders";
    say(caption, t(`map.${how}`));
    if (pose && performance.now() - toldAt < TOLD_MS) return;
    toldAt = performance.now();
    label($("map"), pose
      ? t("map.told", { x: number(pose.x, 1), y: number(pose.y, 1), heading: degrees(pose.heading, 0) })
      : t(`map.${how}`));
  };
}

const label = (element, words) => element.getAttribute("aria-label") === words || element.setAttribute("aria-label", words);

/** What stands around a simulated car, else null. Who has just shown a token is known to HTTP a little later: asked again while `still()`. */
async function worldOf(still) {
  while (still()) {
    const response = await fetch("/world").catch(() => null);
    if (response?.ok) return response.json();
    if (response?.status === 404) return null;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return undefined;
}

function numbers(facts) {
  const panel = new Panel($("panel"), t);
  words.addEventListener("lang", () => panel.translate());
  return () => panel.update({ ...facts, state: facts.link.state });
}

function trouble(facts) {
  const place = $("trouble");
  const steady = new Steady();
  return () => {
    const found = steady.told(diagnose(gathered(facts)), performance.now());
    // What the dialog says lies over it.
    if (!found || (found.key.startsWith("token") && $("token").open)) {
      say(place, "");
      delete place.dataset.level;
      return;
    }
    place.dataset.level = found.level;
    place.setAttribute("role", found.level === "bad" ? "alert" : "status");
    say(place, `${t(`said.${found.key}`, found.args)} ${t(`do.${found.todo}`, found.args)}`.trim());
  };
}

function gathered({ link, nameOf, safety, trips, bye, role, lapsed, stateAt, lateAt, video }) {
  const since = (at) => (at === null ? null : performance.now() - at);
  return {
    link: link.phase, before: link.before, bye, role, lapsed, session: link.session, mayReset: safety.mayReset, state: link.state,
    silentMs: since(stateAt), rttMs: middle(trips), lateMs: since(lateAt), driverName: typeof link.driver === "number" ? nameOf(link.driver) : null, hidden: document.hidden, video,
  };
}

/** The one in the middle; null of fewer than three. */
function middle(values) {
  return values.length < 3 ? null : [...values].sort((a, b) => a - b)[values.length >> 1];
}
