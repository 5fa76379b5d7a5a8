//! What goes wrong with TLS, in words. Decisions must never be made here.

use std::io;

use tokio_rustls::rustls::{AlertDescription as Alert, CertificateError, Error as TlsError};

use crate::HandshakeError;

/// Why a handshake came to nothing; `speaks` says what the other side should have done.
pub(super) fn failed(error: io::Error, speaks: &str) -> HandshakeError {
    match inner(&error) {
        Some(TlsError::InvalidMessage(_)) => {
            HandshakeError::Protocol(format!("the other side does not speak TLS: {speaks}"))
        }
        Some(error) => HandshakeError::Protocol(said(error)),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            HandshakeError::Protocol("the peer left before its TLS handshake was finished".to_owned())
        }
        None => HandshakeError::Io(error),
    }
}

/// The error of an established stream.
pub(super) fn broken(error: io::Error) -> io::Error {
    match inner(&error) {
        Some(inner) => io::Error::new(error.kind(), said(inner)),
        // What was cut off may have been half a command, so it is not taken for an end.
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            io::Error::new(error.kind(), "the connection was cut off: TLS says goodbye before it ends")
        }
        None => error,
    }
}

/// What TLS itself has to say about an error of the stream below it.
pub(super) fn inner(error: &io::Error) -> Option<&TlsError> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn said(error: &TlsError) -> String {
    match error {
        TlsError::NoCertificatesPresented => "it showed no client certificate, and must here".to_owned(),
        TlsError::AlertReceived(Alert::CertificateRequired) => {
            "the car wants a client certificate, and none was shown".to_owned()
        }
        TlsError::AlertReceived(
            Alert::UnknownCA
            | Alert::BadCertificate
            | Alert::CertificateUnknown
            | Alert::CertificateExpired
            | Alert::DecryptError,
        ) => format!("the other side does not trust our certificate ({error})"),
        TlsError::AlertReceived(Alert::ProtocolVersion) => {
            "the other side speaks no version of TLS that we do (1.2, 1.3)".to_owned()
        }
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "nobody whom we trust vouches for its certificate".to_owned()
        }
        TlsError::InvalidCertificate(error) => format!("its certificate is not good: {error}"),
        error => format!("TLS: {error}"),
    }
}
