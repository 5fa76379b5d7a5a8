//! The latch's file as text, and back. Files and disks must never be known here.

use super::Engaged;

/// What this build writes. A file of a later version counts as engaged.
const VERSION: i64 = 1;

/// Longest file that is believed, bytes.
pub(super) const LONGEST: usize = 4096;

/// Longest reason or name that is kept, characters. Each takes six bytes at most when it is escaped
/// (`\u0000`), so a whole file is below [`LONGEST`].
const LONGEST_WORDS: usize = 250;

/// Written last, so that a file that was cut anywhere shows.
const END: &str = "end = true";

/// For whoever finds the file.
const HEAD: &str = "# The e-stop of this car is engaged. `reset` releases it and removes this file.";

/// Why a file is not believed, as the end of a sentence that begins with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    #[error("is not whole")]
    Cut,
    #[error("is longer than {LONGEST} bytes")]
    TooLong,
    #[error("is damaged")]
    Garbage,
    #[error("is of a later version of car-daemon (version {0}; this one knows {VERSION})")]
    TooNew(i64),
}

pub(super) fn encode(engaged: &Engaged) -> String {
    let words = |text: &str| {
        let short: String = text.chars().take(LONGEST_WORDS).collect();
        toml::Value::String(short).to_string()
    };
    let at = engaged.at.min(i64::MAX.cast_unsigned());
    format!(
        "{HEAD}\nversion = {VERSION}\nreason = {}\nby = {}\nat = {at}\n{END}\n",
        words(&engaged.reason),
        words(&engaged.by)
    )
}

pub(super) fn decode(bytes: &[u8]) -> Result<Engaged, Damage> {
    if bytes.len() > LONGEST {
        return Err(Damage::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Damage::Garbage)?;
    let table: toml::Table = text.parse().map_err(|_| Damage::Garbage)?;
    let number = |key: &str| table.get(key).and_then(toml::Value::as_integer);
    let words = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    // What a later version means by its other keys is not known here.
    if let Some(newer) = number("version").filter(|version| *version > VERSION) {
        return Err(Damage::TooNew(newer));
    }
    if !text.ends_with(&format!("\n{END}\n")) {
        return Err(Damage::Cut);
    }
    let engaged = || {
        let at = number("at").and_then(|at| u64::try_from(at).ok())?;
        Some(Engaged { reason: words("reason")?, by: words("by")?, at })
    };
    engaged().filter(|_| number("version") == Some(VERSION)).ok_or(Damage::Garbage)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn engaged() -> Engaged {
        Engaged { reason: "a child on the track".into(), by: "tcp 192.0.2.7:5000".into(), at: 1_700_000_000 }
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(decode(encode(&engaged()).as_bytes()), Ok(engaged()));
        let odd =
            Engaged { reason: "\"quoted\"\n'''\u{0}\u{7f}🚗".into(), by: String::new(), at: u64::MAX };
        let read = decode(encode(&odd).as_bytes()).unwrap();
        assert_eq!((read.reason, read.by, read.at), (odd.reason, odd.by, i64::MAX.cast_unsigned()));
    }

    #[test]
    fn a_file_that_was_cut_anywhere_is_not_believed() {
        let text = encode(&engaged());
        for length in 0..text.len() {
            let cut = decode(&text.as_bytes()[..length]);
            assert!(matches!(cut, Err(Damage::Cut | Damage::Garbage)), "{length}: {cut:?}");
        }
    }

    #[test]
    fn what_is_no_latch_is_not_believed() {
        let text = encode(&engaged());
        for (from, to, damage) in [
            ("version = 1", "version = 2", Damage::TooNew(2)),
            ("end = true", "end = false", Damage::Cut),
            ("version = 1", "version = 0", Damage::Garbage),
            ("version = 1\n", "", Damage::Garbage),
            ("at = 1700000000", "at = -1", Damage::Garbage),
            ("at = 1700000000", "at = \"now\"", Damage::Garbage),
            ("reason =", "reasons =", Damage::Garbage),
        ] {
            assert_eq!(decode(text.replace(from, to).as_bytes()), Err(damage), "{to}");
        }
        assert_eq!(decode(&[b'#'; LONGEST + 1]), Err(Damage::TooLong));
        assert_eq!(decode(&[0xff; 100]), Err(Damage::Garbage));
    }

    #[test]
    fn the_longest_file_is_below_the_bound() {
        let worst = Engaged { reason: "\u{1}".repeat(1000), by: "\u{1}".repeat(1000), at: u64::MAX };
        let text = encode(&worst);
        assert!(text.len() <= LONGEST, "{}", text.len());
        assert_eq!(decode(text.as_bytes()).unwrap().reason.chars().count(), LONGEST_WORDS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(decode(&bytes));
        }

        #[test]
        fn any_words_read_back(reason in ".{0,100}", by in ".{0,100}", at in 0..u64::MAX / 2) {
            let engaged = Engaged { reason, by, at };
            prop_assert_eq!(decode(encode(&engaged).as_bytes()), Ok(engaged));
        }
    }
}
