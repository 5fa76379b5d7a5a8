//! One line of a recording.
//!
//! What must never live here: files.

use serde::{Deserialize, Serialize};

use super::Header;
use super::parts::Parts;
use super::told::Told;

/// A line. Times are nanoseconds since the daemon's start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Line {
    /// The first: what the run begins with.
    Recording(Box<Header>),
    /// The control loop turns, at this time.
    Turn(u64),
    /// The gate is told something: at this time, and after so many looks of the turn at the gate.
    Told(u64, u32, Told),
    /// What every part of the run is like at this time.
    Digest(u64, Parts),
    /// The car is brought to rest for good; what every part is like then.
    End(u64, Parts),
}

impl Line {
    /// As it stands in the file, with its end.
    pub(crate) fn text(&self) -> String {
        // Nothing here has a key that is no text, which alone can fail.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// From its text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let said = error.to_string();
            // It knows of one line only.
            said.replace(" at line 1 column ", ", at byte ")
        })
    }
}
