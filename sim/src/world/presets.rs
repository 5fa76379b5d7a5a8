//! The worlds that come with the daemon, embedded from `sim/worlds`.
//!
//! A new preset is a file there and a line here.

/// A world file that comes with the daemon.
#[derive(Debug)]
pub struct WorldPreset {
    /// What a configuration calls it.
    pub name: &'static str,
    /// The world file, comments and all.
    pub toml: &'static str,
}

/// All of them, by name.
pub const WORLDS: &[WorldPreset] = &[];
