//! What is wrong with a file, in words for the person who wrote it.
//!
//! What must never live here: TOML.

use std::fmt;

/// Of one fault no more is shown than this many characters of each part: what a file says may be long.
const SHOWN: usize = 600;

/// Of one file no more faults are shown than this: nobody mends more at once.
const MOST: usize = 50;

/// One fault in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// From 1; 0 where the fault is of the file as a whole.
    pub line: usize,
    /// In characters, from 1; 0 where the fault is of the file as a whole.
    pub column: usize,
    /// The whole path of the key, `control.rate_hz`; empty where the fault is of no key.
    pub key: String,
    /// What is wrong, to be read after the key: `is 5000`.
    pub what: String,
    /// What would be right: `must be 10 to 1000 hertz`. May be empty.
    pub hint: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", Shown(&self.key))?;
        }
        Shown(&self.what).fmt(f)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", Shown(&self.hint))?;
        }
        Ok(())
    }
}

/// What was written, without anything that could move the cursor of whoever reads it, and shortened.
#[derive(Debug)]
pub struct Shown<'t>(
    /// As it stands there.
    pub &'t str,
);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for char in chars.by_ref().take(SHOWN) {
            match char {
                // `escape_debug` escapes these too, for the sake of Rust's own literals.
                '"' | '\'' | '\\' => write!(f, "{char}")?,
                _ => char.escape_debug().fmt(f)?,
            }
        }
        f.write_str(if chars.next().is_some() { "…" } else { "" })
    }
}

/// Every fault in a file, by line. Displayed one a line, the first 50, as
/// `car.toml:7: control.rate_hz: is 5000; must be 10 to 1000 hertz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The name of the file, as it was given.
    pub file: String,
    /// At least one, unless a reader gave up without saying why.
    pub faults: Vec<FileFault>,
}

impl Faults {
    /// One fault of the file as a whole, such as that it cannot be read.
    #[must_use]
    pub fn whole(file: &str, what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        let fault = FileFault {
            line: 0,
            column: 0,
            key: String::new(),
            what: what.to_string(),
            hint: hint.to_string(),
        };
        Self { file: file.to_owned(), faults: vec![fault] }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = Shown(&self.file);
        if self.faults.is_empty() {
            return write!(f, "{file}: is incomplete");
        }
        for (index, fault) in self.faults.iter().take(MOST).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match fault.line {
                0 => write!(f, "{file}: {fault}")?,
                line => write!(f, "{file}:{line}: {fault}")?,
            }
        }
        match self.faults.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "\n{file}: and {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

/// The known word that was probably meant by `word`, if one is near enough.
#[must_use]
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (word, long) = (word.to_lowercase(), word.chars().count());
    // A third of the letters may be wrong: beyond that a guess confuses more than it helps.
    let most = |candidate: &str| (candidate.chars().count() / 3).max(1);
    known
        .into_iter()
        // Each letter too many or too few is one that is wrong. It also bounds the work.
        .filter(|candidate| long.abs_diff(candidate.chars().count()) <= most(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= most(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?` where a word is near, and in any case all that are known.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing is known here".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}
