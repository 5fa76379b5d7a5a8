//! The dialler's side of TLS: whom it believes to be the car.
//!
//! There is no way to believe everybody.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{Join, join};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme,
};

use super::secured::Secured;
use super::{Identity, PIN, Roots, provider, words};
use crate::wire::{Reading, Writing};
use crate::{DialError, Endpoint, Fingerprint, HandshakeError, Untrusted};

/// Whom a dialler of `tls` and `wss` believes, and who it is itself.
///
/// A pin, here or as the endpoint's option `pin=`, is enough and must fit; the name in the certificate
/// and its dates do not matter then. Without one, a root must vouch for the certificate, which must
/// name the host that was dialled and be in date. With neither nobody is believed.
#[derive(Clone, Debug, Default)]
pub struct ClientTls {
    /// The car's certificate.
    pub pin: Option<Fingerprint>,
    /// Who may vouch for the car's certificate.
    pub roots: Option<Roots>,
    /// What is shown to a car that asks for a client's certificate.
    pub identity: Option<Identity>,
}

impl ClientTls {
    /// Shakes hands with whoever is at the other end of `socket`. Deadlines are the caller's.
    pub(crate) async fn connect(
        &self,
        to: &Endpoint,
        (read, write): (Reading, Writing),
    ) -> Result<Secured<TlsStream<Join<Reading, Writing>>>, DialError> {
        let unusable = |reason| DialError::Option { endpoint: to.clone(), reason };
        let verifier = Arc::new(self.verifier(to).map_err(unusable)?);
        let config = self.config(Arc::clone(&verifier)).map_err(|error| unusable(error.to_string()))?;
        let host = to.socket().map_or("", |(host, _)| host).to_owned();
        let name = ServerName::try_from(host).map_err(|error| unusable(error.to_string()))?;
        let shaken = TlsConnector::from(Arc::new(config)).connect(name, join(read, write)).await;
        shaken.map(Secured).map_err(|error| {
            let refused = verifier.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
            let speaks = "is it a plain port, which tcp:// or ws:// would reach?";
            let source = refused.unwrap_or_else(|| words::failed(error, speaks));
            DialError::Handshake { endpoint: to.clone(), source }
        })
    }

    fn verifier(&self, to: &Endpoint) -> Result<Verifier, String> {
        // Checked when the endpoint was parsed.
        let option = to.option(PIN).and_then(|pin| pin.parse().ok());
        let roots = match &self.roots {
            None => None,
            Some(roots) => Some(
                WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.0), provider())
                    .build()
                    .map_err(|error| error.to_string())?,
            ),
        };
        Ok(Verifier {
            pins: [self.pin, option].into_iter().flatten().collect(),
            roots,
            algorithms: provider().signature_verification_algorithms,
            refused: Mutex::new(None),
        })
    }

    fn config(&self, verifier: Arc<Verifier>) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key())?,
        };
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// Believes what [`ClientTls`] says; keeps why it did not.
struct Verifier {
    pins: Vec<Fingerprint>,
    roots: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
    refused: Mutex<Option<HandshakeError>>,
}

impl Verifier {
    fn refuse(&self, seen: Fingerprint, why: String) -> TlsError {
        let refused = HandshakeError::Untrusted(Box::new(Untrusted { seen, why }));
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused);
        TlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let seen = Fingerprint::of(shown);
        match (&*self.pins, &self.roots) {
            ([], None) => Err(self.refuse(
                seen,
                "nothing vouches for it; if it is the one that the car prints when it starts, pin it"
                    .to_owned(),
            )),
            ([], Some(roots)) => {
                let verified = roots.verify_server_cert(shown, chain, name, ocsp, now);
                verified.map_err(|error| self.refuse(seen, not_vouched(&error)))
            }
            (pins, _) => match pins.iter().find(|pin| **pin != seen) {
                None => Ok(ServerCertVerified::assertion()),
                Some(pin) => Err(self.refuse(
                    seen,
                    format!(
                        "pinned is {pin}: this is another car, somebody between, or it has a new certificate"
                    ),
                )),
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("pins", &self.pins).finish_non_exhaustive()
    }
}

/// Why no root vouches for a certificate.
fn not_vouched(error: &TlsError) -> String {
    use CertificateError as C;
    match error {
        TlsError::InvalidCertificate(C::UnknownIssuer | C::BadSignature) => {
            "no root that is trusted vouches for it".to_owned()
        }
        TlsError::InvalidCertificate(C::Expired | C::ExpiredContext { .. }) => {
            "it has expired, or the clock here is wrong".to_owned()
        }
        TlsError::InvalidCertificate(C::NotValidYet | C::NotValidYetContext { .. }) => {
            "it is not valid yet, or the clock here is wrong".to_owned()
        }
        TlsError::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => {
            "it does not name the host that was dialled".to_owned()
        }
        error => error.to_string(),
    }
}
