//! The SHA-256 fingerprint of a certificate: what a person compares, and a client pins. No secret.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// SHA-256 of a certificate's DER, as `openssl x509 -fingerprint -sha256` prints it too.
///
/// Written `sha256:` and 64 hexadecimal digits; colons between them, capital letters and a missing
/// `sha256:` are understood.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text that is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is written sha256: and 64 hexadecimal digits")]
pub struct NoFingerprint;

impl Fingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let prefix = text.get(..7).filter(|prefix| prefix.eq_ignore_ascii_case("sha256:"));
        let digits = prefix.map_or(text, |prefix| &text[prefix.len()..]);
        let mut nibbles = digits.chars().filter(|c| *c != ':').map(|c| c.to_digit(16));
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let mut nibble =
                || nibbles.next().flatten().and_then(|n| u8::try_from(n).ok()).ok_or(NoFingerprint);
            *byte = nibble()? << 4 | nibble()?;
        }
        if nibbles.next().is_some() { Err(NoFingerprint) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1: the digest of "abc".
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn what_is_printed_reads_back_as_itself() {
        let abc = Fingerprint::of(b"abc");
        assert_eq!(abc.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(abc));
    }

    #[test]
    fn the_ways_of_other_programs_to_write_it_are_understood() {
        let digits = ABC.trim_start_matches("sha256:").to_uppercase();
        let pairs: Vec<_> =
            digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        for text in [digits.clone(), pairs.join(":"), format!("SHA256:{}", pairs.join(":"))] {
            assert_eq!(text.parse(), Ok(Fingerprint::of(b"abc")), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_fingerprint() {
        for text in
            ["", "sha256:", &ABC[..ABC.len() - 1], &format!("{ABC}0"), &ABC.replace('b', "ß"), "sha1:00"]
        {
            assert_eq!(text.parse::<Fingerprint>(), Err(NoFingerprint), "{text}");
        }
    }
}
