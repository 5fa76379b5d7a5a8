// The dialogs. They are not modal, as stop must stay within reach; while one is open nothing drives.
//
// What must never live here: what a token may do.

import { available } from "./controls/gamepad.js";
import { $, remember, remembered, say } from "./page.js";
import { t, words } from "./words.js";

const KEYS = [
  ["↑ ↓ ← → · W A S D", "help.drive"],
  ["Q · E", "help.strafe"],
  ["I J K L · ⇧ + ↑ ↓ ← →", "help.look"],
  [{ key: "key.space" }, "help.stop"],
  ["Esc", "help.estop"],
];

/** The token of an address `…/#token=T`, which a teacher hands out as a link or in a square of dots; null where there is none. */
export const inAddress = (hash) => /^#token=([\w.~+-]{8,128})$/.exec(hash)?.[1] ?? null;

/** Says whether a token of the address begins the link. */
export function dialogs(link, driver) {
  let before = null;
  const open = (dialog) => {
    if (dialog.open) return;
    before = document.activeElement;
    driver.block(dialog.id);
    dialog.show();
    // Where it is read from, and not the button at its end, which would be scrolled to.
    dialog.querySelector("input, [tabindex]").focus();
  };
  const close = (dialog) => {
    if (!dialog.open) return;
    dialog.close();
    driver.unblock(dialog.id);
    before?.focus();
  };
  for (const dialog of [$("token"), $("help")]) {
    dialog.querySelector(".close").addEventListener("click", () => close(dialog));
    // Everywhere Escape is the emergency stop; where text is typed it closes, too.
    dialog.addEventListener("keydown", ({ key, target }) => key === "Escape" && target.matches("input") && close(dialog));
  }
  for (const id of ["help-open", "help-more"]) $(id).addEventListener("click", () => ($("help").open ? close : open)($("help")));
  for (const id of ["login", "account"]) $(id).addEventListener("click", () => open($("token")));
  link.addEventListener("role", ({ detail }) => {
    $("logout").hidden = detail === null || !remembered("token");
    if (detail !== null) return;
    // A cookie that is worth nothing counts as a wrong token each time.
    forget();
    open($("token"));
  });
  $("logout").addEventListener("click", () => forget().then(() => location.reload()));
  token(link, () => close($("token")));
  uncovered();
  help();
  words.addEventListener("lang", help);
  const linked = () => {
    const word = inAddress(location.hash);
    // At once: an address is seen by whoever looks over a shoulder, and kept.
    if (location.hash.startsWith("#token=")) history.replaceState(null, "", location.pathname + location.search);
    if (word === null) return false;
    open($("token"));
    $("token-word").value = word;
    $("token").querySelector("form").requestSubmit();
    return true;
  };
  addEventListener("hashchange", linked);
  return linked();
}

function token(link, done) {
  let shown = null;
  // A daemon that was started anew knows no cookie of the one before.
  link.addEventListener("open", () => shown !== null && link.hello.role === null && keep(shown).catch(() => {}));
  link.addEventListener("role", ({ detail }) => detail === null && (shown = null));
  const see = (shown) => {
    $("token-word").type = shown ? "text" : "password";
    $("token-see").setAttribute("aria-pressed", String(shown));
  };
  $("token-see").addEventListener("click", () => see($("token-word").type === "password"));
  $("token").querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const word = $("token-word").value.trim();
    say($("token-wrong"), "");
    try {
      const { status } = await keep(word);
      if (status === 401 || status === 403) throw new Unknown();
      remember("token", "shown");
      await link.login(word);
      shown = word;
      $("token-word").value = "";
      see(false);
      done();
    } catch (error) {
      say($("token-wrong"), t(error instanceof Unknown || error.code === -32003 ? "token.wrong" : "refused.closed"));
      $("token-word").select();
      // One of the address came before there was a link.
      if (link.hello === null) link.connect();
    }
  });
}

/** No token of this car. */
class Unknown extends Error {}

/** As a cookie that no script can read; the camera knows it, too. */
const keep = (token) =>
  fetch("/login", { method: "POST", body: JSON.stringify({ token }), headers: { "Content-Type": "application/json" } });

const forget = () => {
  remember("token", "");
  return fetch("/logout", { method: "POST" }).catch(() => {});
};

/** iOS lays its keyboard over the page and tells only here how much is left: what stops the car is lifted above it. */
function uncovered() {
  const seen = globalThis.visualViewport;
  const show = () => {
    // Zoomed in, less is seen as well, and nothing is covered.
    const covered = Math.max(0, innerHeight - seen.height * seen.scale);
    document.documentElement.style.setProperty("--covered", `${Math.round(covered)}px`);
  };
  seen?.addEventListener("resize", show);
}

function help() {
  const rows = KEYS.flatMap(([keys, key]) => {
    const [term, words] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = keys.key ? t(keys.key) : keys;
    words.textContent = t(key);
    return [term, words];
  });
  $("keys").replaceChildren(...rows);
  say($("help-pad"), available() ? t("help.pad") : t("help.pad.unserved"));
}
