//! Bringing a car to rest that no daemon drives: by hand, or as the guard of a daemon that is gone. What must
//! never live here: what drives one.

use hal::file::Faults;

use super::args::Args;
use super::{FAILED, FINE, PATIENCE, complain, load, print};
use crate::config::{Config, Overrides};
use crate::halt::halt;
use crate::{guard, lock_board};

pub(super) fn bring_to_rest(args: &Args, overrides: &Overrides) -> u8 {
    let config = match load(args, overrides) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let _lock = match lock_board(&config, PATIENCE) {
        Ok(lock) => lock,
        Err(held) => return complain(&format!("{held}; `carctl estop` stops its car"), FAILED),
    };
    match halt(&config) {
        Ok(done) => print(&format!("{done}\n")),
        Err(failures) => complain(&format!("not everything is at rest\n{}", failures.join("\n")), FAILED),
    }
}

pub(super) fn stand_guard(args: &Args, overrides: &Overrides, fingerprint: u64) -> u8 {
    let load = || {
        Config::load_again(args.config.as_deref(), overrides)
            .map_err(|faults| faults.iter().map(Faults::to_string).collect::<Vec<_>>().join("\n"))
    };
    match guard::stand(load, fingerprint) {
        Ok(()) => FINE,
        Err(why) => complain(&format!("guard: {why}"), FAILED),
    }
}
