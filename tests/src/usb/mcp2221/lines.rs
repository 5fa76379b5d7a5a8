//! The adapter's four lines, all of them for GPIO.

use hal::Platform;

use super::{DONE, LABEL, LINES, Report, answer, command};
use crate::usb::line::Line;

/// Directions (tables 3-34, 3-36).
const OUT: u8 = 0;
const IN: u8 = 1;

#[derive(Default)]
pub(super) struct Lines {
    lines: [Line; LINES],
    /// See [`Adapter::suit_early_drivers`](super::Adapter::suit_early_drivers).
    level_for_direction: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.lines.iter().map(|line| (line.driven, line.high))).finish()
    }
}

impl Lines {
    pub(super) fn level_for_direction(&mut self) {
        self.level_for_direction = true;
    }

    /// 3.1.11: four bytes for each line: whether to change its level, which, whether to change its
    /// direction, which. All of them again is the answer.
    pub(super) fn set(&mut self, asked: &Report, platform: &mut dyn Platform) -> Report {
        let mut said = answer(command::SET_LINES, DONE);
        for (index, line) in self.lines.iter_mut().enumerate() {
            let at = 2 + 4 * index;
            let [change_level, level, change_direction, direction] =
                [asked[at], asked[at + 1], asked[at + 2], asked[at + 3]];
            if change_level != 0 {
                line.high = level != 0;
            }
            if change_direction != 0 {
                line.driven = direction == OUT;
            }
            line.drive(&name(index), platform);
            said[at..at + 4].copy_from_slice(&asked[at..at + 4]);
        }
        said
    }

    /// 3.1.12: two bytes for each line, its level and its direction.
    pub(super) fn get(&mut self, platform: &mut dyn Platform) -> Report {
        let mut said = answer(command::GET_LINES, DONE);
        for (index, line) in self.lines.iter_mut().enumerate() {
            let at = 2 + 2 * index;
            said[at] = u8::from(line.is_high(&name(index), platform));
            said[at + 1] = match self.level_for_direction {
                true => said[at],
                false if line.driven => OUT,
                false => IN,
            };
        }
        said
    }

    /// What is on a line.
    pub(super) fn level(&mut self, index: usize, platform: &mut dyn Platform) -> bool {
        self.lines.get_mut(index).is_some_and(|line| line.is_high(&name(index), platform))
    }

    /// 3.1.14: the settings in force; bytes 22 to 25 are those of the lines: 0 in bits 0 to 2 is GPIO, bit 3
    /// an input, bit 4 high.
    pub(super) fn settings(&self) -> Report {
        let mut said = answer(command::GET_SRAM, DONE);
        (said[2], said[3]) = (18, 4);
        for (line, byte) in self.lines.iter().zip(&mut said[22..]) {
            *byte = u8::from(!line.driven) << 3 | u8::from(line.high) << 4;
        }
        said
    }
}

/// What the platform calls a line.
fn name(index: usize) -> String {
    format!("{LABEL}/{index}")
}
