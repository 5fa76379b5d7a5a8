//! Every number of the configuration, once: its key, its range, what it is for, and where it goes.
//! Reading and printing both go by this table; a new number is one row.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Config;

/// A number of the configuration.
pub(super) struct Setting {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) range: RangeInclusive<f64>,
    pub(super) unit: &'static str,
    pub(super) about: &'static str,
    /// Whether only whole numbers make sense.
    pub(super) is_whole: bool,
    get: fn(&Config) -> f64,
    set: fn(&mut Config, f64),
}

impl Setting {
    pub(super) fn get(&self, config: &Config) -> f64 {
        (self.get)(config)
    }

    /// The value must be in the range.
    pub(super) fn set(&self, config: &mut Config, value: f64) {
        (self.set)(config, value);
    }
}

/// The settings of a table, in the order in which they are printed.
pub(super) fn settings_of(table: &str) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| setting.table == table)
}

impl Config {
    /// Every number of a table, by its key.
    pub(crate) fn numbers_of(&self, table: &str) -> impl Iterator<Item = (&'static str, f64)> {
        settings_of(table).map(|setting| (setting.key, setting.get(self)))
    }

    /// Sets a number of a table.
    ///
    /// # Errors
    /// There is none of that key, or it must be another.
    pub(crate) fn set_number(&mut self, table: &str, key: &str, value: f64) -> Result<(), String> {
        let setting = settings_of(table).find(|setting| setting.key == key);
        let setting = setting.ok_or_else(|| format!("no number of [{table}] is called `{key}`"))?;
        if !setting.range.contains(&value) {
            let (low, high) = (setting.range.start(), setting.range.end());
            return Err(format!("`{key}` is {value}: it must be {low} to {high} {}", setting.unit));
        }
        setting.set(self, value);
        Ok(())
    }
}

/// A plain number; a whole one, of whatever type; milliseconds of a duration.
macro_rules! setting {
    (Number $($path:tt).+) => { (false, |config| config.$($path).+, |config, value| config.$($path).+ = value) };
    (Count $($path:tt).+) => { (true, |config| config.$($path).+ as f64, |config, value| config.$($path).+ = value as _) };
    (Ms $($path:tt).+) => {
        (
            false,
            |config| config.$($path).+.as_secs_f64() * 1000.0,
            |config, value| config.$($path).+ = Duration::from_secs_f64(value / 1000.0),
        )
    };
}

macro_rules! settings {
    ($($table:literal { $($key:literal: $kind:ident $($path:tt).+, $low:literal ..= $high:literal $unit:literal, $about:literal;)+ })+) => {
        &[$($({
            let (is_whole, get, set): (bool, fn(&Config) -> f64, fn(&mut Config, f64)) = setting!($kind $($path).+);
            Setting {
                table: $table,
                key: $key,
                range: $low as f64..=$high as f64,
                unit: $unit,
                about: $about,
                is_whole,
                get,
                set,
            }
        },)+)+]
    };
}

/// Keys of `[limits]` of which the first must be less than the second.
pub(super) const ORDERED: &[(&str, &str)] = &[
    ("ping_held_ms", "dead_held_ms"),
    ("ping_idle_ms", "dead_idle_ms"),
    ("accept_pause_ms", "accept_pause_max_ms"),
];

