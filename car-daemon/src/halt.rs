//! Bringing a board to rest without a running daemon: what `car-daemon halt` does, and the guard.
//!
//! What must never live here: a way to turn a motor, and a wait; who calls knows how long to try.

use hal::Car;

use crate::Config;

/// Brings every output of the configured board to its safe state; says what was done. Doing it again
/// changes nothing.
///
/// # Errors
/// Every output that does not obey, in words. All others are safe then.
pub(crate) fn halt(config: &Config) -> Result<String, Vec<String>> {
    let (board, platform) = (&config.board.name, config.platform.name);
    if !config.platform.outlives {
        return Ok(format!("nothing to do: on the platform `{platform}` a car ends with its daemon"));
    }
    Car::rest(&config.board, &mut *(config.platform.open)(config))
        .map(|()| format!("every output of the board `{board}` is at rest"))
        .map_err(|failures| failures.iter().map(ToString::to_string).collect())
}
