//! Where the car is by what its wheels did. Pure arithmetic, told the time.
//!
//! What must never live here: what counts a wheel's turns, and what a car was told.

use std::collections::VecDeque;
use std::f64::consts::{PI, TAU};
use std::time::Duration;

use crate::Motion;
use crate::board::{DrivetrainSpec, End, Side};

/// A speed is what the wheels did in this time: long enough for some pulses of a disc with twenty slots, and
/// short enough for a person who watches.
const WINDOW: Duration = Duration::from_millis(100);

/// What the wheels' way is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Counted.
    Encoders,
    /// Guessed: a wheel with power turns as fast as it would in the steady state, at once, and one without
    /// stands. What slips, is pushed or stalls is not noticed.
    Commanded,
}

/// What each wheel did, brought together: metres, or metres a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wheels {
    /// The mean of the left side, forward positive.
    pub left: f64,
    /// The mean of the right side, forward positive.
    pub right: f64,
    /// What the rollers of mecanum wheels make of it sideways, left positive.
    pub sideways: f64,
}

impl Wheels {
    /// From each motor: which wheels it turns, and what they did.
    pub fn of(motors: impl IntoIterator<Item = (Side, Option<End>, f64)>) -> Self {
        let (mut left, mut right, mut sideways) = (Mean::default(), Mean::default(), Mean::default());
        for (side, end, value) in motors {
            if side != Side::Right {
                left.add(value);
            }
            if side != Side::Left {
                right.add(value);
            }
            // Rollers of the front left and the rear right push to the right.
            match (side, end) {
                (Side::Left, Some(End::Front)) | (Side::Right, Some(End::Rear)) => sideways.add(-value),
                (Side::Left, Some(End::Rear)) | (Side::Right, Some(End::Front)) => sideways.add(value),
                (Side::Both, _) | (_, None) => {}
            }
        }
        Self { left: left.get(), right: right.get(), sideways: sideways.get() }
    }

    fn plus(self, other: Self, times: f64) -> Self {
        Self {
            left: self.left + other.left * times,
            right: self.right + other.right * times,
            sideways: self.sideways + other.sideways * times,
        }
    }
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn get(self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

/// The way of the body: metres ahead and leftwards, radians to the left; or each of them a second.
#[derive(Clone, Copy, Debug, Default)]
struct Twist {
    ahead: f64,
    sideways: f64,
    turn: f64,
}

/// Where a car is, from where it was when this was made.
#[derive(Clone, Debug)]
pub struct Odometry {
    drivetrain: DrivetrainSpec,
    motion: Motion,
    /// What all wheels did since the beginning.
    way: Wheels,
    /// The newest last; no more than cover [`WINDOW`].
    recent: VecDeque<(Duration, Wheels)>,
    /// What is commanded, metres a second, and since when.
    commanded: Option<(Duration, Wheels)>,
}

impl Odometry {
    /// From now on counts from here: at rest at the origin, looking along x.
    pub fn restart(&mut self) {
        *self = Self::new(&self.drivetrain);
    }

    /// At rest at the origin, looking along x.
    #[must_use]
    pub fn new(drivetrain: &DrivetrainSpec) -> Self {
        Self {
            drivetrain: drivetrain.clone(),
            motion: Motion::default(),
            way: Wheels::default(),
            recent: VecDeque::new(),
            commanded: None,
        }
    }

    /// Where the car is, and how it moves.
    #[must_use]
    pub fn motion(&self) -> Motion {
        self.motion
    }

    /// The wheels have turned by `turned` metres since the last call, with the front wheels at `steered_rad`,
    /// left positive.
    pub fn measured(&mut self, turned: Wheels, steered_rad: f64, now: Duration) {
        self.commanded = None;
        self.go(turned, steered_rad);
        self.way = self.way.plus(turned, 1.0);
        self.recent.push_back((now, self.way));
        // One sample stays that is as old as the window.
        while self.recent.get(1).is_some_and(|(at, _)| now.saturating_sub(*at) >= WINDOW) {
            self.recent.pop_front();
        }
        let speed = self.recent.front().map_or(Wheels::default(), |(at, way)| {
            let seconds = now.saturating_sub(*at).as_secs_f64();
            if seconds > 0.0 {
                Wheels::default().plus(self.way.plus(*way, -1.0), 1.0 / seconds)
            } else {
                Wheels::default()
            }
        });
        self.moves(speed, steered_rad);
    }

    /// From now on the wheels turn at `speed`, metres a second; until now they turned as was said before.
    pub fn commanded(&mut self, speed: Wheels, steered_rad: f64, now: Duration) {
        self.recent.clear();
        if let Some((since, before)) = self.commanded {
            let seconds = now.saturating_sub(since).as_secs_f64();
            self.go(Wheels::default().plus(before, seconds), steered_rad);
        }
        self.commanded = Some((now, speed));
        self.moves(speed, steered_rad);
    }

    /// Along the chord of its arc: exact while the wheels keep their speeds.
    fn go(&mut self, turned: Wheels, steered_rad: f64) {
        let Twist { ahead, sideways, turn } = self.twist(turned, steered_rad);
        let half = turn / 2.0;
        let (ahead, sideways) = (ahead * sinc(half), sideways * sinc(half));
        let (sin, cos) = libm::sincos(self.motion.heading_rad + half);
        self.motion.x_m += ahead * cos - sideways * sin;
        self.motion.y_m += ahead * sin + sideways * cos;
        self.motion.heading_rad = wrap(self.motion.heading_rad + turn);
    }

    fn moves(&mut self, speed: Wheels, steered_rad: f64) {
        let Twist { ahead, sideways, turn } = self.twist(speed, steered_rad);
        self.motion.linear_mps = ahead;
        self.motion.lateral_mps = sideways;
        self.motion.angular_rad_s = turn;
    }

    fn twist(&self, Wheels { left, right, sideways }: Wheels, steered_rad: f64) -> Twist {
        let ahead = f64::midpoint(left, right);
        match self.drivetrain {
            DrivetrainSpec::Differential { track_m, .. } => {
                Twist { ahead, sideways: 0.0, turn: (right - left) / track_m }
            }
            DrivetrainSpec::Ackermann { wheelbase_m, .. } => {
                Twist { ahead, sideways: 0.0, turn: ahead * libm::tan(steered_rad) / wheelbase_m }
            }
            DrivetrainSpec::Mecanum { wheelbase_m, track_m, .. } => {
                Twist { ahead, sideways, turn: (right - left) / (wheelbase_m + track_m) }
            }
        }
    }
}

/// The ratio of a chord to its arc, for half of the arc's angle.
fn sinc(half: f64) -> f64 {
    // Near 0 the quotient loses digits that the first two terms of its series keep.
    if half.abs() < 1e-4 { 1.0 - half * half / 6.0 } else { libm::sin(half) / half }
}

/// The same angle, -π to π.
fn wrap(angle: f64) -> f64 {
    if (-PI..=PI).contains(&angle) { angle } else { angle - TAU * ((angle + PI) / TAU).floor() }
}

#[cfg(test)]
#[path = "odometry_tests.rs"]
mod tests;
