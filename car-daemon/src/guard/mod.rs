//! The guard: a second process, which outlives a daemon that is killed and then brings the board to
//! rest. Only where outputs go on without the process that wrote them.
//!
//! The daemon holds one end of a pipe, the guard the other. An orderly daemon says a word before it
//! ends; a pipe that breaks without it means that nobody drives any more, and nobody has braked.
//!
//! What lives here: [`Post`], the daemon's side, and [`stand`], the guard's. What must never live here:
//! which outputs there are, and what is safe for them.

mod budget;
mod duty;
mod post;

use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) use duty::stand;
pub(crate) use post::{Line, Post};

use crate::Config;

/// The hidden subcommand.
pub(crate) const COMMAND: &str = "guard";
/// What the guard says on its standard output once it stands.
const READY: &str = "ready";
/// What the daemon says before it ends with the car at rest.
const WELL: &[u8] = b"well\n";

/// The same for two processes of one program that would bring the same outputs to rest: the board file
/// may have changed between their starts.
pub(crate) fn fingerprint(config: &Config) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", config.board).hash(&mut hasher);
    config.platform.name.hash(&mut hasher);
    (&config.linux.dev, &config.linux.sys).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_which_outputs_there_are_makes_another_fingerprint() {
        let config = Config::standard();
        let mut other = config.clone();
        other.linux.realtime = false;
        other.control.cruise = 0.1;
        assert_eq!(fingerprint(&other), fingerprint(&config));
        other.linux.sys = "/elsewhere".into();
        assert_ne!(fingerprint(&other), fingerprint(&config));
    }
}
