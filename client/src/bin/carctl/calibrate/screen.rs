//! What the person sees: lines, and below them one prompt that is written anew in its place.
//!
//! What must never live here: what is said.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use rustix::termios::tcgetwinsize;

use super::wizard::Line;
use crate::error::Error;

/// The end of standard output. On a terminal the prompt is redrawn; elsewhere each new one is a line.
pub(super) struct Screen<'o, O> {
    out: &'o mut O,
    in_place: bool,
    prompt: String,
}

impl<'o, O: Write + IsTerminal> Screen<'o, O> {
    pub(super) fn new(out: &'o mut O) -> Self {
        let in_place = out.is_terminal();
        Self { out, in_place, prompt: String::new() }
    }

    /// A line above the prompt.
    pub(super) fn say(&mut self, line: &Line) -> Result<(), Error> {
        self.clear()?;
        match line {
            Line::Title(title) if self.in_place => writeln!(self.out, "\n\x1b[1m{title}\x1b[0m")?,
            Line::Title(title) => writeln!(self.out, "\n{title}")?,
            Line::Text(text) => {
                for row in wrapped(text, self.width()) {
                    writeln!(self.out, "{row}")?;
                }
            }
        }
        Ok(self.out.flush()?)
    }

    /// A change of a file.
    pub(super) fn change(&mut self, change: &impl Display) -> Result<(), Error> {
        self.clear()?;
        for line in change.to_string().lines() {
            match line.as_bytes().first() {
                Some(b'-') if self.in_place => writeln!(self.out, "\x1b[31m{line}\x1b[0m")?,
                Some(b'+') if self.in_place => writeln!(self.out, "\x1b[32m{line}\x1b[0m")?,
                _ => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    /// What can be done now; nothing where it is empty.
    pub(super) fn prompt(&mut self, prompt: &str) -> Result<(), Error> {
        if self.prompt == prompt {
            return Ok(());
        }
        self.clear()?;
        if prompt.is_empty() {
            return Ok(());
        }
        if self.in_place {
            // One that is longer than a row could not be taken back.
            let row: String = prompt.chars().take(self.width().saturating_sub(3)).collect();
            write!(self.out, "> {row}")?;
        } else {
            writeln!(self.out, "> {prompt}")?;
        }
        prompt.clone_into(&mut self.prompt);
        Ok(self.out.flush()?)
    }

    /// Columns of the terminal; no end of them elsewhere.
    fn width(&self) -> usize {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if self.in_place && size.ws_col > 0 => usize::from(size.ws_col),
            _ if self.in_place => 80,
            _ => usize::MAX,
        }
    }

    fn clear(&mut self) -> Result<(), Error> {
        if self.in_place && !self.prompt.is_empty() {
            write!(self.out, "\r\x1b[K")?;
        }
        self.prompt.clear();
        Ok(())
    }
}

/// Rows of whole words; a word that is wider than a row has its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let used = rows.last().map_or(0, |row| row.chars().count());
        match rows.last_mut() {
            Some(row) if used == 0 => row.push_str(word),
            Some(row) if used + 1 + word.chars().count() < width => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_in_rows() {
        assert_eq!(wrapped("lift the car so that", 10), ["lift the", "car so", "that"]);
        assert_eq!(wrapped("extraordinarily so", 5), ["extraordinarily", "so"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("as it is", usize::MAX), ["as it is"]);
    }
}
