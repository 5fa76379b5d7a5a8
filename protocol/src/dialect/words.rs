//! The table of words of the text dialect. A new word is one row here, and one variant of
//! [`Command`] where there is none yet. Every argument is a number.

use crate::{Angle, Command, Move, OutOfRange, Power};

/// A row.
pub(super) struct Word {
    /// As it is written.
    pub(super) name: &'static str,
    /// What follows it, in order.
    pub(super) args: &'static [&'static str],
    /// The command that it means, given as many numbers as there are [`args`](Self::args).
    pub(super) read: fn(&[f64]) -> Result<Command, OutOfRange>,
    /// The values of `args`; `None` for the command of another row.
    pub(super) write: fn(&Command) -> Option<Vec<f64>>,
}

/// The row of a word, in whatever case it is written.
pub(super) fn by_name(name: &str) -> Option<&'static Word> {
    TABLE.iter().find(|word| word.name.eq_ignore_ascii_case(name))
}

/// The row that says a command, and the values of its arguments.
pub(super) fn by_command(command: &Command) -> Option<(&'static Word, Vec<f64>)> {
    TABLE.iter().find_map(|word| (word.write)(command).map(|values| (word, values)))
}

/// Every row, in the order in which `help` lists them.
pub(super) fn all() -> &'static [Word] {
    TABLE
}

/// Every word of the text dialect.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|word| word.name)
}

/// A word without arguments, for one command.
macro_rules! bare {
    ($name:literal, $($command:tt)+) => {
        Word {
            name: $name,
            args: &[],
            read: |_| Ok($($command)+),
            write: |command| (*command == $($command)+).then(Vec::new),
        }
    };
}

static TABLE: &[Word] = &[
    bare!("up", Command::Move(Move::Forward)),
    bare!("back", Command::Move(Move::Backward)),
    bare!("left", Command::Move(Move::Left)),
    bare!("right", Command::Move(Move::Right)),
    bare!("stop", Command::Stop { seq: None }),
    bare!("cam_up", Command::NudgeStep { pan: 0, tilt: 1 }),
    bare!("cam_down", Command::NudgeStep { pan: 0, tilt: -1 }),
    bare!("cam_left", Command::NudgeStep { pan: 1, tilt: 0 }),
    bare!("cam_right", Command::NudgeStep { pan: -1, tilt: 0 }),
    bare!("cam_init", Command::Center),
    Word {
        name: "drive",
        args: &["throttle", "steer"],
        read: |args| {
            Ok(Command::Drive {
                throttle: Power::new("throttle", args[0])?,
                steer: Power::new("steer", args[1])?,
                strafe: None,
                ttl: None,
                seq: None,
            })
        },
        write: |command| match command {
            Command::Drive { throttle, steer, strafe: None, ttl: None, seq: None } => {
                Some(vec![throttle.get(), steer.get()])
            }
            _ => None,
        },
    },
    Word {
        name: "look",
        args: &["pan", "tilt"],
        read: |args| {
            Ok(Command::Look {
                pan: Some(Angle::new("pan", args[0])?),
                tilt: Some(Angle::new("tilt", args[1])?),
            })
        },
        write: |command| match command {
            Command::Look { pan: Some(pan), tilt: Some(tilt) } => Some(vec![pan.degrees(), tilt.degrees()]),
            _ => None,
        },
    },
    bare!("state", Command::State),
    bare!("ping", Command::Ping { value: serde_json::Value::Null }),
    bare!("help", Command::Help),
];
