//! The boards that come with the daemon, embedded from `hal/boards`.
//!
//! A new preset is a file there and a line here.

use crate::file::Preset;

/// All of them, by name.
pub const PRESETS: &[Preset] = &[
    Preset { name: "adafruit-motor-hat", toml: include_str!("../../boards/adafruit-motor-hat.toml") },
    Preset { name: "alphabot2-pi", toml: include_str!("../../boards/alphabot2-pi.toml") },
    Preset { name: "classroom", toml: include_str!("../../boards/classroom.toml") },
    Preset { name: "demo", toml: include_str!("../../boards/demo.toml") },
    Preset { name: "donkeycar", toml: include_str!("../../boards/donkeycar.toml") },
    Preset { name: "drv8833", toml: include_str!("../../boards/drv8833.toml") },
    Preset { name: "freenove-4wd", toml: include_str!("../../boards/freenove-4wd.toml") },
    Preset { name: "freenove-4wd-mecanum", toml: include_str!("../../boards/freenove-4wd-mecanum.toml") },
    Preset { name: "freenove-4wd-pcb1", toml: include_str!("../../boards/freenove-4wd-pcb1.toml") },
    Preset { name: "jetbot", toml: include_str!("../../boards/jetbot.toml") },
    Preset { name: "jetbot-sparkfun", toml: include_str!("../../boards/jetbot-sparkfun.toml") },
    Preset { name: "jetbot-waveshare", toml: include_str!("../../boards/jetbot-waveshare.toml") },
    Preset { name: "jetracer", toml: include_str!("../../boards/jetracer.toml") },
    Preset { name: "l298n", toml: include_str!("../../boards/l298n.toml") },
    Preset { name: "picar-x", toml: include_str!("../../boards/picar-x.toml") },
    Preset { name: "tb6612", toml: include_str!("../../boards/tb6612.toml") },
    Preset { name: "waveshare-motor-hat", toml: include_str!("../../boards/waveshare-motor-hat.toml") },
    Preset { name: "yahboom-4wd", toml: include_str!("../../boards/yahboom-4wd.toml") },
];
