//! The one clock of a running daemon: monotonic, from its start. Everything that decides is told
//! the time; only the shells around it read this.
//!
//! What lives here: the daemon's time, which is virtual where the car is, and the wall's, by which links and
//! sessions keep their deadlines. What must never live here: who is waited for before time moves on.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How fast the time of a simulated car runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as the wall's, 1 to 100. A machine that cannot keep up runs slower.
    Times(f64),
    /// As fast as machine and driver allow, and not at all while nobody looks.
    Max,
    /// By `sim.step` alone.
    Step,
}

impl Speed {
    /// As the wall's.
    pub const REAL: Self = Self::Times(1.0);

    /// The fastest that [`Times`](Self::Times) can be.
    pub const FASTEST: f64 = 100.0;

    /// Whether it is the wall's time.
    #[must_use]
    pub fn is_real(self) -> bool {
        self == Self::REAL
    }

    /// Whether time has no pace of its own: it moves from turn to turn.
    #[must_use]
    pub fn goes_by_turns(self) -> bool {
        matches!(self, Self::Max | Self::Step)
    }
}

/// That something is no speed, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be a number from 1 to 100, or max, or step")]
pub struct NoSpeed;

impl FromStr for Speed {
    type Err = NoSpeed;

    fn from_str(text: &str) -> Result<Self, NoSpeed> {
        match (text, text.parse::<f64>()) {
            ("max", _) => Ok(Self::Max),
            ("step", _) => Ok(Self::Step),
            (_, Ok(times)) if (1.0..=Self::FASTEST).contains(&times) => Ok(Self::Times(times)),
            _ => Err(NoSpeed),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "{times}"),
            Self::Max => f.write_str("max"),
            Self::Step => f.write_str("step"),
        }
    }
}

/// Monotonic time since the daemon started; clones are one clock. The wall's part of it follows tokio's
/// paused time inside a test's runtime.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    start: Instant,
    flow: Arc<Flow>,
}

/// How time passes.
#[derive(Debug)]
enum Flow {
    /// As the wall's, and ahead of it by so many nanoseconds.
    Real { ahead: AtomicU64 },
    /// So many times as fast as the wall's, no more than a leap past the last turn.
    Times { times: f64, leap: Duration, course: Mutex<Course> },
    /// From turn to turn. Whoever waits is told of a turn only where somebody waits for it.
    Turns { now: AtomicU64, told: watch::Sender<Duration> },
}

/// Where time was at the last turn, and where the wall's.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    at: Duration,
    wall: Duration,
}

/// The most that time moves between two turns, in their periods: where the machine was held up, what there is
/// to decide must not come all at once.
const LEAP: u32 = 5;

impl Clock {
    /// Starts at zero now, for a control loop that turns every `period`.
    pub(crate) fn start(speed: Speed, period: Duration) -> Self {
        let flow = match speed {
            Speed::Max | Speed::Step => {
                Flow::Turns { now: AtomicU64::new(0), told: watch::Sender::new(Duration::ZERO) }
            }
            speed if speed.is_real() => Flow::Real { ahead: AtomicU64::new(0) },
            Speed::Times(times) => Flow::Times { times, leap: period * LEAP, course: Mutex::default() },
        };
        Self { start: Instant::now(), flow: Arc::new(flow) }
    }

    /// Time since the start.
    pub(crate) fn now(&self) -> Duration {
        match &*self.flow {
            Flow::Real { ahead } => self.wall() + Duration::from_nanos(ahead.load(Ordering::Relaxed)),
            Flow::Times { times, leap, course } => lock(course).now(self.wall(), *times, *leap),
            Flow::Turns { now, .. } => Duration::from_nanos(now.load(Ordering::Acquire)),
        }
    }

    /// The same on the wall's clock: for links, sessions, and whoever watches the control loop.
    pub(crate) fn wall(&self) -> Duration {
        self.wall_at(Instant::now())
    }

    /// What it was at an instant, which is not before the start.
    pub(crate) fn wall_at(&self, instant: Instant) -> Duration {
        instant.duration_since(self.start)
    }

    /// What [`now`](Self::now) was at an instant of the wall's clock, for links that tell of it; `None` where time is not the
    /// wall's, and for what was before the start.
    pub(crate) fn when(&self, instant: std::time::Instant) -> Option<Duration> {
        match &*self.flow {
            Flow::Real { .. } => self.now().checked_sub(instant.elapsed()),
            Flow::Times { .. } | Flow::Turns { .. } => None,
        }
    }

    /// Of both what has passed at an instant that was just now: whoever keeps to a rate by one of them does so by this.
    pub(crate) fn either_at(&self, instant: Instant) -> Duration {
        let wall = self.wall_at(instant);
        match &*self.flow {
            Flow::Real { ahead } => wall + Duration::from_nanos(ahead.load(Ordering::Relaxed)),
            Flow::Times { .. } | Flow::Turns { .. } => self.now() + wall,
        }
    }

    /// The time for a turn that begins now.
    pub(crate) fn turn(&self) -> Duration {
        if let Flow::Times { times, leap, course } = &*self.flow {
            let (wall, mut course) = (self.wall(), lock(course));
            *course = Course { at: course.now(wall, *times, *leap), wall };
            return course.at;
        }
        self.now()
    }

    /// How long to wait by the wall until it is `at`; where time goes by turns, it never is by waiting.
    pub(crate) fn until(&self, at: Duration) -> Duration {
        let left = at.saturating_sub(self.now());
        match &*self.flow {
            Flow::Real { .. } => left,
            Flow::Times { times, .. } => left.div_f64(*times),
            Flow::Turns { .. } => Duration::MAX,
        }
    }

