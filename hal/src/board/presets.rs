//! The boards that come with the daemon, embedded from `hal/boards`.
//!
//! A new preset is a file there and a line here.

/// A board file that comes with the daemon.
#[derive(Debug)]
pub struct Preset {
    /// What a config calls it.
    pub name: &'static str,
    /// The board file, comments and all.
    pub toml: &'static str,
}

/// All of them, by name.
pub const PRESETS: &[Preset] = &[
    Preset { name: "demo", toml: include_str!("../../boards/demo.toml") },
    Preset { name: "freenove-4wd", toml: include_str!("../../boards/freenove-4wd.toml") },
    Preset { name: "l298n", toml: include_str!("../../boards/l298n.toml") },
];
