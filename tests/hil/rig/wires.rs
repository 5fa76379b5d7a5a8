//! A board of one's own on this machine. What an output does is seen on the line that a loopback wire of the
//! board file takes it to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hal::board::{Chip, PinRef, Pull};
use hal::platform::{Input, Linux};
use hal::{Board, Platform};
use tests::typed;
use tests::usb::mcp2221::Traffic;

use super::{Eye, Reach, Rig, camera, daemon, machine};
use crate::daemon::Setup;
use crate::pins::Seen;

/// How long the lines are looked at, all of them in turn: three cycles of a servo's 50 Hz.
const WINDOW: Duration = Duration::from_millis(60);

/// For how long what was seen is news.
const NEWS: Duration = Duration::from_millis(2);

/// What a look and a machine that does other things may add.
const SLACK: Duration = Duration::from_millis(300);

/// How far a duty may be off: a machine that does other things looks late now and then, and an output that is
/// wired wrongly is further off.
const DUTY_OFF: f64 = 0.06;

/// The same where only the share of high looks is known.
const BLURRED: f64 = 0.1;

pub(crate) struct Wires {
    board: Board,
    path: PathBuf,
    lines: Vec<(PinRef, Input)>,
    /// What was seen when all lines were last looked at, and is not yet told.
    seen: HashMap<PinRef, Seen>,
    looked: Instant,
}

impl Wires {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let path = typed::found(path).map_err(|why| format!("CAR_HIL: {why}"))?;
        let board = Board::load(&path.display().to_string()).map_err(|error| error.to_string())?;
        let mut lines = Vec::new();
        for wire in &board.loopbacks {
            let input = Linux::new().input(&wire.to, Pull::None);
            let input = input.map_err(|error| format!("loopback to {}: {error}", wire.to))?;
            lines.push((wire.from.clone(), input));
        }
        Ok(Self { board, path, lines, seen: HashMap::new(), looked: Instant::now() })
    }
}

impl Rig for Wires {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let wires: Vec<String> = self
            .board
            .loopbacks
            .iter()
            .map(|wire| format!("{} to {}", self.board.pin_name(&wire.from), wire.to))
            .collect();
        let mut facts = vec![("rig", format!("{} on this machine", self.path.display()))];
        facts.extend(machine());
        facts.push(("board", self.board.description.clone()));
        facts.push(("loopback wires", if wires.is_empty() { "none".to_owned() } else { wires.join(", ") }));
        facts
    }

    fn board(&self) -> &Board {
        &self.board
    }

    fn setup(&self) -> Setup {
        let config = format!("board = \"{}\"\nplatform = \"linux\"\n", self.path.display());
        Setup { program: daemon(), config, control: Vec::new(), camera: String::new() }
    }

    fn reach(&mut self) -> &mut dyn Reach {
        self
    }

    fn camera(&self) -> Result<Eye, String> {
        camera()
    }

    fn traffic(&mut self, _: &Chip) -> Result<Traffic, String> {
        Err("nothing counts what goes over this bus".to_owned())
    }

    /// Wheels that turn wrongly should not do so for long; and shorter than a drive lives, so that what is said of
    /// it was seen while it was in force.
    fn patience(&self) -> Duration {
        Duration::from_millis(1_500)
    }

    fn slack(&self) -> Duration {
        SLACK
    }

    fn power(&self) -> f64 {
        0.4
    }
}

/// Where a wire comes from an output; nobody is there to do anything to the car.
impl Reach for Wires {
    fn look(&mut self, pin: &PinRef) -> Result<Seen, String> {
        if !self.lines.iter().any(|(from, _)| from == pin) {
            return Err("no [[loopback]] wire comes from it".to_owned());
        }
        if !self.seen.contains_key(pin) || self.looked.elapsed() > NEWS {
            self.seen = watch(&mut self.lines)?;
            self.looked = Instant::now();
        }
        // Told once: who asks again wants to know what is there now.
        self.seen.remove(pin).ok_or_else(|| "it was not looked at".to_owned())
    }
}

/// Reads all lines as often as it can for a while.
fn watch(lines: &mut [(PinRef, Input)]) -> Result<HashMap<PinRef, Seen>, String> {
    let begun = Instant::now();
    let mut samples: Vec<Samples> = lines.iter().map(|_| Samples::default()).collect();
    while begun.elapsed() < WINDOW {
        for ((_, input), samples) in lines.iter_mut().zip(&mut samples) {
            let high = input.is_high().map_err(|error| error.to_string())?;
            samples.take(high, begun.elapsed());
        }
    }
    let took = begun.elapsed();
    Ok(lines.iter().zip(samples).map(|((pin, _), samples)| (pin.clone(), samples.seen(took))).collect())
}

/// What was read of one line.
#[derive(Default)]
struct Samples {
    count: u32,
    high: u32,
    last: Option<bool>,
    /// Whether it rose, and when.
    edges: Vec<(bool, Duration)>,
}

impl Samples {
    fn take(&mut self, high: bool, at: Duration) {
        (self.count, self.high) = (self.count + 1, self.high + u32::from(high));
        if self.last.is_some_and(|last| last != high) {
            self.edges.push((high, at));
        }
        self.last = Some(high);
    }

    /// A level, or a duty and pulses.
    fn seen(&self, took: Duration) -> Seen {
        let every = took / self.count.max(1);
        // A look may come that much late at either end.
        let pulse_off_us = 10.0 + 2e6 * every.as_secs_f64();
        // From rise to rise whole cycles are seen.
        let rises: Vec<Duration> = self.edges.iter().filter(|(rises, _)| *rises).map(|(_, at)| *at).collect();
        let pulses: Vec<Duration> =
            self.edges.windows(2).filter(|pair| pair[0].0).map(|pair| pair[1].1 - pair[0].1).collect();
        let cycle = match rises.as_slice() {
            [first, .., last] => Some((*last - *first) / (rises.len() as u32 - 1)),
            _ => None,
        };
        match cycle.zip(pulses.get(pulses.len() / 2).filter(|pulse| **pulse > every * 20)) {
            Some((cycle, pulse)) => Seen {
                duty: pulse.as_secs_f64() / cycle.as_secs_f64(),
                duty_off: DUTY_OFF,
                pulse_us: Some(pulse.as_secs_f64() * 1e6),
                pulse_off_us,
            },
            // Too fast for its edges, or no edge at all.
            None => {
                let duty = f64::from(self.high) / f64::from(self.count.max(1));
                Seen { duty, duty_off: BLURRED, pulse_us: None, pulse_off_us }
            }
        }
    }
}
