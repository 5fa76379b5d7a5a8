//! The files of the page, as they are in this program.
//!
//! What must never live here: which of them is asked for.

/// A file of the page.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const MANIFEST: &str = "application/manifest+json";

macro_rules! assets {
    ($($name:literal $kind:ident),+ $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, bytes: include_bytes!(concat!("../../page/", $name)) }),+]
    };
}

/// All of them; a new one is one row.
pub(super) const ASSETS: &[Asset] = assets! {
    "index.html" HTML,
    "style.css" CSS,
    "layout.css" CSS,
    "controls.css" CSS,
    "views.css" CSS,
    "main.js" JS,
    "page.js" JS,
    "link.js" JS,
    "clock.js" JS,
    "driver.js" JS,
    "safety.js" JS,
    "lease.js" JS,
    "dialogs.js" JS,
    "settings.js" JS,
    "status.js" JS,
    "words.js" JS,
    "words/en.js" JS,
    "words/zh.js" JS,
    "controls/pointer.js" JS,
    "controls/dpad.js" JS,
    "controls/joystick.js" JS,
    "controls/keyboard.js" JS,
    "controls/gimbal.js" JS,
    "controls/gamepad.js" JS,
    "views.js" JS,
    "diagnose.js" JS,
    "panel.js" JS,
    "video.js" JS,
    "age.js" JS,
    "multipart.js" JS,
    "map.js" JS,
    "mapdraw.js" JS,
    "topview.js" JS,
    "readings.js" JS,
    "reasons.js" JS,
    "icon.svg" SVG,
    "car.webmanifest" MANIFEST,
};
