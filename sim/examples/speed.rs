//! Says how many times faster than real time a simulated car runs on this machine, on one core, without a camera:
//! every board in every world, told what to do and asked for its sensors a hundred times a second, as the daemon does.
//!
//! `--least N` ends with 1 where one of them is slower than N times real time.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hal::board::PRESETS;
use hal::{Board, Car, Drive, Target};
use sim::{Setup, Sim, World};

/// How often the daemon tells a car what to do.
const TURN: Duration = Duration::from_millis(10);

/// What is measured at once, in turns: two seconds.
const TURNS: u32 = 200;

/// The fastest of so many counts: a machine that does something else meanwhile only ever makes it slower.
const TRIES: u32 = 5;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let least = match (arguments.next().as_deref(), arguments.next().map(|number| number.parse::<f64>())) {
        (None, _) => 0.0,
        (Some("--least"), Some(Ok(least))) => least,
        _ => {
            writeln!(io::stderr(), "say nothing, or --least and a number: --least 2000")?;
            return Ok(ExitCode::from(2));
        }
    };
    let mut out = io::stdout().lock();
    let mut slowest = (f64::INFINITY, String::new());
    for world in [World::open()] {
        for preset in PRESETS {
            let ratio = times_real_time(preset.name, &world);
            let what = format!("{} in {}", preset.name, world.name);
            writeln!(out, "{what:<32}  {:>7} times real time", grouped(ratio))?;
            if ratio < slowest.0 {
                slowest = (ratio, what);
            }
        }
    }
    let (ratio, what) = slowest;
    let times = format!("the slowest, {what}: {} times real time", grouped(ratio));
    if ratio < least {
        writeln!(out, "{times}, and {} are wanted", grouped(least))?;
        return Ok(ExitCode::FAILURE);
    }
    writeln!(out, "{times}")?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "it is the machine that is measured")]
fn times_real_time(board: &str, world: &World) -> f64 {
    let board = Board::preset(board).expect("a preset");
    let setup = Setup { world: world.clone(), seed: 1, noise: 1.0, ..Setup::default() };
    let sim = Sim::of(&board, &setup);
    let mut car = Car::assemble(&board, &mut sim.clone()).expect("a whole car");
    let mut fastest = f64::INFINITY;
    for _ in 0..TRIES {
        let begin = Instant::now();
        for turn in 0..TURNS {
            // Back and forth, so that it also meets what stands in its way.
            let throttle = f64::from(turn) / f64::from(TURNS / 2) - 1.0;
            let drive = Drive::Power { throttle, steer: 0.1, strafe: 0.0 };
            let now = sim.now();
            car.apply(&Target { drive, ..Target::default() }, now).expect("it obeys");
            car.sense(now);
            sim.step(TURN);
        }
        fastest = fastest.min(begin.elapsed().as_secs_f64());
    }
    TURN.as_secs_f64() * f64::from(TURNS) / fastest
}

/// `12,345`
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.floor());
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
