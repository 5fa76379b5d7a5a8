//! A connection as every transport hands it out: who is there, what the link can do, and the two
//! halves that carry frames.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;
use futures_sink::Sink;
use tokio::sync::watch;

use crate::tally::Tally;
use crate::{Frame, Losses, Presented, RecvError, SendError};

/// Frames from the peer. After an error for which [`RecvError::is_fatal`] is true, it ends.
/// Dropping a pending `next` loses nothing.
pub type FrameStream = Pin<Box<dyn Stream<Item = Result<Frame, RecvError>> + Send>>;

/// Frames to the peer. `poll_ready` + `start_send` never lose a frame; closing it says goodbye as
/// the transport does (a close frame, a FIN).
pub type FrameSink = Pin<Box<dyn Sink<Frame, Error = SendError> + Send>>;

/// Who is at the other end, as far as the operating system vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// A network address; it names a machine, it does not prove one.
    Socket(SocketAddr),
    /// A local process, by the kernel's word.
    Unix {
        /// User id of the process that connected.
        uid: u32,
        /// Group id of the process that connected.
        gid: u32,
        /// Process id, where the kernel tells it.
        pid: Option<i32>,
    },
    /// A task of this process, by the name it dialled.
    Memory(String),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => write!(f, "{address}"),
            Self::Unix { uid, pid: Some(pid), .. } => write!(f, "uid {uid}, pid {pid}"),
            Self::Unix { uid, .. } => write!(f, "uid {uid}"),
            Self::Memory(name) => write!(f, "mem {name}"),
        }
    }
}

/// What a connection can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Every frame arrives or the connection ends.
    pub reliable: bool,
    /// Frames arrive in the order they were sent.
    pub ordered: bool,
    /// The end of the connection, or the death of the link, is noticed. UDP has no link.
    pub linked: bool,
    /// [`Frame::kind`] arrives as it was sent.
    pub kinds: bool,
    /// Any bytes can be carried; where false, only UTF-8 without a line break.
    pub binary: bool,
    /// The longest frame in bytes that can be sent.
    pub max_frame: usize,
}

/// A handle to tell the link how soon its death must be noticed, and to ask it what it lost.
///
/// Silence is cheap while a car stands and dangerous while it moves, so the layer above says which
/// it is. Transports that need no telling ignore it.
#[derive(Clone, Debug, Default)]
pub struct Link {
    held: Option<watch::Sender<bool>>,
    tally: Option<Arc<Tally>>,
}

impl Link {
    /// A link that can be held, and the end that its transport watches.
    pub(crate) fn watched() -> (Self, watch::Receiver<bool>) {
        let (tx, rx) = watch::channel(false);
        (Self { held: Some(tx), tally: None }, rx)
    }

    /// A link that counts what it loses.
    pub(crate) fn counted(tally: Arc<Tally>) -> Self {
        Self { held: None, tally: Some(tally) }
    }

    /// While `held`, a dead link is found within [`Limits::dead_held`](crate::Limits::dead_held)
    /// instead of [`Limits::dead_idle`](crate::Limits::dead_idle), over TCP within
    /// [`Limits::tcp_dead`](crate::Limits::tcp_dead) even where data was under way.
    pub fn hold(&self, held: bool) {
        if let Some(tx) = &self.held {
            tx.send_if_modified(|now| std::mem::replace(now, held) != held);
        }
    }

    /// What was lost, late or corrupt on the way here until now.
    #[must_use]
    pub fn losses(&self) -> Losses {
        self.tally.as_deref().map(Tally::losses).unwrap_or_default()
    }
}

/// An established connection.
pub struct Connection {
    /// Who is there.
    pub peer: Peer,
    /// What it has shown of itself.
    pub presented: Presented,
    /// What the connection can do.
    pub caps: Caps,
    /// How soon a dead link must be noticed.
    pub link: Link,
    /// To the peer.
    pub tx: FrameSink,
    /// From the peer.
    pub rx: FrameStream,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("presented", &self.presented)
            .field("caps", &self.caps)
            .finish_non_exhaustive()
    }
}
