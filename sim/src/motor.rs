//! A gear motor and its wheel, as a system of the first order. The numbers are those of the yellow
//! "TT" motor, 1:48; where it is going and what it is fastened to is not known here.

use hal::board::{BridgeSpec, DriverSpec, End, MotorSpec, PinRef, Side};

use crate::bridge::{self, Terminals};
use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::esc::Esc;
use crate::signal::Signal;

/// How fast the speed follows the voltage, and dies down when the terminals are shorted, seconds:
/// about 0.10 for a car of 1 kg on four motors (estimated from R 5 Ω, Ke 0.248 V·s/rad,
/// Kt 0.057 N·m/A at the output).
const DRIVEN_S: f64 = 0.10;
/// The same with open terminals, when friction alone slows it: 0.5 s (estimated).
const OPEN_S: f64 = 0.5;
/// Below this speed friction holds the wheel, rad/s: a tenth of a millimetre an hour.
const STANDSTILL_RAD_S: f64 = 1e-6;

/// A motor and the wheel on it.
#[derive(Debug)]
pub(crate) struct Motor {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) end: Option<End>,
    driver: Driver,
    pub(crate) terminals: Terminals,
    /// A lead of it is broken.
    pub(crate) open: bool,
    /// It cannot turn.
    pub(crate) stalled: bool,
    /// Rad/s at full power, negative of a motor with its leads swapped.
    no_load_rad_s: f64,
    speed_rad_s: f64,
    angle_rad: f64,
    driven: Lag,
    rolling: Lag,
}

/// What drives a motor.
#[derive(Debug)]
enum Driver {
    Bridge(BridgeSpec),
    Esc {
        pin: PinRef,
        esc: Esc,
    },
    /// Nothing that is known here.
    None,
}

impl Driver {
    fn new(spec: &DriverSpec) -> Self {
        match spec {
            DriverSpec::HBridge(bridge) => Self::Bridge(bridge.clone()),
            DriverSpec::Esc(spec) => Self::Esc { pin: spec.pwm.clone(), esc: Esc::new(spec) },
            _ => Self::None,
        }
    }
}

impl Motor {
    /// At rest. `no_load_rad_s` is its speed at full power.
    pub(crate) fn new(spec: &MotorSpec, no_load_rad_s: f64) -> Self {
        Self {
            name: spec.name.clone(),
            side: spec.side,
            end: spec.end,
            driver: Driver::new(&spec.driver),
            terminals: Terminals::Coast,
            open: false,
            stalled: false,
            no_load_rad_s: if spec.invert { -no_load_rad_s } else { no_load_rad_s },
            speed_rad_s: 0.0,
            angle_rad: 0.0,
            driven: Lag::new(DRIVEN_S),
            rolling: Lag::new(OPEN_S),
        }
    }

    /// What its bridge makes of the signals that `read` finds; `None` without one.
    pub(crate) fn reads(&self, read: impl Fn(&PinRef) -> Option<Signal>) -> Option<Terminals> {
        match &self.driver {
            Driver::Bridge(bridge) => Some(bridge::output(bridge, read)),
            Driver::Esc { .. } | Driver::None => None,
        }
    }

    /// Reads its wires.
    pub(crate) fn listen(&mut self, read: impl Fn(&PinRef) -> Option<Signal>) {
        if let Driver::Esc { pin, esc } = &mut self.driver {
            esc.listen(read(pin));
        } else if let Some(terminals) = self.reads(read) {
            self.terminals = terminals;
        }
    }

    /// Runs for one step and says how far the wheel turned, in radians.
    pub(crate) fn step(&mut self) -> f64 {
        if let Driver::Esc { esc, .. } = &mut self.driver {
            self.terminals = esc.step();
        }
        if self.stalled {
            self.speed_rad_s = 0.0;
            return 0.0;
        }
        let (lag, drive) = match self.terminals {
            _ if self.open => (&self.rolling, 0.0),
            Terminals::Drive(drive) => (&self.driven, drive),
            Terminals::Brake => (&self.driven, 0.0),
            Terminals::Coast => (&self.rolling, 0.0),
        };
        let (speed, turned) = lag.follow(self.speed_rad_s, drive * self.no_load_rad_s);
        let held = drive == 0.0 && speed.abs() < STANDSTILL_RAD_S;
        self.speed_rad_s = if held { 0.0 } else { speed };
        self.angle_rad += turned;
        turned
    }

