//! A two-motor car on an L298N, driven by hand, pin by pin.

use std::time::Duration;

use hal::platform::{Output, Pwm};
use hal::{Board, Platform};
use sim::{Setup, Sim};

/// Top speed of the `l298n` preset, m/s.
pub(crate) const TOP_MPS: f64 = 0.61;
/// Its track, m.
pub(crate) const TRACK_M: f64 = 0.13;
/// How fast its wheels of 65 mm turn at that speed.
pub(crate) const NO_LOAD_RAD_S: f64 = TOP_MPS / 0.0325;

pub(crate) fn preset(name: &str) -> Sim {
    Sim::new(&Board::preset(name).expect("a preset"))
}

/// A car whose wheels hang in the air.
pub(crate) fn blocks() -> Setup {
    let mut setup = Setup::default();
    setup.world.floor.grip = 0.0;
    setup
}

/// What a side of the car is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    Power(f64),
    Brake,
    Coast,
}

struct Bridge {
    en: Pwm,
    in1: Output,
    in2: Output,
}

impl Bridge {
    fn open(sim: &mut Sim, enable: u32, in1: &str, in2: &str) -> Self {
        Self {
            en: sim.pwm("soft", enable, 1000.0).expect("enable"),
            in1: sim.output(in1).expect("in1"),
            in2: sim.output(in2).expect("in2"),
        }
    }

    fn set(&mut self, side: Side) {
        let (en, in1, in2) = match side {
            Side::Power(power) => (power.abs(), power > 0.0, power < 0.0),
            Side::Brake => (1.0, false, false),
            Side::Coast => (0.0, false, false),
        };
        self.in1.set_state(in1.into()).expect("in1");
        self.in2.set_state(in2.into()).expect("in2");
        self.en.set_duty_cycle((en * 65_535.0).round() as u16).expect("enable");
    }
}

/// The car.
pub(crate) struct Rig {
    pub(crate) sim: Sim,
    left: Bridge,
    right: Bridge,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let mut sim = preset("l298n");
        let left = Bridge::open(&mut sim, 5, "GPIO17", "GPIO27");
        let right = Bridge::open(&mut sim, 6, "GPIO23", "GPIO24");
        Self { sim, left, right }
    }

    pub(crate) fn set(&mut self, left: Side, right: Side) {
        self.left.set(left);
        self.right.set(right);
    }

    pub(crate) fn run_ms(&self, ms: u64) {
        self.sim.step(Duration::from_millis(ms));
    }

    pub(crate) fn speeds(&self) -> [f64; 2] {
        ["left", "right"].map(|motor| self.sim.wheel_speed_rad_s(motor).expect("a motor"))
    }
}
