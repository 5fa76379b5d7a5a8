//! From what the driver wants to what wheels and steering do, and back. Pure arithmetic.
//!
//! What must never live here: motors, servos and their wires.

use crate::Board;
use crate::board::{DrivetrainSpec, End, ServoRole, ServoSpec, Side};

/// The furthest that front wheels are taken to turn, degrees.
pub(crate) const WIDEST_LOCK_DEG: f64 = 60.0;

/// Power for each side, -1 to 1, and sideways.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WheelPower {
    /// Left side, forward positive.
    pub left: f64,
    /// Right side, forward positive.
    pub right: f64,
    /// Sideways, left positive; none but on mecanum wheels.
    pub strafe: f64,
}

/// What sums of shares are off by at most.
const ROUNDING: f64 = 1e-12;

impl WheelPower {
    /// The power of a motor by the wheels that it turns: that of its side, or the mean of both; on mecanum
    /// wheels less or more of what goes sideways, by the corner. The rollers of such wheels touch the
    /// ground like the sides of a diamond under the car, so those of the front left and rear right push it to
    /// the right as they turn forward.
    #[must_use]
    pub fn of(&self, side: Side, end: Option<End>) -> f64 {
        let strafe = match (side, end) {
            (Side::Both, _) | (_, None) => 0.0,
            (Side::Left, Some(End::Front)) | (Side::Right, Some(End::Rear)) => -self.strafe,
            (Side::Left, Some(End::Rear)) | (Side::Right, Some(End::Front)) => self.strafe,
        };
        let along = match side {
            Side::Left => self.left,
            Side::Right => self.right,
            Side::Both => f64::midpoint(self.left, self.right),
        };
        let power = strafe + along;
        // Of shares that were scaled down to full power the sum may be a last bit more.
        if (1.0..1.0 + ROUNDING).contains(&power.abs()) { power.signum() } else { power }
    }
}

/// What a car cannot do of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// It is not that fast.
    Speed,
    /// It does not turn that tightly.
    Turn,
}

/// The powers for a velocity, -1 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// Forward positive.
    pub throttle: f64,
    /// Left positive.
    pub steer: f64,
    /// What was asked and is not done.
    pub beyond: Option<Beyond>,
}

/// The geometry of a car.
#[derive(Clone, Debug, PartialEq)]
pub struct Drivetrain {
    kind: Kind,
    top_speed_mps: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Steered by its sides, on whatever wheels.
    Sides {
        /// What a wheel's way is for a turn of one radian, metres: half of the track, on mecanum wheels and
        /// half of the wheelbase (w = (vx ∓ vy ∓ (lx + ly)·ω)/r).
        arm_m: f64,
        strafes: bool,
    },
    Steered(Steering),
}

/// Front wheels that turn.
#[derive(Clone, Debug, PartialEq)]
struct Steering {
    wheelbase_m: f64,
    /// Between the centre line and the wheels that are driven; none where one motor turns both.
    offset_m: f64,
    center_deg: f64,
    left_lock_deg: f64,
    right_lock_deg: f64,
}

impl Steering {
    fn new(wheelbase_m: f64, track_m: f64, board: &Board) -> Self {
        let servo = board.servos.iter().find(|servo| servo.role == ServoRole::Steering);
        let lock = |deg: f64| deg.clamp(0.0, WIDEST_LOCK_DEG);
        let (left, right) = (
            |servo: &ServoSpec| lock(servo.max_deg - servo.center_deg),
            |servo: &ServoSpec| lock(servo.center_deg - servo.min_deg),
        );
        let sided = board.motors.iter().any(|motor| motor.side != Side::Both);
        Self {
            wheelbase_m,
            offset_m: if sided { track_m / 2.0 } else { 0.0 },
            center_deg: servo.map_or(0.0, |servo| servo.center_deg),
            left_lock_deg: servo.map_or(0.0, left),
            right_lock_deg: servo.map_or(0.0, right),
        }
    }

    /// How far the front wheels turn for `steer`, degrees, left positive.
    fn angle_deg(&self, steer: f64) -> f64 {
        steer.clamp(-1.0, 1.0) * if steer < 0.0 { self.right_lock_deg } else { self.left_lock_deg }
    }

    /// The tangent of that.
    fn tan(&self, steer: f64) -> f64 {
        libm::tan(self.angle_deg(steer).to_radians())
    }

    /// How much slower the left wheels turn than the middle of the axle, and how much faster the right ones,
    /// as a share: the electronic differential.
    fn difference(&self, steer: f64) -> f64 {
        self.offset_m / self.wheelbase_m * self.tan(steer)
    }

