//! What is measured: every transport in every dialect, and what is said there.
//!
//! What must never live here: sockets and clocks.

use std::time::Duration;

use bytes::Bytes;
use protocol::{Command, DialectId, Id, Power};

/// How a message gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Tcp,
    Udp,
    Unix,
    Ws,
    Tls,
    Wss,
}

impl Scheme {
    pub(crate) const ALL: [Self; 6] = [Self::Tcp, Self::Udp, Self::Unix, Self::Ws, Self::Tls, Self::Wss];

    /// As in an endpoint's URL.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
            Self::Ws => "ws",
            Self::Tls => "tls",
            Self::Wss => "wss",
        }
    }

    /// Whether it carries bytes, in which messages must be told apart.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Unix | Self::Tls)
    }
}

/// How messages are told apart in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A message ends with a newline.
    Lines,
    /// A message follows its length: 32 bits, big-endian.
    Length,
}

impl Framing {
    pub(crate) const ALL: [Self; 2] = [Self::Lines, Self::Length];
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) scheme: Scheme,
    pub(crate) dialect: DialectId,
}

impl Row {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let of = |scheme| DialectId::ALL.into_iter().map(move |dialect| Self { scheme, dialect });
        Scheme::ALL.into_iter().flat_map(of)
    }

    /// `tcp json`.
    pub(crate) fn name(self) -> String {
        format!("{} {}", self.scheme.name(), self.dialect.name())
    }

    /// CBOR may have a newline in it.
    pub(crate) fn framing(self) -> Framing {
        if self.dialect == DialectId::Cbor { Framing::Length } else { Framing::Lines }
    }

    /// Two commands that drive in a small circle, so that no wall is met, and turn the wheels differently.
    pub(crate) fn commands(self) -> [Bytes; 2] {
        [0.3, 0.31].map(|steer| {
            let drive = Command::Drive {
                throttle: Power::clamped(0.1),
                steer: Power::clamped(steer),
                strafe: None,
                ttl: None,
                seq: None,
                t: None,
            };
            self.written(&drive)
        })
    }

    /// A command in this row's dialect.
    ///
    /// # Panics
    /// If the dialect cannot say it.
    pub(crate) fn written(self, command: &Command) -> Bytes {
        let frame = self.dialect.get().request(Some(&Id::Number(1.into())), command);
        frame.expect("every dialect can say what is measured").data
    }

    /// Whether an answer says that a command was taken.
    pub(crate) fn accepts(self, answer: &[u8]) -> bool {
        let has = |words: &[u8]| answer.windows(words.len()).any(|part| part == words);
        match self.dialect {
            DialectId::Text => answer.starts_with(b"ok"),
            DialectId::Json => has(br#""accepted":true"#),
            // `true` is f5 (RFC 8949, 3.3).
            DialectId::Cbor => has(b"accepted\xf5"),
        }
    }
}

/// How long, how often, how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Times that the daemon and the bare echo take turns in a row.
    pub(crate) rounds: u32,
    /// Of one block in which one message follows the answer to the last.
    pub(crate) closed: Duration,
    /// Of one block in which messages have their times.
    pub(crate) open: Duration,
    /// Of one block in which many messages are under way.
    pub(crate) pipelined: Duration,
    /// Commands of which the way to the pin is measured, in a row.
    pub(crate) pins: u32,
    /// Messages of which allocations are counted, in a row.
    pub(crate) counted: u32,
    /// For each figure of an idle daemon.
    pub(crate) idle: Duration,
}

impl Effort {
    /// Some eight minutes in all.
    pub(crate) const WHOLE: Self = Self {
        rounds: 8,
        closed: Duration::from_millis(500),
        open: Duration::from_millis(400),
        pipelined: Duration::from_millis(250),
        pins: 500,
        counted: 5_000,
        idle: Duration::from_secs(10),
    };

    /// Some sixty seconds in all.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        closed: Duration::from_millis(120),
        open: Duration::from_millis(100),
        pipelined: Duration::from_millis(60),
        pins: 120,
        counted: 1_000,
        idle: Duration::from_secs(2),
    };
}
