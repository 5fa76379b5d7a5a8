//! `docs/fault-script.md` is true: what it says of each key is what the reader asks for, and its kinds are those
//! that there are.

use std::sync::LazyLock;

use hal::Board;
use hal::file::Faults;
use hal::file::document::Document;

use super::Script;
use super::tests::board;
use crate::fault::KINDS;

const PAGE: Document<Script> = Document {
    name: "docs/fault-script.md",
    text: include_str!("../../../docs/fault-script.md"),
    read,
    named: &[],
    dependent: &[],
    deciding: &[],
};

/// Made before the page is read: what a board's reader asks for is not the page's.
static BOARD: LazyLock<Board> = LazyLock::new(board);

fn read(file: &str, text: &str) -> Result<Script, Faults> {
    Script::parse(file, text, &BOARD)
}

#[test]
fn every_key_of_the_page_is_read_and_every_key_that_is_read_is_on_the_page() {
    LazyLock::force(&BOARD);
    PAGE.assert_keys();
}

#[test]
fn every_range_on_the_page_is_the_readers() {
    LazyLock::force(&BOARD);
    PAGE.assert_ranges_and_words();
}

#[test]
fn the_page_has_each_kind_in_its_order_and_no_other() {
    let section = PAGE.text.split("\n## ").find(|section| section.starts_with("Kinds")).expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let kinds: Vec<_> = rows.filter(|row| *row != "fault").collect();
    assert_eq!(kinds, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
}
