//! Reads a recording line by line, however long it is.
//!
//! What must never live here: what the lines mean.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use super::header::FORMAT;
use super::{Header, Line};

use hal::file::Shown;

/// The longest first line, in bytes: board, world and script of 1 MB each, and what JSON makes of them.
const FIRST: u64 = 16 << 20;

/// The longest other line, in bytes. What anybody says to the gate has some hundred.
const LONGEST: u64 = 8 << 10;

/// What is wrong with a recording, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Counted from 1.
    pub line: u64,
    /// In words.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, Shown(&self.what))
    }
}

/// A recording that is read.
pub(crate) struct Reader<R> {
    from: BufReader<R>,
    number: u64,
    cut: bool,
    /// Of the newest turn.
    turned: u64,
    /// Of the newest line.
    bytes: usize,
}

impl<R: Read> Reader<R> {
    /// Of whatever holds one.
    pub(crate) fn new(from: R) -> Self {
        Self { from: BufReader::new(from), number: 0, cut: false, turned: 0, bytes: 0 }
    }

    /// The first line, of whatever version.
    ///
    /// # Errors
    /// It is no recording, or one of another format.
    pub(crate) fn header(&mut self) -> Result<Header, Damage> {
        match self.next()? {
            Some(Line::Recording(header)) if header.format == FORMAT => Ok(*header),
            Some(Line::Recording(header)) => {
                let (format, version) = (header.format, header.version);
                Err(self.damage(format!(
                    "is of format {format}, by version {version}; this daemon reads format {FORMAT}"
                )))
            }
            _ => Err(self.damage("is not the first line of a recording".to_owned())),
        }
    }

    /// The next line. What was cut off in the midst of a line ends before that line.
    ///
    /// # Errors
    /// It cannot be read, or is no line of a recording.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, Damage> {
        let mut bytes = Vec::new();
        let most = if self.number == 0 { FIRST } else { LONGEST };
        let read = (&mut self.from).take(most).read_until(b'\n', &mut bytes);
        self.number += 1;
        self.bytes = bytes.len();
        read.map_err(|error| self.damage(format!("cannot be read: {error}")))?;
        if bytes.pop_if(|last| *last == b'\n').is_none() {
            if bytes.len() as u64 == most {
                return Err(self.damage(format!("is longer than {most} bytes")));
            }
            self.cut = !bytes.is_empty();
            return Ok(None);
        }
        let text = str::from_utf8(&bytes).map_err(|error| self.damage(format!("is no UTF-8: {error}")))?;
        let line = Line::read(text).map_err(|what| self.damage(what))?;
        if let Line::Turn(at) | Line::End(at, _) = line {
            if at < self.turned {
                return Err(self.damage("is of a time before that of the turn above it".to_owned()));
            }
            self.turned = at;
        }
        Ok(Some(line))
    }

    /// The number of the newest line.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The bytes of the newest line.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it ended in the midst of a line.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Something wrong in the newest line.
    pub(crate) fn damage(&self, what: String) -> Damage {
        Damage { line: self.number, what }
    }
}
