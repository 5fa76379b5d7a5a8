//! The methods of a simulated car: rows of the table of methods, in a file of their own.

use serde_json::json;

use super::args::Args;
use super::methods::{Method, Params};
use crate::{Command, SimOrder};

/// Before the name of each of them.
pub const PREFIX: &str = "sim.";

pub(super) static TABLE: &[Method] = &[
    Method {
        name: "sim.fault",
        params: Params::Named(&["fault", "on", "level", "count", "for_s"]),
        read: |args| {
            // One that no u32 can hold is too much as well.
            let count = args.maybe("count", Args::integer)?.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            Ok(Command::Sim(SimOrder::Fault {
                fault: args.text("fault")?,
                on: args.maybe("on", Args::text)?,
                level: args.maybe("level", Args::text)?,
                count,
                for_s: args.maybe("for_s", Args::number)?,
            }))
        },
        write: |command| match command {
            Command::Sim(SimOrder::Fault { fault, on, level, count, for_s }) => {
                Some(vec![json!(fault), json!(on), json!(level), json!(count), json!(for_s)])
            }
            _ => None,
        },
    },
    Method {
        name: "sim.mend",
        params: Params::Named(&["fault", "on"]),
        read: |args| {
            let (fault, on) = (args.maybe("fault", Args::text)?, args.maybe("on", Args::text)?);
            Ok(Command::Sim(SimOrder::Mend { fault, on }))
        },
        write: |command| match command {
            Command::Sim(SimOrder::Mend { fault, on }) => Some(vec![json!(fault), json!(on)]),
            _ => None,
        },
    },
    Method {
        name: "sim.reset",
        params: Params::Named(&[]),
        read: |_| Ok(Command::Sim(SimOrder::Reset)),
        write: |command| matches!(command, Command::Sim(SimOrder::Reset)).then(Vec::new),
    },
    Method {
        name: "sim.teleport",
        params: Params::Named(&["x", "y", "heading"]),
        read: |args| {
            let (x, y) = (args.place("x")?, args.place("y")?);
            let heading = args.maybe("heading", Args::heading)?.unwrap_or_default();
            Ok(Command::Sim(SimOrder::Teleport { x, y, heading }))
        },
        write: |command| match command {
            Command::Sim(SimOrder::Teleport { x, y, heading }) => {
                Some(vec![json!(x.metres()), json!(y.metres()), json!(heading.radians())])
            }
            _ => None,
        },
    },
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
