//! Somebody who drives, as a process of its own, which can be stopped and killed: `one-driver URL HOW`.
//!
//! `hold` says `up` once and keeps the connection; `repeat` says `drive 0.6 0` ten times a second. Over
//! UDP, which has no connection to keep, `hold` says `up` five times a second. With `reset` in front
//! (`reset-hold`) its death resets the connection instead of closing it. Over TLS the car's certificate
//! must be that of the option `pin=`.

use std::env;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;
use tokio_rustls::rustls;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned,
};
use tokio_tungstenite::tungstenite::{Message, client};
use transport::Fingerprint;

type Failure = Box<dyn Error>;

/// How often a driver who repeats says it.
const PERIOD: Duration = Duration::from_millis(100);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, how] = arguments.as_slice() else { return Err("usage: one-driver URL HOW".into()) };
    let (url, pin) = url.split_once("?pin=").map_or((url.as_str(), None), |(url, pin)| (url, Some(pin)));
    let (scheme, address) = url.split_once("://").ok_or("no URL")?;
    let address = address.trim_end_matches('/');
    let (reset, repeat) = (how.starts_with("reset-"), how.ends_with("repeat"));
    match scheme {
        "tcp" => talk(dial(address, reset, repeat)?, repeat),
        "tls" => talk(secured(dial(address, reset, repeat)?, pin)?, repeat),
        "ws" => browse(url, dial(address, reset, false)?),
        "wss" => browse(url, secured(dial(address, reset, false)?, pin)?),
        "unix" => {
            let mut stream = UnixStream::connect(address)?;
            if reset {
                // Such a socket is reset when it is closed with something unread: the daemon's hello.
                stream.write_all(b"up\n")?;
                loop {
                    thread::park();
                }
            }
            stream.set_read_timeout(repeat.then_some(PERIOD / 2))?;
            talk(stream, repeat)
        }
        "udp" => {
            let socket = UdpSocket::bind(if address.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" })?;
            socket.connect(address)?;
            loop {
                // Whether anybody hears is not known here.
                drop(socket.send(b"up"));
                thread::sleep(PERIOD * 2);
            }
        }
        other => Err(format!("no driver speaks {other}").into()),
    }
}

/// Who repeats must not wait for the daemon to say something.
fn dial(address: &str, reset: bool, repeat: bool) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(repeat.then_some(PERIOD / 2))?;
    if reset {
        set_socket_linger(&stream, Some(Duration::ZERO))?;
    }
    Ok(stream)
}

/// Drives, and answers pings, until the daemon hangs up.
fn browse(url: &str, stream: impl Read + Write) -> Result<(), Failure> {
    let (mut socket, _) = client(url, stream).map_err(|error| error.to_string())?;
    socket.send(Message::text("up"))?;
    loop {
        socket.read()?;
    }
}

/// Says what drives, and reads whatever comes, until the daemon hangs up.
fn talk(mut stream: impl Read + Write, repeat: bool) -> Result<(), Failure> {
    let words: &[u8] = if repeat { b"drive 0.6 0\n" } else { b"up\n" };
    stream.write_all(words)?;
    let mut said = Instant::now();
    loop {
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return Ok(()),
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Err(error.into());
            }
            _ => {}
        }
        if repeat && said.elapsed() >= PERIOD {
            said = Instant::now();
            stream.write_all(words)?;
        }
    }
}

/// TLS to whoever has the certificate of this fingerprint.
fn secured(
    stream: TcpStream,
    pin: Option<&str>,
) -> Result<StreamOwned<ClientConnection, TcpStream>, Failure> {
    let pin = pin.ok_or("without a pin nobody is believed")?.parse()?;
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pin, provider }))
        .with_no_client_auth();
    let name = ServerName::from(stream.peer_addr()?.ip());
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    let mut socket = stream;
    while connection.is_handshaking() {
        match connection.complete_io(&mut socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            done => drop(done?),
        }
    }
    Ok(StreamOwned::new(connection, socket))
}

/// Believes one certificate, whatever its name and dates.
#[derive(Debug)]
struct Pinned {
    pin: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if Fingerprint::of(shown) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("this is not the car".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
