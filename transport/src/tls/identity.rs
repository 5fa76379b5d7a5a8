//! Certificates and keys out of PEM, as people and tools keep them. Files must never be known here.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Fingerprint;

/// A certificate or a key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPem {
    /// There is none of them, or a broken one.
    #[error("holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// There is none, or it is encrypted.
    #[error(
        "holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY----- and is not encrypted"
    )]
    NoKey,
    /// TLS cannot work with it.
    #[error("cannot be used: {0}")]
    Unusable(String),
}

/// Who one is in TLS: a certificate with its chain, and its key. `Debug` shows no key.
#[derive(Clone)]
pub struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Arc<PrivateKeyDer<'static>>,
}

impl Identity {
    /// From the texts of a certificate, with its chain behind it, and of its key.
    ///
    /// # Errors
    /// Where there is no certificate or no key. Whether they belong together is known when they are
    /// used.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, BadPem> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| BadPem::NoKey)?;
        Ok(Self { chain: certificates(certificate)?, key: Arc::new(key) })
    }

    /// Of the certificate itself.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.chain[0])
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.fingerprint()).finish()
    }
}

/// Whose signature is believed.
#[derive(Clone, Debug)]
pub struct Roots(pub(super) Arc<RootCertStore>);

impl Roots {
    /// From the text of their certificates, one or more.
    ///
    /// # Errors
    /// Where there is none, or one that cannot vouch for others.
    pub fn from_pem(certificates_: &[u8]) -> Result<Self, BadPem> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(certificates_)? {
            roots.add(certificate).map_err(|error| BadPem::Unusable(error.to_string()))?;
        }
        Ok(Self(Arc::new(roots)))
    }
}

/// One at least.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BadPem> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    all.ok().filter(|all| !all.is_empty()).ok_or(BadPem::NoCertificate)
}
