//! An HC-SR04: a pulse on its trigger begins a measurement, and its echo is high for as long as the sound
//! travels there and back. Times are the kernel's, of the edges.
//!
//! What must never live here: waiting for an echo.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Readings;
use super::schedule::{Sensor, Step, after};
use crate::platform::{Delay, Edge, EdgeSink, Output, Watch};
use crate::{IoError, IoKind};

/// From one measurement to the next (data sheet: over 60 ms, so that no echo of the one before is heard).
const CYCLE: Duration = Duration::from_millis(60);
/// The least length of the trigger, microseconds (data sheet).
const TRIGGER_US: u32 = 10;
/// From the trigger to the beginning of the echo: it sends eight periods of 40 kHz first, 0.2 ms, and takes
/// its time. Measured ones take 0.45 to 0.5 ms; some copies 2.
const BEGIN: Duration = Duration::from_millis(2);
/// There and back at 343 m/s: 58.3 µs a centimetre.
const SECONDS_A_METRE: f64 = 58.3e-4;
/// More than two edges a measurement are not of it. Of more the newest stay: the last says what the level is.
const EDGES: usize = 16;
/// Measurements without any edge, in a row, before the sensor counts as dead. One may be lost.
const SILENT: u32 = 3;
/// Cycles that the echo may be high: copies keep it up to 200 ms where nothing is.
const HIGH: u32 = 10;

/// What a measurement gave.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Heard {
    /// Not even the beginning of an echo.
    Silence,
    /// The echo did not end in time, or it was still high from before.
    Nothing,
    /// After so long.
    Echo(Duration),
}

/// One measurement.
#[derive(Debug, Default)]
struct Ear {
    /// The level of the echo's line, as far as edges tell.
    high: bool,
    began: Option<Duration>,
    heard: Option<Duration>,
    any: bool,
}

impl Ear {
    /// The next measurement begins. Whether it can: not while the echo of another is under way.
    fn begin(&mut self) -> bool {
        *self = Self { high: self.high, ..Self::default() };
        !self.high
    }

    fn edge(&mut self, edge: Edge) {
        (self.high, self.any) = (edge.rising, true);
        match (edge.rising, self.began) {
            (true, _) => self.began = Some(edge.at),
            (false, Some(began)) if self.heard.is_none() => {
                self.heard = Some(edge.at.saturating_sub(began));
            }
            // It began before this measurement.
            (false, _) => {}
        }
    }

    fn end(&self) -> Heard {
        match self.heard {
            Some(time) => Heard::Echo(time),
            None if self.any || self.high => Heard::Nothing,
            None => Heard::Silence,
        }
    }
}

/// The median of the last three distances, against a single wild echo.
#[derive(Debug, Default)]
struct Median {
    /// The newest last; infinite where nothing was.
    last: Vec<f64>,
}

impl Median {
    /// Takes a distance in, and says the one to believe. Of two the nearer: whoever looks ahead wants to
    /// stop.
    fn take(&mut self, distance_m: Option<f64>) -> Option<f64> {
        if self.last.len() == 3 {
            self.last.remove(0);
        }
        self.last.push(distance_m.unwrap_or(f64::INFINITY));
        let mut sorted = self.last.clone();
        sorted.sort_by(f64::total_cmp);
        Some(sorted[(sorted.len() - 1) / 2]).filter(|median| median.is_finite())
    }
}

/// The newest edges that nobody has looked at. Clones are the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges(Arc<Mutex<VecDeque<Edge>>>);

impl Edges {
    fn push(&self, edge: Edge) {
        let mut edges = self.lock();
        if edges.len() == EDGES {
            edges.pop_front();
        }
        edges.push_back(edge);
    }

    fn take(&self) -> VecDeque<Edge> {
        std::mem::take(&mut *self.lock())
    }

