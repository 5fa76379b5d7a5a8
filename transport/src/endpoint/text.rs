//! The text of an endpoint: escapes, and the words for what is wrong. What the parts of an endpoint
//! are must never be known here.

use std::fmt;

/// Writes `text` so that it can stand anywhere in an endpoint and in one line of a log.
pub(super) fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut utf8 = [0; 4];
    for c in text.chars() {
        if "%?#&".contains(c) || c.is_whitespace() || c.is_control() {
            for byte in c.encode_utf8(&mut utf8).bytes() {
                write!(f, "%{byte:02X}")?;
            }
        } else {
            write!(f, "{c}")?;
        }
    }
    Ok(())
}

/// The opposite of [`escape`]. NUL is refused: no path, name or option can hold one.
pub(super) fn unescape(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escaped.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or("after `%` come two hexadecimal digits; a `%` itself is written %25")?);
        rest = &escaped[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    let decoded = String::from_utf8(bytes).map_err(|_| format!("`{text}` is not UTF-8 when unescaped"))?;
    if decoded.contains('\0') { Err("it holds a NUL".to_owned()) } else { Ok(decoded) }
}

/// Whether `path` can stand in the request line of HTTP as it is (RFC 3986 §3.3).
pub(super) fn check_path(path: &str) -> Result<(), String> {
    match path.chars().find(|c| !c.is_ascii_alphanumeric() && !"/-._~!$&'()*+,;=:@%".contains(*c)) {
        Some(c) => Err(format!("a path cannot hold {c:?} as it is: escape it with `%`")),
        None => Ok(()),
    }
}

/// Says that `word` is not one of `known`, which one may have been meant, and all there are.
pub(super) fn unknown(what: &str, word: &str, known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| *candidate);
    unlisted(what, word, nearest, known.iter().copied())
}

/// The same, where it is known which one was `meant`, if any.
pub(super) fn unlisted(
    what: &str,
    word: &str,
    meant: Option<&str>,
    known: impl Iterator<Item = &'static str>,
) -> String {
    let hint = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
    format!("unknown {what} `{}`; {hint}known: {}", clip(word), known.collect::<Vec<_>>().join(", "))
}

/// The beginning of `text`, so that an error stays readable.
pub(super) fn clip(text: &str) -> String {
    const READABLE: usize = 120;
    match text.char_indices().nth(READABLE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `text` on one line, for a person: what a terminal would obey is escaped.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}
