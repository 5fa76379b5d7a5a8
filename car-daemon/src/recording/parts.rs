//! Fingerprints of the parts of a run at one moment.
//!
//! What must never live here: how any of them is made.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Each part by its name, from cause to effect. In a recording each is its name and sixteen digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(Vec<(String, u64)>);

impl Parts {
    /// With one more.
    pub(crate) fn with(mut self, name: &str, fingerprint: u64) -> Self {
        self.0.push((name.to_owned(), fingerprint));
        self
    }

    /// All others.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self
    }

    /// One number over all of them: FNV-1a, 64 bits.
    pub(crate) fn hash(&self) -> u64 {
        fingerprint(&self.0.iter().flat_map(|(_, part)| part.to_le_bytes()).collect::<Vec<_>>())
    }

    /// The names of what is otherwise there, or only here or there.
    pub(crate) fn other_than<'a>(&'a self, there: &'a Self) -> Vec<&'a str> {
        let missing = |of: &Self, row: &(String, u64)| !of.0.contains(row);
        let here = self.0.iter().filter(|row| missing(there, row)).map(|(name, _)| name.as_str());
        let mut names: Vec<_> = here.collect();
        let only = there.0.iter().filter(|(name, _)| !self.0.iter().any(|(other, _)| other == name));
        names.extend(only.map(|(name, _)| name.as_str()));
        names
    }
}

/// FNV-1a, 64 bits, of anything.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    let take = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, take)
}

/// The longest name of a part, in bytes.
const NAME: usize = 64;

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.0.iter().map(|(name, part)| format!("{name} {part:016x}")).collect();
        f.write_str(&rows.join(", "))
    }
}

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, part)| format!("{name} {part:016x}")))
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<String>::deserialize(deserializer)?;
        let read = |row: &String| {
            let (name, digits) = row.split_once(' ')?;
            let digits = Some(digits).filter(|digits| digits.len() == 16)?;
            // It is shown to people as it is.
            let name =
                Some(name).filter(|name| name.len() <= NAME && name.bytes().all(|b| b.is_ascii_graphic()))?;
            Some((name.to_owned(), u64::from_str_radix(digits, 16).ok()?))
        };
        let parts = rows.iter().map(|row| read(row).ok_or(row)).collect::<Result<_, _>>();
        parts.map(Self).map_err(|row| D::Error::custom(format!("`{row}` is no part and its sixteen digits")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_differ_by_what_they_hold_and_by_what_only_one_has() {
        let one = Parts::default().with("gate", 1).with("pins", 2).with("body", 3);
        let other = Parts::default().with("gate", 1).with("pins", 7).with("battery", 4);
        assert_eq!(one.other_than(&other), ["pins", "body", "battery"]);
        assert_eq!(one.other_than(&one), [""; 0]);
        assert_ne!(one.hash(), other.hash());
    }

    #[test]
    fn parts_are_read_as_they_were_written() {
        let parts = Parts::default().with("gate", 0).with("pins", u64::MAX);
        let text = serde_json::to_string(&parts).unwrap();
        assert_eq!(text, r#"["gate 0000000000000000","pins ffffffffffffffff"]"#);
        assert_eq!(serde_json::from_str::<Parts>(&text).unwrap(), parts);
        for wrong in [
            r#"["gate"]"#,
            r#"["gate 1"]"#,
            r#"["gate +000000000000001x"]"#,
            r#"["\u001b[2J 0000000000000000"]"#,
            r#"[1]"#,
        ] {
            assert!(serde_json::from_str::<Parts>(wrong).is_err(), "{wrong}");
        }
    }
}
