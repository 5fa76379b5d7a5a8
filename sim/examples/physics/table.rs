//! The physics beside their closed forms, with figures typed here and not taken from the simulator. The car is the preset
//! `demo`: 1 kg on two TT motors (5 Ω and 0.5 Ω of its bridge; 0.057 N·m/A at 20.9 rad/s) with two lithium cells. Other
//! bridges are in `bridges.rs`, beside an integral where there is no closed form that is not the simulator's own.
//!
//! What must never live here: a figure that was read off a run.

use std::f64::consts::TAU;
use std::time::Duration;

use hal::board::{Board, Level};
use hal::{Car, Drive, Motion, Platform, Target};
use sim::world::{Point, Wall};
use sim::{Fault, Setup, Sim};

#[path = "bridges.rs"]
mod bridges;
#[path = "integral.rs"]
pub(crate) mod integral;

/// So far may a run be off, as a share.
pub(crate) const BOUND: f64 = 0.01;

/// One of them.
#[derive(Debug)]
#[allow(dead_code, reason = "whoever does not print it all shows it when it is off")]
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) expected: f64,
    pub(crate) got: f64,
}

impl Row {
    /// As a share of what it should be.
    pub(crate) fn off(&self) -> f64 {
        ((self.got - self.expected) / self.expected).abs()
    }
}

const GRAVITY: f64 = 9.806_65;
const WHEEL_M: f64 = 0.0325;
const TOP_RAD_S: f64 = 0.68 / WHEEL_M;
/// Of motor and bridge.
const OHMS: f64 = 5.5;
const BATTERY_OHMS: f64 = 0.2;
const IDLE_A: f64 = 0.5;
const FULL_V: f64 = 8.4;

/// The motor, geared for the top speed.
struct Motor {
    /// Kt and Ke.
    nm_per_a: f64,
    volts_a_rad_s: f64,
    friction_nm: f64,
    stiction_nm: f64,
    drag_nm_s: f64,
    wheel_kg_m2: f64,
}

impl Motor {
    fn new() -> Self {
        let geared = 20.9 / TOP_RAD_S;
        let (nm_per_a, friction_nm, drag_nm_s) = (0.057 * geared, 0.008 * geared, 1e-4 * geared * geared);
        let amps = (friction_nm + drag_nm_s * TOP_RAD_S) / nm_per_a;
        let volts_a_rad_s = (FULL_V - BATTERY_OHMS * (IDLE_A + 2.0 * amps) - OHMS * amps) / TOP_RAD_S;
        Self {
            nm_per_a,
            volts_a_rad_s,
            friction_nm,
            stiction_nm: 0.018 * geared,
            drag_nm_s,
            wheel_kg_m2: 2e-5,
        }
    }

    /// At full power, where so many motors share the battery, with so much to carry: 1/s.
    fn rate(&self, motors: f64, kg_m2: f64) -> f64 {
        let ohms = OHMS + motors * BATTERY_OHMS;
        (self.nm_per_a * self.volts_a_rad_s / ohms + self.drag_nm_s) / (self.wheel_kg_m2 + kg_m2)
    }

    /// The speeds that two end up at whose bridge shorts them between pulses of these duties.
    fn ends(&self, duties: [f64; 2]) -> [f64; 2] {
        let mut speeds = [0.0; 2];
        for _ in 0..20 {
            let amps = speeds.map(|speed: f64| (self.friction_nm + self.drag_nm_s * speed) / self.nm_per_a);
            let volts = FULL_V - BATTERY_OHMS * (IDLE_A + duties[0] * amps[0] + duties[1] * amps[1]);
            speeds = [0, 1].map(|side| (duties[side] * volts - OHMS * amps[side]) / self.volts_a_rad_s);
        }
        speeds
    }

    /// From a speed to standstill, where it is slowed by so much for each rad/s and carries so much: radians.
    fn runs_out(&self, slows: f64, kg_m2: f64) -> f64 {
        let inertia = self.wheel_kg_m2 + kg_m2;
        let still = self.friction_nm / slows;
        inertia / slows * (TOP_RAD_S - still * (TOP_RAD_S / still).ln_1p())
    }
}

/// What a wheel of two carries of 1 kg.
const HALF_KG_M2: f64 = 0.5 * WHEEL_M * WHEEL_M;

/// A car and its world.
struct Run {
    sim: Sim,
    car: Car,
}

impl Run {
    fn new(board: &Board, setup: &Setup) -> Self {
        let sim = Sim::of(board, setup);
        let car = Car::assemble(board, &mut sim.clone()).expect("a whole car");
        Self { sim, car }
    }

    fn demo() -> Self {
        Self::new(&preset("demo"), &Setup::default())
    }