/// The table.
pub(super) const SETTINGS: &[Setting] = settings! {
    "control" {
        "rate_hz": Number control.rate_hz, 10 ..= 1000 "hertz", "turns of the control loop a second";
        "stall_ms": Ms control.stall, 50 ..= 5000 "milliseconds", "a control loop that does not turn for this long ends the daemon; on `sim` it has 2000 at least";
        "command_ttl_ms": Ms control.command_ttl, 1 ..= 2000 "milliseconds", "`drive` and `velocity` without ttl_ms are good for this long";
        "word_ttl_ms": Ms control.word_ttl, 1 ..= 2000 "milliseconds", "`up` and its like are good for this long over UDP, which has no link to hold them";
        "lease_ms": Ms control.lease, 100 ..= 600000 "milliseconds", "whoever drives loses the lease after not driving for this long";
        "cruise": Number control.cruise, 0.05 ..= 1 "of full power", "the power that `up` means";
        "slew_ms": Ms control.slew, 0 ..= 2000 "milliseconds", "from standing to full power, and back where zeros are driven; stop, estop and the end of a motion's life are at once";
        "nudge_deg": Number control.nudge_deg, 0.1 ..= 90 "degrees", "how far `cam_left` and its like turn the camera";
        "state_rate_hz": Number control.state_rate_hz, 0.1 ..= 1000 "hertz", "samples for a subscriber that names no rate";
    }
    "limits" {
        "max_message": Count limits.transport.max_frame, 1024 ..= 16777216 "bytes", "longest message";
        "max_fragments": Count limits.transport.max_fragments, 1 ..= 65536 "fragments", "of one WebSocket message";
        "handshake_ms": Ms limits.transport.handshake, 10 ..= 60000 "milliseconds", "until a handshake must be finished";
        "sessions": Count limits.session.sessions, 1 ..= 65536 "sessions", "of all listeners together";
        "connections": Count limits.transport.connections, 1 ..= 65536 "connections", "of one listener";
        "per_address": Count limits.transport.per_address, 1 ..= 65536 "connections", "of one listener from one address";
        "pending_handshakes": Count limits.transport.pending_handshakes, 1 ..= 65536 "handshakes", "under way at once on one listener; the newest displaces the oldest of the address that has most";
        "accept_pause_ms": Ms limits.transport.accept_pause.0, 1 ..= 10000 "milliseconds", "first pause after an error of accept; doubles while it lasts";
        "accept_pause_max_ms": Ms limits.transport.accept_pause.1, 1 ..= 60000 "milliseconds", "longest pause after an error of accept";
        "line_silence_ms": Ms limits.transport.line_silence, 5 ..= 1000 "milliseconds", "silence that ends a message without a newline";
        "ping_held_ms": Ms limits.transport.ping_held, 20 ..= 10000 "milliseconds", "between WebSocket pings while `up` or its like is in force";
        "dead_held_ms": Ms limits.transport.dead_held, 50 ..= 10000 "milliseconds", "without an answer the WebSocket is dead, and the car stops";
        "ping_idle_ms": Ms limits.transport.ping_idle, 20 ..= 600000 "milliseconds", "between WebSocket pings otherwise";
        "dead_idle_ms": Ms limits.transport.dead_idle, 50 ..= 600000 "milliseconds", "without an answer the WebSocket is dead otherwise";
        "tcp_dead_ms": Ms limits.transport.tcp_dead, 1000 ..= 600000 "milliseconds", "without an answer a TCP link is dead";
        "datagram": Count limits.transport.datagram, 512 ..= 65507 "bytes", "longest UDP datagram";
        "udp_sessions": Count limits.transport.udp_sessions, 1 ..= 65536 "sessions", "of one UDP listener";
        "udp_idle_ms": Ms limits.transport.udp_idle, 100 ..= 600000 "milliseconds", "a UDP session ends after this silence";
        "recv_queue": Count limits.transport.recv_queue, 1 ..= 65536 "messages", "waiting to be read from one UDP or mem peer";
        "messages_per_s": Count limits.session.messages_per_s, 1 ..= 10000000 "messages", "of one session a second; more are refused, `stop` and `estop` never";
        "message_burst": Count limits.session.message_burst, 32 ..= 10000000 "messages", "of one session at once";
        "state_rate_max_hz": Number limits.session.state_rate_max_hz, 0.1 ..= 1000 "hertz", "samples for one subscriber; who asks for more is granted this; nobody is granted more than `control.rate_hz`";
        "memory": Count limits.transport.memory.most, 1048576 ..= 68719476736_i64 "bytes", "waiting to be sent to all clients, and in messages that are not whole yet; what is short needs none of it";
        "send_queue": Count limits.session.send_queue, 4 ..= 65536 "messages", "waiting to be sent to one client that does not read";
        "send_bytes": Count limits.session.send_bytes, 65536 ..= 16777216 "bytes", "waiting to be sent to one client that does not read";
        "udp_quiet_ms": Ms limits.session.unlinked_quiet, 100 ..= 60000 "milliseconds", "a subscription over UDP pauses when its client said nothing for this long";
        "first_message_ms": Ms limits.session.first_message, 10 ..= 60000 "milliseconds", "a client that must show a token is closed after this";
        "write_deadline_ms": Ms limits.session.write_deadline, 10 ..= 600000 "milliseconds", "a client that neither reads nor speaks is closed after this";
        "http_connections": Count limits.http_connections, 2 ..= 65536 "connections", "of one HTTP listener: sessions by /ws, a quarter of them at most, and viewers of the camera, half of them at most";
        "http_per_address": Count limits.http_per_address, 2 ..= 65536 "connections", "of one HTTP listener from one address; half of them at most are viewers, and a quarter sessions";
        "http_stall_ms": Ms limits.http_stall, 1000 ..= 600000 "milliseconds", "an HTTP connection that takes nothing for this long is closed";
        "log_lines_per_s": Count limits.log_lines_per_s, 1 ..= 100000 "lines", "of one kind; more are counted and not written";
        "drain_ms": Ms limits.session.drain, 0 ..= 60000 "milliseconds", "for goodbyes when the daemon ends";
    }
    "camera" {
        "width": Count camera.width, 160 ..= 3840 "dots", "in a row, where the source lets it be chosen; a simulated one has 1920 at most";
        "height": Count camera.height, 120 ..= 2160 "rows", "where the source lets it be chosen; a simulated one has 1080 at most";
        "rate_hz": Number camera.rate_hz, 1 ..= 120 "hertz", "pictures a second at most";
        "quality": Count camera.quality, 1 ..= 100 "of 100", "of pictures that are encoded here";
        "max_bytes": Count camera.max_bytes, 16384 ..= 67108864 "bytes", "of one picture; a larger one is not shown";
        "stop_stalled_ms": Ms camera.stop_stalled, 0 ..= 60000 "milliseconds", "a driver whose page gets no picture for this long is stopped; 0: never";
    }
};
