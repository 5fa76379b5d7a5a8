//! A picture that says in words why there is no other.
//!
//! What must never live here: why there is none, and who is shown it.

use jpeg_encoder::ColorType;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::encode::encoded;
use super::plain::plain;

/// What most cameras are set to; a phone shows it a little over half as large.
const WIDTH: usize = 640;
const HEIGHT: usize = 480;
/// Free at every side.
const MARGIN: usize = 32;
/// Where the text begins, below the heading.
const BELOW: usize = 112;
const QUALITY: u8 = 85;

const HEADING: &str = "No picture";

type Colour = [u8; 3];
const BACKGROUND: Colour = [24, 27, 33];
const ACCENT: Colour = [244, 178, 60];
const TEXT: Colour = [232, 234, 237];

/// The text is as large as it fits whole; what does not fit at the smallest is left out.
const SIZES: [RasterHeight; 3] = [RasterHeight::Size32, RasterHeight::Size24, RasterHeight::Size16];

/// A JPEG file of 640 by 480 dots with these words. Letters beyond ASCII are shown as `?`.
pub(super) fn picture(words: &str) -> Vec<u8> {
    let mut canvas = Canvas { rgb: BACKGROUND.repeat(WIDTH * HEIGHT) };
    canvas.bar(MARGIN + 44);
    canvas.write(HEADING, RasterHeight::Size32, MARGIN, ACCENT);
    let (size, lines) = fitted(words);
    for (number, line) in lines.iter().enumerate() {
        canvas.write(line, size, BELOW + number * pitch(size), TEXT);
    }
    canvas.jpeg()
}

/// From one line to the next.
fn pitch(size: RasterHeight) -> usize {
    size.val() + size.val() / 4
}

fn columns(size: RasterHeight) -> usize {
    (WIDTH - 2 * MARGIN) / get_raster_width(FontWeight::Regular, size)
}

/// The words in lines of the largest letters in which they all fit.
fn fitted(words: &str) -> (RasterHeight, Vec<String>) {
    let rows = |size| (HEIGHT - MARGIN - BELOW) / pitch(size);
    let wrapped = SIZES.map(|size| (size, wrap(words, columns(size), rows(size) + 1)));
    let [.., smallest] = SIZES;
    let whole = wrapped.into_iter().find(|(size, lines)| lines.len() <= rows(*size));
    whole.unwrap_or_else(|| {
        let mut lines = wrap(words, columns(smallest), rows(smallest));
        if let Some(last) = lines.last_mut() {
            last.truncate(columns(smallest).saturating_sub(3));
            last.push_str("...");
        }
        (smallest, lines)
    })
}

/// Lines of so many letters at most, and no more than so many lines; a word that is longer than a line is broken.
fn wrap(words: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let plain: Vec<char> = plain(word).chars().collect();
        for (index, piece) in plain.chunks(columns).enumerate() {
            let (count, piece) = (lines.len(), piece.iter().collect::<String>());
            let joins = |line: &&mut String| index == 0 && line.len() + 1 + piece.len() <= columns;
            match lines.last_mut().filter(joins) {
                Some(line) => *line = format!("{line} {piece}"),
                None if count == most => return lines,
                None => lines.push(piece),
            }
        }
    }
    lines
}

struct Canvas {
    rgb: Vec<u8>,
}

impl Canvas {
    fn dot(&mut self, x: usize, y: usize, colour: Colour, share: u8) {
        let at = 3 * (y * WIDTH + x);
        let Some(dot) = self.rgb.get_mut(at..at + 3).filter(|_| x < WIDTH) else { return };
        for (channel, (new, old)) in dot.iter_mut().zip(colour.into_iter().zip(BACKGROUND)) {
            let (new, old, share) = (u16::from(new), u16::from(old), u16::from(share));
            *channel = ((new * share + old * (255 - share)) / 255) as u8;
        }
    }

    /// Below the heading.
    fn bar(&mut self, top: usize) {
        for (x, y) in (MARGIN..WIDTH - MARGIN).flat_map(|x| (top..top + 3).map(move |y| (x, y))) {
            self.dot(x, y, ACCENT, 255);
        }
    }

