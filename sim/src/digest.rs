//! A fingerprint of the world, the same on every machine and with every compiler. Not for anything
//! that an attacker may choose.

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

    /// Takes in every bit of a number, so that the smallest difference shows.
    pub(crate) fn number(&mut self, value: f64) {
        self.integer(value.to_bits());
    }

    /// What came out.
    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_published_fnv_1a() {
        let mut digest = Digest::new();
        digest.bytes(b"foobar");
        assert_eq!(digest.finish(), 0x8594_4171_f739_67e8);
    }
}
