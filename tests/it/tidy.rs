//! The rules of the house that a compiler does not know: who may use whom, and that every module
//! says what lives in it.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

/// Our crates and what the architecture allows each to use, ours or not.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("transport", &[], &["serde_json", "hal", "embedded-hal"]),
    ("protocol", &["transport"], &["tokio", "embedded-hal"]),
    ("hal", &[], &["tokio", "futures-util", "serde_json"]),
    ("sim", &["hal"], &["tokio", "futures-util", "serde_json"]),
    ("client", &["transport", "protocol"], &["embedded-hal"]),
    ("car-daemon", &["transport", "protocol", "hal", "sim"], &["embedded-hal", "linux-embedded-hal"]),
];

#[test]
fn each_crate_knows_only_what_it_may() {
    let ours: Vec<&str> = RULES.iter().map(|(name, ..)| *name).collect();
    for (name, may, never) in RULES {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let dependencies: Vec<&str> = manifest
            .lines()
            .skip_while(|line| *line != "[dependencies]")
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split(['.', ' ', '=']).next().filter(|key| !key.is_empty()))
            .collect();
        assert!(!dependencies.is_empty(), "{name} has dependencies");
        for dependency in dependencies {
            let allowed =
                !never.contains(&dependency) && (!ours.contains(&dependency) || may.contains(&dependency));
            assert!(allowed, "{name} must not know {dependency}: see ARCHITECTURE.md");
        }
    }
}

#[test]
fn the_gate_and_the_simulator_read_no_clock() {
    for folder in ["car-daemon/src/control", "car-daemon/src/access", "sim/src", "hal/src", "protocol/src"] {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        assert!(!files.is_empty(), "{folder} is there");
        for file in files {
            let text = fs::read_to_string(&file).expect("text");
            for word in ["Instant::now", "SystemTime::now"] {
                assert!(!text.contains(word), "{} has {word}: the time is an argument there", file.display());
            }
        }
    }
}

/// The standard library takes them from the machine, where the last bit may be another; `sqrt` is exact.
#[test]
fn what_a_simulated_car_does_is_computed_with_the_same_functions_on_every_machine() {
    const CALLS: [&str; 15] = [
        ".sin()",
        ".cos()",
        ".sin_cos()",
        ".tan()",
        ".asin()",
        ".acos()",
        ".atan()",
        ".atan2(",
        ".exp()",
        ".ln()",
        ".log10()",
        ".powf(",
        ".powi(",
        ".hypot(",
        ".tanh()",
    ];
    for folder in ["sim/src", "hal/src"] {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        for file in files.iter().filter(|file| !file.to_string_lossy().ends_with("tests.rs")) {
            let text = fs::read_to_string(file).expect("text");
            let ours = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let found = CALLS.iter().find(|call| ours.contains(**call));
            assert_eq!(found, None, "{}: take that from libm", file.display());
        }
    }
}

#[test]
fn every_module_says_what_lives_in_it() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50, "the sources are there");
    for file in files.iter().filter(|file| !file.ends_with("tidy.rs")) {
        let text = fs::read_to_string(file).expect("text");
        let first = text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
        assert!(first.starts_with("//!"), "{} does not begin with //!", file.display());
    }
}

#[test]
fn no_source_file_grows_beyond_500_lines() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    for file in files {
        let lines = fs::read_to_string(&file).expect("text").lines().count();
        assert!(lines <= 500, "{} has {lines} lines: look for the second idea in it", file.display());
    }
}

#[test]
fn nothing_is_left_undone() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    for file in files.iter().filter(|file| !file.ends_with("tidy.rs")) {
        let text = fs::read_to_string(file).expect("text");
        for word in ["todo!(", "unimplemented!(", "FIXME", "#[ignore"] {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn every_path_that_a_document_names_is_there() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "protocol/PROTOCOL.md",
        "docs/board-file.md",
        "docs/metrics.md",
        "examples/README.md",
    ] {
        let text = fs::read_to_string(root().join(document)).expect("the document");
        let ours = |path: &&str| {
            ["transport/", "protocol/", "hal/", "sim/", "car-daemon/", "client/", "tests/", ".ci/"]
                .iter()
                .any(|crate_| path.starts_with(crate_))
        };
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for path in quoted.filter(ours).chain(linked).filter(|path| !path.is_empty() && !path.contains("://"))
        {
            let beside = root().join(document).with_file_name(path);
            assert!(root().join(path).exists() || beside.exists(), "{document} names {path}");
        }
    }
}
