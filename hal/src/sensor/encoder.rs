//! Encoders: edges counted as they come, on whatever thread tells of them.
//!
//! What must never live here: how far a wheel's turn takes the car.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::IoError;
use crate::board::{DrivetrainSpec, EncoderSpec};
use crate::platform::{Edge, Platform, Watch};

/// A level that lasts less than this share of the shortest pulse is a bounce.
const BOUNCE: f64 = 0.25;
/// Kernels debounce with timers that are not finer than this.
const LEAST_DEBOUNCE: Duration = Duration::from_micros(100);
/// Contacts bounce no longer.
const MOST_DEBOUNCE: Duration = Duration::from_millis(1);

/// Counts, shared with whoever hears the edges.
#[derive(Debug, Default)]
struct Counts {
    /// Forward less backward.
    edges: AtomicI64,
    /// Edges that cannot follow what was before: some were lost.
    illegal: AtomicU64,
    /// 1 or -1: where a wheel with one line turns to.
    direction: AtomicI64,
}

/// Which way each change of (A, B) goes; A is ahead of B when the wheel turns forward. From 4 × before to
/// after; 2 is a change that cannot be, as both lines changed, or none.
const STEPS: [[i8; 4]; 4] = [
    // to:  00  01  10  11
    /* 00 */ [2, -1, 1, 2],
    /* 01 */ [1, 2, 2, -1],
    /* 10 */ [-1, 2, 2, 1],
    /* 11 */ [2, 1, -1, 2],
];
const ILLEGAL: i8 = 2;

/// Two lines, of which only edges are told.
#[derive(Debug, Default)]
struct Quadrature {
    levels: [Option<bool>; 2],
}

impl Quadrature {
    /// The step that an edge means; none before both lines are known.
    fn step(&mut self, line: usize, rising: bool) -> Option<i8> {
        let before = self.state();
        *self.levels.get_mut(line)? = Some(rising);
        Some(STEPS[before?][self.state()?])
    }

    fn state(&self) -> Option<usize> {
        let [a, b] = self.levels;
        Some(usize::from(a?) << 1 | usize::from(b?))
    }
}

/// What counts the turns of a wheel.
pub(crate) struct Encoder {
    counts: Arc<Counts>,
    _watch: Watch,
    rad_an_edge: f64,
    /// What was read at last.
    read: i64,
}

impl Encoder {
    pub(super) fn open(
        spec: &EncoderSpec,
        drivetrain: &DrivetrainSpec,
        platform: &mut dyn Platform,
    ) -> Result<Self, IoError> {
        let counts = Arc::new(Counts { direction: AtomicI64::new(1), ..Counts::default() });
        let debounce = debounce(spec, drivetrain);
        let heard = Arc::clone(&counts);
        let (watch, edges_a_pulse) = match &spec.b {
            Some(b) => {
                let mut quadrature = Quadrature::default();
                let sink = move |edge: Edge| heard.quadrature(quadrature.step(edge.line, edge.rising));
                (platform.watch(&[&spec.a, b], spec.pull, debounce, Box::new(sink))?, 4.0)
            }
            None => {
                let sink = move |_: Edge| heard.single();
                (platform.watch(&[&spec.a], spec.pull, debounce, Box::new(sink))?, 2.0)
            }
        };
        // Of a single line nothing is swapped: the direction is the motor's.
        let sign = if spec.invert && spec.b.is_some() { -1.0 } else { 1.0 };
        let rad_an_edge = sign * TAU / (edges_a_pulse * spec.pulses_per_turn);
        Ok(Self { counts, _watch: watch, rad_an_edge, read: 0 })
    }

    /// How far the wheel has turned since the last call, radians, forward positive.
    pub(crate) fn take_turned_rad(&mut self) -> f64 {
        let edges = self.counts.edges.load(Ordering::Relaxed);
        let turned = edges - std::mem::replace(&mut self.read, edges);
        turned as f64 * self.rad_an_edge
    }

    /// The motor has this power, which is where a wheel with one line turns to; without any it rolls on.
    pub(crate) fn powered(&self, power: f64) {
        if power != 0.0 {
            self.counts.direction.store(if power < 0.0 { -1 } else { 1 }, Ordering::Relaxed);
        }
    }

