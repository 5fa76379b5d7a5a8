//! Reading a TOML file so that *every* fault in it is reported at once, each with its line, its
//! key, what is wrong and what would be right.
//!
//! What lives here: reading and reporting, for board and world files and for the daemon's configuration.
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
use std::collections::HashSet;
use std::fmt;

use toml::de::DeTable;

#[cfg(any(test, feature = "document"))]
mod asked;
#[cfg(any(test, feature = "document"))]
pub mod document;
mod fault;
mod load;
mod name;
mod preset;
mod source;
mod syntax;
mod table;
#[cfg(test)]
mod tests;

pub use fault::{Faults, FileFault, Shown, nearest};
pub use load::{read, read_once};
pub use name::is_name;
pub use preset::{LoadError, Preset, is_path, named};
pub use source::Source;
pub use table::{Field, Item, Spot, Table};

/// A file being read: its text, its tables, and the faults found so far.
pub struct Reader<'t> {
    file: String,
    text: &'t str,
    root: DeTable<'t>,
    syntax: Vec<Found>,
    /// Keys that are tables where a list of tables is wanted.
    lists: RefCell<Vec<String>>,
    found: RefCell<Vec<Found>>,
}

struct Found {
    /// In the text, bytes.
    offset: usize,
    key: String,
    what: String,
    hint: String,
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
            .map(|error| Found {
                offset: error.span().map_or(text.len(), |span| span.start),
                key: String::new(),
                what: error.message().to_owned(),
                hint: "this is not TOML; see https://toml.io".to_owned(),
                absence: false,
            })
            .collect();
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

    /// A spot as faults name it, `car.toml:3: camera.source`, for whoever finds out later that what is there does not do.
    #[must_use]
    pub fn place(&self, spot: &Spot) -> String {
        let line = self.text.bytes().take(spot.offset()).filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}: {}", Shown(&self.file), Shown(spot.key()))
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
        let mut faults = syntax::explained(self.text, placed(self.text, self.syntax));
        // A list that was written as several tables of one name has been told about once.
        let lists = self.lists.into_inner();
        faults.retain(|(fault, _)| !lists.contains(&fault.key));
        let broken: HashSet<usize> = faults.iter().map(|(fault, _)| fault.line).collect();
        // A line that is not TOML hides what it meant to say, so nothing more is said about that
        // line, nor about anything that is not there.
        let told = |(fault, absence): &(FileFault, bool)| {
            broken.is_empty() || !(*absence || broken.contains(&fault.line))
        };
        faults.extend(placed(self.text, self.found.into_inner()).into_iter().filter(told));
        let mut faults: Vec<FileFault> = faults.into_iter().map(|(fault, _)| fault).collect();
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
        let found = Found { offset: spot.offset(), key: spot.key().to_owned(), what, hint, absence };
        self.found.borrow_mut().push(found);
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The faults in the order of the text, each with its line and column, both from 1, and whether it is an
/// absence; columns count characters. The text is gone through once, however many there are.
fn placed(text: &str, mut found: Vec<Found>) -> Vec<(FileFault, bool)> {
    found.sort_by_key(|found| found.offset);
    let (mut at, mut line, mut column) = (0, 1, 1);
    let place = |found: Found| {
        for char in text.get(at..found.offset.min(text.len())).unwrap_or_default().chars() {
            (line, column) = if char == '\n' { (line + 1, 1) } else { (line, column + 1) };
            at += char.len_utf8();
        }
        let Found { key, what, hint, absence, .. } = found;
        (FileFault { line, column, key, what, hint }, absence)
    };
    found.into_iter().map(place).collect()
}
