//! What must be on the pins of a motor for it to do something, by the data sheet of what drives it: TB6612FNG
//! page 4, L298 figure 6, DRV8833 tables 1 and 2. Told once more here, apart from the drivers.

use hal::board::{BridgeSpec, DriverSpec, EscSpec, MotorSpec, PinRef, ServoSpec};

/// What a motor does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Doing {
    /// Turns, with this share of full power; forward positive.
    Turning(f64),
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
    /// High for some of the time and low for some.
    Pulsing,
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
            Self::Pulsing => !near(0.0) && !near(1.0),
            Self::PulseUs(us) => seen.pulse_us.is_some_and(|pulse| (pulse - us).abs() <= seen.pulse_off_us),
            Self::As(_) => other.is_none_or(|other| near(other.duty)),
        }
    }
}

/// What must be on the pins of a motor; `None` where its driver has no such thing.
pub(crate) fn of_motor(motor: &MotorSpec, doing: Doing) -> Option<Vec<(PinRef, Wanted)>> {
    let doing = match doing {
        Doing::Turning(power) if motor.invert => Doing::Turning(-power),
        doing => doing,
    };
    let duty = |power: f64| {
        let plain = motor.trim == 1.0 && motor.deadband == 0.0 && motor.min_duty == 0.0;
        if plain { Wanted::Duty(power.abs()) } else { Wanted::Pulsing }
    };
    match &motor.driver {
        DriverSpec::HBridge(bridge) => Some(of_bridge(bridge, doing, duty)),
        DriverSpec::Esc(esc) => of_esc(esc, doing).map(|pulse| vec![(esc.pwm.clone(), pulse)]),
        _ => None,
    }
}

fn of_bridge(bridge: &BridgeSpec, doing: Doing, duty: impl Fn(f64) -> Wanted) -> Vec<(PinRef, Wanted)> {
    use Wanted::{As, High, Low};
    let turning = match doing {
        Doing::Turning(power) => Some((power > 0.0, duty(power))),
        Doing::Braked => None,
    };
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
            vec![(pin(direction), if forward { Low } else { High }), (pin(pwm), duty)]
        }
        (BridgeSpec::RobotHat { pwm, .. }, None) => vec![(pin(pwm), Low)],
    }
}

/// The pulse of a speed controller; one that is made to turn backward by a sequence shows the last of it.
fn of_esc(esc: &EscSpec, doing: Doing) -> Option<Wanted> {
    let pulse_us = match doing {
        Doing::Braked => esc.neutral_us,
        Doing::Turning(power) if power >= 0.0 => esc.neutral_us + power * (esc.forward_us - esc.neutral_us),
        Doing::Turning(_) if esc.reverse == hal::board::EscReverse::None => return None,
        Doing::Turning(power) => esc.neutral_us - power * (esc.reverse_us - esc.neutral_us),
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
