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

macro_rules! assets {
    ($($name:literal $kind:ident),+ $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, bytes: include_bytes!(concat!("../../page/", $name)) }),+]
    };
}

/// All of them; a new one is one row.
pub(super) const ASSETS: &[Asset] = assets! {
    "index.html" HTML,
    "style.css" CSS,
    "main.js" JS,
};
