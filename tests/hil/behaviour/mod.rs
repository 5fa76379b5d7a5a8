//! What a car does, on whatever it stands: the one list.
//!
//! What must never live here: a rig by its name.

use hal::board::{Chip, PinRef};

use crate::check::{Check, Done};

mod breaking;
mod driving;
mod seeing;
mod sensing;
mod stopping;

/// A promise, and how it is looked at.
pub(crate) struct Behaviour {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Check<'_>) -> Done,
}

/// The list, in the order of the report.
pub(crate) const ALL: &[Behaviour] = &[
    Behaviour { name: "a car that starts stands, braked", run: driving::starts_braked },
    Behaviour { name: "each motor turns forward", run: driving::forward },
    Behaviour { name: "each motor turns backward", run: driving::backward },
    Behaviour { name: "each motor alone turns forward, and the others brake", run: driving::alone_forward },
    Behaviour { name: "each motor alone turns backward, and the others brake", run: driving::alone_backward },
    Behaviour { name: "to turn left the left motors go back", run: driving::left },
    Behaviour { name: "to turn right the right motors go back", run: driving::right },
    Behaviour { name: "mecanum wheels go sideways, each corner its way", run: driving::strafe },
    Behaviour { name: "front wheels are steered as far as they are told", run: driving::steering },
    Behaviour { name: "half the power is its duty too", run: driving::half },
    Behaviour { name: "servos go to the angles that they are told", run: driving::servos },
    Behaviour { name: "a change of both motors takes less than 0.5 ms of the bus", run: driving::economy },
    Behaviour { name: "stop brakes", run: stopping::stop },
    Behaviour { name: "a drive that is not said again ends", run: stopping::lifetime },
    Behaviour { name: "a driver who is gone moves nothing", run: stopping::hang_up },
    Behaviour { name: "an emergency stop holds until it is reset", run: stopping::estop },
    Behaviour { name: "the e-stop button stops the car and holds it", run: stopping::button },
    Behaviour { name: "SIGTERM brakes", run: stopping::terminate },
    Behaviour { name: "kill -9 of the daemon leaves a car at rest", run: stopping::kill },
    Behaviour { name: "halt brings a car to rest, as often as one likes", run: stopping::halt },
    Behaviour { name: "the battery is measured", run: sensing::battery },
    Behaviour { name: "each line sensor sees the floor below it", run: sensing::line },
    Behaviour { name: "the inertial sensor feels what pulls and turns", run: sensing::imu },
    Behaviour { name: "the distance ahead is measured", run: sensing::range },
    Behaviour { name: "encoders count what the wheels turn", run: sensing::encoders },
    Behaviour { name: "a sensor that does not answer stops nothing", run: sensing::lost },
    Behaviour { name: "the camera gives pictures through a V4L2 device", run: seeing::camera },
    Behaviour { name: "a chip that does not answer stops the car until a reset", run: breaking::chip },
    Behaviour { name: "bridges that can sleep coast when their chip is gone", run: breaking::coast },
    Behaviour { name: "halt names a chip that does not answer", run: breaking::halt },
];

/// The first chip on which a motor hangs.
fn chip_of_motors(check: &mut Check<'_>) -> Option<Chip> {
    let board = check.rig.board();
    let of_motors = |index: usize| {
        let pins = board.motors.iter().flat_map(|motor| motor.driver.pins());
        pins.into_iter().any(|pin| matches!(pin, PinRef::Chip { chip, .. } if *chip == index))
    };
    match (0..board.chips.len()).find(|index| of_motors(*index)) {
        Some(index) => Some(board.chips[index].clone()),
        None => {
            check.blind("a chip of the motors", "this board has none");
            None
        }
    }
}
