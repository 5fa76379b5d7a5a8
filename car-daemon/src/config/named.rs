//! The board and the world that a configuration or the command line names, and whether they go together.
//!
//! What must never live here: what is in either.

use std::path::Path;

use hal::file::{Faults, Field, LoadError, Reader};

use super::{Config, Overrides};

/// Takes over the board or world that the configuration names at `field`.
pub(super) fn resolve<T>(
    what: &str,
    found: Result<T, LoadError>,
    place: &mut T,
    field: &Field<'_>,
    faults: &mut Vec<Faults>,
) {
    match found {
        Ok(found) => *place = found,
        Err(LoadError::Unknown { name, hint, .. }) => {
            field.fault(format!("is `{name}`, which is no {what}"), hint);
        }
        Err(LoadError::File(own)) => faults.push(own),
    }
}

/// A path in a configuration begins where the configuration is; a preset's name is no path.
pub(super) fn beside(folder: &Path, name: &str) -> String {
    if hal::file::is_path(name) { folder.join(name).display().to_string() } else { name.to_owned() }
}

/// Takes over the board or world that the command line names.
pub(super) fn take<T>(option: &str, found: Result<T, LoadError>, place: &mut T, faults: &mut Vec<Faults>) {
    match found {
        Ok(found) => *place = found,
        Err(LoadError::File(own)) => faults.push(own),
        Err(unknown) => faults.push(Faults::whole(option, unknown, "")),
    }
}

/// A simulated car must have room where it starts. Nothing is said before board and world are without fault.
pub(super) fn check_start(
    config: &Config,
    overrides: &Overrides,
    reader: &Reader<'_>,
    [world, board]: [&Field<'_>; 2],
    faults: &mut Vec<Faults>,
) {
    if overrides.board_only || !config.is_simulated() || !reader.is_clean() || !faults.is_empty() {
        return;
    }
    let Err(why) = config.world.admits(&config.board) else { return };
    let hint = "move [start] in a world file of your own, or choose another world: `open` has no walls";
    let named = [(&overrides.world, "--world"), (&overrides.board, "--board")];
    match named.iter().find(|(name, _)| name.is_some()) {
        Some((_, option)) => faults.push(Faults::whole(option, why, hint)),
        None if world.is_present() => world.fault(why, hint),
        None => board.fault(why, hint),
    }
}
