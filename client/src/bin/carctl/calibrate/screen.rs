//! What the person sees: lines, and below them one prompt that is written anew in its place.
//!
//! What must never live here: what is said.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

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
            Line::Text(text) => writeln!(self.out, "{text}")?,
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
            write!(self.out, "> {prompt}")?;
        } else {
            writeln!(self.out, "> {prompt}")?;
        }
        prompt.clone_into(&mut self.prompt);
        Ok(self.out.flush()?)
    }

    fn clear(&mut self) -> Result<(), Error> {
        if self.in_place && !self.prompt.is_empty() {
            write!(self.out, "\r\x1b[K")?;
        }
        self.prompt.clear();
        Ok(())
    }
}
