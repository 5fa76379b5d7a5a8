//! What bridges and speed controllers make of pulses, beside the integral of a cycle and the equations of a motor that has
//! come to its speed. The figures are typed here: of the TT gear motor and its battery as `table.rs` has them, of the
//! bridges from their data sheets, and which duties a preset makes of a power from its file.
//!
//! What must never live here: a figure that was read off a run.

use hal::board::Board;
use sim::{Fault, Setup};

use super::integral::{Means, Pulsed};
use super::{BATTERY_OHMS, FULL_V, IDLE_A, Row, Run, on, preset};

const MOTOR_OHMS: f64 = 5.0;
const HENRIES: f64 = 1e-3;
const WHEEL_M: f64 = 0.0325;

/// A preset on TT gear motors whose bridge lets go of them between pulses.
struct Bridged {
    preset: &'static str,
    motors: f64,
    /// Of the bridge, with its junctions.
    ohms: f64,
    drop_v: f64,
    hz: f64,
    top_mps: f64,
    /// The least duty of its file, and its deadband.
    least: [f64; 2],
}

/// L298: 1.35 and 1.2 V at 1 A, 2.0 and 1.7 V at 2 A (ST L298, VCEsat).
const L298N: Bridged = Bridged {
    preset: "l298n",
    motors: 2.0,
    ohms: 1.15,
    drop_v: 1.4,
    hz: 1000.0,
    top_mps: 0.61,
    least: [0.0, 0.0],
};
/// As a TB6612FNG (0.5 V at 1 A), which is an estimate.
const ROBOT_HAT: Bridged = Bridged {
    preset: "picar-x",
    motors: 2.0,
    ohms: 0.5,
    drop_v: 0.0,
    hz: 100.0,
    top_mps: 0.68,
    least: [0.5, 0.02],
};
/// DRV8833: 360 mΩ (TI SLVSAR1E, section 1).
const DRV8833: Bridged = Bridged {
    preset: "drv8833",
    motors: 2.0,
    ohms: 0.36,
    drop_v: 0.0,
    hz: 1000.0,
    top_mps: 0.68,
    least: [0.0, 0.0],
};

impl Bridged {
    fn geared(&self) -> f64 {
        20.9 / (self.top_mps / WHEEL_M)
    }

    fn ohms(&self) -> f64 {
        MOTOR_OHMS + self.ohms
    }

    /// What a wheel needs against friction at a speed, amperes.
    fn needs(&self, rad_s: f64) -> f64 {
        (0.008 + 1e-4 * self.geared() * rad_s) / 0.057
    }

    /// At the terminals of the battery, where each motor draws so much.
    fn volts(&self, each: f64) -> f64 {
        FULL_V - BATTERY_OHMS * (IDLE_A + self.motors * each)
    }

    /// Ke: of a motor that needs all the rest at the top speed.
    fn volts_a_rad_s(&self) -> f64 {
        let top = self.top_mps / WHEEL_M;
        let amps = self.needs(top);
        (self.volts(amps) - self.drop_v - self.ohms() * amps) / top
    }

    fn duty(&self, power: f64) -> f64 {
        let [least, deadband] = self.least;
        least + (power - deadband) / (1.0 - deadband) * (1.0 - least)
    }

    /// What flows at a speed, with the battery as it is then, and its volts.
    fn means(&self, duty: f64, rad_s: f64) -> (Means, f64) {
        let (ohms, drop_v, henries) = (self.ohms(), self.drop_v, HENRIES);
        let mut volts = self.volts(0.0);
        let mut means = Means::default();
        for _ in 0..8 {
            let pulsed =
                Pulsed { volts, drop_v, ohms, henries, duty, period_s: 1.0 / self.hz, shorts: false };
            means = pulsed.means(self.volts_a_rad_s() * rad_s);
            volts = self.volts(means.battery);
        }
        (means, volts)
    }

    /// The speed that the motors come to.
    fn speed_mps(&self, power: f64) -> f64 {
        let too_slow = |rad_s: f64| self.means(self.duty(power), rad_s).0.motor > self.needs(rad_s);
        halves(0.0, self.top_mps / WHEEL_M, too_slow) * WHEEL_M
    }

    fn board(&self) -> Board {
        preset(self.preset)
    }

    fn run(&self) -> Run {
        Run::new(&self.board(), &Setup::default())
    }

    /// What both motors and the computer draw while nothing turns.
    fn stalled(&self, what: &'static str, power: f64) -> Row {
        let run = self.run();
        for motor in self.board().motors {
            run.sim.fault(Fault::MotorStalled(motor.name));
        }
        let (means, _) = self.means(self.duty(power), 0.0);
        Row {
            what,
            unit: "A",
            expected: IDLE_A + self.motors * means.battery,
            got: run.power(power, 0.0, 0.2).sim.truth().battery.amps,
        }
    }

