//! A board of one's own on this machine. What an output does is seen on the line that a loopback wire of the
//! board file takes it to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hal::board::{Chip, PinRef, Pull};
use hal::platform::{Input, Linux};
use hal::{Board, Platform};
use tests::usb::mcp2221::Traffic;

use super::{Around, Rig, daemon, machine};
use crate::daemon::Setup;
use crate::pins::Seen;

/// How long a line is looked at: five cycles of a servo's 50 Hz.
const WINDOW: Duration = Duration::from_millis(100);

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
    lines: HashMap<PinRef, Input>,
}

impl Wires {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        let board = Board::load(&path.display().to_string()).map_err(|error| error.to_string())?;
        let mut lines = HashMap::new();
        for wire in &board.loopbacks {
            let input = Linux::new().input(&wire.to, Pull::None);
            lines.insert(
                wire.from.clone(),
                input.map_err(|error| format!("loopback to {}: {error}", wire.to))?,
            );
        }
        Ok(Self { board, path, lines })
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
        Setup { program: daemon(), config, control: Vec::new() }
    }

    fn look(&mut self, pin: &PinRef) -> Result<Seen, String> {
        let input = self.lines.get_mut(pin).ok_or("no [[loopback]] wire comes from it")?;
        watch(input)
    }

    fn wheel_rad_s(&mut self, _: &str) -> Result<f64, String> {
        Err("nobody sees this wheel".to_owned())
    }

    fn press(&mut self, _: bool) -> Result<(), String> {
        Err("nobody is there to press it".to_owned())
    }

    fn plug(&mut self, _: &Chip, _: bool) -> Result<(), String> {
        Err("nobody is there to pull a wire".to_owned())
    }

    fn surround(&mut self, _: Around) -> Result<(), String> {
        Err("nobody is there to change it".to_owned())
    }

    fn traffic(&mut self, _: &Chip) -> Result<Traffic, String> {
        Err("nothing counts what goes over this bus".to_owned())
    }

    /// A car on a block whose wheels turn wrongly should not do so for long.
    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn slack(&self) -> Duration {
        SLACK
    }

    fn power(&self) -> f64 {
        0.4
    }
}

/// Reads a line as often as it can for a while: a level, or a duty and pulses.
fn watch(input: &mut Input) -> Result<Seen, String> {
    let begun = Instant::now();
    let (mut samples, mut high, mut edges) = (0_u32, 0_u32, Vec::new());
    let mut last = None;
    while begun.elapsed() < WINDOW {
        let now = input.is_high().map_err(|error| error.to_string())?;
        (samples, high) = (samples + 1, high + u32::from(now));
        if last.is_some_and(|last| last != now) {
            edges.push((now, begun.elapsed()));
        }
        last = Some(now);
    }
    let every = begun.elapsed() / samples.max(1);
    // From rise to rise whole cycles are seen.
    let rises: Vec<Duration> = edges.iter().filter(|(rises, _)| *rises).map(|(_, at)| *at).collect();
    let pulses: Vec<Duration> =
        edges.windows(2).filter(|pair| pair[0].0).map(|pair| pair[1].1 - pair[0].1).collect();
    let cycle = match rises.as_slice() {
        [first, .., last] => Some((*last - *first) / (rises.len() as u32 - 1)),
        _ => None,
    };
    let pulse = pulses.get(pulses.len() / 2).copied().filter(|pulse| *pulse > every * 20);
    // A look may come that much late at either end.
    let pulse_off_us = 10.0 + 2e6 * every.as_secs_f64();
    let mean = f64::from(high) / f64::from(samples.max(1));
    Ok(match cycle.zip(pulse) {
        Some((cycle, pulse)) => Seen {
            duty: pulse.as_secs_f64() / cycle.as_secs_f64(),
            duty_off: DUTY_OFF,
            pulse_us: Some(pulse.as_secs_f64() * 1e6),
            pulse_off_us,
        },
        // Too fast for its edges, or no edge at all.
        None => Seen { duty: mean, duty_off: BLURRED, pulse_us: None, pulse_off_us },
    })
}