    fn write(&mut self, line: &str, size: RasterHeight, top: usize, colour: Colour) {
        let mut left = MARGIN;
        for letter in line.chars() {
            let Some(raster) = get_raster(letter, FontWeight::Regular, size) else { continue };
            for (y, row) in raster.rows().enumerate() {
                for (x, share) in row.iter().enumerate().filter(|(_, share)| **share > 0) {
                    self.dot(left + x, top + y, colour, *share);
                }
            }
            left += raster.width();
        }
    }

    fn jpeg(&self) -> Vec<u8> {
        let (width, height) = (WIDTH as u16, HEIGHT as u16);
        let file =
            encoded(QUALITY, 32 * 1024, |encoder| encoder.encode(&self.rgb, width, height, ColorType::Rgb));
        // It has as many dots as it says, and memory takes every byte: nothing is left that fails.
        let mut file = file.unwrap_or_default();
        file.shrink_to_fit();
        file
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows on which something is written, of the picture as a viewer decodes it.
    fn written_rows(file: &[u8]) -> Vec<usize> {
        let mut decoder = jpeg_decoder::Decoder::new(file);
        let rgb = decoder.decode().expect("a picture");
        let info = decoder.info().expect("was decoded");
        assert_eq!((usize::from(info.width), usize::from(info.height)), (WIDTH, HEIGHT));
        let bright = |row: &[u8]| row.chunks_exact(3).any(|dot| dot[1] > 160);
        let rows = rgb.chunks_exact(3 * WIDTH).enumerate().filter(|(_, row)| bright(row));
        rows.map(|(row, _)| row).collect()
    }

    #[test]
    fn the_words_are_in_the_picture_line_by_line() {
        let rows = written_rows(&picture("one two"));
        let text = |rows: &[usize]| rows.iter().filter(|row| **row >= BELOW).copied().collect::<Vec<_>>();
        let (first, last) = (BELOW, BELOW + RasterHeight::Size32.val());
        let one = text(&rows);
        assert!(!one.is_empty() && one.iter().all(|row| (first..last).contains(row)), "{one:?}");
        assert!(rows.iter().any(|row| *row < BELOW), "the heading");
        let two = text(&written_rows(&picture(&"word ".repeat(12))));
        assert!(two.iter().any(|row| *row > first + pitch(RasterHeight::Size32)), "wrapped: {two:?}");
        assert!(text(&written_rows(&picture(""))).is_empty());
    }

    #[test]
    fn long_words_are_written_smaller_and_what_does_not_fit_at_all_is_said_to_be_more() {
        assert_eq!(fitted(&"word ".repeat(10)).0, RasterHeight::Size32);
        assert_eq!(fitted(&"word ".repeat(90)).0, RasterHeight::Size24);
        assert_eq!(fitted(&"word ".repeat(150)).0, RasterHeight::Size16);
        let (size, lines) = fitted(&"word ".repeat(10_000));
        assert_eq!(size, RasterHeight::Size16);
        assert!(lines.last().is_some_and(|line| line.ends_with("...")), "{lines:?}");
        assert!(written_rows(&picture(&"word ".repeat(10_000))).iter().all(|row| *row < HEIGHT - MARGIN));
    }

    #[test]
    fn a_path_longer_than_a_line_is_broken_and_foreign_letters_are_marked() {
        assert_eq!(wrap("in /srv/pictures/of/us now", 10, 9), ["in", "/srv/pictu", "res/of/us", "now"]);
        assert_eq!(wrap("für \u{1b}[2J a…", 12, 9), ["f?r ?[2J", "a..."]);
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_it_may_be_and_no_letter_is_lost(words in "\\PC{0,200}", columns in 4_usize..40) {
            let lines = wrap(&words, columns, usize::MAX);
            prop_assert!(lines.iter().all(|line| !line.is_empty() && line.len() <= columns));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(lines.iter().map(|line| letters(line)).collect::<String>(), plain(&letters(&words)));
        }
    }
}
