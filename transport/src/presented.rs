//! What a peer has shown of itself in its handshake, and secrets that nobody reads in a log.
//!
//! What it is worth, which role or car, must never be decided here.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::Fingerprint;

/// What a peer has shown besides its address. Nothing of it is checked against anything, but that
/// the owner of a certificate holds its key and was vouched for by
/// [`ServerTls`](crate::ServerTls)'s roots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presented {
    /// A token that came with the handshake, of whatever form; over WebSocket by
    /// `Authorization: Bearer T` or, for browsers, by the subprotocol `token.T`.
    pub token: Option<Secret>,
    /// The certificate of a TLS client. Only a listener that demands one ever has it.
    pub certificate: Option<Fingerprint>,
    /// The name of the key with which the peer's datagrams are authenticated.
    pub psk: Option<String>,
}

/// A token or another text that must not be seen. `Debug` and `Display` print `…`; `==` takes the
/// same time wherever two of them differ, and whatever their lengths.
#[derive(Clone)]
pub struct Secret(String);

/// A token that cannot be one. The text is not repeated: it may be a real one with a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has 8 to 128 characters of A-Z a-z 0-9 - . _ ~ +")]
pub struct NoToken;

impl Secret {
    /// How many characters a token has.
    pub const LENGTH: RangeInclusive<usize> = 8..=128;

    /// Longest token, in characters.
    pub const MAX: usize = *Self::LENGTH.end();

    /// Whether a token may hold it. What is left of a Bearer token (RFC 6750 §2.1) when it must also be a
    /// WebSocket subprotocol (RFC 6455 §4.1: a token of HTTP, which has no `/` and no `=`).
    #[must_use]
    pub fn may_hold(c: char) -> bool {
        c.is_ascii_alphanumeric() || "-._~+".contains(c)
    }

    /// Any text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A token as it may be written in a configuration: 8 to 128 characters of
    /// `A–Z a–z 0–9 - . _ ~ +`, so that it can stand in a header, a subprotocol and a line of text.
    ///
    /// # Errors
    /// For any other text.
    pub fn token(text: &str) -> Result<Self, NoToken> {
        let fits = Self::LENGTH.contains(&text.len()) && text.chars().all(Self::may_hold);
        if fits { Ok(Self::new(text)) } else { Err(NoToken) }
    }

    /// What a peer says is a token. Of what is longer than any token no more is kept than shows that.
    #[must_use]
    pub fn claimed(bytes: &[u8]) -> Self {
        let longest = Self::MAX + 1;
        Self::new(String::from_utf8_lossy(&bytes[..bytes.len().min(longest)]))
    }

    /// The text, to send it to where it belongs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        Self::token(text)
    }
}

impl ConstantTimeEq for Secret {
    fn ct_eq(&self, other: &Self) -> Choice {
        // Digests have one length, so not even that of the secret shows.
        let [mine, theirs] = [self, other].map(|secret| Sha256::digest(secret.0.as_bytes()));
        mine.as_slice().ct_eq(theirs.as_slice())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_dots_wherever_it_is() {
        let token = Secret::token("correct-horse").unwrap();
        let presented = Presented { token: Some(token.clone()), ..Presented::default() };
        for printed in [format!("{token}"), format!("{token:?}"), format!("{presented:#?}")] {
            assert!(printed.contains('…') && !printed.contains("horse"), "{printed}");
        }
    }

    #[test]
    fn secrets_are_equal_if_their_texts_are() {
        let secret = Secret::new("correct-horse");
        assert_eq!(secret, Secret::new("correct-horse"));
        for other in ["", "correct-hors", "correct-horsf", "correct-horse ", "Correct-horse"] {
            assert_ne!(secret, Secret::new(other), "{other}");
        }
    }

    #[test]
    fn a_token_has_8_to_128_characters_that_every_transport_carries() {
        for good in ["a-b.c_d~", "+0123456", &"x".repeat(128)] {
            assert_eq!(Secret::token(good).map(|token| token.expose().to_owned()).as_deref(), Ok(good));
        }
        for bad in
            ["", "short12", &"x".repeat(129), "with space", "comma,comma", "größe-groß", "a\nb\nc\nd\ne"]
        {
            let error = bad.parse::<Secret>().unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn of_an_endless_claim_no_more_is_kept_than_shows_that_it_is_none() {
        let claim = Secret::claimed(&[b'x'; 16_000]);
        assert_eq!(claim.expose().len(), 129);
        assert!(Secret::token(claim.expose()).is_err());
        assert_eq!(Secret::claimed(b"\xFF\xFE").expose(), "\u{FFFD}\u{FFFD}");
    }
}
