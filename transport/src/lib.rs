//! Whole frames between two peers, over any transport.
//!
//! What lives here: endpoint URLs, the [`Transport`] and [`Listener`] traits, one file for each
//! transport, the framings of byte streams, and the bounds that keep a peer from costing more
//! than it should. What must never live here: what a frame means.

mod arrival;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod bare;
mod connection;
mod endpoint;
mod error;
mod faulty;
mod frame;
mod framing;
mod inherited;
mod keys;
mod limits;
mod linger;
mod lock_file;
mod mem;
mod memory;
mod pending;
mod presented;
mod security;
mod slots;
mod stream;
mod table;
mod tally;
mod tcp;
mod tls;
mod traits;
mod udp;
mod unix;
mod web;
mod wire;
mod ws;

pub use connection::{Caps, Connection, FrameSink, FrameStream, Link, Peer};
pub use endpoint::{Address, Endpoint, EndpointError};
pub use error::{BindError, DialError, HandshakeError, RecvError, SendError, Untrusted};
pub use faulty::{Direction, Faults, Faulty};
pub use frame::{Frame, Kind};
pub use inherited::Inherited;
pub use keys::{Key, KeyError, Keys};
pub use limits::{Limits, WRITE_BOUND};
pub use lock_file::{LockError, LockFile};
pub use mem::Mem;
pub use memory::{FREE, Memory, Share, Use};
pub use presented::{NoToken, Presented, Secret};
pub use security::{DialOptions, Security};
pub use slots::{Slot, Slots};
pub use table::{AddressKind, OptionSpec, Scheme, Table};
pub use tally::Losses;
pub use tcp::Tcp;
pub use tls::{BadPem, ClientTls, Fingerprint, Identity, NoFingerprint, Roots, ServerTls, Tls};
pub use traits::{Incoming, Listener, Transport};
pub use udp::Udp;
pub use unix::Unix;
pub use web::{Forbidden, HostName, NoHost, NoOrigin, Origin, Web};
pub use ws::{Duplex, Refusal, Upgrade, Visitor, Visitors, Ws};
