//! The table of methods that JSON-RPC and CBOR share. A new method is one row here, and one variant
//! of [`Command`].

use serde_json::{Value, json};

use super::args::Args;
use super::sim;
use crate::{Angle, Command, Fault, Moment, Power, Rate, Token, Trial, Ttl};

/// What a method takes.
#[derive(Clone, Copy)]
pub(super) enum Params {
    /// These, by name, or by position in this order.
    Named(&'static [&'static str]),
    /// What fits of these; the rest is dropped. For what must be done however it is worded: a stop.
    Lenient(&'static [&'static str]),
    /// Anything, known to the row by this one name.
    Any(&'static [&'static str; 1]),
}

impl Params {
    /// Their names in order of position.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Named(names) | Self::Lenient(names) => names,
            Self::Any(name) => name,
        }
    }
}

/// A row.
pub(super) struct Method {
    /// As it is called.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) params: Params,
    /// The command that a call means.
    pub(super) read: fn(&mut Args<'_>) -> Result<Command, Fault>,
    /// The values of [`params`](Self::params) in their order, `null` for what is absent; `None` for
    /// the command of another row.
    pub(super) write: fn(&Command) -> Option<Vec<Value>>,
}

/// The row of a method.
pub(super) fn by_name(name: &str) -> Option<&'static Method> {
    all().find(|method| method.name == name)
}

/// Whether a call of it is done whatever is wrong with the rest of the request.
pub(super) fn is_lenient(name: &str) -> bool {
    by_name(name).is_some_and(|method| matches!(method.params, Params::Lenient(_)))
}

/// The row that calls for a command, and the values of its parameters.
pub(super) fn by_command(command: &Command) -> Option<(&'static Method, Vec<Value>)> {
    all().find_map(|method| (method.write)(command).map(|values| (method, values)))
}

/// Every method of JSON-RPC and CBOR, as `info` lists them.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|method| method.name)
}

/// Every row.
fn all() -> impl Iterator<Item = &'static Method> {
    TABLE.iter().chain(sim::TABLE)
}

/// No parameters, for the command that `$pattern` matches.
macro_rules! bare {
    ($name:literal, $command:path) => {
        Method {
            name: $name,
            params: Params::Named(&[]),
            read: |_| Ok($command),
            write: |command| matches!(command, $command).then(Vec::new),
        }
    };
}

