//! Pictures as cameras lay them out in memory, and their encoding as JPEG.
//!
//! Layouts are those of the kernel's documentation, "Video for Linux API", 2.7 and 2.8. Brightness and colour that come
//! apart (Y'CbCr) have the range that V4L2 gives them unless a driver says otherwise, 16 to 235 and 16 to 240
//! (ITU-R BT.601, 2.5.3); JPEG wants 0 to 255 (JFIF 1.02). What else a driver says, linuxvideo does not tell.
//!
//! What must never live here: which format is chosen.

use hal::platform::linux::video::{FourCc, Mode};
use jpeg_encoder::{EncodingError, ImageBuffer, JpegColorType, rgb_to_ycbcr};

use crate::camera::encode::encoded;

/// Every format that is known, the better first.
pub(super) const FORMATS: &[(FourCc, Kind)] = &[
    (FourCc(*b"MJPG"), Kind::Compressed),
    (FourCc(*b"JPEG"), Kind::Compressed),
    (FourCc(*b"NV12"), Kind::Raw(Layout::Nv12)),
    (FourCc(*b"YU12"), Kind::Raw(Layout::Yu12)),
    (FourCc(*b"YUYV"), Kind::Raw(Layout::Yuyv)),
    (FourCc(*b"UYVY"), Kind::Raw(Layout::Uyvy)),
    (FourCc(*b"RGB3"), Kind::Raw(Layout::Rgb)),
    (FourCc(*b"BGR3"), Kind::Raw(Layout::Bgr)),
    (FourCc(*b"GREY"), Kind::Raw(Layout::Grey)),
];

/// What is to be done with a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A JPEG as it is.
    Compressed,
    /// To be encoded.
    Raw(Layout),
}

/// How the parts of a dot lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Y, then Cb and Cr of four dots in turns.
    Nv12,
    /// Y, then Cb of four dots, then Cr.
    Yu12,
    /// Two dots: Y Cb Y Cr.
    Yuyv,
    /// Two dots: Cb Y Cr Y.
    Uyvy,
    Rgb,
    Bgr,
    Grey,
}

impl Layout {
    /// Bytes of a row without padding, of the first plane.
    const fn row(self, width: usize) -> usize {
        match self {
            Self::Nv12 | Self::Yu12 => width.next_multiple_of(2),
            Self::Yuyv | Self::Uyvy => 2 * width.next_multiple_of(2),
            Self::Rgb | Self::Bgr => 3 * width,
            Self::Grey => width,
        }
    }
}

/// A picture in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'b> {
    layout: Layout,
    width: u16,
    height: u16,
    stride: usize,
    bytes: &'b [u8],
}

impl<'b> Raw<'b> {
    /// `None` where the bytes are too few for a picture of that mode.
    pub(super) fn new(layout: Layout, mode: &Mode, bytes: &'b [u8]) -> Option<Self> {
        let (width, height) = (u16::try_from(mode.size.0).ok()?, u16::try_from(mode.size.1).ok()?);
        let stride = mode.stride.max(layout.row(width.into()));
        let rows = usize::from(height);
        let needed = match layout {
            Layout::Nv12 => stride.checked_mul(rows + rows.div_ceil(2))?,
            Layout::Yu12 => stride.checked_mul(rows)? + 2 * stride.div_ceil(2) * rows.div_ceil(2),
            _ => stride.checked_mul(rows)?,
        };
        (width > 0 && height > 0 && bytes.len() >= needed).then_some(Self {
            layout,
            width,
            height,
            stride,
            bytes,
        })
    }

    /// As a JPEG of a quality from 1 to 100.
    pub(super) fn encode(self, quality: u8) -> Result<Vec<u8>, EncodingError> {
        let room = usize::from(self.width) * usize::from(self.height) / 4;
        encoded(quality, room, |encoder| encoder.encode_image(self))
    }

    fn bytes_at(&self, at: usize, length: usize) -> &'b [u8] {
        &self.bytes[at..at + length]
    }
}

