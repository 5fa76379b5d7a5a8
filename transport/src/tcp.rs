//! (interface sketch: to be completed)

use async_trait::async_trait;

use crate::{
    AddressKind, BindError, Connection, DialError, Endpoint, Limits, Listener, Scheme, Transport, framing,
};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "tcp",
    address: AddressKind::Socket { port: 9901, path: false },
    options: &[framing::OPTION],
}];

/// (to be completed)
#[derive(Clone, Debug)]
pub struct Tcp {
    limits: Limits,
}

impl Tcp {
    /// With these bounds.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

#[async_trait]
impl Transport for Tcp {
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
