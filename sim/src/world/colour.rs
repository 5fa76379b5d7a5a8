//! What things look like.

/// Red, green and blue, as sRGB has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// How dark it is to a sensor that sees one brightness: 0 white, 1 black. The weights are those of
    /// ITU-R BT.709, on the values as they are.
    #[must_use]
    pub fn darkness(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| f64::from(part) / 255.0);
        1.0 - (0.2126 * red + 0.7152 * green + 0.0722 * blue)
    }
}