    /// Somebody takes it in hand: it stands.
    pub(crate) fn rest(&mut self) {
        self.speed_rad_s = 0.0;
    }

    /// Forward positive.
    pub(crate) fn speed_rad_s(&self) -> f64 {
        self.speed_rad_s
    }

    /// How far the wheel has turned since the start, forward positive.
    pub(crate) fn angle_rad(&self) -> f64 {
        self.angle_rad
    }

    /// Takes its motion into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.number(self.speed_rad_s);
        into.number(self.angle_rad);
        if let Driver::Esc { esc, .. } = &self.driver {
            esc.digest(into);
        }
    }
}

/// A lag of the first order, solved exactly for one step.
#[derive(Debug)]
struct Lag {
    time_constant_s: f64,
    /// What is left of a difference after one step.
    left: f64,
}

impl Lag {
    fn new(time_constant_s: f64) -> Self {
        Self { time_constant_s, left: libm::exp(-STEP_S / time_constant_s) }
    }

    /// The value after one step towards `target`, and its integral over the step.
    fn follow(&self, value: f64, target: f64) -> (f64, f64) {
        let difference = value - target;
        let integral = target * STEP_S + difference * self.time_constant_s * (1.0 - self.left);
        (target + difference * self.left, integral)
    }
}

#[cfg(test)]
mod tests {
    use hal::board::{BridgeSpec, PinRef};

    use super::*;

    fn motor() -> Motor {
        let pin = |line: &str| PinRef::Gpio { line: line.into() };
        let bridge = BridgeSpec::Drv8833 { in1: pin("1"), in2: pin("2"), frequency_hz: 20e3 };
        let spec = MotorSpec {
            name: "m".into(),
            side: Side::Left,
            end: None,
            driver: DriverSpec::HBridge(bridge),
            invert: false,
            trim: 1.0,
            deadband: 0.0,
            min_duty: 0.0,
            encoder: None,
        };
        Motor::new(&spec, 20.9)
    }

    fn run(motor: &mut Motor, steps: u32) {
        for _ in 0..steps {
            motor.step();
        }
    }

    #[test]
    fn the_step_response_is_the_closed_form() {
        let mut motor = motor();
        motor.terminals = Terminals::Drive(0.6);
        for step in 1..=1000 {
            motor.step();
            let t = f64::from(step) * 1e-3;
            let speed = 0.6 * 20.9 * (1.0 - (-t / 0.1).exp());
            let angle = 0.6 * 20.9 * (t - 0.1 * (1.0 - (-t / 0.1).exp()));
            assert!((motor.speed_rad_s() - speed).abs() < 1e-9, "speed after {t} s");
            assert!((motor.angle_rad() - angle).abs() < 1e-9, "angle after {t} s");
        }
    }

    #[test]
    fn a_short_stops_it_sooner_than_letting_go_and_in_the_end_it_stands() {
        let mut speeds = [Terminals::Brake, Terminals::Coast].map(|terminals| {
            let mut motor = motor();
            motor.terminals = Terminals::Drive(1.0);
            run(&mut motor, 1000);
            motor.terminals = terminals;
            run(&mut motor, 100);
            let early = motor.speed_rad_s();
            run(&mut motor, 20_000);
            assert_eq!(motor.speed_rad_s(), 0.0);
            early
        });
        assert!(speeds[0] < 0.5 * speeds[1], "{speeds:?}");
        speeds.sort_by(f64::total_cmp);
        assert!((speeds[0] - 20.9 / std::f64::consts::E).abs() < 0.01);
    }
}
