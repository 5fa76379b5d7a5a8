//! A picture of a world, as a car's camera sees it at first. What must never live here: how it is drawn.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use hal::Board;
use hal::file::LoadError;
use sim::{HEIGHTS, Setup, Sim, WIDTHS, World};

use super::{FAILED, FINE, WRONG, complain};

/// Of the JPEG file, 1 to 100: what most cameras do.
const QUALITY: u8 = 80;

/// What `worlds` says of a picture.
#[derive(Debug, Args)]
pub(super) struct Shot {
    /// Write a picture of it here, a JPEG file: what the camera of the demo car sees at the start, or of --board's
    #[arg(long, value_name = "FILE", requires = "name")]
    pub(super) picture: Option<PathBuf>,

    /// How wide and high the picture is, dots: 160x120 to 1920x1080
    #[arg(long, value_name = "WxH", requires = "picture", default_value = "640x480")]
    pub(super) size: Size,
}

/// Of a picture, dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    width: u16,
    height: u16,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (width, height) = text.split_once(['x', 'X', '×']).ok_or("is no size, as 640x480 is one")?;
        let number = |part: &str| part.trim().parse().map_err(|_| format!("`{part}` is no number of dots"));
        let (width, height) = (number(width)?, number(height)?);
        if WIDTHS.contains(&width) && HEIGHTS.contains(&height) {
            return Ok(Self { width, height });
        }
        let (least, most) = ((WIDTHS.start(), HEIGHTS.start()), (WIDTHS.end(), HEIGHTS.end()));
        Err(format!("must be {}x{} to {}x{}", least.0, least.1, most.0, most.1))
    }
}

/// Writes the picture of a world. Names are as those of `--board` and `--world`.
pub(super) fn take(board: Option<&str>, world: &str, size: Size, file: &Path) -> u8 {
    let jpeg = match draw(board.unwrap_or("demo"), world, size) {
        Ok(jpeg) => jpeg,
        Err(error) => return complain(&error.to_string(), WRONG),
    };
    match std::fs::write(file, jpeg) {
        Ok(()) => FINE,
        Err(error) => complain(&format!("cannot write {}: {error}", file.display()), FAILED),
    }
}

fn draw(board: &str, world: &str, size: Size) -> Result<Vec<u8>, LoadError> {
    let (board, world) = (Board::load(board)?, World::load(world)?);
    let sim = Sim::of(&board, &Setup { world, ..Setup::default() });
    Ok(sim.camera().frame(size.width, size.height).jpeg(QUALITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_people_write_it_and_its_bounds_are_told() {
        let size = |width, height| Ok(Size { width, height });
        assert_eq!("640x480".parse(), size(640, 480));
        assert_eq!("1920X1080".parse(), size(1920, 1080));
        assert_eq!("160×120".parse(), size(160, 120));
        for (wrong, told) in [
            ("640", "is no size, as 640x480 is one"),
            ("640x", "`` is no number of dots"),
            ("-1x480", "`-1` is no number of dots"),
            ("99999x480", "`99999` is no number of dots"),
            ("100x480", "must be 160x120 to 1920x1080"),
            ("640x2000", "must be 160x120 to 1920x1080"),
        ] {
            assert_eq!(wrong.parse::<Size>(), Err(told.to_owned()), "{wrong}");
        }
    }
}
