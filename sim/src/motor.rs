//! A gear motor and its wheel: what flows through its winding, and what turns it and holds it. What its wheel
//! stands on is not known here.
//!
//! i = (V·duty - Ke·ω)/R and J·dω/dt = Kt·i - τc·sgn ω - b·ω, with the figures of the board's `[model]`.

use hal::Board;
use hal::board::{BridgeSpec, DriverSpec, MotorSpec, PinRef};

use crate::battery::{Battery, Draw};
use crate::bridge::{self, ESC_LOSS, Loss, Output, Terminals};
use crate::chance::Chance;
use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::esc::Esc;
use crate::signal::Signal;

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
    /// What share of its steady value the current has on the mean of a pulse.
    reached: f64,
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

/// What is between the battery and the shaft.
#[derive(Clone, Copy, Debug)]
struct Winding {
    /// Of winding and bridge.
    ohms: f64,
    drop_v: f64,
    /// How fast a current comes and goes, seconds.
    electrical_s: f64,
    /// Ke
    volts_a_rad_s: f64,
    /// Kt
    nm_per_a: f64,
    /// -1 of a motor with its leads swapped.
    sign: f64,
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

/// The current of one step: `amps_a_volt · V + amps - amps_a_rad_s · ω`, of which a share is drawn from the battery.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Flow {
    amps_a_volt: f64,
    amps: f64,
    amps_a_rad_s: f64,
    drawn: f64,
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

/// What the board's top speed makes of a wheel.
fn top_rad_s(board: &Board) -> f64 {
    board.drivetrain.top_speed_mps() / board.drivetrain.wheel_diameter_m() * 2.0
}

impl Winding {
    /// Turns its wheel at the board's top speed at full power, where the battery is full and all motors do the same.
    /// `faster` is by which factor it turns faster than others.
    fn new(board: &Board, spec: &MotorSpec, loss: Loss, faster: f64) -> Self {
        let top_rad_s = top_rad_s(board);
        let model = &board.model;
        let ohms = model.motor_ohms + loss.ohms;
        let held_nm = model.friction_nm + model.drag_nm_s * top_rad_s;
        let (volts, sags) = (Battery::full_volts(board, 0.0), model.battery_ohms * board.motors.len() as f64);
        let needs = held_nm * (ohms + sags);
        let left = volts - loss.volts;
        let mut nm_per_a = model.motor_nm_per_a;
        // A motor that is too weak for its friction gets a tenth of its volts for turning, and does not get there.
        let mut volts_a_rad_s = (left - needs / nm_per_a).max(0.1 * left) / top_rad_s;
        if nm_per_a > volts_a_rad_s {
            // Without losses Kt is Ke: Ke²·ω - left·Ke + needs = 0.
            let root = libm::sqrt((left * left - 4.0 * top_rad_s * needs).max(0.0));
            volts_a_rad_s = (left + root) / (2.0 * top_rad_s);
            nm_per_a = volts_a_rad_s;
        }
        let electrical_s = model.motor_mh * 1e-3 / ohms;
        let sign = if spec.invert { -1.0 } else { 1.0 };
        // A weaker magnet is both a faster motor and a weaker one.
        let (volts_a_rad_s, nm_per_a) = (volts_a_rad_s / faster, nm_per_a / faster);
        Self { ohms, drop_v: loss.volts, electrical_s, volts_a_rad_s, nm_per_a, sign }
    }

    /// What flows for what is done to its terminals, near these volts of the battery and at this speed.
    fn flow(&self, output: &Output, reached: f64, volts: f64, speed_rad_s: f64) -> Flow {
        let (siemens, back_v) = (1.0 / self.ohms, self.volts_a_rad_s * speed_rad_s);
        let conducts = output.driven + output.shorted;
        match output.terminals {
            Terminals::Coast => Flow::default(),
            Terminals::Brake if back_v.abs() <= self.drop_v && self.drop_v > 0.0 => Flow::default(),
            Terminals::Brake => {
                let siemens = siemens * output.shorted;
                let amps = self.drop_v.copysign(back_v) * siemens;
                Flow { amps, amps_a_rad_s: self.volts_a_rad_s * siemens, ..Flow::default() }
            }
            // Between pulses the current goes on through the short.
            Terminals::Drive(share) if output.shorted > 0.0 || conducts > 1.0 - 1e-9 => Flow {
                amps_a_volt: self.sign * share * siemens,
                amps: -self.sign * share * self.drop_v * siemens,
                amps_a_rad_s: self.volts_a_rad_s * siemens * conducts,
                drawn: self.sign * share,
            },
            Terminals::Drive(share) => self.pulsed(share, reached, volts, back_v),
        }
    }

    /// Between pulses the bridge lets go, and the battery takes the current down. Either it is gone before the next
    /// pulse, and each begins anew; or it is not, and the battery is turned round for the rest of the cycle.
    fn pulsed(&self, share: f64, reached: f64, volts: f64, back_v: f64) -> Flow {
        let (siemens, way, on) = (1.0 / self.ohms, share.signum() * self.sign, share.abs());
        let anew = on * reached * siemens;
        let steady = 2.0 * on - 1.0;
        let of = |volts_share: f64, drop_share: f64, siemens: f64, drawn: f64| Flow {
            amps_a_volt: way * volts_share,
            amps: -way * self.drop_v * drop_share,
            amps_a_rad_s: self.volts_a_rad_s * siemens,
            drawn: way * drawn,
        };
        let flows = [of(anew, anew, anew, 1.0), of(steady * siemens, siemens, siemens, steady)];
        let amps = flows.map(|flow| {
            way * (flow.amps_a_volt * volts + flow.amps - flow.amps_a_rad_s / self.volts_a_rad_s * back_v)
        });
        // A diode lets nothing through the other way.
        match amps {
            [one, other] if one <= 0.0 && other <= 0.0 => Flow::default(),
            [one, other] => flows[usize::from(other > one)],
        }
    }

    /// What share of its steady value a current has on the mean of a pulse that begins without any.
    fn reached(&self, pulse_s: f64) -> f64 {
        let long = pulse_s / self.electrical_s;
        // The first term of the series, where the difference would lose all digits.
        if long < 1e-6 { long / 2.0 } else { 1.0 - (1.0 - libm::exp(-long)) / long }
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
            reached: 1.0,
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
        } else if let Some(output) = self.reads(read) {
            self.output = output;
            self.reached = self.winding.reached(output.driven * output.period_s);
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
            self.winding.flow(&self.output, self.reached, volts, self.speed_rad_s)
        };
        let Flow { amps_a_volt, amps, amps_a_rad_s, drawn } = self.flow;
        Draw { amps: drawn * (amps - amps_a_rad_s * self.speed_rad_s), siemens: drawn * amps_a_volt }
    }

    /// Whether it stands and nothing drives it.
    pub(crate) fn is_idle(&self) -> bool {
        self.speed_rad_s == 0.0 && self.flow.amps_a_volt == 0.0 && self.flow.amps == 0.0
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
        let Flow { amps_a_volt, amps, amps_a_rad_s, .. } = self.flow;
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