    fn told(mut self, drive: Drive, seconds: f64) -> Self {
        let end = self.sim.now() + Duration::from_secs_f64(seconds);
        while self.sim.now() < end {
            let now = self.sim.now();
            self.car.apply(&Target { drive, ..Target::default() }, now).expect("it obeys");
            self.sim.step((end - now).min(Duration::from_millis(10)));
        }
        self
    }

    fn power(self, throttle: f64, steer: f64, seconds: f64) -> Self {
        self.told(Drive::Power { throttle, steer, strafe: 0.0 }, seconds)
    }

    fn motion(&self) -> Motion {
        self.sim.motion().expect("a chassis")
    }

    fn wheel(&self, motor: &str) -> f64 {
        self.sim.wheel_speed_rad_s(motor).expect("a motor")
    }
}

fn preset(name: &str) -> Board {
    Board::preset(name).expect("a preset")
}

/// With the wheels in the air, or with a floor that holds whatever pushes.
fn on(grip: f64) -> Setup {
    let mut setup = Setup::default();
    setup.world.floor.grip = grip;
    setup
}

/// All rows.
pub(crate) fn all() -> Vec<Row> {
    [motors(), bridges::all(), stops(), battery(), turns(), limits()].into_iter().flatten().collect()
}

/// A motor at full power, and the least that turns it.
fn motors() -> Vec<Row> {
    let motor = Motor::new();
    let (free, loaded) = (motor.rate(2.0, 0.0), motor.rate(2.0, HALF_KG_M2));
    let after = |rate: f64, t: f64| TOP_RAD_S * (1.0 - (-rate * t).exp());
    let way = |t: f64| 0.68 * (t - (1.0 - (-loaded * t).exp()) / loaded);
    let mut rows: Vec<Row> = [0.005, 0.01, 0.02]
        .map(|t| Row {
            what: "a wheel in the air after some ms of full power",
            unit: "rad/s",
            expected: after(free, t),
            got: Run::new(&preset("demo"), &on(0.0)).power(1.0, 0.0, t).wheel("left"),
        })
        .into();
    for t in [0.05, 0.1, 0.2, 0.5] {
        let run = Run::demo().power(1.0, 0.0, t);
        rows.push(Row {
            what: "a wheel of the car after 50 ms to 0.5 s of full power",
            unit: "rad/s",
            expected: after(loaded, t),
            got: run.wheel("left"),
        });
        rows.push(Row {
            what: "the car's way until then",
            unit: "m",
            expected: way(t),
            got: run.motion().x_m,
        });
    }
    let back = Run::demo().power(-1.0, 0.0, 2.0).motion().linear_mps;
    rows.push(Row { what: "full power backward", unit: "m/s", expected: -0.68, got: back });
    rows.push(least(&motor));
    rows
}

/// The least duty that moves the car, found by halves.
fn least(motor: &Motor) -> Row {
    let (mut stands, mut moves) = (0.0, 1.0);
    for _ in 0..14 {
        let duty = f64::midpoint(stands, moves);
        let moved = Run::demo().power(duty, 0.0, 0.5).motion().x_m > 0.0;
        if moved { moves = duty } else { stands = duty }
    }
    let amps = motor.stiction_nm / motor.nm_per_a;
    // What is drawn is small beside the half ampere, but it is drawn.
    let volts = FULL_V - BATTERY_OHMS * (IDLE_A + 2.0 * 0.2 * amps);
    Row {
        what: "the least duty that moves the car",
        unit: "of all",
        expected: amps * OHMS / volts,
        got: moves,
    }
}

/// Brake and coast.
fn stops() -> Vec<Row> {
    let motor = Motor::new();
    let short = motor.nm_per_a * motor.volts_a_rad_s / OHMS + motor.drag_nm_s;
    let out = |drive: Option<Drive>| {
        let mut run = Run::demo().power(1.0, 0.0, 3.0);
        let from = run.motion().x_m;
        match drive {
            Some(drive) => run = run.told(drive, 5.0),
            // The bridge's standby line lets go of both motors.
            None => {
                drop(run.car);
                let mut standby = run.sim.output_at("GPIO22", Level::Low).expect("its line");
                standby.set_low().expect("low");
                run.sim.step(Duration::from_secs(5));
                return run.sim.motion().expect("a chassis").x_m - from;
            }
        }
        run.motion().x_m - from
    };
    let row = |what, slows: f64, got| Row {
        what,
        unit: "m",
        expected: WHEEL_M * motor.runs_out(slows, HALF_KG_M2),
        got,
    };
    vec![
        row("the way of a brake from full speed", short, out(Some(Drive::Brake))),
        row("the way of a car that coasts from full speed", motor.drag_nm_s, out(None)),
    ]
}