impl ImageBuffer for Raw<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.layout == Layout::Grey { JpegColorType::Luma } else { JpegColorType::Ycbcr }
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, row: u16, buffers: &mut [Vec<u8>; 4]) {
        let (row, width, rows) = (usize::from(row), usize::from(self.width), usize::from(self.height));
        let length = self.layout.row(width);
        let line = self.bytes_at(row * self.stride, length);
        let [luma, blue, red, _] = buffers;
        // One of two dots that share their colour may be beyond the edge.
        match self.layout {
            Layout::Grey => luma.extend_from_slice(line),
            Layout::Rgb | Layout::Bgr => {
                for dot in line.chunks_exact(3) {
                    let (r, b) = if self.layout == Layout::Rgb { (dot[0], dot[2]) } else { (dot[2], dot[0]) };
                    let (y, cb, cr) = rgb_to_ycbcr(r, dot[1], b);
                    luma.push(y);
                    blue.push(cb);
                    red.push(cr);
                }
            }
            Layout::Yuyv | Layout::Uyvy => {
                let at = if self.layout == Layout::Yuyv { [0, 1, 2, 3] } else { [1, 0, 3, 2] };
                let mut left = width;
                for two in line.chunks_exact(4) {
                    push(luma, &[two[at[0]], two[at[2]]][..left.min(2)]);
                    push_twice(blue, two[at[1]], left);
                    push_twice(red, two[at[3]], left);
                    left = left.saturating_sub(2);
                }
            }
            Layout::Nv12 => {
                push(luma, &line[..width]);
                let colour = self.bytes_at(self.stride * (rows + row / 2), length);
                let mut left = width;
                for both in colour.chunks_exact(2) {
                    push_twice(blue, both[0], left);
                    push_twice(red, both[1], left);
                    left = left.saturating_sub(2);
                }
            }
            Layout::Yu12 => {
                push(luma, &line[..width]);
                let (stride, plane) = (self.stride.div_ceil(2), self.stride * rows);
                for (index, colour) in [blue, red].into_iter().enumerate() {
                    let at = plane + stride * (index * rows.div_ceil(2) + row / 2);
                    let mut left = width;
                    for of_two in self.bytes_at(at, width.div_ceil(2)) {
                        push_twice(colour, *of_two, left);
                        left = left.saturating_sub(2);
                    }
                }
            }
        }
    }
}

fn push(luma: &mut Vec<u8>, line: &[u8]) {
    luma.extend(line.iter().map(|y| LUMA[usize::from(*y)]));
}

/// For two dots, or the one that is left.
fn push_twice(colour: &mut Vec<u8>, of_two: u8, left: usize) {
    let of_two = COLOUR[usize::from(of_two)];
    colour.extend_from_slice(&[of_two; 2][..left.min(2)]);
}

/// From 16…235 to 0…255.
const LUMA: [u8; 256] = stretched(16, 0, 219);
/// From 16…240 to 0…255, about 128.
const COLOUR: [u8; 256] = stretched(128, 128, 224);