    fn speed(&self, what: &'static str, power: f64) -> Row {
        let got = self.run().power(power, 0.0, 8.0).motion().linear_mps;
        Row { what, unit: "m/s", expected: self.speed_mps(power), got }
    }

    /// The least duty that moves the car.
    fn moves(&self, what: &'static str) -> Row {
        let stands = |duty: f64| self.means(duty, 0.0).0.motor < 0.018 / 0.057;
        let stood = |power: f64| self.run().power(power, 0.0, 0.5).motion().x_m == 0.0;
        Row { what, unit: "of all", expected: halves(0.0, 1.0, stands), got: halves(0.0, 1.0, stood) }
    }
}

/// Where something that is so from `low` on is no longer so.
fn halves(mut low: f64, mut high: f64, is: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..14 {
        let middle = f64::midpoint(low, high);
        if is(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// All rows.
pub(super) fn all() -> Vec<Row> {
    [pulsed(), controller(), spread()].into_iter().flatten().collect()
}

fn pulsed() -> Vec<Row> {
    let mut rows = Vec::new();
    for power in [0.1, 0.3, 0.5, 0.8] {
        rows.push(L298N.stalled("stalled behind an L298N at duties 0.1 to 0.8", power));
    }
    for power in [0.45, 0.6, 0.8, 1.0] {
        rows.push(L298N.speed("a car on an L298N at duties 0.45 to 1", power));
    }
    rows.push(L298N.moves("the least duty that moves it"));
    for power in [0.05, 0.4] {
        rows.push(ROBOT_HAT.stalled("stalled behind a Robot HAT at powers 0.05 and 0.4", power));
    }
    rows.push(ROBOT_HAT.speed("a car on a Robot HAT at power 0.3", 0.3));
    for power in [0.1, 0.4] {
        rows.push(DRV8833.stalled("stalled behind a DRV8833 at duties 0.1 and 0.4", power));
    }
    rows.push(DRV8833.speed("a car on a DRV8833 at duty 0.5", 0.5));
    rows.push(DRV8833.moves("the least duty that moves it"));
    rows
}

/// An ESC shorts its motor between pulses: 0.15 Ω and 0.01 Ω of its own, on a battery of 0.03 Ω.
fn controller() -> Vec<Row> {
    const TOP_MPS: f64 = 6.0;
    let top = TOP_MPS / 0.0315;
    // Seven tenths of 8 V become motion.
    let amps = 0.04 / (0.7 * 8.0 / top);
    let back_v = |duty: f64| duty * (FULL_V - 0.03 * (IDLE_A + duty * amps)) - 0.16 * amps;
    [0.3, 0.6]
        .map(|power| {
            let armed = Run::new(&preset("donkeycar"), &Setup::default()).told(hal::Drive::Brake, 3.0);
            Row {
                what: "a car on an ESC at powers 0.3 and 0.6",
                unit: "m/s",
                expected: TOP_MPS * back_v(power) / back_v(1.0),
                got: armed.power(power, 0.0, 4.0).motion().linear_mps,
            }
        })
        .into()
}

/// Motors that differ by up to a fifth: the fastest and the slowest of two hundred.
fn spread() -> Vec<Row> {
    const SPREAD: f64 = 0.2;
    let mut board = preset("demo");
    board.model.motor_spread = SPREAD;
    let speeds: Vec<f64> = (0..100)
        .flat_map(|seed| {
            let run = Run::new(&board, &Setup { seed, ..on(0.0) }).power(1.0, 0.0, 0.2);
            ["left", "right"].map(|motor| run.wheel(motor))
        })
        .collect();
    // A TB6612FNG's 0.5 Ω, and no junctions. Faster is weaker by as much.
    let plain = Bridged { preset: "demo", ..ROBOT_HAT };
    let (nm_per_a, friction_nm, drag_nm_s) =
        (0.057 * plain.geared(), 0.008 * plain.geared(), 1e-4 * plain.geared() * plain.geared());
    let volts = plain.volts(plain.needs(plain.top_mps / WHEEL_M));
    let free = |faster: f64| {
        let (kt, ke) = (nm_per_a / faster, plain.volts_a_rad_s() / faster);
        (volts - plain.ohms() * friction_nm / kt) / (ke + plain.ohms() * drag_nm_s / kt)
    };
    let row = |what, faster, got| Row { what, unit: "rad/s", expected: free(faster), got };
    vec![
        row(
            "the fastest of 200 motors that differ by a fifth",
            1.0 + SPREAD / 2.0,
            speeds.iter().copied().fold(0.0, f64::max),
        ),
        row("the slowest of them", 1.0 - SPREAD / 2.0, speeds.iter().copied().fold(f64::INFINITY, f64::min)),
    ]
}
