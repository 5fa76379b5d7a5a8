//! At which frequency a pin runs, where several share one.
//!
//! What must never live here: pins that are only low or high.

use crate::board::{Chip, ChipKind, PinRef};
use crate::file::{Field, Item, Reader, Spot};

/// What the timers of the board's chips were asked for.
pub(super) struct Timers<'a> {
    reader: &'a Reader<'a>,
    chips: &'a [Option<Item<Chip>>],
    /// Of a chip with several timers: chip, first channel of the timer, hertz, and who said so.
    known: Vec<(usize, u8, f64, String)>,
}

impl<'a> Timers<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, chips: &'a [Option<Item<Chip>>]) -> Self {
        Self { reader, chips, known: Vec::new() }
    }

    /// The frequency of what drives `pin`: their chip's, or what the file says, or `default`.
    pub(super) fn frequency(
        &mut self,
        field: &Field<'_>,
        pin: Option<&PinRef>,
        default: f64,
        max_hz: f64,
    ) -> Option<f64> {
        let asked = field.or(None, |field| field.number(20.0..=max_hz, "hertz").map(Some))?;
        let Some(PinRef::Chip { chip: index, channel }) = pin else { return Some(asked.unwrap_or(default)) };
        let chip = &self.chips.get(*index)?.as_ref()?.value;
        let frequency_hz = match chip.kind {
            ChipKind::Pca9685 { frequency_hz } => frequency_hz,
            ChipKind::Scmd if asked.is_some() => {
                self.reader.fault(&field.spot(), format!("is not for {chip} to choose"), "leave this out");
                return None;
            }
            ChipKind::Scmd => return Some(default),
            _ => return self.timer(&field.spot(), (*index, *channel), asked.unwrap_or(default)),
        };
        if let Some(asked) = asked.filter(|asked| *asked != frequency_hz) {
            let what = format!("is {asked}, but all of {chip} runs at {frequency_hz} hertz");
            let hint = "a PCA9685 has one prescaler: leave this out, or use another chip";
            self.reader.fault(&field.spot(), what, hint);
            return None;
        }
        if frequency_hz > max_hz {
            let what = format!("is {frequency_hz}, as all of {chip}");
            let hint = format!("must be 20 to {max_hz} hertz: change the chip's, or use another");
            self.reader.fault(&field.spot(), what, hint);
            return None;
        }
        Some(frequency_hz)
    }

    /// What a timer of a chip runs at, if nobody said otherwise.
    fn timer(&mut self, spot: &Spot, (index, channel): (usize, u8), hz: f64) -> Option<f64> {
        let chip = &self.chips.get(index)?.as_ref()?.value;
        let channels = chip.kind.timer_of(channel);
        let (first, last) = (*channels.start(), *channels.end());
        match self.known.iter().find(|timer| (timer.0, timer.1) == (index, first)) {
            Some((.., known, who)) if *known != hz => {
                let what = format!("is {hz}, but {who}, on the same timer of {chip}, runs at {known} hertz");
                let hint =
                    format!("P{first} to P{last} share a timer: give both one frequency, or another channel");
                self.reader.fault(spot, what, hint);
                None
            }
            Some(_) => Some(hz),
            None => {
                self.known.push((index, first, hz, spot.key().to_owned()));
                Some(hz)
            }
        }
    }
}
