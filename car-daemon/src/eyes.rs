//! By what a session shows that a stream of the camera is its own: a word that only it is told.
//!
//! What must never live here: a list of sessions, and what a stream is good for.
//!
//! A word is the session's number and its HMAC-SHA-256 (RFC 2104), cut to 128 bits, with a secret that is drawn at each
//! start. So nobody has to keep it, and it is worth nothing to the next daemon.

use std::fmt::{self, Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::control::SessionId;

/// Bytes of the tag.
const TAG: usize = 16;

/// Makes the words, and knows them again. Prints without its secret.
pub(crate) struct Eyes(Hmac<Sha256>);

impl fmt::Debug for Eyes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eyes")
    }
}

impl Eyes {
    /// With a new secret.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        // As long as a block of the hash: a longer key would be hashed first (RFC 2104, section 3).
        let mut secret = [0; 64];
        getrandom::fill(&mut secret)?;
        Ok(Self(Hmac::new(&secret.into())))
    }

    /// The word of a session.
    pub(crate) fn of(&self, session: SessionId) -> String {
        let mut word = format!("{session}-");
        for byte in &self.over(session).finalize().into_bytes()[..TAG] {
            // Text takes it.
            let _ = write!(word, "{byte:02x}");
        }
        word
    }

    /// Whose word it is; `None`: nobody's. A wrong one takes as long as a right one.
    pub(crate) fn whose(&self, word: &str) -> Option<SessionId> {
        let session = word.split_once('-')?.0.parse().ok()?;
        bool::from(self.of(session).as_bytes().ct_eq(word.as_bytes())).then_some(session)
    }

    fn over(&self, session: SessionId) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&session.to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_again_and_no_other_is() {
        let eyes = Eyes::draw().expect("random numbers");
        for session in [0, 1, 7, u64::MAX] {
            assert_eq!(eyes.whose(&eyes.of(session)), Some(session));
        }
        let word = eyes.of(7);
        assert_eq!(word.len(), "7-".len() + 32);
        let last = if word.ends_with('0') { "1" } else { "0" };
        let others = [
            "",
            "7",
            "7-",
            "-",
            "7-00",
            &word[..word.len() - 2],
            &format!("{word}00"),
            &format!("{word}0"),
            &word.replace("7-", "8-"),
            &format!("{}{last}", &word[..word.len() - 1]),
            &format!("7-{}", "ä".repeat(16)),
            &format!("+{word}"),
            &Eyes::draw().expect("random numbers").of(7),
        ]
        .map(|other| eyes.whose(other));
        assert_eq!(others, [None; 13]);
    }
}
