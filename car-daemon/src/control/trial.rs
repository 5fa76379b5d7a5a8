//! One part of the board told something past its calibration: `test`.
//!
//! What lives here: which part a name means, and what may be asked of it. What must never live here: who
//! may ask, and for how long it is good, which are those of every motion.

use hal::Board;
use protocol::{Code, Fault};

/// A part and what it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trial {
    /// A motor, in the order of the board file, and its power.
    Motor(usize, f64),
    /// A servo, in the order of the board file, and its pulse in microseconds.
    Servo(usize, f64),
}

impl Trial {
    /// Which part it is: another one begins anew.
    pub(crate) fn part(self) -> (bool, usize) {
        match self {
            Self::Motor(index, _) => (false, index),
            Self::Servo(index, _) => (true, index),
        }
    }

    /// The power of a motor; nothing where a servo is tested.
    pub(crate) fn power(self) -> f64 {
        match self {
            Self::Motor(_, power) => power,
            Self::Servo(..) => 0.0,
        }
    }

    pub(crate) fn is_standing(self) -> bool {
        matches!(self, Self::Motor(_, power) if power == 0.0)
    }
}

/// The parts of a board that can be tested, by their names.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    motors: Vec<String>,
    /// And the period of their pulses, microseconds.
    servos: Vec<(String, f64)>,
}

impl Bench {
    pub(crate) fn new(board: &Board) -> Self {
        let servo = |servo: &hal::board::ServoSpec| (servo.name.clone(), 1e6 / servo.frequency_hz);
        Self {
            motors: board.motors.iter().map(|motor| motor.name.clone()).collect(),
            servos: board.servos.iter().map(servo).collect(),
        }
    }

    /// The part that a client means.
    ///
    /// # Errors
    /// The board has none of this name, or it could never get this pulse.
    pub(crate) fn find(&self, trial: &protocol::Trial) -> Result<Trial, Fault> {
        match trial {
            protocol::Trial::Motor { name, power } => {
                let found = self.motors.iter().position(|motor| motor == name);
                let motors = || self.motors.iter().map(String::as_str).collect();
                found
                    .map(|index| Trial::Motor(index, power.get()))
                    .ok_or_else(|| unknown("motor", name, motors()))
            }
            protocol::Trial::Servo { name, pulse } => {
                let found = self.servos.iter().position(|(servo, _)| servo == name);
                let servos = || self.servos.iter().map(|(servo, _)| servo.as_str()).collect();
                let index = found.ok_or_else(|| unknown("servo", name, servos()))?;
                let (us, period) = (pulse.us(), self.servos[index].1);
                if us >= period {
                    let message =
                        format!("`pulse_us` is {us}: pulses of `{name}` come every {period:.0} microseconds");
                    return Err(Fault::new(Code::INVALID_PARAMS, message));
                }
                Ok(Trial::Servo(index, us))
            }
        }
    }
}

fn unknown(kind: &str, name: &str, known: Vec<&str>) -> Fault {
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Fault::new(Code::INVALID_PARAMS, format!("no {kind} is called `{name}`: this board has {known}"))
}
