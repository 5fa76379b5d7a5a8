//! The scheme table: adding a transport is one file and one line here.

use std::sync::Arc;

use crate::{
    BindError, Connection, DialError, Endpoint, Fingerprint, Inherited, Limits, Listener, Mem, Security, Tcp,
    Tls, Transport, Udp, Unix, Visitors, Ws, mem, tcp, tls, udp, unix, ws,
};

/// What follows `scheme://`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// `host:port`, with these defaults; `path` says whether a path may follow.
    Socket {
        /// Port when none is written.
        port: u16,
        /// Whether a path may follow.
        path: bool,
    },
    /// A path of the file system, or `@name` for an abstract one.
    File,
    /// A name within this process.
    Name,
}

/// An option of an endpoint: its key, and the values it takes.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// The key.
    pub key: &'static str,
    /// The values; empty where they cannot be listed, then `check` decides.
    pub values: &'static [&'static str],
    /// Says what would be right where a value that cannot be listed is wrong.
    pub check: Option<Check>,
}

type Check = fn(&str) -> Result<(), &'static str>;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    /// What stands before `://`.
    pub name: &'static str,
    /// What stands after it.
    pub address: AddressKind,
    /// The options it takes.
    pub options: &'static [OptionSpec],
}

/// The rows of every transport of this build, in the order in which people should read them.
pub(crate) fn schemes() -> impl Iterator<Item = &'static Scheme> {
    [ws::SCHEMES, tcp::SCHEMES, tls::SCHEMES, udp::SCHEMES, unix::SCHEMES, mem::SCHEMES].into_iter().flatten()
}

/// Every transport of this build.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Arc<dyn Transport>>,
    /// Who comes to be spoken with over HTTP.
    web: Option<Ws>,
    certificate: Option<Fingerprint>,
}

impl Table {
    /// All of them, with these bounds. `mem://` names are private to one table and its clones.
    /// Nothing listens on `tls` and `wss`, and nobody there is believed.
    pub fn new(limits: &Limits) -> Self {
        Self::with(limits, &Security::default())
    }

    /// The same, going by `security`.
    pub fn with(limits: &Limits, security: &Security) -> Self {
        Self::inheriting(limits, security, &Inherited::default())
    }

    /// The same; where one of these sockets is for an endpoint, it is used instead of a new one.
    pub fn inheriting(limits: &Limits, security: &Security, inherited: &Inherited) -> Self {
        let ws = Ws::new(limits.clone(), security.clone()).inheriting(inherited);
        Self {
            certificate: security.tls.as_ref().map(|tls| tls.fingerprint()),
            web: Some(ws.clone()),
            rows: vec![
                Arc::new(ws),
                Arc::new(Tcp::new(limits.clone()).inheriting(inherited)),
                Arc::new(Tls::new(limits.clone(), security.clone()).inheriting(inherited)),
                Arc::new(Udp::with(limits.clone(), security.clone()).inheriting(inherited)),
                Arc::new(Unix::new(limits.clone()).inheriting(inherited)),
                Arc::new(Mem::new(limits.clone())),
            ],
        }
    }

    /// Of the certificate that its listeners on `tls` and `wss` show.
    pub fn certificate(&self) -> Option<Fingerprint> {
        self.certificate
    }

    /// Only these, each as it is: what embeds a daemon, or tries it on a bad link, brings its own.
    pub fn of(rows: Vec<Arc<dyn Transport>>) -> Self {
        Self { rows, web: None, certificate: None }
    }

    /// Every scheme that it serves.
    pub fn schemes(&self) -> impl Iterator<Item = &'static Scheme> {
        self.rows.iter().flat_map(|row| row.schemes())
    }

    /// Listens on any endpoint.
    ///
    /// # Errors
    /// As [`Transport::bind`].
    pub async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        match self.row(at) {
            Some(row) => row.bind(at).await,
            None => Err(BindError::NoTransport(at.clone())),
        }
    }

    /// Listens at a `ws` or `wss` endpoint for whoever speaks HTTP first.
    ///
    /// # Errors
    /// As [`Transport::bind`].
    pub async fn visitors(&self, at: &Endpoint, limits: Limits) -> Result<Visitors, BindError> {
        match &self.web {
            Some(web) => web.visitors(at, limits).await,
            None => Err(BindError::NoTransport(at.clone())),
        }
    }

    /// Connects to any endpoint.
    ///
    /// # Errors
    /// As [`Transport::dial`].
    pub async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        match self.row(to) {
            Some(row) => row.dial(to).await,
            None => Err(DialError::NoTransport(to.clone())),
        }
    }

    fn row(&self, at: &Endpoint) -> Option<&Arc<dyn Transport>> {
        self.rows.iter().find(|row| row.schemes().iter().any(|s| s.name == at.scheme()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_that_can_be_written_has_a_transport() {
        let table = Table::new(&Limits::default());
        let served = table.schemes().map(|scheme| scheme.name);
        assert!(served.eq(schemes().map(|scheme| scheme.name)));
    }
}
