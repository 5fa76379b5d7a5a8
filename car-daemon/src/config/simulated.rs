//! The `[sim]` table: how the simulated car differs from run to run, and how fast its time runs.
//!
//! What must never live here: what the platform makes of it.

use std::fmt;
use std::path::{Path, PathBuf};

use hal::file::{Faults, Field, Reader, Spot, Table};
use sim::Script;

use super::print::{number, quoted, row};
use super::{Config, Overrides};
use crate::clock::Speed;

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
    /// As it was named: a path, or nothing.
    pub script_name: String,
    /// What goes wrong in the run, and when.
    pub script: Script,
    /// All that the daemon is told is written there, to be had again; `None`: nowhere.
    pub record: Option<PathBuf>,
}

impl Default for SimConfig {
    fn default() -> Self {
        let (script_name, script) = (String::new(), Script::default());
        Self { seed: 0, speed: Speed::REAL, noise: 1.0, script_name, script, record: None }
    }
}

/// What the command line says over the file.
#[derive(Clone, Debug, Default)]
pub struct SimOverrides {
    /// `--sim-seed`
    pub seed: Option<u64>,
    /// `--sim-speed`
    pub speed: Option<Speed>,
    /// `--sim-script`
    pub script: Option<String>,
    /// `--record`
    pub record: Option<PathBuf>,
}

/// Where the table has what is judged when all is read.
#[derive(Default)]
pub(super) struct Spots {
    speed: Option<Spot>,
    script: Option<Spot>,
}

/// Reads the table. The relative path of a recording begins at `folder`.
pub(super) fn read(mut table: Table<'_>, folder: &Path, sim: &mut SimConfig) -> Spots {
    if let Some(seed) = table.get("seed").integer(0..=MOST, "") {
        sim.seed = seed.unsigned_abs();
    }
    let field = table.get("speed");
    let speed = read_speed(&field);
    sim.speed = speed.unwrap_or(sim.speed);
    if let Some(noise) = table.get("noise").number(0.0..=LOUDEST, "times what the data sheets say") {
        sim.noise = noise;
    }
    let script = table.get("script");
    let named = script.string().filter(|path| !path.is_empty());
    sim.script_name = named.clone().unwrap_or_default();
    let record = table.get("record");
    // Empty as it is printed.
    sim.record = record.string().filter(|file| !file.is_empty()).map(|file| folder.join(file));
    table.finish();
    Spots { speed: speed.map(|_| field.spot()), script: named.map(|_| script.spot()) }
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
    if let Some(script) = &overrides.script {
        sim.script_name.clone_from(script);
    }
    if overrides.record.is_some() {
        sim.record.clone_from(&overrides.record);
    }
}

/// Whether the speed is one for the platform: only the simulated car has a time of its own. Who only brings a
/// board to rest needs none.
pub(super) fn judge(
    config: &Config,
    overrides: &Overrides,
    (reader, spots): (&Reader<'_>, &Spots),
    faults: &mut Vec<Faults>,
) {
    let speed = config.sim.speed;
    if overrides.board_only || config.is_simulated() || speed.is_real() {
        return;
    }
    let what = format!("is {speed}, and only a simulated car has a time of its own");
    let hint = format!("leave it out on platform {}", config.platform.name);
    match spots.speed.as_ref().filter(|_| overrides.sim.speed.is_none()) {
        Some(spot) => reader.fault(spot, what, hint),
        None => faults.push(Faults::whole("--sim-speed", what, hint)),
    }
}

/// Reads the script, if there is one, against the board. Nothing is said before all else is without fault: what
/// a board does not have cannot break.
pub(super) fn load_script(
    config: &mut Config,
    overrides: &Overrides,
    folder: &Path,
    (reader, spots): (&Reader<'_>, &Spots),
    faults: &mut Vec<Faults>,
) {
    let path = match &overrides.sim.script {
        Some(path) => path.clone(),
        None if config.sim.script_name.is_empty() => return,
        None => folder.join(&config.sim.script_name).display().to_string(),
    };
    if overrides.board_only || !reader.is_clean() || !faults.is_empty() {
        return;
    }
    if !config.is_simulated() {
        let hint = format!("leave it out on platform {}", config.platform.name);
        let what = "is a script, and only a simulated car can be broken by one";
        return match spots.script.as_ref().filter(|_| overrides.sim.script.is_none()) {
            Some(spot) => reader.fault(spot, what, hint),
            None => faults.push(Faults::whole("--sim-script", what, hint)),
        };
    }
    match Script::load(&path, &config.board) {
        Ok(script) => config.sim.script = script,
        Err(own) => faults.push(own),
    }
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
        row(f, "noise", &number(self.noise), "of sensors: 0 none, 1 as their data sheets say, 10 at most")?;
        row(
            f,
            "script",
            &quoted(&self.script_name),
            "what goes wrong, and when, a TOML file; \"\": nothing",
        )?;
        let record = self.record.as_ref().map_or("".into(), |file| file.to_string_lossy());
        row(
            f,
            "record",
            &quoted(&record),
            "a file for all that the daemon is told, which `replay` has again; \"\": none",
        )
    }
}
