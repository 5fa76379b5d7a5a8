//! Reading a TOML file so that *every* fault in it is reported at once, each with its line, its
//! key, what is wrong and what would be right.
//!
//! What lives here: reading and reporting, for board files and for the daemon's configuration.
//! What must never live here: what any key means.
//!
//! ```
//! use hal::file::{Faults, Reader};
//!
//! #[derive(Debug, PartialEq)]
//! struct Config {
//!     name: String,
//!     rate_hz: f64,
//! }
//!
//! fn parse(text: &str) -> Result<Config, Faults> {
//!     let reader = Reader::new("car.toml", text);
//!     let mut top = reader.root();
//!     let name = top.need("name", r#""my car""#).string();
//!     let mut rate_hz = Some(100.0);
//!     if let Some(mut control) = top.get("control").table() {
//!         rate_hz = control.get("rate_hz").or(100.0, |field| field.number(10.0..=1000.0, "hertz"));
//!         control.finish();
//!     }
//!     top.finish();
//!     let config = (|| Some(Config { name: name?, rate_hz: rate_hz? }))();
//!     reader.into_result(config)
//! }
//!
//! let faults = parse("nmae = \"r2\"\n[control]\nrate_hz = 5000\n").unwrap_err();
//! assert_eq!(
//!     faults.to_string(),
//!     "car.toml:1: name: is missing; add name = \"my car\"\n\
//!      car.toml:1: nmae: is not a known key; did you mean `name`?\n\
//!      car.toml:3: control.rate_hz: is 5000; must be 10 to 1000 hertz"
//! );
//! ```

use std::cell::RefCell;
use std::fmt;

use toml::de::DeTable;

#[cfg(test)]
pub(crate) mod asked;
mod fault;
mod syntax;
mod table;
#[cfg(test)]
mod tests;

pub use fault::{Faults, FileFault, nearest};
pub use table::{Field, Item, Spot, Table};

/// A file being read: its text, its tables, and the faults found so far.
pub struct Reader<'t> {
    file: String,
    text: &'t str,
    root: DeTable<'t>,
    syntax: Vec<FileFault>,
    /// Keys that are tables where a list of tables is wanted.
    lists: RefCell<Vec<String>>,
    found: RefCell<Vec<Found>>,
}

struct Found {
    fault: FileFault,
    /// The fault is that something is not there.
    absence: bool,
}

impl<'t> Reader<'t> {
    /// Reads `text`; `file` names it in faults. What is not TOML becomes faults like any other, and
    /// what can still be understood of the rest is read.
    #[must_use]
    pub fn new(file: &str, text: &'t str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let syntax = errors
            .iter()
            .map(|error| {
                let (line, column) = position(text, error.span().map_or(text.len(), |span| span.start));
                syntax::fault(text, line, column, error.message())
            })
            .collect();
        let syntax = syntax::without_echoes(text, syntax);
        let (lists, found) = (RefCell::default(), RefCell::default());
        Self { file: file.to_owned(), text, root: root.into_inner(), syntax, lists, found }
    }

    /// The top of the file.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        Table::root(self, &self.root)
    }

    /// Records a fault at `spot`: `what` is wrong, and `hint` is what would be right.
    pub fn fault(&self, spot: &Spot, what: impl fmt::Display, hint: impl fmt::Display) {
        self.record(spot, what.to_string(), hint.to_string(), false);
    }

    /// Whether nothing is wrong so far. Ask before you conclude something from what is *not* in the
    /// file: what was written wrongly is not there either.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.syntax.is_empty() && self.found.borrow().is_empty()
    }

    /// `value`, if the file is without fault.
    ///
    /// # Errors
    /// Every fault, by line.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Faults> {
        let mut faults = self.syntax;
        // A list that was written as several tables of one name has been told about once.
        let lists = self.lists.into_inner();
        faults.retain(|fault| !lists.contains(&fault.key));
        let broken: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        // A line that is not TOML hides what it meant to say, so nothing more is said about that
        // line, nor about anything that is not there.
        let told =
            |found: &Found| broken.is_empty() || !(found.absence || broken.contains(&found.fault.line));
        faults.extend(self.found.into_inner().into_iter().filter(told).map(|found| found.fault));
        faults.sort_by_key(|fault| (fault.line, fault.column));
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(Faults { file: self.file, faults }),
        }
    }

    /// What is a table at `spot` ought to be a list of them.
    fn expect_list(&self, spot: &Spot) {
        self.lists.borrow_mut().push(spot.key().to_owned());
    }

    fn record(&self, spot: &Spot, what: String, hint: String, absence: bool) {
        let (line, column) = position(self.text, spot.offset());
        let fault = FileFault { line, column, key: spot.key().to_owned(), what, hint };
        self.found.borrow_mut().push(Found { fault, absence });
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Line and column of a byte, both from 1; columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
