//! What the run of a daemon begins with.
//!
//! What must never live here: what it is told later.

use hal::Board;
use protocol::Latched;
use sim::{Script, World};

use super::header::{self, FORMAT, Header};
use super::told::{control, numbers};
use crate::config::Config;

/// The header of a run by a configuration, with the emergency stop as it is before anybody came.
///
/// # Errors
/// It could not be had again, in words: not everything in the configuration is of a file.
pub(crate) fn header(config: &Config, latched: Option<&Latched>) -> Result<Header, String> {
    let (board, setup) = (&config.board, config.setup());
    let header = Header {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: setup.seed,
        noise: setup.noise,
        speed: config.sim.speed.to_string(),
        board: board.source.text().to_owned(),
        world: setup.world.source.text().to_owned(),
        script: setup.script.source().to_owned(),
        control: numbers(&config.control),
        reset: config.auth.reset,
        latched: latched
            .map(|Latched { by, reason }| header::Latched { by: by.clone(), reason: reason.clone() }),
    };
    let same = Board::parse("", &header.board).is_ok_and(|read| read == *board)
        && World::parse("", &header.world).is_ok_and(|read| read == setup.world)
        && Script::parse("", &header.script, board).is_ok_and(|read| read == setup.script)
        && control(&header.control).is_ok_and(|read| read == config.control);
    if same { Ok(header) } else { Err("board, world or script are not what their files say".to_owned()) }
}
