//! Certificates of every kind, and both ends of a connection. No test lives here.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use transport::{
    Address, ClientTls, Connection, DialError, DialOptions, Endpoint, Frame, HandshakeError, Identity,
    Limits, Listener, Roots, Security, ServerTls, Table,
};

/// The schemes over TLS.
pub(crate) const SCHEMES: [&str; 2] = ["tls", "wss"];

pub(crate) struct Certificate {
    pub(crate) identity: Identity,
    pub(crate) pem: String,
}

impl Certificate {
    /// For a host, in date for centuries.
    pub(crate) fn of(host: &str) -> Self {
        Self::until(host, 4000)
    }

    /// For a host, until the first day of a year.
    pub(crate) fn until(host: &str, year: i32) -> Self {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let identity = Identity::from_pem(pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
        Self { identity, pem }
    }

    pub(crate) fn as_root(&self) -> Roots {
        Roots::from_pem(self.pem.as_bytes()).unwrap()
    }

    pub(crate) fn pinned(&self) -> ClientTls {
        ClientTls { pin: Some(self.identity.fingerprint()), ..ClientTls::default() }
    }

    /// A listener that shows it; with `clients`, only to whom they vouch for.
    pub(crate) async fn listen(&self, scheme: &str, clients: Option<&Roots>) -> Box<dyn Listener> {
        self.listen_with(scheme, clients, &Limits::default()).await
    }

    pub(crate) async fn listen_with(
        &self,
        scheme: &str,
        clients: Option<&Roots>,
        limits: &Limits,
    ) -> Box<dyn Listener> {
        let tls = Some(ServerTls::new(&self.identity, clients).unwrap());
        let table = Table::with(limits, &Security { tls, ..Security::default() });
        table.bind(&format!("{scheme}://127.0.0.1:0").parse().unwrap()).await.unwrap()
    }
}

/// A table whose diallers believe this.
pub(crate) fn believing(tls: ClientTls) -> Table {
    let dial = DialOptions { tls, token: None };
    Table::with(&Limits::default(), &Security { dial, ..Security::default() })
}

/// What becomes of one meeting: the dialler's end, and the listener's.
pub(crate) type Met = (Result<Connection, DialError>, Result<Connection, HandshakeError>);

pub(crate) async fn meet(listener: &mut Box<dyn Listener>, to: &Endpoint, tls: ClientTls) -> Met {
    tokio::join!(async { believing(tls).dial(to).await }, async { listener.accept().await.handshake.await })
}

/// The words with which a dialler refuses whom it met at `host`.
pub(crate) async fn refusal(listener: &mut Box<dyn Listener>, to: &Endpoint, tls: ClientTls) -> String {
    let (dialled, accepted) = meet(listener, to, tls).await;
    assert!(accepted.is_err(), "the listener is told");
    dialled.expect_err("refused").to_string()
}

/// That both ends speak.
pub(crate) async fn talk((dialled, accepted): Met) -> (Connection, Connection) {
    use futures_util::{SinkExt, StreamExt};
    let (mut dialled, mut accepted) = (dialled.unwrap(), accepted.unwrap());
    dialled.tx.send(Frame::text("there")).await.unwrap();
    assert_eq!(accepted.rx.next().await.unwrap().unwrap(), Frame::text("there"));
    accepted.tx.send(Frame::text("and back")).await.unwrap();
    assert_eq!(dialled.rx.next().await.unwrap().unwrap(), Frame::text("and back"));
    (dialled, accepted)
}

/// The host and the port of an endpoint.
pub(crate) fn place(at: &Endpoint) -> (String, u16) {
    match at.address() {
        Address::Socket { host, port } => (host.clone(), *port),
        other => panic!("{other:?} has no port"),
    }
}

/// Where a listener is, under another name of the same machine.
pub(crate) fn at_host(listener: &dyn Listener, host: &str) -> Endpoint {
    let at = listener.endpoint();
    let (_, port) = place(at);
    format!("{}://{host}:{port}", at.scheme()).parse().unwrap()
}
