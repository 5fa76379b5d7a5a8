//! Every bound that a transport keeps, with its default. All of them are set by the configuration
//! of the layer above; the defaults alone are safe.

use std::time::Duration;

use crate::Memory;

/// Bytes of frames that a connection itself keeps for its socket before the sender has to wait; one
/// frame may be on top.
pub const WRITE_BOUND: usize = 64 * 1024;

/// Bounds on what peers may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest message in bytes, received or sent.
    pub max_frame: usize,
    /// Most fragments of one WebSocket message.
    pub max_fragments: usize,
    /// Until a handshake must be finished.
    pub handshake: Duration,
    /// Most connections of one listener.
    pub connections: usize,
    /// Most connections of one listener from one IP address. Local peers (unix, mem) share all
    /// [`connections`](Self::connections).
    pub per_address: usize,
    /// What a peer for whom there is no room is told on a byte stream before it is closed, with `{}`
    /// in place of the reason; empty for nothing. The layer above knows the peer's language.
    pub refusal: &'static str,
    /// Most handshakes of one listener under way at once. Past that the newest takes the place of the
    /// oldest of the IP address that has most, so no machines that are slow to shake hands keep another
    /// out.
    pub pending_handshakes: usize,
    /// First and longest pause after an error of `accept` that is not one peer's fault.
    pub accept_pause: (Duration, Duration),
    /// Silence that ends a message of the `lines` framing.
    pub line_silence: Duration,
    /// Between WebSocket pings while the link is held. Half of [`dead_held`](Self::dead_held) where
    /// that is less, so that there is always time to answer.
    pub ping_held: Duration,
    /// A held link counts as dead after this long without any frame or pong, 20 ms at least.
    pub dead_held: Duration,
    /// Between WebSocket pings otherwise. Half of [`dead_idle`](Self::dead_idle) where that is less.
    pub ping_idle: Duration,
    /// A link counts as dead after this long without any frame or pong otherwise, 20 ms at least.
    pub dead_idle: Duration,
    /// TCP: unacknowledged data or unanswered keep-alive for this long ends the connection, and so
    /// does a peer that takes no data and says nothing. One that speaks need not read. A listener's
    /// link that is held is dead within this time of its last sign of life, whatever was under way: one
    /// question of the kernel's may then go unanswered, and data may wait three tenths of it. At least
    /// 2 s pass on an idle link, as the kernel asks in whole seconds.
    pub tcp_dead: Duration,
    /// Longest datagram in bytes, received or sent.
    pub datagram: usize,
    /// Most UDP sessions of one listener; of one address, [`per_address`](Self::per_address). A
    /// newcomer past either gets the place of the one that was silent longest (of its own address
    /// where that is full), if that was for half of [`udp_idle`](Self::udp_idle), or for a tenth
    /// where only one datagram ever came. If nobody was silent for so long, it is turned away. With
    /// `integrity=psk` only those who have proven their key have a session.
    pub udp_sessions: usize,
    /// A UDP session ends after this silence.
    pub udp_idle: Duration,
    /// Frames waiting for one session's reader; past it UDP drops the oldest.
    pub recv_queue: usize,
    /// Shared by everything that waits to be sent to peers of any listener, and by messages on streams
    /// and WebSockets that are not whole yet. Where it is used up, a message that needs more of it than
    /// [`FREE`](crate::FREE) ends its connection.
    pub memory: Memory,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame: 64 * 1024,
            max_fragments: 64,
            handshake: Duration::from_secs(5),
            connections: 64,
            per_address: 16,
            refusal: "",
            pending_handshakes: 16,
            accept_pause: (Duration::from_millis(100), Duration::from_secs(1)),
            line_silence: Duration::from_millis(50),
            ping_held: Duration::from_millis(250),
            dead_held: Duration::from_secs(1),
            ping_idle: Duration::from_secs(5),
            dead_idle: Duration::from_secs(15),
            tcp_dead: Duration::from_secs(3),
            datagram: 1200,
            udp_sessions: 64,
            udp_idle: Duration::from_secs(10),
            recv_queue: 64,
            memory: Memory::new(64 * 1024 * 1024),
        }
    }
}
