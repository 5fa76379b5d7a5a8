//! The page's scripts that need no browser: the dead-man, the link, what is most wrong. Their tests are `tests/page`, and run by Node.
//!
//! What must never live here: what a browser shows; see `tests/browser`.

use std::path::Path;
use std::process::Stdio;

use crate::support::language;

#[test]
fn the_scripts_of_the_page_keep_their_promises() {
    let Some(mut node) = language("node", "--version") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the tests")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    assert!(files.len() >= 4, "the tests are there");
    let output = node.arg("--test").args(files).stderr(Stdio::inherit()).output().expect("starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let passed = said.lines().find_map(|line| line.trim_start_matches(['#', 'ℹ', ' ']).strip_prefix("pass "));
    assert!(passed.is_some_and(|count| count.trim().parse().is_ok_and(|count: u32| count > 20)), "{said}");
}