/// Stall, sag and discharge.
fn battery() -> Vec<Row> {
    let run = Run::demo();
    for motor in ["left", "right"] {
        run.sim.fault(Fault::MotorStalled(motor.into()));
    }
    let stalled = run.power(1.0, 0.0, 0.1).sim.truth().battery;
    let volts = (FULL_V - BATTERY_OHMS * IDLE_A) / (1.0 + 2.0 * BATTERY_OHMS / OHMS);
    let run = Run::demo();
    run.sim.step(Duration::from_secs(3600));
    let later = run.sim.truth().battery;
    vec![
        Row {
            what: "two stalled motors and the computer at full power",
            unit: "A",
            expected: IDLE_A + 2.0 * volts / OHMS,
            got: stalled.amps,
        },
        Row { what: "the battery's terminals meanwhile", unit: "V", expected: volts, got: stalled.volts },
        Row { what: "what an idle hour leaves in 2 Ah", unit: "of all", expected: 0.75, got: later.charge },
        // Half-way from 0.75 to 0.82 of the way from 6.4 to 8.4 V, less what half an ampere drops.
        Row {
            what: "the battery's terminals then",
            unit: "V",
            expected: 6.4 + 2.0 * 0.785 - 0.1,
            got: later.volts,
        },
    ]
}

/// Arcs: how far round a car has come, and on which radius.
fn turns() -> Vec<Row> {
    let radius = |motion: Motion| motion.linear_mps / motion.angular_rad_s;
    let differential = Run::demo().power(0.7, 0.3, 4.0);
    let [left, right] = Motor::new().ends([0.4, 1.0]);
    let arc = 0.13 / 2.0 * (left + right) / (right - left);
    let from = differential.motion();
    let to = {
        differential.sim.step(Duration::from_millis(500));
        differential.motion()
    };
    let turned = (right - left) * WHEEL_M / 0.13 * 0.5;
    let chord = (to.x_m - from.x_m).hypot(to.y_m - from.y_m);
    let spot = Run::demo().power(0.0, 1.0, 3.0).motion().angular_rad_s;
    let steered = Run::new(&preset("picar-x"), &Setup::default()).power(0.6, 1.0, 4.0);
    let mecanum = Run::new(&preset("freenove-4wd-mecanum"), &Setup::default());
    let aside = mecanum.told(Drive::Power { throttle: 0.0, steer: 0.0, strafe: 1.0 }, 3.0).motion();
    vec![
        Row { what: "a bend of two sides, radius", unit: "m", expected: arc, got: radius(to) },
        Row {
            what: "its chord in half a second",
            unit: "m",
            expected: (2.0 * arc * (turned / 2.0).sin()).abs(),
            got: chord,
        },
        Row { what: "turning on the spot", unit: "rad/s", expected: 2.0 * 0.68 / 0.13, got: spot },
        Row {
            what: "a bend of front wheels, radius",
            unit: "m",
            // Its lock is 30°.
            expected: 0.087 / 30_f64.to_radians().tan(),
            got: radius(steered.motion()),
        },
        Row { what: "mecanum wheels sideways", unit: "m/s", expected: 0.63, got: aside.lateral_mps },
    ]
}

/// What slips, turns or stops as far as it can.
fn limits() -> Vec<Row> {
    let armed = Run::new(&preset("donkeycar"), &on(0.3)).told(Drive::Brake, 3.0);
    // Its ESC takes a step to see the pulse.
    let slips = armed.power(1.0, 0.0, 0.3).motion();
    let mut walled = Setup::default();
    let points = vec![Point { x: 0.5, y: -9.0 }, Point { x: 0.5, y: 9.0 }];
    let colour = walled.world.sky;
    walled.world.walls = vec![Wall { points, closed: false, height_m: 0.4, colour }];
    let stopped = Run::new(&preset("demo"), &walled).power(1.0, 0.0, 3.0).motion().x_m;
    let mut head = Run::demo();
    head.car.apply(&Target { pan_deg: 80.0, ..Target::default() }, Duration::ZERO).expect("it obeys");
    head.sim.step(Duration::from_millis(100));
    let rev = Run::demo().power(1.0, 0.0, 3.0);
    let before = rev.sim.wheel_angle_rad("left").expect("a motor");
    let rounds = rev.power(1.0, 0.0, 1.0).sim.wheel_angle_rad("left").expect("a motor") - before;
    vec![
        Row {
            what: "wheels that spin: 0.3 s on a floor with a grip of 0.3",
            unit: "m/s",
            expected: 0.3 * GRAVITY * 0.3,
            got: slips.linear_mps,
        },
        // Half of the track and half a wheel from the wall.
        Row { what: "a wall stops the car at", unit: "m", expected: 0.5 - 0.0975, got: stopped },
        Row {
            what: "a servo in a tenth of a second",
            unit: "degrees",
            expected: 60.0,
            got: head.sim.servo_deg("pan").expect("a servo"),
        },
        Row {
            what: "turns of a wheel in a second at full power",
            unit: "turns",
            expected: TOP_RAD_S / TAU,
            got: rounds / TAU,
        },
    ]
}
