//! The methods of a simulated car: rows of the table of methods, in a file of their own.

use serde_json::json;

use super::methods::{Method, Params};
use crate::{Command, SimOrder};

/// Before the name of each of them.
pub const PREFIX: &str = "sim.";

pub(super) static TABLE: &[Method] = &[
    Method {
        name: "sim.step",
        params: Params::Named(&["ms"]),
        read: |args| Ok(Command::Sim(SimOrder::Step(args.stretch("ms")?))),
        write: |command| match command {
            Command::Sim(SimOrder::Step(stretch)) => Some(vec![json!(stretch.as_ms())]),
            _ => None,
        },
    },
    Method {
        name: "sim.truth",
        params: Params::Named(&[]),
        read: |_| Ok(Command::Sim(SimOrder::Truth)),
        write: |command| matches!(command, Command::Sim(SimOrder::Truth)).then(Vec::new),
    },
];
