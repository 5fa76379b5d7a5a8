//! Everything that happened in a run, in order, and its fingerprint: two runs that agree in it did the
//! same to the last bit.

use std::fmt::Display;
use std::time::Duration;

/// What happened, when, to whom.
#[derive(Debug)]
pub(super) struct Transcript {
    hash: u64,
    /// Kept only where somebody wants to read it.
    lines: Option<Vec<String>>,
    over: bool,
}

impl Transcript {
    pub(super) fn new(readable: bool) -> Self {
        // FNV-1a, 64 bits: the standard library's hasher may change from one release to the next.
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: readable.then(Vec::new), over: false }
    }

    /// Nothing more is part of it: in which order a runtime drops what is left is nobody's concern.
    pub(super) fn end(&mut self) {
        self.over = true;
    }

    /// `number` is a session or a connection; `bytes` are what it is about.
    pub(super) fn note(&mut self, now: Duration, what: &str, number: u64, bytes: &[u8]) {
        if self.over {
            return;
        }
        let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.take_in(&now_ns.to_le_bytes());
        self.take_in(what.as_bytes());
        self.take_in(&number.to_le_bytes());
        self.take_in(bytes);
        if let Some(lines) = &mut self.lines {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(160)]);
            lines.push(line(now, format_args!("{what} {number} {}", shown.escape_debug())));
        }
    }

    /// A number that is part of what happened and that nobody wants to read.
    pub(super) fn number(&mut self, value: u64) {
        self.take_in(&value.to_le_bytes());
    }

    /// Words for a reader that are no part of what happened.
    pub(super) fn remark(&mut self, now: Duration, words: impl Display) {
        if let Some(lines) = &mut self.lines {
            lines.push(line(now, words));
        }
    }

    pub(super) fn finish(&mut self) -> (u64, Vec<String>) {
        (self.hash, self.lines.take().unwrap_or_default())
    }

    fn take_in(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

fn line(now: Duration, words: impl Display) -> String {
    format!("{:>10.3} ms  {words}", now.as_secs_f64() * 1e3)
}