static TABLE: &[Method] = &[
    Method {
        name: "drive",
        params: Params::Named(&["throttle", "steer", "strafe", "ttl_ms", "seq", "t"]),
        read: |args| {
            Ok(Command::Drive {
                throttle: args.power("throttle")?,
                steer: args.power("steer")?,
                strafe: args.maybe("strafe", Args::power)?,
                ttl: args.maybe("ttl_ms", Args::ttl)?,
                seq: args.maybe("seq", Args::integer)?,
                t: args.maybe("t", Args::moment)?,
            })
        },
        write: |command| match command {
            Command::Drive { throttle, steer, strafe, ttl, seq, t } => Some(vec![
                json!(throttle.get()),
                json!(steer.get()),
                json!(strafe.map(Power::get)),
                json!(ttl.map(Ttl::as_ms)),
                json!(seq),
                json!(t.map(Moment::seconds)),
            ]),
            _ => None,
        },
    },
    Method {
        name: "velocity",
        params: Params::Named(&["linear", "angular", "ttl_ms", "seq", "t"]),
        read: |args| {
            Ok(Command::Velocity {
                linear: args.linear("linear")?,
                angular: args.angular("angular")?,
                ttl: args.maybe("ttl_ms", Args::ttl)?,
                seq: args.maybe("seq", Args::integer)?,
                t: args.maybe("t", Args::moment)?,
            })
        },
        write: |command| match command {
            Command::Velocity { linear, angular, ttl, seq, t } => Some(vec![
                json!(linear.m_s()),
                json!(angular.rad_s()),
                json!(ttl.map(Ttl::as_ms)),
                json!(seq),
                json!(t.map(Moment::seconds)),
            ]),
            _ => None,
        },
    },
    Method {
        name: "test",
        params: Params::Named(&["motor", "power", "servo", "pulse_us", "ttl_ms", "seq", "t"]),
        read: |args| {
            Ok(Command::Test {
                trial: trial(args)?,
                ttl: args.maybe("ttl_ms", Args::ttl)?,
                seq: args.maybe("seq", Args::integer)?,
                t: args.maybe("t", Args::moment)?,
            })
        },
        write: |command| match command {
            Command::Test { trial, ttl, seq, t } => {
                let (motor, servo) = match trial {
                    Trial::Motor { name, power } => (Some((name, power.get())), None),
                    Trial::Servo { name, pulse } => (None, Some((name, pulse.us()))),
                };
                Some(vec![
                    json!(motor.map(|motor| motor.0)),
                    json!(motor.map(|motor| motor.1)),
                    json!(servo.map(|servo| servo.0)),
                    json!(servo.map(|servo| servo.1)),
                    json!(ttl.map(Ttl::as_ms)),
                    json!(seq),
                    json!(t.map(Moment::seconds)),
                ])
            }
            _ => None,
        },
    },
    Method {
        name: "stop",
        params: Params::Lenient(&["seq"]),
        read: |args| Ok(Command::Stop { seq: args.maybe("seq", Args::integer)? }),
        write: |command| match command {
            Command::Stop { seq } => Some(vec![json!(seq)]),
            _ => None,
        },
    },
    Method {
        name: "estop",
        params: Params::Lenient(&["reason"]),
        read: |args| Ok(Command::Estop { reason: args.maybe("reason", Args::reason)?.flatten() }),
        write: |command| match command {
            Command::Estop { reason } => Some(vec![json!(reason)]),
            _ => None,
        },
    },
    bare!("reset", Command::Reset),
    Method {
        name: "acquire",
        params: Params::Named(&["force"]),
        read: |args| Ok(Command::Acquire { force: args.maybe("force", Args::flag)?.unwrap_or(false) }),
        write: |command| match command {
            Command::Acquire { force } => Some(vec![json!(force.then_some(true))]),
            _ => None,
        },
    },
    bare!("release", Command::Release),
    bare!("who", Command::Who),
    Method {
        name: "look",
        params: Params::Named(&["pan", "tilt"]),
        read: |args| {
            let (pan, tilt) = axes(args)?;
            Ok(Command::Look { pan, tilt })
        },
        write: |command| match command {
            Command::Look { pan, tilt } => {
                Some(vec![json!(pan.map(Angle::degrees)), json!(tilt.map(Angle::degrees))])
            }
            _ => None,
        },
    },
    Method {
        name: "nudge",
        params: Params::Named(&["pan", "tilt"]),
        read: |args| {
            let (pan, tilt) = axes(args)?;
            Ok(Command::Nudge { pan: pan.unwrap_or_default(), tilt: tilt.unwrap_or_default() })
        },
        write: |command| match command {
            Command::Nudge { pan, tilt } => Some(vec![json!(pan.degrees()), json!(tilt.degrees())]),
            _ => None,
        },
    },
    bare!("center", Command::Center),
    Method {
        name: "output",
        params: Params::Named(&["name", "level", "ttl_ms"]),
        read: |args| {
            Ok(Command::Output {
                name: args.text("name")?,
                level: args.level("level")?,
                ttl: args.maybe("ttl_ms", Args::ttl)?,
            })
        },
        write: |command| match command {
            Command::Output { name, level, ttl } => {
                Some(vec![json!(name), json!(level.get()), json!(ttl.map(Ttl::as_ms))])
            }
            _ => None,
        },
    },
    bare!("state", Command::State),
    Method {
        name: "subscribe",
        params: Params::Named(&["topics", "rate_hz"]),
        read: |args| {
            Ok(Command::Subscribe {
                topics: args.topics("topics")?,
                rate: args.maybe("rate_hz", Args::rate)?,
            })
        },
        write: |command| match command {
            Command::Subscribe { topics, rate } => Some(vec![json!(topics), json!(rate.map(Rate::hz))]),
            _ => None,
        },
    },
    Method {
        name: "unsubscribe",
        params: Params::Named(&["topics"]),
        read: |args| Ok(Command::Unsubscribe { topics: args.topics("topics")? }),
        write: |command| match command {
            Command::Unsubscribe { topics } => Some(vec![json!(topics)]),
            _ => None,
        },
    },
    Method {
        name: "hello",
        params: Params::Named(&["name", "token"]),
        read: |args| {
            Ok(Command::Hello {
                name: args.maybe("name", Args::text)?,
                token: args.maybe("token", Args::token)?,
            })
        },
        write: |command| match command {
            Command::Hello { name, token } => {
                Some(vec![json!(name), json!(token.as_ref().map(Token::expose))])
            }
            _ => None,
        },
    },
    Method {
        name: "auth",
        params: Params::Named(&["token"]),
        read: |args| Ok(Command::Auth { token: args.token("token")? }),
        write: |command| match command {
            Command::Auth { token } => Some(vec![json!(token.expose())]),
            _ => None,
        },
    },
    bare!("info", Command::Info),
    bare!("board", Command::Board),
    Method {
        name: "ping",
        params: Params::Any(&["value"]),
        read: |args| Ok(Command::Ping { value: args.json("value")? }),
        write: |command| match command {
            Command::Ping { value } => Some(vec![value.clone()]),
            _ => None,
        },
    },
];

/// `pan` and `tilt`, at least one of them.
fn axes(args: &mut Args<'_>) -> Result<(Option<Angle>, Option<Angle>), Fault> {
    match (args.maybe("pan", Args::angle)?, args.maybe("tilt", Args::angle)?) {
        (None, None) => {
            Err(Fault::params("`pan` and `tilt` are missing: at least one is needed, in degrees"))
        }
        axes => Ok(axes),
    }
}

/// A motor and its power, or a servo and its pulse.
fn trial(args: &mut Args<'_>) -> Result<Trial, Fault> {
    let (motor, servo) = (args.maybe("motor", Args::text)?, args.maybe("servo", Args::text)?);
    let (power, pulse) = (args.maybe("power", Args::power)?, args.maybe("pulse_us", Args::pulse)?);
    match (motor, power, servo, pulse) {
        (Some(name), Some(power), None, None) => Ok(Trial::Motor { name, power }),
        (None, None, Some(name), Some(pulse)) => Ok(Trial::Servo { name, pulse }),
        _ => Err(Fault::params("give `motor` and `power`, or `servo` and `pulse_us`")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::MOST;
    use super::*;

    #[test]
    fn no_method_has_more_parameters_than_there_is_room_for() {
        for method in all() {
            assert!(method.params.names().len() <= MOST, "{}", method.name);
        }
    }
}
