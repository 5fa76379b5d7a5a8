// The page begins here: makes the parts and ties them together.
//
// What must never live here: what a part does.

import { Dpad } from "./controls/dpad.js";
import { dragged, Gimbal } from "./controls/gimbal.js";
import { gamepads } from "./controls/gamepad.js";
import { Joystick } from "./controls/joystick.js";
import { keyboard } from "./controls/keyboard.js";
import { away } from "./controls/pointer.js";
import { dialogs } from "./dialogs.js";
import { Driver } from "./driver.js";
import { Link } from "./link.js";
import { lease } from "./lease.js";
import { $, about, device } from "./page.js";
import { Safety } from "./safety.js";
import { settings } from "./settings.js";
import { marks, status } from "./status.js";
import { startViews } from "./views.js";
import { t } from "./words.js";

const url = new URL("ws", location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const link = new Link(url.href, { name: device(navigator.userAgent) });
const driver = new Driver(link);
const report = status(link, driver);
const gimbal = new Gimbal(link, (error) => report.refused(error));
const safety = new Safety(link, driver, gimbal, report);
const stop = () => safety.stop();
const estop = () => safety.estop();

const suggest = settings(driver, stop);
marks(link);
const begun = dialogs(link, driver);
const nameOf = lease(link, report);

const dpad = new Dpad(document, driver, gimbal, stop);
const steered = () => dpad.steered;
new Joystick($("joystick"), $("knob"), driver);
dragged($("gimbal"), $("video"), gimbal);
keyboard(driver, gimbal, { stop, estop, steered, light: (vector) => dpad.light(vector) });
gamepads(driver, gimbal, { stop, estop, strange: () => report.tell(t("pad.strange")) });

link.addEventListener("open", async () => {
  const { drivetrain, cruise } = await about(link);
  dpad.steered = drivetrain === "ackermann";
  driver.limitsTurns = !dpad.steered;
  for (const button of document.querySelectorAll(".strafe")) button.hidden = drivetrain !== "mecanum";
  if (cruise !== null) suggest(link.hello.name, cruise);
});

// Whatever takes the eyes off the car takes the hands off it.
away(() => {
  driver.rest("away");
  gimbal.rest();
});
document.addEventListener("visibilitychange", () => document.hidden || link.wake());
addEventListener("online", () => link.wake());

startViews(link, driver, nameOf, safety);
if (!begun) link.connect();
