//! What readers asked their files for, collected on a thread while somebody wants to know: what the document of
//! a format is held against. What must never live here: anything that a program has.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for, by the whole path of each key.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Every key, and whether it was ever there.
    pub(super) keys: BTreeMap<String, bool>,
    /// Numbers: `20 to 333 hertz`.
    pub(super) ranges: BTreeSet<(String, String)>,
    /// Words that would have been understood, and those that were there.
    pub(super) words: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
}

thread_local! {
    /// `None` while nobody wants to know.
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// What is asked for on this thread while `read` reads.
pub(super) fn during(read: impl FnOnce()) -> Asked {
    ASKED.set(Some(Asked::default()));
    read();
    ASKED.take().unwrap_or_default()
}

pub(super) fn key(path: &str, there: bool) {
    note(|asked| *asked.keys.entry(path.to_owned()).or_default() |= there);
}

pub(super) fn range(path: &str, range: &str) {
    note(|asked| asked.ranges.extend([(path.to_owned(), range.to_owned())]));
}

pub(super) fn words<'a>(path: &str, known: impl IntoIterator<Item = &'a str>, there: &str) {
    note(|asked| {
        let words = asked.words.entry(path.to_owned()).or_default();
        words.0.extend(known.into_iter().map(str::to_owned));
        words.1.insert(there.to_owned());
    });
}

fn note(add: impl FnOnce(&mut Asked)) {
    ASKED.with_borrow_mut(|asked| asked.as_mut().map(add));
}
