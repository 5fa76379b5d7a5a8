//! The bare echo: what comes goes back, message by message, over the same transports on the same runtime as the
//! daemon's. It is what anybody would write who wants nothing but an echo, and so the least that messages cost here.
//!
//! What must never live here: anything of the daemon's crates.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::codec::{Decoder, Encoder, Framed, LengthDelimitedCodec};

use crate::Failure;
use crate::rows::{Framing, Scheme};

/// Longest message, as the daemon's.
const LONGEST: usize = 64 * 1024;

/// The variable with the folder in which the sockets are to be, and the certificate to show.
pub(crate) const FOLDER: &str = "SPEED_FOLDER";
pub(crate) const CERTIFICATE: &str = "SPEED_CERTIFICATE";

/// Serves until stdin ends.
pub(crate) fn main() -> Result<(), Failure> {
    let folder = PathBuf::from(std::env::var_os(FOLDER).ok_or("no folder")?);
    let acceptor = acceptor(Path::new(&std::env::var_os(CERTIFICATE).ok_or("no certificate")?))?;
    // As the daemon has it: car-daemon/src/cli/run.rs.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for framing in Framing::ALL {
            listen(Scheme::Tcp, framing, None).await?;
            listen(Scheme::Tls, framing, Some(acceptor.clone())).await?;
            listen_in(&folder, framing)?;
        }
        listen(Scheme::Ws, Framing::Lines, None).await?;
        listen(Scheme::Wss, Framing::Lines, Some(acceptor)).await?;
        echo_datagrams().await?;
        tell("ready")?;
        tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
        Ok(())
    })
}

fn acceptor(certificate: &Path) -> Result<TlsAcceptor, Failure> {
    let chain = vec![CertificateDer::from_pem_file(certificate)?];
    let key = PrivateKeyDer::from_pem_file(certificate)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[allow(clippy::print_stdout, reason = "the harness reads it")]
fn tell(line: &str) -> io::Result<()> {
    println!("{line}");
    io::stdout().flush()
}

async fn listen(scheme: Scheme, framing: Framing, tls: Option<TlsAcceptor>) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    tell(&format!("{} {framing:?} {}", scheme.name(), listener.local_addr()?))?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream.set_nodelay(true));
            tokio::spawn(serve(scheme, framing, tls.clone(), stream));
        }
    });
    Ok(())
}

async fn serve(scheme: Scheme, framing: Framing, tls: Option<TlsAcceptor>, stream: TcpStream) -> Option<()> {
    let is_stream = scheme.is_stream();
    match tls {
        None if is_stream => echo_stream(stream, framing).await,
        None => echo_socket(stream).await,
        Some(tls) if is_stream => echo_stream(tls.accept(stream).await.ok()?, framing).await,
        Some(tls) => echo_socket(tls.accept(stream).await.ok()?).await,
    }
}

fn listen_in(folder: &Path, framing: Framing) -> Result<(), Failure> {
    let path = folder.join(format!("{framing:?}.sock"));
    let listener = UnixListener::bind(&path)?;
    tell(&format!("{} {framing:?} {}", Scheme::Unix.name(), path.display()))?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo_stream(stream, framing));
        }
    });
    Ok(())
}

async fn echo_stream<S: AsyncRead + AsyncWrite>(stream: S, framing: Framing) -> Option<()> {
    match framing {
        Framing::Lines => echo(Framed::new(stream, Lines), Some).await,
        Framing::Length => {
            let codec = LengthDelimitedCodec::builder().max_frame_length(LONGEST).new_codec();
            echo(Framed::new(stream, codec), |message| Some(message.freeze())).await
        }
    }
}

/// Bytes up to a newline, and it.
struct Lines;

impl Decoder for Lines {
    type Item = Bytes;
    type Error = io::Error;

    fn decode(&mut self, heard: &mut BytesMut) -> io::Result<Option<Bytes>> {
        match heard.iter().position(|byte| *byte == b'\n') {
            Some(end) => Ok(Some(heard.split_to(end + 1).freeze())),
            None if heard.len() > LONGEST => Err(io::ErrorKind::InvalidData.into()),
            None => Ok(None),
        }
    }
}

impl Encoder<Bytes> for Lines {
    type Error = io::Error;

    fn encode(&mut self, line: Bytes, out: &mut BytesMut) -> io::Result<()> {
        out.extend_from_slice(&line);
        Ok(())
    }
}

async fn echo_socket<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Option<()> {
    let is_message = |message: &Message| message.is_text() || message.is_binary();
    echo(accept_async(stream).await.ok()?, |message| Some(message).filter(is_message)).await
}

/// Sends back what is here, and then once all of it on its way.
async fn echo<C, I, O, E>(connection: C, back: impl Fn(I) -> Option<O>) -> Option<()>
where
    C: Stream<Item = Result<I, E>> + Sink<O>,
{
    tokio::pin!(connection);
    while let Some(message) = connection.next().await {
        let mut next = Some(message);
        while let Some(message) = next {
            if let Some(message) = back(message.ok()?) {
                connection.feed(message).await.ok()?;
            }
            next = match connection.next().now_or_never() {
                Some(None) => return None,
                Some(message) => message,
                None => None,
            };
        }
        connection.flush().await.ok()?;
    }
    None
}

async fn echo_datagrams() -> Result<(), Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    tell(&format!("{} {:?} {}", Scheme::Udp.name(), Framing::Lines, socket.local_addr()?))?;
    tokio::spawn(async move {
        let mut datagram = [0; 2048];
        loop {
            // An error is about one peer, not about the socket.
            if let Ok((count, peer)) = socket.recv_from(&mut datagram).await {
                drop(socket.send_to(&datagram[..count], peer).await);
            }
        }
    });
    Ok(())
}
