//! The table of words of the text dialect. A new word is one row here, and one variant of
//! [`Command`] where there is none yet. What follows a word is numbers, and at most one text.

use crate::{Angle, Command, Fault, Level, Move, Power};

/// A row.
pub(super) struct Word {
    /// As it is written.
    pub(super) name: &'static str,
    /// The numbers that follow it, in order.
    pub(super) numbers: &'static [&'static str],
    /// The numbers that may follow them, in order.
    pub(super) optional: &'static [&'static str],
    /// The text that follows them, to the end of the line.
    pub(super) rest: Rest,
    /// The command that it means, given all of [`numbers`](Self::numbers), and of [`optional`](Self::optional)
    /// those that there are.
    pub(super) read: fn(&[f64], &str) -> Result<Command, Fault>,
    /// What follows the word; `None` for the command of another row.
    pub(super) write: fn(&Command) -> Option<String>,
}

/// The text that follows a word.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    /// None.
    Nothing,
    /// Whatever it is, it does not matter: a stop is not refused for its wording.
    Ignored,
    /// As `help` writes it; empty where it is left out.
    Maybe(&'static str),
    /// As `help` writes it.
    Needed(&'static str),
}

/// Most numbers of a word.
pub(super) const MOST_NUMBERS: usize = 3;

/// The row of a word, in whatever case it is written.
pub(super) fn by_name(name: &str) -> Option<&'static Word> {
    TABLE.iter().find(|word| word.name.eq_ignore_ascii_case(name))
}

/// The row that says a command, and what follows it.
pub(super) fn by_command(command: &Command) -> Option<(&'static Word, String)> {
    TABLE.iter().find_map(|word| (word.write)(command).map(|rest| (word, rest)))
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
            numbers: &[],
            optional: &[],
            rest: Rest::Nothing,
            read: |_, _| Ok($($command)+),
            write: |command| (*command == $($command)+).then(String::new),
        }
    };
}

static TABLE: &[Word] = &[
    bare!("up", Command::Move(Move::Forward)),
    bare!("back", Command::Move(Move::Backward)),
    bare!("left", Command::Move(Move::Left)),
    bare!("right", Command::Move(Move::Right)),
    Word { rest: Rest::Ignored, ..bare!("stop", Command::Stop { seq: None }) },
    bare!("cam_up", Command::NudgeStep { pan: 0, tilt: 1 }),
    bare!("cam_down", Command::NudgeStep { pan: 0, tilt: -1 }),
    bare!("cam_left", Command::NudgeStep { pan: 1, tilt: 0 }),
    bare!("cam_right", Command::NudgeStep { pan: -1, tilt: 0 }),
    bare!("cam_init", Command::Center),
    Word {
        name: "drive",
        numbers: &["throttle", "steer"],
        optional: &["strafe"],
        rest: Rest::Nothing,
        read: |args, _| {
            Ok(Command::Drive {
                throttle: Power::new("throttle", args[0])?,
                steer: Power::new("steer", args[1])?,
                strafe: args.get(2).map(|strafe| Power::new("strafe", *strafe)).transpose()?,
                ttl: None,
                seq: None,
                t: None,
            })
        },
        write: |command| match command {
            Command::Drive { throttle, steer, strafe, ttl: None, seq: None, t: None } => {
                let strafe = strafe.map_or_else(String::new, |strafe| format!(" {}", strafe.get()));
                Some(format!("{} {}{strafe}", throttle.get(), steer.get()))
            }
            _ => None,
        },
    },
    Word {
        name: "look",
        numbers: &["pan", "tilt"],
        optional: &[],
        rest: Rest::Nothing,
        read: |args, _| {
            Ok(Command::Look {
                pan: Some(Angle::new("pan", args[0])?),
                tilt: Some(Angle::new("tilt", args[1])?),
            })
        },
        write: |command| match command {
            Command::Look { pan: Some(pan), tilt: Some(tilt) } => {
                Some(format!("{} {}", pan.degrees(), tilt.degrees()))
            }
            _ => None,
        },
    },
    Word {
        name: "output",
        numbers: &[],
        optional: &[],
        rest: Rest::Needed("NAME LEVEL"),
        read: |_, rest| {
            let (name, level) = rest.rsplit_once(char::is_whitespace).ok_or_else(output)?;
            Ok(Command::Output {
                name: super::args::text("name", name.trim_end())?,
                level: Level::new("level", level.parse().map_err(|_| output())?)?,
                ttl: None,
            })
        },
        write: |command| match command {
            Command::Output { name, level, ttl: None } => Some(format!("{name} {}", level.get())),
            _ => None,
        },
    },
    Word {
        name: "estop",
        numbers: &[],
        optional: &[],
        rest: Rest::Maybe("REASON"),
        read: |_, reason| Ok(Command::Estop { reason: super::args::fitted(reason) }),
        write: |command| match command {
            Command::Estop { reason } => Some(reason.clone().unwrap_or_default()),
            _ => None,
        },
    },
    bare!("reset", Command::Reset),
    Word {
        name: "acquire",
        numbers: &[],
        optional: &[],
        rest: Rest::Maybe("force"),
        read: |_, force| match force {
            "" => Ok(Command::Acquire { force: false }),
            force if force.eq_ignore_ascii_case("force") => Ok(Command::Acquire { force: true }),
            _ => Err(Fault::params("write `acquire` or `acquire force`")),
        },
        write: |command| match command {
            Command::Acquire { force } => Some(if *force { "force" } else { "" }.to_owned()),
            _ => None,
        },
    },
    bare!("release", Command::Release),
    bare!("who", Command::Who),
    Word {
        name: "auth",
        numbers: &[],
        optional: &[],
        rest: Rest::Needed("TOKEN"),
        read: |_, token| Ok(Command::Auth { token: super::args::token("token", token)? }),
        write: |command| match command {
            Command::Auth { token } => Some(token.expose().to_owned()),
            _ => None,
        },
    },
    bare!("state", Command::State),
    bare!("ping", Command::Ping { value: serde_json::Value::Null }),
    bare!("help", Command::Help),
];

fn output() -> Fault {
    Fault::params("write `output NAME LEVEL`, as in `output horn 1`; a level is 0 to 1")
}
