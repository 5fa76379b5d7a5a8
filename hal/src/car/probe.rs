//! Whether a bus can be believed: with SDA at ground every address is acknowledged and every write "succeeds",
//! though no chip hears any of it.
//!
//! What must never live here: a write, and any chip of a board.

use crate::platform::{Bus, Platform};
use crate::{IoError, IoKind};

/// Where no chip of a board can be, and hardly anything else that hangs on a car's bus. Three, as a stranger
/// may be at one of them. No reserved address (UM10204, section 3.1.12): some of those mean something.
pub(crate) const NOBODY: [u8; 3] = [0x09, 0x0A, 0x2F];

/// A bus over which a car is driven.
pub(super) struct Probe {
    pub(super) bus: String,
    /// Index in the board of each chip that drives the car over it.
    pub(super) chips: Vec<usize>,
    handles: Vec<(u8, Bus)>,
}

impl Probe {
    pub(super) fn open(platform: &mut dyn Platform, bus: &str, chips: Vec<usize>) -> Result<Self, IoError> {
        let handle = |address| Ok((address, platform.i2c(bus, address)?));
        let handles = NOBODY.into_iter().map(handle).collect::<Result<_, IoError>>()?;
        Ok(Self { bus: bus.to_owned(), chips, handles })
    }

    /// Asks for a byte where nobody is. On a sound bus that is one address that stays unacknowledged: 0.1 ms
    /// at 100 kHz. Moves nothing, so it passes an engaged interlock.
    ///
    /// # Errors
    /// Everybody was acknowledged, or the bus hangs.
    pub(super) fn ask(&mut self) -> Result<(), IoError> {
        for (address, handle) in &mut self.handles {
            match handle.read(*address, &mut [0]) {
                Ok(()) => {}
                // Also whatever else a driver calls it: only a wire that can be high is not acknowledged.
                Err(error) if error.kind.may_pass() => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let reason = "the bus hangs: it acknowledges addresses where no chip is, so its SDA lies at ground and no chip \
                      hears anything: look for a short circuit, and at the supply of each chip on it";
        Err(IoError { place: self.bus.clone(), reason: reason.to_owned(), kind: IoKind::Stuck })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Board;
    use crate::bench::Bench;
    use crate::board::PRESETS;

    fn probe(bench: &Bench) -> Probe {
        Probe::open(&mut bench.clone(), "i2c-1", vec![0]).unwrap()
    }

    #[test]
    fn no_chip_that_a_board_can_have_is_where_nobody_is() {
        for board in PRESETS.iter().map(|preset| Board::preset(preset.name).unwrap()) {
            for chip in &board.chips {
                let taken = NOBODY.iter().find(|address| chip.kind.addresses().contains(address));
                assert_eq!(taken, None, "{chip}");
            }
        }
    }

    #[test]
    fn strangers_at_some_of_the_addresses_are_not_taken_for_a_short_circuit() {
        let bench = Bench::default();
        let mut probe = probe(&bench);
        for strangers in [&[][..], &NOBODY[..1], &NOBODY[..2], &NOBODY[2..]] {
            bench.world().strangers = strangers.iter().copied().collect();
            probe.ask().unwrap();
        }
    }

    #[test]
    fn a_bus_that_acknowledges_everybody_is_an_error_that_says_so() {
        let bench = Bench::default();
        let mut probe = probe(&bench);
        bench.world().grounded = true;
        let error = probe.ask().unwrap_err();
        assert_eq!(error.kind, IoKind::Stuck);
        assert!(error.to_string().starts_with("i2c-1: the bus hangs: it acknowledges"), "{error}");
        bench.world().grounded = false;
        probe.ask().unwrap();
    }
}
