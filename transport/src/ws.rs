//! (interface sketch: to be completed)

use async_trait::async_trait;

use crate::{AddressKind, BindError, Connection, DialError, Endpoint, Limits, Listener, Scheme, Transport};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] =
    &[Scheme { name: "ws", address: AddressKind::Socket { port: 9900, path: true }, options: &[] }];

/// (to be completed)
#[derive(Clone, Debug)]
pub struct Ws {
    limits: Limits,
}

impl Ws {
    /// With these bounds.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

#[async_trait]
impl Transport for Ws {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }
    async fn bind(&self, _at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        todo!()
    }
    async fn dial(&self, _to: &Endpoint) -> Result<Connection, DialError> {
        todo!()
    }
}
