//! What things look like.

use std::fmt;
use std::str::FromStr;

/// Red, green and blue, as sRGB has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

/// A text is no colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoColour;

impl Colour {
    /// How dark it is to a sensor that sees one brightness: 0 white, 1 black. The weights are those of
    /// ITU-R BT.709, on the values as they are.
    #[must_use]
    pub fn darkness(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| f64::from(part) / 255.0);
        1.0 - (0.2126 * red + 0.7152 * green + 0.0722 * blue)
    }
}

impl FromStr for Colour {
    type Err = NoColour;

    /// From `#rrggbb`, each two digits in base 16, in capitals or not.
    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        // A number may have a sign, and a colour none.
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let all = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(NoColour)?;
        let [_, red, green, blue] = all.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

/// As it is read.
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Display for NoColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r##"must be red, green and blue as in "#c0a080""##)
    }
}

impl std::error::Error for NoColour {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_as_it_is_shown_and_nothing_else_is_one() {
        let colour: Colour = "#0aFF80".parse().unwrap();
        assert_eq!((colour, colour.to_string().as_str()), (Colour([10, 255, 128]), "#0aff80"));
        for bad in
            ["", "#", "red", "0aff80", "#0af", "#0aff8", "#0aff800", "#+aff80", "#0aff8g", "#ä12345", "#äöü"]
        {
            assert_eq!(bad.parse::<Colour>(), Err(NoColour), "{bad}");
        }
    }
}
