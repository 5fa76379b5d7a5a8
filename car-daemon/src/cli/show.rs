//! What is printed and over: the configuration, the machine, boards and worlds. What must never live here: what
//! moves a car.

use hal::Board;
use hal::board::PRESETS;
use hal::file::{Preset, is_path};
use sim::World;
use sim::world::WORLDS;

use super::args::Args;
use super::{FAILED, FINE, WRONG, complain, load, print, unknown};
use crate::camera::missing;
use crate::config::Overrides;
use crate::doctor::diagnose;

pub(super) fn check(args: &Args, overrides: &Overrides) -> u8 {
    match load(args, overrides) {
        Ok(config) => {
            let printed = print(&config.to_string());
            // It may be there by the time that the car is; and a car drives without a picture, too.
            missing(&config)
                .map_or(printed, |why| complain(&format!("{why}; there would be no pictures"), printed))
        }
        Err(code) => code,
    }
}

pub(super) fn look_after(args: &Args, overrides: &Overrides) -> u8 {
    let config = match load(args, overrides) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let diagnosis = diagnose(&config);
    match (print(&diagnosis.text), diagnosis.is_fit) {
        (FINE, false) => FAILED,
        (printed, _) => printed,
    }
}

pub(super) fn boards(name: Option<&str>) -> u8 {
    let about = |name: &str| Board::preset(name).map(|board| board.description).unwrap_or_default();
    presets("board", PRESETS, about, name)
}

pub(super) fn worlds(name: Option<&str>) -> u8 {
    let about = |name: &str| World::preset(name).map(|world| world.description).unwrap_or_default();
    presets("world", WORLDS, about, name)
}

/// Lists the files of a kind that come with the daemon, or prints one.
fn presets(kind: &str, all: &[Preset], about: impl Fn(&str) -> String, name: Option<&str>) -> u8 {
    let Some(name) = name else {
        let width = all.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
        let rows = all.iter().map(|preset| format!("{:<width$}  {}\n", preset.name, about(preset.name)));
        return print(&rows.collect::<String>());
    };
    match all.iter().find(|preset| preset.name == name) {
        Some(preset) => print(preset.toml),
        None if is_path(name) => {
            let what = format!(
                "{kind}s prints presets by name; to look at a {kind} file: car-daemon check --{kind} {name}"
            );
            complain(&what, WRONG)
        }
        None => complain(&unknown(kind, name, all.iter().map(|preset| preset.name)), WRONG),
    }
}