    /// Whether somebody still tells of edges: the sink is dropped where the line cannot be read.
    fn are_told(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Edge>> {
        // Each edge is whole, whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Sonar {
    trigger: Output,
    delay: Delay,
    edges: Edges,
    _watch: Watch,
    max_m: f64,
    listens: bool,
    ear: Ear,
    median: Median,
    /// Measurements without an edge, and cycles with a high echo, in a row.
    silent: u32,
    high: u32,
    due: Duration,
}

/// Where the edges go, and where they come out.
pub(super) fn ear() -> (EdgeSink, Edges) {
    let edges = Edges::default();
    let told = edges.clone();
    (Box::new(move |edge| told.push(edge)), edges)
}

impl Sonar {
    pub(super) fn new(trigger: Output, delay: Delay, edges: Edges, watch: Watch, max_m: f64) -> Self {
        Self {
            trigger,
            delay,
            edges,
            _watch: watch,
            max_m,
            listens: false,
            ear: Ear::default(),
            median: Median::default(),
            silent: 0,
            high: 0,
            due: Duration::ZERO,
        }
    }

    /// How long the echo of the furthest thing may take, 25 ms for four metres.
    fn patience(&self) -> Duration {
        Duration::from_secs_f64(self.max_m * SECONDS_A_METRE) + BEGIN
    }

    fn hear(&mut self) -> Result<(), IoError> {
        self.edges.take().into_iter().for_each(|edge| self.ear.edge(edge));
        if self.edges.are_told() { Ok(()) } else { Err(dead("the line of the echo cannot be read")) }
    }

    /// Ten microseconds, or what the system makes of them: a longer pulse does no harm.
    fn trigger(&mut self) -> Result<(), IoError> {
        self.trigger.set_high()?;
        self.delay.delay_us(TRIGGER_US);
        self.trigger.set_low()
    }

    fn begin(&mut self, now: Duration) -> Result<Step, IoError> {
        self.hear()?;
        if self.ear.begin() {
            self.high = 0;
            self.trigger()?;
        } else {
            self.high += 1;
            if self.high > HIGH {
                return Err(dead("its echo stays high: is it wired to the right line, and has it power?"));
            }
        }
        self.listens = true;
        Ok(Step::Goes(now.saturating_add(self.patience())))
    }

    fn end(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
        self.listens = false;
        self.hear()?;
        let heard = self.ear.end();
        self.silent = if heard == Heard::Silence { self.silent + 1 } else { 0 };
        if self.silent > SILENT {
            return Err(dead("no echo begins after its trigger: is it wired, and has it 5 volts?"));
        }
        let distance_m = match heard {
            Heard::Echo(time) => Some(time.as_secs_f64() / SECONDS_A_METRE),
            Heard::Nothing | Heard::Silence => None,
        };
        readings.range_m = self.median.take(distance_m.filter(|distance| *distance <= self.max_m));
        self.due = after(self.due, CYCLE, now);
        Ok(Step::Done(self.due))
    }
}

impl Sensor for Sonar {
    fn part(&self) -> &'static str {
        "range"
    }

    /// Two system calls or none, no bus.
    fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
        if self.listens { self.end(now, readings) } else { self.begin(now) }
    }

    /// It begins anew, with a trigger whatever the echo is said to be: an edge that was lost left it high.
    fn lose(&mut self, readings: &mut Readings) {
        self.edges.take();
        (self.ear, self.high) = (Ear::default(), 0);
        (self.listens, self.median, readings.range_m) = (false, Median::default(), None);
    }
}

