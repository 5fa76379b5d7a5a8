//! Two recordings side by side: where the second is first told, or is, something else than the first.
//!
//! What must never live here: a run.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use hal::file::Shown;

use super::Seconds;
use crate::recording::{Damage, Header, Line, Reader};

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// In what they begin with: the names of it.
    Begin(Vec<&'static str>),
    /// In what is said or in what came of it: of each its line, its time and what it says. `None`: it has
    /// ended.
    Line(Option<Entry>, Option<Entry>),
}

/// A line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    line: u64,
    at: Duration,
    says: String,
}

/// The first difference of two recordings, if there is one; and how many lines both have in common. When the
/// control loop turns is not compared: what comes of it is. Nor is from where somebody came, which is another
/// port or process in each run; the gate's fingerprint knows of it, and is not compared either.
///
/// # Errors
/// One of them is damaged: the first or the second, and where.
pub fn compare(one: impl Read, other: impl Read) -> Result<(u64, Option<Difference>), (usize, Damage)> {
    let (mut one, mut other) = (Reader::new(one), Reader::new(other));
    let begin =
        begins(&one.header().map_err(|damage| (0, damage))?, &other.header().map_err(|damage| (1, damage))?);
    if !begin.is_empty() {
        return Ok((0, Some(Difference::Begin(begin))));
    }
    let mut common = 0;
    loop {
        let left = entry(&mut one).map_err(|damage| (0, damage))?;
        let right = entry(&mut other).map_err(|damage| (1, damage))?;
        let same = |left: &Entry, right: &Entry| (left.at, &left.says) == (right.at, &right.says);
        match (left, right) {
            (None, None) => return Ok((common, None)),
            (Some(left), Some(right)) if same(&left, &right) => common += 1,
            (left, right) => return Ok((common, Some(Difference::Line(left, right)))),
        }
    }
}

/// The next line that is no turn.
fn entry<R: Read>(reader: &mut Reader<R>) -> Result<Option<Entry>, Damage> {
    while let Some(line) = reader.next()? {
        let (at, says) = match line {
            Line::Turn(_) => continue,
            Line::Recording(_) => return Err(reader.damage("begins another recording".to_owned())),
            Line::Told(at, _, told) => (at, serde_json::to_string(&told.anonymous()).unwrap_or_default()),
            Line::Digest(at, parts) => (at, format!("digest {}", parts.without("gate"))),
            Line::End(at, parts) => (at, format!("end {}", parts.without("gate"))),
        };
        return Ok(Some(Entry { line: reader.number(), at: Duration::from_nanos(at), says }));
    }
    Ok(None)
}

/// What two recordings begin with otherwise.
fn begins(one: &Header, other: &Header) -> Vec<&'static str> {
    let rows = [
        ("version", one.version == other.version),
        ("seed", one.seed == other.seed),
        ("noise", one.noise == other.noise),
        ("board", one.board == other.board),
        ("world", one.world == other.world),
        ("script", one.script == other.script),
        ("control", one.control == other.control),
        ("reset", one.reset == other.reset),
        ("latched", one.latched == other.latched),
    ];
    rows.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(names) => write!(f, "they begin with another {}", names.join(", ")),
            Self::Line(left, right) => {
                let said = |entry: &Option<Entry>| match entry {
                    Some(Entry { line, at, says }) => {
                        format!("line {line}, {}: {}", Seconds(*at), Shown(says))
                    }
                    None => "it has ended".to_owned(),
                };
                write!(f, "the first difference\n  first   {}\n  second  {}", said(left), said(right))
            }
        }
    }
}