    /// The steer for a curve: tan δ = L·ω/v.
    fn demand(&self, linear_mps: f64, angular_rad_s: f64, top_speed_mps: f64) -> Demand {
        if angular_rad_s == 0.0 {
            return fastest(linear_mps / top_speed_mps, 0.0, 0.0);
        }
        if linear_mps == 0.0 {
            // On the spot it cannot; its wheels show where it would go.
            return Demand { throttle: 0.0, steer: angular_rad_s.signum(), beyond: Some(Beyond::Turn) };
        }
        let deg = libm::atan(self.wheelbase_m * angular_rad_s / linear_mps).to_degrees();
        let lock = if deg < 0.0 { self.right_lock_deg } else { self.left_lock_deg };
        // A lock of none steers nothing, and a share of it is none.
        let steer = if lock > 0.0 { deg / lock } else { f64::INFINITY.copysign(deg) };
        let demand = fastest(linear_mps / top_speed_mps, steer.clamp(-1.0, 1.0), self.difference(steer));
        // Rounding alone is no limit.
        let beyond = if steer.abs() > 1.0 + 1e-9 { Some(Beyond::Turn) } else { demand.beyond };
        Demand { beyond, ..demand }
    }
}

/// The same curve, as fast as the outer wheels are: those turn faster than the middle by `difference`.
fn fastest(throttle: f64, steer: f64, difference: f64) -> Demand {
    let over = throttle.abs() * (1.0 + difference.abs());
    if over > 1.0 {
        return Demand { throttle: throttle / over, steer, beyond: Some(Beyond::Speed) };
    }
    Demand { throttle, steer, beyond: None }
}

impl Drivetrain {
    /// From a board's description.
    #[must_use]
    pub fn new(board: &Board) -> Self {
        let kind = match board.drivetrain {
            DrivetrainSpec::Differential { track_m, .. } => {
                Kind::Sides { arm_m: track_m / 2.0, strafes: false }
            }
            DrivetrainSpec::Mecanum { track_m, wheelbase_m, .. } => {
                Kind::Sides { arm_m: f64::midpoint(track_m, wheelbase_m), strafes: true }
            }
            DrivetrainSpec::Ackermann { track_m, wheelbase_m, .. } => {
                Kind::Steered(Steering::new(wheelbase_m, track_m, board))
            }
        };
        Self { kind, top_speed_mps: board.drivetrain.top_speed_mps() }
    }

    /// Whether it goes sideways too.
    #[must_use]
    pub fn strafes(&self) -> bool {
        matches!(self.kind, Kind::Sides { strafes: true, .. })
    }

    /// Whether it turns without going anywhere: by its sides, and not by front wheels.
    #[must_use]
    pub fn turns_on_the_spot(&self) -> bool {
        matches!(self.kind, Kind::Sides { .. })
    }

    /// Power of the wheels for `throttle`, `steer` and `strafe` (-1 to 1, left positive). What would need
    /// more than full power is scaled down as a whole, so that the way stays the one that was asked. On a car
    /// with front wheels that turn, `steer` is theirs, and no power by itself.
    #[must_use]
    pub fn mix(&self, throttle: f64, steer: f64, strafe: f64) -> WheelPower {
        let (left, right, strafe) = match &self.kind {
            Kind::Sides { strafes, .. } => {
                (throttle - steer, throttle + steer, if *strafes { strafe } else { 0.0 })
            }
            Kind::Steered(steering) => {
                let difference = steering.difference(steer);
                (throttle * (1.0 - difference), throttle * (1.0 + difference), 0.0)
            }
        };
        let over = (left.abs().max(right.abs()) + strafe.abs()).max(1.0);
        WheelPower { left: left / over, right: right / over, strafe: strafe / over }
    }

    /// Where the steering servo stands for `steer`, degrees; `None` of a car without one.
    #[must_use]
    pub fn steering_deg(&self, steer: f64) -> Option<f64> {
        match &self.kind {
            Kind::Sides { .. } => None,
            Kind::Steered(steering) => Some(steering.center_deg + steering.angle_deg(steer)),
        }
    }

    /// The powers that give `linear_mps` and `angular_rad_s`, in the steady state. More than the car has is
    /// less of it, on the same curve; a curve that is too tight is the tightest.
    #[must_use]
    pub fn power_for(&self, linear_mps: f64, angular_rad_s: f64) -> Demand {
        match &self.kind {
            Kind::Sides { arm_m, .. } => {
                let throttle = linear_mps / self.top_speed_mps;
                let steer = angular_rad_s * arm_m / self.top_speed_mps;
                let over = throttle.abs() + steer.abs();
                if over > 1.0 {
                    let beyond = Some(Beyond::Speed);
                    return Demand { throttle: throttle / over, steer: steer / over, beyond };
                }
                Demand { throttle, steer, beyond: None }
            }
            Kind::Steered(steering) => steering.demand(linear_mps, angular_rad_s, self.top_speed_mps),
        }
    }

    /// Metres a second at full power, straight ahead.
    #[must_use]
    pub fn top_speed_mps(&self) -> f64 {
        self.top_speed_mps
    }

    /// Radians a second at full power: on the spot, or in the tightest curve to the left.
    #[must_use]
    pub fn top_turn_rad_s(&self) -> f64 {
        match &self.kind {
            Kind::Sides { arm_m, .. } => self.top_speed_mps / arm_m,
            Kind::Steered(steering) => {
                let fastest = self.top_speed_mps / (1.0 + steering.difference(1.0).abs());
                fastest * steering.tan(1.0) / steering.wheelbase_m
            }
        }
    }
}

#[cfg(test)]
#[path = "drivetrain_tests.rs"]
mod tests;