    /// Moves on to `to` at once, never back. The control loop alone may.
    pub(crate) fn jump(&self, to: Duration) {
        match &*self.flow {
            Flow::Real { ahead } => {
                let by = to.saturating_sub(self.now());
                ahead.fetch_add(nanos(by), Ordering::Relaxed);
            }
            Flow::Times { times, leap, course } => {
                let (wall, mut course) = (self.wall(), lock(course));
                *course = Course { at: course.now(wall, *times, *leap).max(to), wall };
            }
            Flow::Turns { now, .. } => drop(now.fetch_max(nanos(to), Ordering::Release)),
        }
    }

    /// Where time goes by turns: all that there was to do at `now` is done, and who waits for it hears so.
    pub(crate) fn tell(&self, now: Duration) {
        if let Flow::Turns { told, .. } = &*self.flow {
            told.send_replace(now);
        }
    }

    /// Waits until it is `at`. Cancel-safe.
    pub(crate) async fn reached(&self, at: Duration) {
        if let Flow::Turns { told, .. } = &*self.flow {
            // The sender is this clock's own.
            drop(told.subscribe().wait_for(|told| *told >= at).await);
            return;
        }
        loop {
            let left = self.until(at);
            if left.is_zero() {
                return;
            }
            sleep_until(Instant::now() + left).await;
        }
    }
}

impl Course {
    fn now(self, wall: Duration, times: f64, leap: Duration) -> Duration {
        self.at + wall.saturating_sub(self.wall).mul_f64(times).min(leap)
    }
}

fn lock(course: &Mutex<Course>) -> MutexGuard<'_, Course> {
    course.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const PERIOD: Duration = Duration::from_millis(10);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_speed_is_written_as_it_is_read_and_nothing_else_is_one() {
        for text in ["1", "2.5", "100", "max", "step"] {
            assert_eq!(text.parse::<Speed>().map(|speed| speed.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "0", "0.5", "101", "-1", "NaN", "inf", "MAX", "fast"] {
            assert_eq!(text.parse::<Speed>(), Err(NoSpeed), "{text}");
        }
    }

    #[test]
    fn an_instant_is_told_by_the_same_clock_as_now_or_not_at_all() {
        let real = Clock::start(Speed::REAL, PERIOD);
        real.jump(ms(60_000));
        let (before, instant) = (real.now(), std::time::Instant::now());
        let when = real.when(instant).expect("the wall's");
        // Two clocks are read one after the other: how far apart depends on the machine.
        assert!(when >= before.saturating_sub(ms(1000)) && when <= real.now(), "{when:?} is not {before:?}");
        for speed in [Speed::Times(2.0), Speed::Max, Speed::Step] {
            assert_eq!(Clock::start(speed, PERIOD).when(instant), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ten_times_as_fast_a_turn_comes_after_a_tenth_of_its_time() {
        let clock = Clock::start(Speed::Times(10.0), PERIOD);
        for turn in 0..100 {
            assert_eq!(clock.turn(), PERIOD * turn);
            assert_eq!(clock.until(PERIOD * (turn + 1)), ms(1));
            advance(ms(1)).await;
        }
        assert_eq!((clock.now(), clock.wall()), (ms(1_000), ms(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_that_was_held_up_runs_slower_and_does_not_leap() {
        let clock = Clock::start(Speed::Times(100.0), PERIOD);
        advance(ms(1_000)).await;
        assert_eq!(clock.now(), PERIOD * LEAP);
        assert_eq!(clock.turn(), PERIOD * LEAP);
        assert_eq!(clock.now(), PERIOD * LEAP, "it goes on from there");
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_been_told_of_time_holds_when_it_is_moved_to_a_time_before() {
        let clock = Clock::start(Speed::Times(10.0), PERIOD);
        advance(ms(3)).await;
        assert_eq!(clock.now(), ms(30));
        clock.jump(ms(10));
        assert_eq!(clock.now(), ms(30), "it does not go back");
        clock.jump(ms(500));
        assert_eq!(clock.now(), ms(500));
        advance(ms(1)).await;
        assert_eq!(clock.now(), ms(510), "and goes on from there");
    }

    #[tokio::test(start_paused = true)]
    async fn real_time_is_the_walls_and_goes_on_from_wherever_it_was_moved_to() {
        let clock = Clock::start(Speed::REAL, PERIOD);
        advance(ms(30)).await;
        assert_eq!((clock.now(), clock.turn()), (ms(30), ms(30)));
        clock.jump(ms(500));
        clock.jump(ms(100));
        advance(ms(1)).await;
        assert_eq!((clock.now(), clock.wall()), (ms(501), ms(31)));
        clock.reached(ms(510)).await;
        assert_eq!(clock.wall(), ms(40));
    }

    #[tokio::test(start_paused = true)]
    async fn by_turns_time_stands_until_it_is_moved_and_is_reached_when_all_is_done() {
        let clock = Clock::start(Speed::Step, PERIOD);
        advance(ms(3_600_000)).await;
        assert_eq!(clock.now(), Duration::ZERO);
        clock.jump(ms(20));
        assert_eq!(clock.now(), ms(20));
        assert!(timeout(ms(1), clock.reached(ms(20))).await.is_err(), "the turn is still under way");
        clock.tell(ms(20));
        assert!(timeout(ms(1), clock.reached(ms(20))).await.is_ok());
    }
}
