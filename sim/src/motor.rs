//! A gear motor and its wheel: what turns it and what holds it. What flows is `winding.rs`'s; what its wheel stands on
//! is not known here.
//!
//! J·dω/dt = Kt·i - τc·sgn ω - b·ω, with the figures of the board's `[model]`.

use hal::Board;
use hal::board::{BridgeSpec, DriverSpec, MotorSpec, PinRef};

use crate::battery::Draw;
use crate::bridge::{self, ESC_LOSS, Loss, Output, Terminals};
use crate::chance::Chance;
use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::esc::Esc;
use crate::signal::Signal;
use crate::winding::{Flow, Line, Pulses, Winding};

/// A wheel that stands turns so fast, rad/s, when its friction is at its limit. It is taken for standing: of 65 mm it
/// goes a millimetre an hour.
const HELD_RAD_S: f64 = 1e-5;
/// What holds a wheel that cannot turn, newton metres: more than any motor.
const STALLED_NM: f64 = 1e3;

/// A motor and the wheel on it.
#[derive(Debug)]
pub(crate) struct Motor {
    pub(crate) name: String,
    driver: Driver,
    output: Output,
    pulses: Pulses,
    winding: Winding,
    gears: Gears,
    flow: Flow,
    friction: Friction,
    /// The volts of this step, and what comes of all that.
    volts: f64,
    spin: Spin,
    /// A lead of it is broken.
    pub(crate) open: bool,
    /// It cannot turn.
    pub(crate) stalled: bool,
    speed_rad_s: f64,
    angle_rad: f64,
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

/// What is between the shaft and the floor.
#[derive(Clone, Copy, Debug)]
struct Gears {
    kg_m2: f64,
    friction_nm: f64,
    stiction_nm: f64,
    drag_nm_s: f64,
    /// Where in a step the speed is that its mean torque belongs to, so that a wheel which turns freely follows
    /// its exponential exactly, however long the step is beside its time constant; ½ for a very short one.
    middle: f64,
}

/// What friction does to a wheel.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Friction {
    Holds,
    /// It turns, and this way.
    Slows(f64),
}

/// How a wheel takes to a step: it comes out with `(push - radius · impulse) / inertia`, rad/s, where the
/// impulse is what it gives to the floor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spin {
    /// Newton metre seconds.
    pub(crate) push: f64,
    /// Kilogram square metres, with all that resists more the faster it turns.
    pub(crate) inertia: f64,
}

impl Driver {
    fn new(spec: &DriverSpec) -> (Self, Loss) {
        match spec {
            DriverSpec::HBridge(bridge) => (Self::Bridge(bridge.clone()), bridge::loss(bridge)),
            DriverSpec::Esc(spec) => (Self::Esc { pin: spec.pwm.clone(), esc: Esc::new(spec) }, ESC_LOSS),
            _ => (Self::None, ESC_LOSS),
        }
    }
}

impl Gears {
    fn new(board: &Board, winding: &Winding) -> Self {
        let model = &board.model;
        let slows = winding.nm_per_a * winding.volts_a_rad_s / winding.ohms + model.drag_nm_s;
        let z = slows * STEP_S / model.wheel_kg_m2;
        let middle = if z < 1e-4 { 0.5 + z / 12.0 } else { 1.0 / (1.0 - libm::exp(-z)) - 1.0 / z };
        Self {
            kg_m2: model.wheel_kg_m2,
            friction_nm: model.friction_nm,
            stiction_nm: model.stiction_nm.max(model.friction_nm),
            drag_nm_s: model.drag_nm_s,
            middle,
        }
    }
}

impl Motor {
    /// At rest. `chance` says how it differs from others.
    pub(crate) fn new(board: &Board, spec: &MotorSpec, chance: Chance) -> Self {
        let (driver, loss) = Driver::new(&spec.driver);
        let faster = 1.0 + board.model.motor_spread * (chance.fraction(0) - 0.5);
        let winding = Winding::new(board, spec, loss, faster);
        Self {
            name: spec.name.clone(),
            driver,
            output: Output::COAST,
            pulses: Pulses::default(),
            winding,
            gears: Gears::new(board, &winding),
            flow: Flow::default(),
            friction: Friction::Holds,
            volts: 0.0,
            spin: Spin { push: 0.0, inertia: board.model.wheel_kg_m2 },
            open: false,
            stalled: false,
            speed_rad_s: 0.0,
            angle_rad: 0.0,
        }
    }

