//! What can go wrong with a car, as a script or a person says it.
//!
//! What must never live here: what a driver or the daemon makes of it.

use std::time::Duration;

/// Something that is broken from now on, until it is mended. Names are those of the board file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A chip no longer acknowledges; `pca9685@0x40`. Its outputs go on.
    ChipSilent(String),
    /// Somebody holds the wires of a bus; `i2c-1`.
    BusStuck(String),
    /// The next so many transfers of a bus are spoilt.
    BusNoise(String, u32),
    /// A pin carries this, whatever drives it; `gpio:GPIO17`, `pca9685@0x40:0`.
    PinStuck(String, bool),
    /// A motor's lead is broken: it coasts.
    MotorOpen(String),
    /// A motor cannot turn, and draws what a stalled one does.
    MotorStalled(String),
    /// The encoder of a motor no longer sees its disc.
    EncoderDead(String),
    /// A sensor says nothing any more.
    SensorSilent(Sensor),
    /// A sensor says anything at all.
    SensorMad(Sensor),
    /// The supply drops for so long: chips and computer's pins are as after power-up.
    BrownOut(Duration),
    /// The camera shows what it showed.
    CameraFrozen,
    /// The clock of whoever drives this world jumps ahead.
    ClockJump(Duration),
}

/// A kind of sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the board file")]
pub enum Sensor {
    Battery,
    Range,
    Line,
    Imu,
}
