//! A message as read from JSON or CBOR, before anyone asks what it means. Strings are borrowed from
//! the frame where the notation allows it.
//!
//! What must never live here: methods, or anything that knows which notation it was.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::hint::quoted;

/// Deepest nesting of lists and objects. A request needs three levels; the rest is for the value of
/// `ping`. It bounds the stack, whatever bound the parser below has.
const DEPTH: usize = 32;

/// A length that a peer announces is believed up to this many items; more is made room for as it
/// comes.
const BELIEVED: usize = 8;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Unsigned(u64),
    /// Negative.
    Signed(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// In the order of the frame; a key may stand there twice.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    /// What JSON has not; the words for it.
    Foreign(&'static str),
}

impl<'a> Node<'a> {
    /// Reads one value, which the caller checks to be the last.
    pub(super) fn read<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        Seed { depth: DEPTH }.deserialize(from)
    }

    /// What it is, for an error: `the text `abc``, `a list`.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Unsigned(value) => value.to_string(),
            Self::Signed(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(text) => format!("the text {}", quoted(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) => "an object".to_owned(),
            Self::Foreign(what) => (*what).to_owned(),
        }
    }

    /// As a number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match *self {
            // Rounding beyond 2^53 is harmless: every range ends long before.
            Self::Unsigned(value) => Some(value as f64),
            Self::Signed(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            _ => None,
        }
    }

    /// As JSON.
    ///
    /// # Errors
    /// With the words for what JSON has not.
    pub(super) fn into_json(self) -> Result<Value, String> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Unsigned(value) => Value::from(value),
            Self::Signed(value) => Value::from(value),
            Self::Float(value) => Value::Number(Number::from_f64(value).ok_or_else(|| value.to_string())?),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::List(items) => {
                Value::Array(items.into_iter().map(Node::into_json).collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let member =
                    |(key, node): (Cow<'_, str>, Node<'_>)| Ok((key.into_owned(), node.into_json()?));
                Value::Object(members.into_iter().map(member).collect::<Result<Map<_, _>, String>>()?)
            }
            Self::Foreign(what) => return Err(what.to_owned()),
        })
    }
}

/// Reads a node that may nest `depth` levels more.
#[derive(Clone, Copy)]
struct Seed {
    depth: usize,
}

impl Seed {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        depth
            .map(|depth| Self { depth })
            .ok_or_else(|| E::custom(format_args!("nested deeper than {DEPTH} levels")))
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has too")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(u64::try_from(value).map_or(Node::Signed(value), Node::Unsigned))
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Node<'de>, E> {
        Ok(Node::Foreign("an integer of more than 64 bits"))
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Node<'de>, E> {
        Ok(Node::Foreign("an integer of more than 64 bits"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Node<'de>, E> {
        Ok(Node::Foreign("a byte string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(BELIEVED));
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members = Vec::with_capacity(map.size_hint().unwrap_or(0).min(BELIEVED));
        while let Some(key) = map.next_key_seed(Key)? {
            members.push((key, map.next_value_seed(inner)?));
        }
        Ok(Node::Object(members))
    }
}

/// Reads the key of a member: text, nothing else.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text as the key of a member")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
