//! What must be on the pins of a motor for it to do something, by the data sheet of what drives it: TB6612FNG
//! page 4, L298 figure 6, DRV8833 tables 1 and 2, SunFounder's robot_hat/motor.py. Told once more here, apart from the
//! drivers.

use std::time::Duration;

use hal::board::{BridgeSpec, DriverSpec, EscReverse, EscSpec, MotorSpec, PinRef, ServoSpec};

/// What a motor does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Doing {
    /// Turns, with this share of full power; forward positive.
    Turning(f64),
    /// The same with this bare duty, past the calibration of the board file.
    Alone(f64),
    /// Its leads are shorted; where its driver cannot do that, they get nothing.
    Braked,
}

/// What shall be on a pin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    Low,
    High,
    /// High for this share of the time.
    Duty(f64),
    /// Pulses of this many microseconds.
    PulseUs(f64),
    /// The same as on this one.
    As(PinRef),
}

/// What is on a pin, as far as it can be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// The share of the time that it is high.
    pub(crate) duty: f64,
    /// How far `duty` may be off.
    pub(crate) duty_off: f64,
    /// The length of its pulses, microseconds, where it pulses and that can be measured.
    pub(crate) pulse_us: Option<f64>,
    /// How far `pulse_us` may be off.
    pub(crate) pulse_off_us: f64,
}

impl Wanted {
    /// Whether it is there. `other` is what is seen on the pin of [`Wanted::As`].
    pub(crate) fn fits(&self, seen: &Seen, other: Option<&Seen>) -> bool {
        let near = |duty: f64| (seen.duty - duty).abs() <= seen.duty_off;
        match self {
            Self::Low => near(0.0),
            Self::High => near(1.0),
            Self::Duty(duty) => near(*duty),
            Self::PulseUs(us) => seen.pulse_us.is_some_and(|pulse| (pulse - us).abs() <= seen.pulse_off_us),
            Self::As(_) => other.is_none_or(|other| near(other.duty)),
        }
    }
}

/// What must be on the pins of a motor; `None` where its driver has no such thing.
pub(crate) fn of_motor(motor: &MotorSpec, doing: Doing) -> Option<Vec<(PinRef, Wanted)>> {
    let duty = duty(motor, doing);
    match &motor.driver {
        DriverSpec::HBridge(bridge) => Some(of_bridge(bridge, duty)),
        DriverSpec::Esc(esc) => of_esc(esc, duty).map(|pulse| vec![(esc.pwm.clone(), pulse)]),
        _ => None,
    }
}

/// The duty at its leads, forward positive; `None` brakes. What trim, deadband and least duty make of a power is told
/// in docs/board-file.md.
fn duty(motor: &MotorSpec, doing: Doing) -> Option<f64> {
    let duty = match doing {
        Doing::Braked => return None,
        Doing::Alone(duty) => duty,
        Doing::Turning(power) if power.abs() < motor.deadband || power == 0.0 => return None,
        Doing::Turning(power) => {
            let share = (power.abs() - motor.deadband) / (1.0 - motor.deadband);
            (motor.min_duty + share * motor.trim * (1.0 - motor.min_duty)).copysign(power)
        }
    };
    Some(if motor.invert { -duty } else { duty })
}

/// A controller that brakes first does so with the pulse that afterwards turns its motor backward, for 200 ms.
const AFTER_BRAKE: Duration = Duration::from_millis(300);

/// For how long the pins must be as wanted before it is that what the motor does.
pub(crate) fn holds(motor: &MotorSpec, doing: Doing) -> Duration {
    match &motor.driver {
        DriverSpec::Esc(esc) if esc.reverse == EscReverse::BrakeFirst => {
            duty(motor, doing).filter(|duty| *duty < 0.0).map_or(Duration::ZERO, |_| AFTER_BRAKE)
        }
        _ => Duration::ZERO,
    }
}

/// How long it may take to begin.
pub(crate) fn begins_within(motor: &MotorSpec) -> Duration {
    match &motor.driver {
        // Armed, then brake and neutral.
        DriverSpec::Esc(esc) => Duration::from_secs_f64(esc.arm_ms / 1e3) + Duration::from_secs(1),
        _ => Duration::ZERO,
    }
}

fn of_bridge(bridge: &BridgeSpec, duty: Option<f64>) -> Vec<(PinRef, Wanted)> {
    use Wanted::{As, High, Low};
    let turning = duty.map(|duty| (duty > 0.0, Wanted::Duty(duty.abs())));
    let pin = PinRef::clone;
    match (bridge, turning) {
        (BridgeSpec::L298n { en, in1, in2, .. }, Some((forward, duty))) => {
            let (on, off) = if forward { (in1, in2) } else { (in2, in1) };
            vec![(pin(on), High), (pin(off), Low), (pin(en), duty)]
        }
        (BridgeSpec::L298n { en, in1, in2, .. }, None) => vec![(pin(in1), As(pin(in2))), (pin(en), High)],
        (BridgeSpec::Tb6612 { pwm, in1, in2, standby, .. }, Some((forward, duty))) => {
            let (on, off) = if forward { (in1, in2) } else { (in2, in1) };
            let mut wanted = vec![(pin(on), High), (pin(off), Low), (pin(pwm), duty)];
            wanted.extend(standby.iter().map(|standby| (pin(standby), High)));
            wanted
        }
        (BridgeSpec::Tb6612 { in1, in2, standby, .. }, None) => {
            let mut wanted = vec![(pin(in1), High), (pin(in2), High)];
            wanted.extend(standby.iter().map(|standby| (pin(standby), High)));
            wanted
        }
        (BridgeSpec::Drv8833 { in1, in2, .. }, Some((forward, duty))) => {
            let (on, off) = if forward { (in1, in2) } else { (in2, in1) };
            vec![(pin(on), duty), (pin(off), Low)]
        }
        (BridgeSpec::Drv8833 { in1, in2, .. }, None) => vec![(pin(in1), High), (pin(in2), High)],
        (BridgeSpec::RobotHat { pwm, direction, .. }, Some((forward, duty))) => {
            vec![(pin(direction), if forward { High } else { Low }), (pin(pwm), duty)]
        }
        (BridgeSpec::RobotHat { pwm, .. }, None) => vec![(pin(pwm), Low)],
    }
}

/// The pulse of a speed controller; one that is made to turn backward by a sequence shows the last of it.
fn of_esc(esc: &EscSpec, duty: Option<f64>) -> Option<Wanted> {
    let pulse_us = match duty {
        None => esc.neutral_us,
        Some(duty) if duty >= 0.0 => esc.neutral_us + duty * (esc.forward_us - esc.neutral_us),
        Some(_) if esc.reverse == EscReverse::None => return None,
        Some(duty) => esc.neutral_us - duty * (esc.reverse_us - esc.neutral_us),
    };
    Some(Wanted::PulseUs(pulse_us))
}

/// The pulse of a servo at an angle.
pub(crate) fn of_servo(servo: &ServoSpec, degrees: f64) -> Vec<(PinRef, Wanted)> {
    let share = (degrees - servo.min_deg) / (servo.max_deg - servo.min_deg);
    let share = if servo.invert { 1.0 - share } else { share };
    let pulse_us = servo.min_us + share * (servo.max_us - servo.min_us);
    vec![(servo.pwm.clone(), Wanted::PulseUs(pulse_us))]
}
