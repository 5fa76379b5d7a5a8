//! A recorded run, had again: the same gate and control loop on the same simulated car, told the same in the same
//! order, without sockets and as fast as it goes.
//!
//! What lives here: running one again, comparing two, and saying in words what came of it. What must never live
//! here: a clock, and what a recording looks like as text.

mod compare;
mod recent;
mod stage;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;
use std::time::Duration;

pub use crate::recording::{Damage, Parts};
pub use compare::{Difference, Entry, compare};

use crate::recording::{Line, Reader};
use hal::file::Shown;
use recent::Recent;
use stage::Stage;

/// What came of a run that was had again.
#[derive(Debug)]
pub struct Replayed {
    /// By which version it was recorded, where that is another.
    pub version: Option<String>,
    /// The newest time in it.
    pub lasts: Duration,
    /// What the gate was told.
    pub inputs: u64,
    /// When both runs were last held against each other; `None`: never, and nothing is known.
    pub compared: Option<Duration>,
    /// Times that all parts were looked at.
    pub digests: u64,
    /// One number over all parts at the end.
    pub hash: u64,
    /// It does not end by itself: after which line nothing more comes.
    pub cut: Option<u64>,
    /// Where the two runs part.
    pub parted: Option<Parted>,
}

/// Where two runs part.
#[derive(Debug)]
pub struct Parted {
    /// The line that says what the run was like.
    pub line: u64,
    /// When that was.
    pub at: Duration,
    /// The names of the parts, from cause to effect.
    pub parts: Vec<String>,
    recorded: Parts,
    replayed: Parts,
    recent: Recent,
}

/// Has a run again, up to its end or to where it parts from what was recorded.
///
/// # Errors
/// The recording is damaged, with the line.
pub fn replay(from: impl Read) -> Result<Replayed, Damage> {
    let mut reader = Reader::new(from);
    let header = reader.header()?;
    let version = (header.version != env!("CARGO_PKG_VERSION")).then(|| header.version.clone());
    let mut stage = Stage::new(&header).map_err(|what| reader.damage(what))?;
    let mut done = Replayed {
        version,
        lasts: Duration::ZERO,
        inputs: 0,
        compared: None,
        digests: 0,
        hash: 0,
        cut: None,
        parted: None,
    };
    let mut recent = Recent::default();
    let mut expected = None;
    loop {
        let line = reader.next()?;
        if !matches!(line, Some(Line::Told(..) | Line::Digest(..))) {
            // All that was said in this turn is known now.
            let seen = stage.run();
            if let Some(parted) = check(&mut done, expected.take(), seen, &recent, &reader)? {
                return Ok(Replayed { parted: Some(parted), ..done });
            }
        }
        match line {
            Some(Line::Recording(_)) => return Err(reader.damage("begins another recording".to_owned())),
            Some(Line::Turn(at)) => {
                let at = Duration::from_nanos(at);
                done.lasts = done.lasts.max(at);
                recent.forget_before(at);
                stage.turn(at);
            }
            Some(Line::Told(at, looks, told)) => {
                recent.note(Duration::from_nanos(at), reader.number(), &told);
                let input = told.into_input().map_err(|what| reader.damage(what))?;
                let bytes = reader.bytes();
                let told = stage.tell(Duration::from_nanos(at), looks, input, bytes);
                told.map_err(|what| reader.damage(what))?;
                done.inputs += 1;
            }
            Some(Line::Digest(at, parts)) => {
                expected = Some((reader.number(), Duration::from_nanos(at), parts))
            }
            Some(Line::End(at, parts)) => {
                let at = Duration::from_nanos(at);
                done.lasts = done.lasts.max(at);
                let expected = Some((reader.number(), at, parts));
                let seen = stage.end(at);
                let parted = check(&mut done, expected, seen, &recent, &reader)?;
                return Ok(Replayed { parted, ..done });
            }
            None => {
                done.cut = Some(reader.number() - u64::from(!reader.is_cut()));
                return Ok(done);
            }
        }
    }
}

type Seen = (Duration, Parts);

/// Holds what a turn came to against what was recorded of it.
fn check<R: Read>(
    done: &mut Replayed,
    expected: Option<(u64, Duration, Parts)>,
    seen: Option<Seen>,
    recent: &Recent,
    reader: &Reader<R>,
) -> Result<Option<Parted>, Damage> {
    let (line, at, recorded) = match (expected, &seen) {
        (Some(expected), _) => expected,
        // A recording that was cut off lacks what came last.
        (None, _) => return Ok(None),
    };
    let Some((when, replayed)) = seen.filter(|(when, _)| *when == at) else {
        let what = format!("says what the run is like at {}, where it is not looked at", Seconds(at));
        return Err(Damage { line, ..reader.damage(what) });
    };
    done.digests += 1;
    done.compared = Some(at);
    done.hash = replayed.hash();
    let parts: Vec<_> = replayed.other_than(&recorded).into_iter().map(str::to_owned).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    Ok(Some(Parted { line, at: when, parts, recorded, replayed, recent: recent.clone() }))
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(version) = &self.version {
            let ours = env!("CARGO_PKG_VERSION");
            let version = Shown(version);
            writeln!(f, "recorded by version {version}, and this is {ours}: they may part for that alone")?;
        }
        if let Some(parted) = &self.parted {
            return parted.fmt(f);
        }
        let Some(compared) = self.compared else {
            return f
                .write_str("nothing to compare: the recording does not say anywhere what the run was like");
        };
        let (lasts, inputs, hash) = (Seconds(self.lasts), grouped(self.inputs), self.hash);
        write!(f, "same: {lasts}, {inputs} inputs, hash {hash:016x}")?;
        match self.cut {
            Some(line) => {
                let line = grouped(line);
                write!(f, "; cut off after line {line}, compared up to {}", Seconds(compared))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Parted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the runs part before {} (line {}) in: {}",
            Seconds(self.at),
            self.line,
            self.parts.join(", ")
        )?;
        writeln!(f, "  recorded  {}", self.recorded)?;
        writeln!(f, "  replayed  {}", self.replayed)?;
        self.recent.fmt(f)
    }
}

/// `12.345 s`
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}

/// `12,345`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