    /// Whether its lines can still be read.
    pub(crate) fn is_heard(&self) -> bool {
        // The sink is dropped where they cannot.
        Arc::strong_count(&self.counts) > 1
    }

    /// Edges that could not be.
    pub(crate) fn illegal(&self) -> u64 {
        self.counts.illegal.load(Ordering::Relaxed)
    }
}

impl Counts {
    fn quadrature(&self, step: Option<i8>) {
        match step {
            Some(ILLEGAL) => drop(self.illegal.fetch_add(1, Ordering::Relaxed)),
            Some(step) => drop(self.edges.fetch_add(step.into(), Ordering::Relaxed)),
            None => {}
        }
    }

    fn single(&self) {
        self.edges.fetch_add(self.direction.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// A share of the time that a line keeps its level at full speed; none where that is less than a kernel can.
fn debounce(spec: &EncoderSpec, drivetrain: &DrivetrainSpec) -> Option<Duration> {
    let turns_a_second = drivetrain.top_speed_mps() / (drivetrain.wheel_diameter_m() * std::f64::consts::PI);
    let level_s = 0.5 / (turns_a_second * spec.pulses_per_turn);
    let bounce = Duration::try_from_secs_f64(level_s * BOUNCE).unwrap_or(MOST_DEBOUNCE).min(MOST_DEBOUNCE);
    (bounce >= LEAST_DEBOUNCE).then_some(bounce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Pull;

    /// A whole cycle forward: A up, B up, A down, B down.
    const FORWARD: [(usize, bool); 4] = [(0, true), (1, true), (0, false), (1, false)];

    fn counted(edges: impl IntoIterator<Item = (usize, bool)>) -> (i64, u64) {
        let (counts, mut quadrature) = (Counts::default(), Quadrature { levels: [Some(false); 2] });
        for (line, rising) in edges {
            counts.quadrature(quadrature.step(line, rising));
        }
        (counts.edges.into_inner(), counts.illegal.into_inner())
    }

    #[test]
    fn a_cycle_is_four_steps_forward_and_the_same_edges_undone_are_four_backward() {
        assert_eq!(counted(FORWARD), (4, 0));
        let backward = FORWARD.into_iter().rev().map(|(line, rising)| (line, !rising));
        assert_eq!(counted(backward), (-4, 0));
        assert_eq!(counted(FORWARD.into_iter().cycle().take(4_001)), (4_001, 0));
    }

    #[test]
    fn a_line_that_trembles_stays_where_it_is() {
        assert_eq!(counted([(0, true), (0, false), (0, true), (0, false)]), (0, 0));
    }

    #[test]
    fn an_edge_that_cannot_be_is_counted_apart() {
        // A rises twice: its fall was lost.
        assert_eq!(counted([(0, true), (0, true), (1, true)]), (2, 1));
    }

    #[test]
    fn until_both_lines_are_known_nothing_is_counted() {
        let mut quadrature = Quadrature::default();
        assert_eq!([(0, true), (0, false), (1, true)].map(|(line, up)| quadrature.step(line, up)), [None; 3]);
        assert_eq!(quadrature.step(1, false), Some(1));
    }

    #[test]
    fn one_line_counts_where_the_motor_turns_to() {
        let counts = Counts { direction: AtomicI64::new(1), ..Counts::default() };
        counts.single();
        counts.single();
        counts.direction.store(-1, Ordering::Relaxed);
        counts.single();
        assert_eq!(counts.edges.into_inner(), 1);
    }

    #[test]
    fn what_a_bounce_is_depends_on_the_pulses_of_a_turn() {
        let drivetrain =
            DrivetrainSpec::Differential { track_m: 0.1, wheel_diameter_m: 0.065, top_speed_mps: 0.68 };
        let of = |pulses_per_turn| {
            let spec = EncoderSpec { a: "A".into(), b: None, pulses_per_turn, invert: false, pull: Pull::Up };
            debounce(&spec, &drivetrain)
        };
        // 3.3 turns a second: 20 slots are 7.5 ms each level, 528 pulses are 0.28.
        assert_eq!(of(20.0), Some(MOST_DEBOUNCE));
        assert_eq!(of(528.0), None);
    }
}