fn dead(reason: &str) -> IoError {
    IoError { place: "HC-SR04".to_owned(), reason: reason.to_owned(), kind: IoKind::Other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Bench;
    use crate::platform::Platform;

    /// A sonar whose echo says whatever it is told to; something is a metre ahead.
    struct Rig {
        bench: Bench,
        sonar: Sonar,
        sink: EdgeSink,
        readings: Readings,
        now: Duration,
    }

    impl Rig {
        fn new() -> Self {
            let mut bench = Bench::default();
            let (sink, edges) = ear();
            let trigger = bench.output("GPIO27").unwrap();
            let sonar = Sonar::new(trigger, bench.delay(), edges, Box::new(()), 4.0);
            Self { bench, sonar, sink, readings: Readings::default(), now: Duration::ZERO }
        }

        /// So many steps as of the schedule; why it failed.
        fn run(&mut self, steps: usize) -> Vec<String> {
            let mut failures = Vec::new();
            for _ in 0..steps {
                self.bench.take_log();
                match self.sonar.step(self.now, &mut self.readings) {
                    Ok(Step::Goes(at) | Step::Done(at)) => self.now = self.now.max(at),
                    Err(error) => {
                        self.sonar.lose(&mut self.readings);
                        failures.push(error.to_string());
                        self.now += Duration::from_secs(3);
                    }
                }
                if !self.bench.take_log().is_empty() {
                    (self.sink)(edge(true, 450));
                    (self.sink)(edge(false, 6_280));
                }
            }
            failures
        }
    }

    #[test]
    fn of_more_edges_than_anybody_wants_the_last_still_says_what_the_level_is() {
        let mut rig = Rig::new();
        for n in 1..=17 {
            (rig.sink)(edge(n % 2 == 0, 1_000 * n));
        }
        assert_eq!(rig.run(4), [] as [String; 0]);
        assert_eq!(rig.readings.range_m, Some(1.0));
    }

    #[test]
    fn an_echo_whose_end_nobody_told_is_waited_for_and_then_measured_again() {
        let mut rig = Rig::new();
        (rig.sink)(edge(true, 450));
        let failures = rig.run(40);
        assert!(failures.len() == 1 && failures[0].contains("its echo stays high"), "{failures:?}");
        assert_eq!(rig.readings.range_m, Some(1.0));
    }

    #[test]
    fn a_line_of_which_nobody_tells_any_more_is_an_error() {
        let mut rig = Rig::new();
        rig.sink = Box::new(drop);
        assert_eq!(rig.run(1), ["HC-SR04: the line of the echo cannot be read"]);
    }

    fn edge(rising: bool, us: u64) -> Edge {
        Edge { line: 0, rising, at: Duration::from_micros(us) }
    }

    fn heard(edges: &[Edge]) -> Heard {
        let mut ear = Ear::default();
        assert!(ear.begin());
        edges.iter().for_each(|edge| ear.edge(*edge));
        ear.end()
    }

    #[test]
    fn an_echo_is_as_long_as_between_its_edges() {
        assert_eq!(heard(&[edge(true, 450), edge(false, 6_280)]), Heard::Echo(Duration::from_micros(5_830)));
    }

    #[test]
    fn what_does_not_end_in_time_is_nothing_and_no_edge_at_all_is_silence() {
        assert_eq!(heard(&[edge(true, 450)]), Heard::Nothing);
        assert_eq!(heard(&[]), Heard::Silence);
    }

    #[test]
    fn the_end_of_an_older_echo_is_not_the_end_of_this_one() {
        assert_eq!(heard(&[edge(false, 100)]), Heard::Nothing);
        let late = [edge(false, 100), edge(true, 450), edge(false, 1_033)];
        assert_eq!(heard(&late), Heard::Echo(Duration::from_micros(583)));
    }

    #[test]
    fn while_an_echo_is_under_way_nothing_new_begins() {
        let mut ear = Ear::default();
        ear.begin();
        ear.edge(edge(true, 450));
        assert!(!ear.begin());
        assert_eq!(ear.end(), Heard::Nothing);
        ear.edge(edge(false, 200_000));
        assert!(ear.begin());
    }

    #[test]
    fn a_single_wild_echo_is_not_believed_and_of_two_the_nearer_is() {
        let mut median = Median::default();
        let said = [Some(1.0), Some(1.1), Some(0.1), Some(1.2), None, None, Some(2.0)];
        let believed = said.map(|distance| median.take(distance));
        assert_eq!(believed, [Some(1.0), Some(1.0), Some(1.0), Some(1.1), Some(1.2), None, None]);
    }
}
