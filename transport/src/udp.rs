//! (interface sketch: to be completed)

use async_trait::async_trait;

use crate::{BindError, Connection, DialError, Endpoint, Limits, Listener, Scheme, Transport};

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
        todo!()
    }
    async fn bind(&self, _at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        todo!()
    }
    async fn dial(&self, _to: &Endpoint) -> Result<Connection, DialError> {
        todo!()
    }
}
