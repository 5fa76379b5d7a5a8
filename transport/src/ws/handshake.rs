//! The opening handshake of both sides (RFC 6455, section 4), and answers in words for whoever came
//! with something else.
//!
//! Deadlines are the caller's. Frames must never be known here.

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::socket::Inner;
use super::tap::Tap;
use crate::{Endpoint, HandshakeError};

/// Longest HTTP head in bytes. Browsers with many cookies send some 4 KiB.
const LONGEST_HEAD: usize = 16 * 1024;

/// An HTTP answer to somebody who does not get a WebSocket.
struct Refusal {
    status: &'static str,
    why: String,
}

/// The server's side.
pub(super) async fn accept(
    mut tap: Tap<TcpStream>,
    config: WebSocketConfig,
) -> Result<Inner, HandshakeError> {
    let mut head = BytesMut::new();
    let answer = loop {
        match Request::try_parse(&head) {
            Ok(Some((len, request))) => {
                let _request = head.split_to(len);
                break answer(&request);
            }
            Ok(None) if head.len() >= LONGEST_HEAD => break Err(WsError::AttackAttempt),
            Ok(None) => {}
            Err(error) => break Err(error),
        }
        if tap.read_buf(&mut head).await? == 0 {
            return Err(HandshakeError::Protocol("the peer left before it had asked for anything".into()));
        }
    };
    match answer {
        Ok(answer) => {
            tap.write_all(&answer).await?;
            let rest = head.to_vec();
            Ok(WebSocketStream::from_partially_read(tap, rest, Role::Server, Some(config)).await)
        }
        Err(error) => {
            let refusal = refusal(&error);
            refuse(tap.inner(), &refusal).await;
            Err(HandshakeError::Protocol(refusal.why))
        }
    }
}

/// Turns somebody away who would have been welcome at another time.
pub(super) async fn turn_away(mut socket: TcpStream, full: HandshakeError) -> HandshakeError {
    refuse(&mut socket, &Refusal { status: "503 Service Unavailable", why: full.to_string() }).await;
    full
}

/// The client's side.
pub(super) async fn dial(
    to: &Endpoint,
    tap: Tap<TcpStream>,
    config: WebSocketConfig,
) -> Result<Inner, HandshakeError> {
    match client_async_with_config(to.to_string(), tap, Some(config)).await {
        Ok((ws, _answer)) => Ok(ws),
        Err(WsError::Io(error)) => Err(error.into()),
        Err(WsError::Http(answer)) => {
            let why = format!("the server answered {} instead of opening a WebSocket", answer.status());
            Err(match answer.status().as_u16() {
                503 => HandshakeError::Full(why),
                _ => HandshakeError::Protocol(why),
            })
        }
        Err(error) => Err(HandshakeError::Protocol(format!("the server speaks no WebSocket: {error}"))),
    }
}

fn answer(request: &Request) -> Result<Vec<u8>, WsError> {
    let mut answer = Vec::new();
    write_response(&mut answer, &create_response(request)?)?;
    Ok(answer)
}

fn refusal(error: &WsError) -> Refusal {
    use ProtocolError as P;
    let (status, why) = match error {
        WsError::Protocol(
            P::MissingConnectionUpgradeHeader
            | P::MissingUpgradeWebSocketHeader
            | P::MissingSecWebSocketVersionHeader,
        ) => (
            "426 Upgrade Required",
            "only WebSocket (RFC 6455, version 13) is spoken here: open ws://, not http://".to_owned(),
        ),
        WsError::AttackAttempt => {
            ("400 Bad Request", format!("the request's head is longer than {LONGEST_HEAD} bytes"))
        }
        error => ("400 Bad Request", format!("this is no WebSocket handshake (RFC 6455, 4.1): {error}")),
    };
    Refusal { status, why }
}

/// Writes the answer, and waits until the peer has hung up: bytes that it sent and nobody read
/// would make the kernel cut the answer off. Whoever hangs up before has not wanted it.
async fn refuse(socket: &mut TcpStream, refusal: &Refusal) {
    let Refusal { status, why } = refusal;
    // RFC 9110, section 15.5.22: 426 names what to upgrade to. It is true of the others too.
    let answer = format!(
        "HTTP/1.1 {status}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{why}\n",
        why.len() + 1
    );
    if socket.write_all(answer.as_bytes()).await.is_ok() && socket.shutdown().await.is_ok() {
        let _ = tokio::io::copy(socket, &mut tokio::io::sink()).await;
    }
}
