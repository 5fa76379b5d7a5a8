//! `docs/world-file.md` is true.

use hal::file::document::Document;

use super::World;

const PAGE: Document<World> = Document {
    name: "docs/world-file.md",
    text: include_str!("../../../docs/world-file.md"),
    read: World::parse,
    named: &[],
    dependent: &[],
    deciding: &[],
};

#[test]
fn every_key_of_the_page_is_read_and_every_key_that_is_read_is_on_the_page() {
    PAGE.assert_keys();
}

#[test]
fn every_range_on_the_page_is_the_readers() {
    PAGE.assert_ranges_and_words();
}

#[test]
fn a_key_that_is_left_out_means_its_default() {
    let count = PAGE.assert_defaults();
    assert!(count >= 18, "{count} defaults were found");
}
