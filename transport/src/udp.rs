//! (interface sketch: to be completed)

use async_trait::async_trait;

use crate::{
    AddressKind, BindError, Connection, DialError, Endpoint, Limits, Listener, OptionSpec, Scheme, Transport,
};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "udp",
    address: AddressKind::Socket { port: 9902, path: false },
    options: &[OptionSpec { key: "integrity", values: &["none"], check: None }],
}];

/// (to be completed)
#[derive(Clone, Debug)]
pub struct Udp {
    limits: Limits,
}

impl Udp {
    /// With these bounds.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

#[async_trait]
impl Transport for Udp {
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
