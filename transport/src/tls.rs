//! `tls://host:port`: framed messages over TLS 1.2 and 1.3, as `tcp` carries them in plain; and TLS
//! itself, which `wss` uses too. The protocol is rustls's.
//!
//! Where certificates are kept, and what one is worth, must never be known here.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

use crate::arrival::{Arrival, Arrivals};
use crate::framing::{self, Choice};
use crate::tcp::connect;
use crate::{
    AddressKind, BindError, Connection, DialError, Endpoint, HandshakeError, Incoming, Inherited, Limits,
    Listener, OptionSpec, Peer, Presented, Scheme, Security, Transport, stream,
};

pub use self::client::ClientTls;
pub use self::fingerprint::{Fingerprint, NoFingerprint};
pub use self::identity::{BadPem, Identity, Roots};
pub use self::server::ServerTls;
use self::server::Shaken;

mod client;
mod fingerprint;
mod halves;
mod identity;
mod secured;
pub(crate) mod server;
mod words;

/// The option that names the certificate which a dialler expects. No secret.
pub(crate) const PIN: &str = "pin";

/// As a row of a scheme's options.
pub(crate) const PIN_OPTION: OptionSpec = OptionSpec { key: PIN, values: &[], check: Some(check_pin) };

/// The rows of the scheme table.
pub(crate) const SCHEMES: &[Scheme] = &[Scheme {
    name: "tls",
    address: AddressKind::Socket { port: 9901, path: false },
    options: &[framing::OPTION, PIN_OPTION],
}];

/// TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    limits: Arc<Limits>,
    security: Arc<Security>,
    inherited: Inherited,
}

impl Tls {
    /// With these bounds; a listener shows [`Security::tls`], a dialler goes by [`Security::dial`].
    pub fn new(limits: Limits, security: Security) -> Self {
        Self { limits: Arc::new(limits), security: Arc::new(security), inherited: Inherited::default() }
    }

    /// With sockets that were passed to this process, used where they fit.
    #[must_use]
    pub fn inheriting(self, inherited: &Inherited) -> Self {
        Self { inherited: inherited.clone(), ..self }
    }
}

#[async_trait]
impl Transport for Tls {
    fn schemes(&self) -> &'static [Scheme] {
        SCHEMES
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        let tls = certificate_for(at, &self.security)?;
        let arrivals = Arrivals::listen(at, &self.limits, &self.inherited).await?;
        Ok(Box::new(Accepting { arrivals, tls }))
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        let deadline = Instant::now() + self.limits.handshake;
        let (halves, peer) = connect(to, &self.limits).await?;
        let stream = match timeout_at(deadline, self.security.dial.tls.connect(to, halves)).await {
            Ok(shaken) => shaken?,
            Err(_elapsed) => return Err(late(to, &self.limits)),
        };
        let choice = Choice::for_dialler(to, &self.limits);
        let (peer, halves) = (Peer::Socket(peer), halves::split(stream));
        Ok(stream::connection(peer, halves, &choice, &self.limits, ()))
    }
}

#[derive(Debug)]
struct Accepting {
    arrivals: Arrivals,
    tls: ServerTls,
}

#[async_trait]
impl Listener for Accepting {
    fn endpoint(&self) -> &Endpoint {
        &self.arrivals.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let tls = self.tls.clone();
        let choice = Choice::for_listener(&self.arrivals.endpoint, &self.arrivals.limits);
        self.arrivals.accept(|arrival, limits| welcome(arrival, limits, tls, choice)).await
    }

    async fn close(self: Box<Self>) {}
}

async fn welcome(
    arrival: Arrival,
    limits: Arc<Limits>,
    tls: ServerTls,
    choice: Choice,
) -> Result<Connection, HandshakeError> {
    let Arrival { socket, peer, slot } = arrival;
    let plain = stream::refusal("this port speaks TLS: dial tls://", &limits);
    let Shaken { stream: mut tls, certificate, link } = tls.accept(socket, &limits, &plain).await?;
    match slot {
        Ok(slot) => {
            let halves = halves::split(tls);
            let connection = stream::connection(Peer::Socket(peer), halves, &choice, &limits, slot);
            Ok(Connection {
                link,
                presented: Presented { certificate, ..Presented::default() },
                ..connection
            })
        }
        Err(full) => {
            let line = stream::refusal(&full.to_string(), &limits);
            if tls.write_all(line.as_bytes()).await.is_ok() {
                server::hang_up(tls).await;
            }
            Err(full)
        }
    }
}

/// What a listener at this endpoint shows.
pub(crate) fn certificate_for(at: &Endpoint, security: &Security) -> Result<ServerTls, BindError> {
    let unusable = |reason: &str| BindError::Option { endpoint: at.clone(), reason: reason.to_owned() };
    if at.option(PIN).is_some() {
        return Err(unusable("`pin` is for whoever dials: leave it out"));
    }
    security.tls.clone().ok_or_else(|| unusable("there is no certificate to show"))
}

/// The error of a dialler who waited in vain.
pub(crate) fn late(to: &Endpoint, limits: &Limits) -> DialError {
    DialError::Handshake { endpoint: to.clone(), source: HandshakeError::TimedOut(limits.handshake) }
}

/// How numbers are computed.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn check_pin(value: &str) -> Result<(), &'static str> {
    value.parse::<Fingerprint>().map(drop).map_err(|_| "write sha256: and 64 hexadecimal digits")
}
