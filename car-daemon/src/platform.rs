//! The table of platforms: adding one is a crate or a file, and one line here.

use std::any::Any;

use hal::Platform;
use hal::platform::Linux;
use sim::Sim;

use crate::Config;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct PlatformRow {
    /// As the configuration names it.
    pub name: &'static str,
    /// Opens it for the board of a configuration.
    pub open: fn(&Config) -> Box<dyn Platform>,
    /// Its outputs are this machine's: what they last did, they do on when the process is gone. So a guard
    /// stands by, `halt` has something to do, and one daemon at most drives them.
    pub outlives: bool,
}

/// The simulator that a platform is, if it is one. What is opened says so; what the configuration calls it
/// says what will be opened.
pub(crate) fn simulator(platform: &dyn Platform) -> Option<&Sim> {
    (platform as &dyn Any).downcast_ref()
}

/// Every platform of this build.
pub const PLATFORMS: &[PlatformRow] = &[
    PlatformRow {
        name: "sim",
        open: |config| Box::new(Sim::of(&config.board, &config.setup())),
        outlives: false,
    },
    PlatformRow {
        name: "linux",
        open: |config| Box::new(Linux::rooted(&config.linux.dev, &config.linux.sys)),
        outlives: true,
    },
];
