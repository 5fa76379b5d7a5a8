//! What a peer has shown of itself before its first frame. What that allows it must never be known
//! here.

/// What a peer has shown, and the transport has checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presented {
    /// The name of the [`Key`](crate::Key) that it has proven to have (`udp` with `integrity=psk`).
    pub psk: Option<String>,
}