/// So that `range` becomes 255, and `from` becomes `to`.
const fn stretched(from: i32, to: i32, range: i32) -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        // To the nearest, also below zero.
        let scaled = (2 * (at as i32 - from) * 255 + range).div_euclid(2 * range) + to;
        table[at] = if scaled < 0 {
            0
        } else if scaled > 255 {
            255
        } else {
            scaled as u8
        };
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Columns of these colours, as red, green and blue.
    const BARS: [[u8; 3]; 4] = [[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]];
    /// The same as Y, Cb and Cr of BT.601 from 16 on, as in its table of colour bars.
    const BARS_YCC: [[u8; 3]; 4] = [[235, 128, 128], [81, 90, 240], [145, 54, 34], [41, 240, 110]];

    /// Bars 16 dots wide and 16 high, with padding behind each row.
    fn bars(layout: Layout, padding: usize) -> (Mode, Vec<u8>) {
        let (width, height) = (64, 16);
        let ycc = |x: usize| BARS_YCC[x / 16];
        let pairs = || (0..width / 2).map(|pair| ycc(2 * pair));
        let padded =
            |row: Vec<u8>, rows: usize, padding: usize| [row, vec![0x55; padding]].concat().repeat(rows);
        let luma = || padded((0..width).map(|x| ycc(x)[0]).collect(), height, padding);
        let plane = |part: usize| padded(pairs().map(|ycc| ycc[part]).collect(), height / 2, padding / 2);
        let rgb = |order: [usize; 3]| (0..width).flat_map(|x| order.map(|part| BARS[x / 16][part])).collect();
        let bytes = match layout {
            Layout::Nv12 => {
                [luma(), padded(pairs().flat_map(|[_, b, r]| [b, r]).collect(), height / 2, padding)].concat()
            }
            Layout::Yu12 => [luma(), plane(1), plane(2)].concat(),
            Layout::Yuyv => padded(pairs().flat_map(|[y, b, r]| [y, b, y, r]).collect(), height, padding),
            Layout::Uyvy => padded(pairs().flat_map(|[y, b, r]| [b, y, r, y]).collect(), height, padding),
            Layout::Rgb => padded(rgb([0, 1, 2]), height, padding),
            Layout::Bgr => padded(rgb([2, 1, 0]), height, padding),
            Layout::Grey => {
                padded((0..width).map(|x| LUMA[usize::from(ycc(x)[0])]).collect(), height, padding)
            }
        };
        let stride = layout.row(width) + padding;
        (Mode { format: FourCc(*b"test"), size: (width as u32, height as u32), stride }, bytes)
    }

    fn layouts() -> impl Iterator<Item = Layout> {
        FORMATS.iter().filter_map(|(_, kind)| if let Kind::Raw(layout) = kind { Some(*layout) } else { None })
    }

    #[test]
    fn every_layout_comes_out_in_the_same_colours() {
        for layout in layouts() {
            for padding in [0, 10] {
                let (mode, bytes) = bars(layout, padding);
                let jpeg = Raw::new(layout, &mode, &bytes).unwrap().encode(95).unwrap();
                let mut decoder = jpeg_decoder::Decoder::new(&jpeg[..]);
                let dots = decoder.decode().unwrap();
                assert_eq!(decoder.info().map(|info| (info.width, info.height)), Some((64, 16)));
                let size = if layout == Layout::Grey { 1 } else { 3 };
                for (bar, right) in BARS.iter().enumerate() {
                    let at = (8 * 64 + bar * 16 + 8) * size;
                    let (dot, luma) = (&dots[at..at + size], LUMA[usize::from(BARS_YCC[bar][0])]);
                    let right: &[u8] = if size == 1 { &[luma] } else { right };
                    let near = dot.iter().zip(right).all(|(a, b)| a.abs_diff(*b) <= 6);
                    assert!(near, "{layout:?}, padding {padding}: {dot:?} instead of {right:?}");
                }
            }
        }
    }

    #[test]
    fn the_ranges_of_video_become_those_of_jpeg() {
        assert_eq!([LUMA[0], LUMA[16], LUMA[126], LUMA[235], LUMA[255]], [0, 0, 128, 255, 255]);
        assert_eq!([COLOUR[0], COLOUR[16], COLOUR[128], COLOUR[240], COLOUR[255]], [0, 1, 128, 255, 255]);
    }

    #[test]
    fn a_picture_that_is_too_short_is_none() {
        for layout in layouts() {
            let (mode, bytes) = bars(layout, 10);
            assert!(Raw::new(layout, &mode, &bytes[..bytes.len() - 1]).is_none(), "{layout:?}");
            let none = Mode { size: (0, 16), ..mode };
            assert!(Raw::new(layout, &none, &bytes).is_none(), "{layout:?}");
        }
    }

    proptest! {
        #[test]
        fn any_size_and_stride_is_encoded_or_refused(
            which in 0..7_usize, width in 0..40_u32, height in 0..20_u32, stride in 0..140_usize, length in 0..9000_usize,
        ) {
            let layout = layouts().nth(which).unwrap();
            let mode = Mode { format: FourCc(*b"test"), size: (width, height), stride };
            let bytes = vec![77; length];
            if let Some(raw) = Raw::new(layout, &mode, &bytes) {
                let jpeg = raw.encode(50).unwrap();
                let mut decoder = jpeg_decoder::Decoder::new(&jpeg[..]);
                decoder.read_info().unwrap();
                let info = decoder.info().unwrap();
                prop_assert_eq!((u32::from(info.width), u32::from(info.height)), (width, height));
            }
        }
    }
}
