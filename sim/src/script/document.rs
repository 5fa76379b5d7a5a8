//! `docs/fault-script.md` is true: its example is a script, its keys are those that the reader knows, and its
//! kinds are those that there are.

use hal::Board;

use super::Script;
use crate::fault::KINDS;

const PAGE: &str = include_str!("../../../docs/fault-script.md");

fn board() -> Board {
    let classroom = Board::preset("classroom").expect("a preset");
    let estop = "[estop]\npin = \"gpio:GPIO26\"\npressed = \"high\"\n";
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let button = Board::parse("b.toml", &format!("{}\n{estop}", preset.toml)).expect("a sound board").estop;
    Board { estop: button, ..classroom }
}

/// The first cells of the table below a heading, without their quotes.
fn rows(heading: &str) -> Vec<&'static str> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
    section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn the_example_of_the_page_is_a_script() {
    let text = PAGE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let script = Script::parse("docs/fault-script.md", text, &board()).expect("sound");
    assert_eq!(script.events().len(), 3);
}

#[test]
fn the_page_has_each_key_and_no_other() {
    let faults = Script::parse("s.toml", "[[events]]\nat_s = 1\nzzz = 1\n", &board()).unwrap_err();
    let unknown = faults.faults.iter().find(|fault| fault.key == "events[0].zzz").expect("told");
    assert_eq!(unknown.hint, format!("known here: {}", rows("`[[events]]`").join(", ")));
}

#[test]
fn the_page_has_each_kind_in_its_order_and_no_other() {
    let kinds: Vec<_> = rows("Kinds").into_iter().filter(|row| *row != "fault").collect();
    assert_eq!(kinds, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
}

#[test]
fn the_ranges_of_the_page_are_those_that_the_reader_tells() {
    for (key, text) in [
        ("at_s", "at_s = -1\npress_estop = true"),
        ("count", "at_s = 1\nfault = \"bus-noise\"\non = \"i2c-1\"\ncount = 0"),
        ("for_s", "at_s = 1\nfault = \"brown-out\"\nfor_s = 0"),
        ("teleport", "at_s = 1\nteleport = [9999, 0, 0]"),
    ] {
        let faults = Script::parse("s.toml", &format!("[[events]]\n{text}\n"), &board()).unwrap_err();
        let [fault] = &faults.faults[..] else { panic!("{faults}") };
        assert!(fault.key.contains(key), "{faults}");
        let range = fault.hint.strip_prefix("must be ").expect("a range").split(" (").next().expect("text");
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{key}`"))).expect("a row");
        assert!(row.contains(range), "{row}\n{range}");
    }
}
