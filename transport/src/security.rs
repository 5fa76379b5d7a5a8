//! What transports know that peers must not, and that stands in no endpoint. Where it comes from must
//! never be known here.

use crate::Keys;

/// Secrets by which peers are told from strangers. The default has none.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// For `integrity=psk`: a listener takes peers that have any of these keys, a dialler shows the
    /// first.
    pub psk: Keys,
}
