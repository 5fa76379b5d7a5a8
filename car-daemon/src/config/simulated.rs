//! The `[sim]` table: how the simulated car differs from run to run, and how fast its time runs.
//!
//! What must never live here: what the platform makes of it.

use std::fmt;

use hal::file::{Field, Spot, Table};

use super::print::{number, quoted, row};
use crate::clock::Speed;
use crate::platform::PlatformRow;

/// The largest seed: what TOML can write.
const MOST: i64 = i64::MAX;

/// The most noise: ten times that of the data sheets.
const LOUDEST: f64 = 10.0;

/// The `[sim]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct SimConfig {
    /// Of all chance: the same seed gives the same run.
    pub seed: u64,
    /// How fast its time runs.
    pub speed: Speed,
    /// How much noise sensors have: 0 none, 1 as their data sheets say, up to 10 times that.
    pub noise: f64,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self { seed: 0, speed: Speed::REAL, noise: 1.0 }
    }
}

/// What the command line says over the file.
#[derive(Clone, Debug, Default)]
pub struct SimOverrides {
    /// `--sim-seed`
    pub seed: Option<u64>,
    /// `--sim-speed`
    pub speed: Option<Speed>,
}

/// Reads the table; where its speed is, if it names one.
pub(super) fn read(mut table: Table<'_>, sim: &mut SimConfig) -> Option<Spot> {
    if let Some(seed) = table.get("seed").integer(0..=MOST, "") {
        sim.seed = seed.unsigned_abs();
    }
    let field = table.get("speed");
    let speed = read_speed(&field);
    sim.speed = speed.unwrap_or(sim.speed);
    if let Some(noise) = table.get("noise").number(0.0..=LOUDEST, "times what the data sheets say") {
        sim.noise = noise;
    }
    table.finish();
    speed.map(|_| field.spot())
}

fn read_speed(field: &Field<'_>) -> Option<Speed> {
    if field.is_string() {
        return field.choice(&[("max", Speed::Max), ("step", Speed::Step)]);
    }
    field.number(1.0..=Speed::FASTEST, "times real time, \"max\" or \"step\"").map(Speed::Times)
}

/// Takes over what the command line says.
pub(super) fn apply(sim: &mut SimConfig, overrides: &SimOverrides) {
    sim.seed = overrides.seed.unwrap_or(sim.seed);
    sim.speed = overrides.speed.unwrap_or(sim.speed);
}

/// What is wrong with a speed on a platform, and what would be right: only the simulated car has a time of its
/// own.
pub(super) fn judge(speed: Speed, platform: &PlatformRow) -> Option<(String, String)> {
    let wrong = platform.outlives && !speed.is_real();
    wrong.then(|| {
        let what = format!("is {speed}, and only a simulated car has a time of its own");
        (what, format!("leave it out on platform {}", platform.name))
    })
}

impl fmt::Display for SimConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let speed = match self.speed {
            Speed::Times(times) => number(times),
            turns => quoted(&turns.to_string()),
        };
        writeln!(f, "\n[sim]")?;
        row(f, "seed", &self.seed.to_string(), "of all chance: the same seed gives the same run")?;
        row(
            f,
            "speed",
            &speed,
            "times as fast as the wall's time, 1 to 100; \"max\": as fast as its driver; \"step\": by sim.step",
        )?;
        row(f, "noise", &number(self.noise), "of sensors: 0 none, 1 as their data sheets say, 10 at most")
    }
}
