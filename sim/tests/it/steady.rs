//! How fast wheels end up turning, worked out apart from the simulator: from the board's `[model]`, what data sheets say
//! of its bridges, and the equations of a motor in the steady state. What pulses make of a winding is integrated in fine
//! steps.
//!
//! What must never live here: the simulator's own closed forms.

use hal::Board;
use hal::board::{BridgeSpec, DriverSpec};

use crate::physics::table::integral::{Means, Pulsed};

/// What an idle computer draws, amperes.
const IDLE_A: f64 = 0.5;

/// A car that has been driving for as long as it wants to, on a full battery.
pub(crate) struct Steady {
    /// Of the motors, the bridge and its junctions.
    ohms: f64,
    drop_v: f64,
    /// Whether the bridge lets go between two pulses, and for how long a cycle lasts, seconds.
    lets_go_s: Option<f64>,
    full_v: f64,
    board: Board,
}

impl Steady {
    /// All motors are taken for the first.
    pub(crate) fn of(board: &Board) -> Self {
        let (ohms, drop_v, lets_go) = match &board.motors[0].driver {
            // ST L298: 2.55 V at 1 A and 3.7 at 2.
            DriverSpec::HBridge(BridgeSpec::L298n { .. }) => (1.15, 1.4, true),
            DriverSpec::HBridge(BridgeSpec::Tb6612 { .. }) => (0.5, 0.0, false),
            DriverSpec::HBridge(BridgeSpec::Drv8833 { .. }) => (0.36, 0.0, true),
            DriverSpec::HBridge(BridgeSpec::RobotHat { .. }) => (0.5, 0.0, true),
            _ => (0.01, 0.0, false),
        };
        Self {
            ohms: board.model.motor_ohms + ohms,
            drop_v,
            lets_go_s: lets_go.then(|| 1.0 / board.motors[0].driver.frequency_hz()),
            full_v: board.battery.as_ref().map_or(8.4, |battery| battery.full_v),
            board: board.clone(),
        }
    }

    /// Of a wheel at the board's top speed.
    fn top_rad_s(&self) -> f64 {
        self.board.drivetrain.top_speed_mps() / self.board.drivetrain.wheel_diameter_m() * 2.0
    }

    /// What a motor needs against friction at a share of the top speed.
    fn amps(&self, share: f64) -> f64 {
        let model = &self.board.model;
        (model.friction_nm + model.drag_nm_s * share.abs() * self.top_rad_s()) / model.motor_nm_per_a
    }

    /// At the terminals of the battery.
    fn volts(&self, drawn: f64) -> f64 {
        self.full_v - self.board.model.battery_ohms * (IDLE_A + drawn)
    }

    /// What flows at this speed.
    fn means(&self, volts: f64, duty: f64, back_v: f64) -> Means {
        let Some(period_s) = self.lets_go_s.filter(|_| duty < 1.0) else {
            let motor = (duty * volts - self.drop_v - back_v) / self.ohms;
            return Means { motor, battery: duty * motor };
        };
        let (drop_v, ohms, henries) = (self.drop_v, self.ohms, self.board.model.motor_mh * 1e-3);
        Pulsed { volts, drop_v, ohms, henries, duty, period_s, shorts: false }.means(back_v)
    }

    /// The volts that a motor gives back when it has come to rest at a speed, and what the battery gives it.
    fn back_v(&self, volts: f64, duty: f64, amps: f64) -> (f64, f64) {
        if self.lets_go_s.is_none() || duty >= 1.0 {
            return (duty * volts - self.drop_v - self.ohms * amps, duty * amps);
        }
        let (mut slow, mut fast) = (0.0, volts);
        for _ in 0..24 {
            let middle = f64::midpoint(slow, fast);
            if self.means(volts, duty, middle).motor > amps { slow = middle } else { fast = middle }
        }
        (slow, self.means(volts, duty, slow).battery)
    }

    /// What a motor at full power gives back at the top speed.
    fn top_v(&self) -> f64 {
        let full = self.amps(1.0);
        self.back_v(self.volts(self.board.motors.len() as f64 * full), 1.0, full).0
    }

    /// With these duties of the motors, what shares of the top speed their wheels end up at.
    pub(crate) fn shares(&self, duties: &[f64]) -> Vec<f64> {
        let top_v = self.top_v();
        let mut shares: Vec<f64> = duties.to_vec();
        // What they need depends on how fast they are, a little.
        let mut drawn = 0.0;
        for _ in 0..6 {
            let volts = self.volts(drawn);
            drawn = 0.0;
            for (share, duty) in shares.iter_mut().zip(duties) {
                let (back_v, amps) = self.back_v(volts, duty.abs(), self.amps(*share));
                *share = (back_v / top_v).max(0.0).copysign(*duty);
                drawn += amps;
            }
        }
        shares
    }

    /// The same of motors that all have this duty.
    pub(crate) fn share(&self, duty: f64) -> f64 {
        self.shares(&vec![duty; self.board.motors.len()])[0]
    }

    /// Of motors whose wheels the floor holds to speeds of these proportions: the share of the top speed of one whose
    /// part is 1. What some are too fast for, others are too slow for.
    pub(crate) fn rolling(&self, duties: &[f64], parts: &[f64]) -> f64 {
        let top_v = self.top_v();
        let too_much = |share: f64| {
            let volts = self.volts(0.0);
            let each = duties.iter().zip(parts).map(|(duty, part)| {
                part * (self.means(volts, *duty, share * part * top_v).motor - self.amps(share * part))
            });
            each.sum::<f64>()
        };
        let (mut slow, mut fast) = (0.0, 1.5);
        for _ in 0..30 {
            let middle = f64::midpoint(slow, fast);
            if too_much(middle) > 0.0 { slow = middle } else { fast = middle }
        }
        slow
    }

    /// The least duty that keeps a car at next to no speed, where its bridge shorts the motor between pulses: what
    /// `carctl calibrate` finds for `min_duty`.
    pub(crate) fn least_duty(&self) -> f64 {
        assert!(self.lets_go_s.is_none(), "it is not in proportion then");
        self.ohms * self.amps(0.0) / self.volts(self.board.motors.len() as f64 * 0.3 * self.amps(0.0))
    }
}

/// The board as people calibrate it: power is in proportion to speed.
pub(crate) fn calibrated(board: &Board) -> Board {
    let least = Steady::of(board).least_duty();
    let mut board = board.clone();
    board.motors.iter_mut().for_each(|motor| (motor.min_duty, motor.deadband) = (least, 0.0));
    board
}
