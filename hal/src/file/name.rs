//! What may be a name: of a board, of a motor, of whatever else a client calls by it.
//!
//! What must never live here: which names there are.

/// Longest name, in characters.
const LONGEST: usize = 64;

/// What a name must be, for the person who wrote another.
pub(super) const RIGHT: &str = "a name has 1 to 64 characters on one line, each of which is seen";

/// Whether people can read it on one line and clients can send it: 1 to 64 characters, and none that
/// changes how others are shown.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=LONGEST).contains(&text.chars().take(LONGEST + 1).count()) && is_line(text)
}

/// Whether it stays on its line and pretends nothing (Unicode 15, general category Cf as far as text can
/// hide in it, Zl, Zp).
pub(super) fn is_line(text: &str) -> bool {
    let unseen = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !text.contains(|c: char| c.is_control() || unseen(c))
}
