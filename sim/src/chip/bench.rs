//! What reaches a chip in the tests of these modules: what they put there.

use super::{Felt, Inputs, Supply};
use crate::clock::Nanos;

/// Nothing at all, at this time.
impl Inputs for Nanos {
    fn now(&self) -> Nanos {
        *self
    }
}

/// On a bench.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bench {
    pub(crate) now: Nanos,
    pub(crate) volts: [f64; 8],
    pub(crate) supply: Supply,
    pub(crate) felt: Felt,
    /// Each as it is added, in deviations.
    pub(crate) noise: [f64; 16],
    pub(crate) making: [f64; 16],
}

impl Bench {
    /// Volts at the inputs, from the first on.
    pub(crate) fn volts(volts: &[f64]) -> Self {
        let mut bench = Self::default();
        bench.volts[..volts.len()].copy_from_slice(volts);
        bench
    }
}

impl Inputs for Bench {
    fn now(&self) -> Nanos {
        self.now
    }

    fn volts(&self, channel: u8) -> f64 {
        self.volts.get(usize::from(channel)).copied().unwrap_or(0.0)
    }

    fn supply(&self) -> Supply {
        self.supply
    }

    fn felt(&self) -> Felt {
        self.felt
    }

    fn noise(&self, which: u8) -> f64 {
        self.noise[usize::from(which)]
    }

    fn making(&self, which: u8) -> f64 {
        self.making[usize::from(which)]
    }
}
