//! What a command asks of the wheels, and for how long: the contract's table, and the geometry of the
//! board.

use std::time::Duration;

use hal::Board;
use hal::board::{DrivetrainSpec, Side};
use protocol::{Command, Move, Trial, Ttl};

/// `drive` and `velocity` that say nothing else.
const TTL: Duration = Duration::from_millis(500);

/// A word where there is no link.
const WORD_TTL: Duration = Duration::from_secs(1);

/// The power of a word.
const CRUISE: f64 = 0.6;

/// Less power than this is too near to none to say which way a wheel must turn.
const CLEAR: f64 = 0.05;

/// Power of each side, forward positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wheels {
    pub(crate) left: f64,
    pub(crate) right: f64,
}

impl Wheels {
    pub(crate) const REST: Self = Self { left: 0.0, right: 0.0 };

    /// Whether wheels that do this do what was `asked`: each the same way, where it clearly must turn.
    pub(super) fn follow(self, asked: Self) -> bool {
        let follows = |is: f64, asked: f64| asked.abs() < CLEAR || is * asked > 0.0;
        follows(self.left, asked.left) && follows(self.right, asked.right)
    }
}

/// A motion that may be in force.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    pub(super) session: u64,
    pub(super) wheels: Wheels,
    /// Since when just this was asked again and again.
    pub(super) since: Duration,
    /// `None`: as long as the link.
    pub(super) until: Option<Duration>,
    /// It must have been accepted.
    pub(super) certain: bool,
}

impl Motion {
    /// Whether its time is not over.
    pub(super) fn is_good(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// How long a command lives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Life {
    Until(Duration),
    Link,
}

/// What commands mean on one board.
#[derive(Debug)]
pub(super) struct Meaning {
    top_speed: f64,
    turns: Turns,
    /// The name and the side of each motor; one a side is all that is known of here.
    motors: Vec<(String, Side)>,
}

/// How a car turns.
#[derive(Clone, Copy, Debug)]
enum Turns {
    /// By its sides: what a wheel's way is for a turn of one radian, metres.
    BySides { arm: f64 },
    /// By its front wheels: each side goes where the throttle says.
    ByFrontWheels,
}

impl Meaning {
    pub(super) fn new(board: &Board) -> Self {
        let turns = match board.drivetrain {
            DrivetrainSpec::Differential { track_m, .. } => Turns::BySides { arm: track_m / 2.0 },
            DrivetrainSpec::Mecanum { track_m, wheelbase_m, .. } => {
                Turns::BySides { arm: (track_m + wheelbase_m) / 2.0 }
            }
            DrivetrainSpec::Ackermann { .. } => Turns::ByFrontWheels,
            ref other => panic!("the oracle does not know {other:?}"),
        };
        let motors = board.motors.iter().map(|motor| (motor.name.clone(), motor.side)).collect();
        Self { top_speed: board.drivetrain.top_speed_mps(), turns, motors }
    }

    /// What a command asks; `None` where it is no motion.
    pub(super) fn of(&self, command: &Command, linked: bool) -> Option<(Wheels, Life)> {
        let life = || Life::Until(ttl(command));
        match command {
            Command::Drive { throttle, steer, .. } => Some((self.mixed(throttle.get(), steer.get()), life())),
            Command::Velocity { linear, angular, .. } => {
                let arm = if let Turns::BySides { arm } = self.turns { arm } else { 0.0 };
                let turn = angular.rad_s() * arm;
                Some((self.mixed(linear.m_s() / self.top_speed, turn / self.top_speed), life()))
            }
            Command::Test { trial: Trial::Motor { name, power }, .. } => {
                let (_, side) = self.motors.iter().find(|(motor, _)| motor == name)?;
                let on = |its| if *side == its { power.get() } else { 0.0 };
                Some((Wheels { left: on(Side::Left), right: on(Side::Right) }, life()))
            }
            Command::Move(word) => {
                let (ahead, turn) = match self.turns {
                    Turns::BySides { .. } => (0.0, CRUISE),
                    Turns::ByFrontWheels => (CRUISE, 1.0),
                };
                let (throttle, steer) = match word {
                    Move::Forward => (CRUISE, 0.0),
                    Move::Backward => (-CRUISE, 0.0),
                    Move::Left => (ahead, turn),
                    Move::Right => (ahead, -turn),
                };
                Some((self.mixed(throttle, steer), if linked { Life::Link } else { Life::Until(WORD_TTL) }))
            }
            _ => None,
        }
    }

    /// Left is positive: to turn left, the right wheels go ahead. Too much is less of the same.
    fn mixed(&self, throttle: f64, steer: f64) -> Wheels {
        let (left, right) = match self.turns {
            Turns::BySides { .. } => (throttle - steer, throttle + steer),
            Turns::ByFrontWheels => (throttle, throttle),
        };
        let most = left.abs().max(right.abs()).max(1.0);
        Wheels { left: left / most, right: right / most }
    }
}

/// How long a command that says so itself is good after it was sent.
pub(super) fn ttl(command: &Command) -> Duration {
    match command {
        Command::Drive { ttl, .. } | Command::Velocity { ttl, .. } | Command::Test { ttl, .. } => {
            ttl.map_or(TTL, Ttl::get)
        }
        _ => TTL,
    }
}

/// When a command says that it was sent.
pub(super) fn sent(command: &Command) -> Option<Duration> {
    match command {
        Command::Drive { t: Some(t), .. }
        | Command::Velocity { t: Some(t), .. }
        | Command::Test { t: Some(t), .. } => Some(Duration::from_secs_f64(t.seconds())),
        _ => None,
    }
}
