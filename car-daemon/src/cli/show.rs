//! What is printed and over: the configuration, the machine, the boards. What must never live here: what
//! moves a car.

use hal::Board;
use hal::board::PRESETS;

use super::args::Args;
use super::{FAILED, FINE, WRONG, complain, load, print, unknown};
use crate::config::Overrides;
use crate::doctor::diagnose;

pub(super) fn check(args: &Args, overrides: &Overrides) -> u8 {
    match load(args, overrides) {
        Ok(config) => print(&config.to_string()),
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
    let Some(name) = name else {
        let width = PRESETS.iter().map(|p| p.name.len()).max().unwrap_or(0);
        let rows = PRESETS.iter().map(|preset| {
            let about = Board::preset(preset.name).map(|b| b.description).unwrap_or_default();
            format!("{:<width$}  {about}\n", preset.name)
        });
        return print(&rows.collect::<String>());
    };
    match PRESETS.iter().find(|preset| preset.name == name) {
        Some(preset) => print(preset.toml),
        None if Board::is_path(name) => {
            let what = format!(
                "boards prints presets by name; to look at a board file: car-daemon check --board {name}"
            );
            complain(&what, WRONG)
        }
        None => complain(&unknown("board", name, PRESETS.iter().map(|p| p.name)), WRONG),
    }
}
