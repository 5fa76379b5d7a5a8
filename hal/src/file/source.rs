//! The text from which something was read, kept beside it.
//!
//! What must never live here: what it means.

use std::fmt;
use std::sync::Arc;

/// The text of a file, comments and all, for whoever must have the same again. It is no part of what the file
/// says, so any two are equal.
#[derive(Clone, Default)]
pub struct Source(Arc<str>);

impl Source {
    /// The text; empty for what was read from none.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl PartialEq for Source {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Source {}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
