//! (interface sketch: to be completed)

use async_trait::async_trait;

use crate::{
    AddressKind, BindError, Connection, DialError, Endpoint, Limits, Listener, OptionSpec, Scheme, Transport,
    framing,
};

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "unix",
    address: AddressKind::File,
    options: &[framing::OPTION, OptionSpec { key: "mode", values: &[], check: Some(check_mode) }],
}];

fn check_mode(value: &str) -> Result<(), &'static str> {
    parse_mode(value).map(drop).ok_or("a mode is octal, as chmod takes it: 0600 to 0777")
}

/// A mode without special bits that at least its owner can use: a socket is connected to by writing.
fn parse_mode(value: &str) -> Option<u32> {
    let octal = (3..=4).contains(&value.len()) && value.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let mode = u32::from_str_radix(value, 8).ok()?;
    (octal && mode <= 0o777 && mode & 0o600 == 0o600).then_some(mode)
}

/// (to be completed)
#[derive(Clone, Debug)]
pub struct Unix {
    limits: Limits,
}

impl Unix {
    /// With these bounds.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

#[async_trait]
impl Transport for Unix {
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
