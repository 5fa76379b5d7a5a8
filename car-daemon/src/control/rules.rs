//! What the gate goes by: numbers from the configuration and from the board.

use std::time::Duration;

use hal::board::OutputSpec;
use hal::{Board, Drivetrain};
use protocol::{Role, Ttl};

use super::gimbal::Axis;
use super::trial::Bench;
use crate::clock::Speed;

/// The `[control]` table of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Turns of the control loop a second, in hertz.
    pub rate_hz: f64,
    /// A control loop that has not turned for this long is stuck, and the daemon ends.
    pub stall: Duration,
    /// A `drive` or `velocity` without `ttl_ms` is good for this long.
    pub command_ttl: Duration,
    /// A driving word is good for this long where no link holds it (UDP).
    pub word_ttl: Duration,
    /// Whoever holds the lease loses it after not driving for this long.
    pub lease: Duration,
    /// The power that `up` means, 0 to 1.
    pub cruise: f64,
    /// From standing to full power takes at least this long. Stopping is exempt.
    pub slew: Duration,
    /// How far `cam_left` and its like turn the camera, in degrees.
    pub nudge_deg: f64,
    /// Samples a second for a subscriber that names no rate, in hertz.
    pub state_rate_hz: f64,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            rate_hz: 100.0,
            stall: Duration::from_millis(200),
            command_ttl: Duration::from_millis(500),
            word_ttl: Duration::from_secs(1),
            lease: Duration::from_secs(3),
            cruise: 0.6,
            slew: Duration::from_millis(200),
            nudge_deg: 10.0,
            state_rate_hz: 10.0,
        }
    }
}

impl Control {
    /// The time of one turn of the control loop.
    #[must_use]
    pub fn period(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate_hz)
    }
}

/// Everything that the gate goes by.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) control: Control,
    pub(crate) drivetrain: Drivetrain,
    pub(crate) pan: Option<Axis>,
    pub(crate) tilt: Option<Axis>,
    /// Buzzers and lamps, in the order of the board.
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) bench: Bench,
    pub(crate) reset: Role,
    /// The board of a car that is simulated.
    pub(crate) simulated: Option<Box<Board>>,
    /// Time is the wall's, so that a client can know when it sent something.
    pub(crate) dated: bool,
}

impl Rules {
    /// The rules for a board; a driver may release the emergency stop.
    #[must_use]
    pub fn new(control: Control, board: &Board) -> Self {
        let axis = |role| board.servos.iter().find(|s| s.role == role).map(Axis::new);
        Self {
            drivetrain: Drivetrain::new(board),
            pan: axis(hal::board::ServoRole::Pan),
            tilt: axis(hal::board::ServoRole::Tilt),
            outputs: board.outputs.clone(),
            bench: Bench::new(board),
            control,
            reset: Role::Driver,
            simulated: None,
            dated: true,
        }
    }

    /// For a simulated car; where its time is not the wall's, the `t` of commands says nothing.
    #[must_use]
    pub fn for_simulator(self, board: &Board, speed: Speed) -> Self {
        Self { simulated: Some(Box::new(board.clone())), dated: speed.is_real(), ..self }
    }

    /// The least role that may release the emergency stop.
    #[must_use]
    pub fn with_reset(self, role: Role) -> Self {
        Self { reset: role, ..self }
    }

    /// How long a structured command is good for.
    pub(crate) fn ttl(&self, asked: Option<Ttl>) -> Duration {
        asked.map_or(self.control.command_ttl, Ttl::get)
    }
}
