//! What readers asked their files for, collected in test builds on each thread: what the document of a
//! format is held against. What must never live here: anything that a program has.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for, by the whole path of each key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Every key, and whether it was ever there.
    pub(crate) keys: BTreeMap<String, bool>,
    /// Numbers: `20 to 333 hertz`.
    pub(crate) ranges: BTreeSet<(String, String)>,
    /// Words that would have been understood, and those that were there.
    pub(crate) words: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
}

thread_local! {
    static ASKED: RefCell<Asked> = RefCell::default();
}

/// What was asked for on this thread since this was last called.
pub(crate) fn take() -> Asked {
    ASKED.take()
}

pub(super) fn key(path: &str, there: bool) {
    ASKED.with_borrow_mut(|asked| *asked.keys.entry(path.to_owned()).or_default() |= there);
}

pub(super) fn range(path: &str, range: &str) {
    ASKED.with_borrow_mut(|asked| asked.ranges.insert((path.to_owned(), range.to_owned())));
}

pub(super) fn words<'a>(path: &str, known: impl IntoIterator<Item = &'a str>, there: &str) {
    ASKED.with_borrow_mut(|asked| {
        let words = asked.words.entry(path.to_owned()).or_default();
        words.0.extend(known.into_iter().map(str::to_owned));
        words.1.insert(there.to_owned());
    });
}
