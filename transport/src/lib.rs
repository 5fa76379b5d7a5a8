//! Whole frames between two peers, over any transport.
//!
//! What lives here: endpoint URLs, the [`Transport`] and [`Listener`] traits, one file for each
//! transport, the framings of byte streams, and the bounds that keep a peer from costing more
//! than it should. What must never live here: what a frame means.

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod bare;
mod connection;
mod endpoint;
mod error;
mod faulty;
mod frame;
mod framing;
mod limits;
mod linger;
mod mem;
mod slots;
mod stream;
mod table;
mod tcp;
mod traits;
mod udp;
mod unix;
mod wire;
mod ws;

pub use connection::{Caps, Connection, FrameSink, FrameStream, Link, Peer};
pub use endpoint::{Address, Endpoint, EndpointError};
pub use error::{BindError, DialError, HandshakeError, RecvError, SendError};
pub use faulty::{Direction, Faults, Faulty};
pub use frame::{Frame, Kind};
pub use limits::Limits;
pub use mem::Mem;
pub use table::{AddressKind, OptionSpec, Scheme, Table};
pub use tcp::Tcp;
pub use traits::{Incoming, Listener, Transport};
pub use udp::Udp;
pub use unix::Unix;
pub use ws::Ws;
