//! `docs/board-file.md` is true.

use super::Board;
use crate::file::document::Document;

const PAGE: Document<Board> = Document {
    name: "docs/board-file.md",
    text: include_str!("../../../docs/board-file.md"),
    read: Board::parse,
    named: &["motors", "servos", "outputs"],
    dependent: &["servos.NAME.center_deg"],
    deciding: &["driver", "bridge", "kind"],
};

#[test]
fn every_key_of_the_page_is_read_and_every_key_that_is_read_is_on_the_page() {
    PAGE.assert_keys();
}

#[test]
fn every_range_and_every_word_on_the_page_is_the_readers() {
    PAGE.assert_ranges_and_words();
}

#[test]
fn a_key_that_is_left_out_means_its_default() {
    let count = PAGE.assert_defaults();
    assert!(count > 25, "{count} defaults were found");
}
