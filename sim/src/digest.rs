//! A fingerprint of the state, part by part, the same on every machine and with every compiler. Not for
//! anything that an attacker may choose.

/// FNV-1a, 64 bits. The standard library's hasher may change from one release to the next.
#[derive(Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    /// Of nothing yet.
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes in bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Takes in an integer.
    pub(crate) fn integer(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Takes in words, and where they end.
    pub(crate) fn words(&mut self, words: &str) {
        self.integer(words.len() as u64);
        self.bytes(words.as_bytes());
    }

    /// Takes in whether there is something, and what.
    pub(crate) fn option<T>(&mut self, value: Option<T>, take: impl FnOnce(&mut Self, T)) {
        self.integer(u64::from(value.is_some()));
        if let Some(value) = value {
            take(self, value);
        }
    }

    /// Takes in every bit of a number, so that the smallest difference shows.
    pub(crate) fn number(&mut self, value: f64) {
        self.integer(value.to_bits());
    }

    /// What came out.
    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}

/// The state's fingerprints, part by part: where two runs differ these say in what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests(Vec<(&'static str, u64)>);

impl Digests {
    /// With one more part.
    #[must_use]
    pub(crate) fn with(mut self, part: &'static str, take: impl FnOnce(&mut Digest)) -> Self {
        let mut digest = Digest::new();
        take(&mut digest);
        self.0.push((part, digest.finish()));
        self
    }

    /// Each part by its name, in an order that stays.
    #[must_use]
    pub fn parts(&self) -> &[(&'static str, u64)] {
        &self.0
    }

    /// One number over all of them.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut digest = Digest::new();
        self.0.iter().for_each(|(_, part)| digest.integer(*part));
        digest.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_all_parts_tells_which_part_holds_what() {
        let both = |a, b| Digests::default().with("a", |d| d.integer(a)).with("b", |d| d.integer(b));
        assert_ne!(both(1, 2).hash(), both(2, 1).hash());
        assert_eq!(both(1, 2), both(1, 2));
        assert_eq!(both(1, 2).parts()[0], both(1, 3).parts()[0]);
    }

    #[test]
    fn the_digest_is_the_published_fnv_1a() {
        let mut digest = Digest::new();
        digest.bytes(b"foobar");
        assert_eq!(digest.finish(), 0x8594_4171_f739_67e8);
    }
}