    /// What is done to its terminals.
    pub(crate) fn terminals(&self) -> Terminals {
        self.output.terminals
    }

    /// What its bridge makes of the signals that `read` finds; `None` without one.
    pub(crate) fn reads(&self, read: impl Fn(&PinRef) -> Option<Signal>) -> Option<Output> {
        match &self.driver {
            Driver::Bridge(bridge) => Some(bridge::output(bridge, read)),
            Driver::Esc { .. } | Driver::None => None,
        }
    }

    /// Reads its wires.
    pub(crate) fn listen(&mut self, read: impl Fn(&PinRef) -> Option<Signal>) {
        if let Driver::Esc { pin, esc } = &mut self.driver {
            esc.listen(read(pin));
        } else if let Some(output) = self.reads(read).filter(|output| *output != self.output) {
            self.output = output;
            self.pulses = self.winding.pulses(&output);
        }
    }

    /// Begins a step with the battery at about `volts`, and says what it draws.
    pub(crate) fn begin(&mut self, volts: f64) -> Draw {
        if let Driver::Esc { esc, .. } = &mut self.driver {
            self.output = Output::synchronous(esc.step());
        }
        self.friction = match self.speed_rad_s {
            speed if speed != 0.0 && !self.stalled => Friction::Slows(speed.signum()),
            _ => Friction::Holds,
        };
        self.flow = if self.open {
            Flow::default()
        } else {
            self.winding.flow(&self.output, &self.pulses, volts, self.speed_rad_s)
        };
        let Line { amps_a_volt, amps, amps_a_rad_s } = self.flow.battery;
        Draw { amps: amps - amps_a_rad_s * self.speed_rad_s, siemens: amps_a_volt }
    }

    /// Whether it stands and nothing drives it.
    pub(crate) fn is_idle(&self) -> bool {
        self.speed_rad_s == 0.0 && self.flow.winding.amps_a_volt == 0.0 && self.flow.winding.amps == 0.0
    }

    /// Goes on with the step, the battery at `volts`.
    pub(crate) fn ready(&mut self, volts: f64) {
        self.volts = volts;
        self.spin = self.takes();
    }

    /// How its wheel takes to this step.
    pub(crate) fn spin(&self) -> Spin {
        self.spin
    }

    fn takes(&self) -> Spin {
        let Gears { kg_m2, friction_nm, stiction_nm, drag_nm_s, middle } = self.gears;
        let Line { amps_a_volt, amps, amps_a_rad_s } = self.flow.winding;
        let slows = self.winding.nm_per_a * amps_a_rad_s + drag_nm_s;
        let drive_nm = self.winding.nm_per_a * (amps_a_volt * self.volts + amps);
        let push = kg_m2 * self.speed_rad_s + STEP_S * (drive_nm - slows * (1.0 - middle) * self.speed_rad_s);
        let inertia = kg_m2 + STEP_S * slows * middle;
        match self.friction {
            Friction::Slows(way) => Spin { push: push - STEP_S * friction_nm * way, inertia },
            Friction::Holds => {
                let hold_nm = if self.stalled { STALLED_NM } else { stiction_nm };
                Spin { push, inertia: inertia + STEP_S * hold_nm / HELD_RAD_S }
            }
        }
    }

    /// Looks whether its friction did what it can do if it came out of the step at `speed_rad_s`. Says whether it
    /// must be looked at again.
    pub(crate) fn rubs(&mut self, speed_rad_s: f64) -> bool {
        let before = self.friction;
        match self.friction {
            Friction::Slows(way) if speed_rad_s * way < 0.0 => self.friction = Friction::Holds,
            Friction::Holds if speed_rad_s.abs() > HELD_RAD_S && !self.stalled => {
                self.friction = Friction::Slows(speed_rad_s.signum());
            }
            _ => {}
        }
        let changed = self.friction != before;
        if changed {
            self.spin = self.takes();
        }
        changed
    }

    /// Whether friction holds its wheel.
    pub(crate) fn is_held(&self) -> bool {
        self.friction == Friction::Holds
    }

    /// Comes out of the step at this speed.
    pub(crate) fn finish(&mut self, speed_rad_s: f64) {
        let speed_rad_s = if self.is_held() { 0.0 } else { speed_rad_s };
        self.angle_rad += f64::midpoint(self.speed_rad_s, speed_rad_s) * STEP_S;
        self.speed_rad_s = speed_rad_s;
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
