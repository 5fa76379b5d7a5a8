//! The worlds that come with the daemon, embedded from `sim/worlds`.
//!
//! A new preset is a file there and a line here.

use hal::file::Preset;

/// All of them, by name.
pub const WORLDS: &[Preset] = &[
    Preset { name: "corridor", toml: include_str!("../../worlds/corridor.toml") },
    Preset { name: "maze", toml: include_str!("../../worlds/maze.toml") },
    Preset { name: "open", toml: include_str!("../../worlds/open.toml") },
    Preset { name: "room", toml: include_str!("../../worlds/room.toml") },
    Preset { name: "track", toml: include_str!("../../worlds/track.toml") },
];
