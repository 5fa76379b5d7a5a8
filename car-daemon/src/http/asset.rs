//! The files of the page, as they are in this program.
//!
//! What must never live here: which of them is asked for.

/// A file of the page.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    bytes: &'static str,
}

impl Asset {
    /// As browsers get it: scripts and styles without indentation and without lines that are nothing but a comment, which are for
    /// whoever reads the sources and a quarter of the bytes. Every other line stays as it is, so no file may have a string of
    /// several lines.
    pub(super) fn served(&self) -> String {
        if ![JS, CSS].contains(&self.kind) {
            return self.bytes.to_owned();
        }
        let mut comment = false;
        let mut lean = String::with_capacity(self.bytes.len());
        for line in self.bytes.lines().map(str::trim) {
            comment |= line.starts_with("/*");
            if !comment && !line.is_empty() && !line.starts_with("//") {
                lean.push_str(line);
                lean.push('\n');
            }
            comment &= !line.ends_with("*/");
        }
        lean
    }
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const MANIFEST: &str = "application/manifest+json";

macro_rules! assets {
    ($($name:literal $kind:ident),+ $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, bytes: include_str!(concat!("../../page/", $name)) }),+]
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
    "halts.js" JS,
    "lease.js" JS,
    "dialogs.js" JS,
    "settings.js" JS,
    "status.js" JS,
    "notice.js" JS,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Of all files together: a phone on a bad link has the page in a second or two.
    const MOST_BYTES: usize = 150_000;

    /// In the folder, and no part of the page: it tells Node what the scripts are.
    const NOT_SERVED: &str = "package.json";

    fn files(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                files(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name);
            }
        }
    }

    #[test]
    fn all_files_of_the_page_are_small_together() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.served().len()).sum();
        assert!(bytes < MOST_BYTES, "{bytes} bytes; at most {MOST_BYTES}");
    }

    #[test]
    fn what_is_served_has_all_but_comments_and_indentation() {
        let lean = |kind, bytes| Asset { name: "a", kind, bytes }.served();
        let script = "// What.\n/** One. */\nlet a = 1; // Two\n\n/**\n * Three.\n */\n  let b = `//${a}`;\n";
        assert_eq!(lean(JS, script), "let a = 1; // Two\nlet b = `//${a}`;\n");
        assert_eq!(
            lean(CSS, "/* Four,\n   five. */\na {\n  b: c; /* six */\n}"),
            "a {\nb: c; /* six */\n}\n"
        );
        assert_eq!(lean(HTML, "// no comment\n  a"), "// no comment\n  a");
    }

    #[test]
    fn no_string_and_no_comment_after_code_goes_over_lines() {
        for asset in ASSETS.iter().filter(|asset| [JS, CSS].contains(&asset.kind)) {
            for line in asset.bytes.lines().map(str::trim) {
                let odd =
                    asset.kind == JS && line.matches('`').count() % 2 == 1 && !line.starts_with(['*', '/']);
                let begins = line.contains("/*") && !line.starts_with("/*") && !line.contains("*/");
                let follows = line.starts_with("/*") && line.contains("*/") && !line.ends_with("*/");
                assert!(!odd && !begins && !follows, "{}: {line}", asset.name);
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_served_once() {
        let mut found = BTreeSet::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("page"), "", &mut found);
        assert!(found.remove(NOT_SERVED));
        let served: BTreeSet<String> = ASSETS.iter().map(|asset| asset.name.to_owned()).collect();
        assert_eq!(served, found);
        assert_eq!(served.len(), ASSETS.len(), "no row is there twice");
    }

    #[test]
    fn every_file_is_asked_for_by_another_one() {
        for asset in ASSETS.iter().filter(|asset| asset.name != "index.html") {
            let name = asset.name.rsplit('/').next().expect("a name");
            let asked = |other: &Asset| {
                other.name != asset.name
                    && [format!("/page/{}\"", asset.name), format!("/{name}\"")]
                        .iter()
                        .any(|way| other.bytes.contains(way))
            };
            assert!(ASSETS.iter().any(asked), "nothing asks for {}", asset.name);
        }
    }

    #[test]
    fn no_file_names_a_place_of_others() {
        // The name of a language, which nobody dials.
        const NAMESPACE: &str = "http://www.w3.org/2000/svg";
        for asset in ASSETS {
            let own = asset.bytes.replace(NAMESPACE, "");
            for foreign in ["http://", "https://", "ws://", "wss://", "\"//", "url(//", "@import"] {
                assert!(!own.contains(foreign), "{} has {foreign}", asset.name);
            }
        }
    }

    #[test]
    fn nothing_is_inline_that_the_headers_forbid() {
        let page = ASSETS.iter().find(|asset| asset.name == "index.html").expect("the page").bytes;
        for inline in ["<style", " style=", "javascript:", " onclick=", " onload="] {
            assert!(!page.contains(inline), "{inline}");
        }
        assert_eq!(page.matches("<script").count(), page.matches("<script type=\"module\" src=").count());
    }
}
