//! The inputs that fuzzing kept: each still does no harm. Looking for new ones is `.ci/fuzz`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tests::fuzz::TARGETS;

fn fuzz(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("fuzz").join(folder)
}

fn stems(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.filter_map(|entry| entry.path().file_stem()?.to_str().map(str::to_owned)).collect()
}

#[test]
fn every_input_that_fuzzing_kept_is_read_without_harm() {
    for target in TARGETS {
        let inputs: Vec<_> =
            fs::read_dir(fuzz("corpus").join(target.name)).expect("a corpus").flatten().collect();
        assert!(!inputs.is_empty(), "{} has inputs to begin with", target.name);
        for input in inputs {
            (target.run)(&fs::read(input.path()).expect("a file"));
        }
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(stems(&fuzz("targets")), listed);
    assert_eq!(stems(&fuzz("corpus")), listed);
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).expect("a manifest");
    for name in listed {
        assert!(
            manifest.contains(&format!("path = \"targets/{name}.rs\"")),
            "{name} is not in fuzz/Cargo.toml"
        );
    }
}
