//! The `[camera]` table: where pictures come from, and how they are.
//!
//! What must never live here: what opens a source.

use std::time::Duration;

/// The `[camera]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraConfig {
    /// Where pictures come from.
    pub source: SourceName,
    /// Dots in a row, where the source lets it be chosen.
    pub width: u16,
    /// Rows, where the source lets it be chosen.
    pub height: u16,
    /// Pictures a second at most, in hertz.
    pub rate_hz: f64,
    /// Of pictures that are encoded here, 1 to 100.
    pub quality: u8,
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceName {
    /// The simulated car's own; none on other platforms.
    Auto,
    /// Nowhere.
    Off,
    /// What the simulator draws.
    Sim,
}

impl Default for CameraConfig {
    fn default() -> Self {
        Self { source: SourceName::Auto, width: 640, height: 480, rate_hz: 30.0, quality: 80 }
    }
}

impl CameraConfig {
    /// Between two pictures.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate_hz)
    }
}
