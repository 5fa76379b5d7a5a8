//! Pre-shared keys: a name that anybody may read, and a secret that nobody may. What a key allows must
//! never be known here.

use std::fmt;
use std::sync::Arc;

/// Longest name in bytes.
pub(crate) const LONGEST_NAME: usize = 64;

/// A pre-shared key.
///
/// Whoever records a handshake can try secrets on it at leisure. So a secret must be one that cannot
/// be guessed: 128 random bits or more, for instance 22 random characters of base64. A word that
/// people remember is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    secret: Arc<[u8]>,
}

/// Why something is no key, or why keys cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name cannot travel in a handshake.
    #[error("a key's name has 1 to {LONGEST_NAME} bytes, this has {0}")]
    Name(usize),
    /// Too short to keep anybody out, or too long.
    #[error("the secret of the key `{name}` has {len} bytes: it must have 8 to 128")]
    Secret {
        /// Whose.
        name: String,
        /// How many bytes it has.
        len: usize,
    },
    /// Whoever shows this name could be either.
    #[error("two keys have the name `{0}`: give each its own")]
    Twice(String),
}

impl Key {
    /// A key of 8 to 128 bytes by a name of 1 to 64 bytes.
    ///
    /// # Errors
    /// Where name or secret is shorter or longer.
    pub fn new(name: impl Into<String>, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let (name, secret) = (name.into(), secret.as_ref());
        match (name.len(), secret.len()) {
            (1..=LONGEST_NAME, 8..=128) => Ok(Self { name, secret: secret.into() }),
            (1..=LONGEST_NAME, len) => Err(KeyError::Secret { name, len }),
            (len, _) => Err(KeyError::Name(len)),
        }
    }

    /// By what name its owner is known.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Keys, each with a name of its own.
#[derive(Clone, Debug, Default)]
pub struct Keys(Arc<[Key]>);

impl Keys {
    /// These keys.
    ///
    /// # Errors
    /// Where two have the same name.
    pub fn new(keys: Vec<Key>) -> Result<Self, KeyError> {
        for (n, key) in keys.iter().enumerate() {
            if keys[..n].iter().any(|earlier| earlier.name == key.name) {
                return Err(KeyError::Twice(key.name.clone()));
            }
        }
        Ok(Self(keys.into()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn first(&self) -> Option<&Key> {
        self.0.first()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.name == name)
    }
}

impl From<Key> for Keys {
    fn from(key: Key) -> Self {
        Self(Arc::new([key]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_its_name_and_never_its_secret() {
        let keys = Keys::new(vec![Key::new("tablet", "sesame-open").unwrap()]).unwrap();
        let shown = format!("{keys:?}");
        assert!(shown.contains("tablet") && !shown.contains("sesame"), "{shown}");
    }

    #[test]
    fn a_name_or_a_secret_of_the_wrong_length_is_refused_without_telling_the_secret() {
        for (name, secret) in [("a", "1234567"), ("a", &"x".repeat(129)[..])] {
            let said = Key::new(name, secret).unwrap_err().to_string();
            assert!(said.contains("8 to 128") && !said.contains(secret), "{said}");
        }
        for name in ["", &"n".repeat(65)] {
            assert_eq!(Key::new(name, "12345678"), Err(KeyError::Name(name.len())));
        }
        assert!(Key::new("n".repeat(64), "s".repeat(128)).is_ok());
    }

    #[test]
    fn two_keys_of_one_name_are_refused() {
        let key = |name: &str| Key::new(name, "12345678").unwrap();
        let refused = Keys::new(vec![key("a"), key("b"), key("a")]).unwrap_err();
        assert_eq!(refused, KeyError::Twice("a".to_owned()));
    }
}
