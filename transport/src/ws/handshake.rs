//! The opening handshake of both sides (RFC 6455, section 4), and answers in words for whoever came
//! with something else.
//!
//! Deadlines are the caller's. Frames must never be known here.

use std::fmt::Display;
use std::future::poll_fn;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::{Response, generate_request};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::socket::Inner;
use super::tap::Tap;
use crate::linger::Linger;
use crate::{Endpoint, HandshakeError, Limits, WRITE_BOUND};

/// Longest HTTP head in bytes. Browsers with many cookies send some 4 KiB.
const LONGEST_HEAD: usize = 16 * 1024;

/// Longest line of a refusal in bytes that is shown.
const LONGEST_LINE: usize = 512;

/// How long whoever is refused has to read it: its place is another's until then. Also how long who is
/// refused waits for the reason.
const LONGEST_REFUSAL: Duration = Duration::from_millis(250);

/// Bytes asked of the kernel at once; also what a silent connection costs.
const READ_CHUNK: usize = 4 * 1024;

/// Room past the bound for answers to pings (131 bytes with header and mask) and a close frame.
const CONTROL_ROOM: usize = 1024;

/// An HTTP answer to somebody who does not get a WebSocket.
struct Refusal {
    status: &'static str,
    why: String,
}

/// The server's side.
pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    limits: &Limits,
) -> Result<Inner<S>, HandshakeError> {
    let mut read = BytesMut::new();
    match head(&mut socket, &mut read).await?.and_then(|request| answer(&request)) {
        Ok(answer) => {
            socket.write_all(&answer).await?;
            Ok(open(socket, read, Role::Server, limits).await)
        }
        Err(error) => {
            let refusal = refusal(&error);
            refuse(&mut socket, &refusal).await;
            Err(HandshakeError::Protocol(refusal.why))
        }
    }
}

/// Turns somebody away who would have been welcome at another time.
pub(super) async fn turn_away<S>(mut socket: S, full: HandshakeError) -> HandshakeError
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    refuse(&mut socket, &Refusal { status: "503 Service Unavailable", why: full.to_string() }).await;
    full
}

/// The client's side.
pub(super) async fn dial<S: AsyncRead + AsyncWrite + Unpin>(
    to: &Endpoint,
    mut socket: S,
    limits: &Limits,
) -> Result<Inner<S>, HandshakeError> {
    fn no_websocket(why: impl Display) -> HandshakeError {
        HandshakeError::Protocol(format!("the server speaks no WebSocket: {why}"))
    }
    let request = to.to_string().into_client_request().and_then(generate_request);
    let (request, key) = request.map_err(no_websocket)?;
    socket.write_all(&request).await?;
    let mut read = BytesMut::new();
    let answer: Response = head(&mut socket, &mut read).await?.map_err(no_websocket)?;
    let status = answer.status();
    if status.as_u16() != 101 {
        let mut why = format!("the server answered {status} instead of opening a WebSocket");
        if let Some(said) = first_line(&mut socket, &mut read).await {
            why += &format!(": {said}");
        }
        return Err(if status.as_u16() == 503 {
            HandshakeError::Full(why)
        } else {
            HandshakeError::Protocol(why)
        });
    }
    verify(&answer, &key).map_err(no_websocket)?;
    Ok(open(socket, read, Role::Client, limits).await)
}

/// The first line that an answer says to people, as far as it comes at once; nothing in it can change a
/// terminal.
async fn first_line(socket: &mut (impl AsyncRead + Unpin), read: &mut BytesMut) -> Option<String> {
    let whole = timeout(LONGEST_REFUSAL, async {
        while !read.contains(&b'\n') && read.len() < LONGEST_LINE {
            if !matches!(socket.read_buf(read).await, Ok(1..)) {
                break;
            }
        }
    });
    // What has come is as good as all that could have.
    drop(whole.await);
    let line = read[..].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..line.len().min(LONGEST_LINE)]);
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// The head of a request or an answer; what came with its end stays in `read`. The inner error is
/// the head's own.
async fn head<T: TryParse>(
    socket: &mut (impl AsyncRead + Unpin),
    read: &mut BytesMut,
) -> Result<Result<T, WsError>, HandshakeError> {
    loop {
        match T::try_parse(read) {
            Ok(Some((len, head))) => {
                let _head = read.split_to(len);
                return Ok(Ok(head));
            }
            Ok(None) if read.len() >= LONGEST_HEAD => return Ok(Err(WsError::AttackAttempt)),
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
        if socket.read_buf(read).await? == 0 {
            return Err(HandshakeError::Protocol("the peer left before its handshake was finished".into()));
        }
    }
}

/// What a client must see in an answer (RFC 6455, section 4.1). No extension and no subprotocol was
/// asked for.
fn verify(answer: &Response, key: &str) -> Result<(), &'static str> {
    let value = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let says = |name, word| value(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    let has = |name| answer.headers().contains_key(name);
    if !says("Upgrade", "websocket") || !says("Connection", "Upgrade") {
        return Err("it does not upgrade");
    }
    if value("Sec-WebSocket-Accept") != Some(&derive_accept_key(key.as_bytes())) {
        return Err("it answers another key");
    }
    if has("Sec-WebSocket-Extensions") || has("Sec-WebSocket-Protocol") {
        return Err("it chose what was not asked for");
    }
    Ok(())
}

/// The frames begin with whatever came with the end of the head.
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    rest: BytesMut,
    role: Role,
    limits: &Limits,
) -> Inner<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_CHUNK)
        .write_buffer_size(WRITE_BOUND)
        .max_write_buffer_size(WRITE_BOUND + limits.max_frame + CONTROL_ROOM)
        .max_message_size(Some(limits.max_frame))
        .max_frame_size(Some(limits.max_frame));
    let tap = Tap::new(socket, rest, limits.max_fragments);
    WebSocketStream::from_raw_socket(tap, role, Some(config)).await
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

/// Writes the answer, and gives the peer a moment to read it and hang up. Whoever hangs up before
/// has not wanted it.
async fn refuse(socket: &mut (impl AsyncRead + AsyncWrite + Unpin), refusal: &Refusal) {
    let Refusal { status, why } = refusal;
    // RFC 9110, section 15.5.22: 426 names what to upgrade to. It is true of the others too.
    let answer = format!(
        "HTTP/1.1 {status}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{why}\n",
        why.len() + 1
    );
    if socket.write_all(answer.as_bytes()).await.is_ok() && socket.shutdown().await.is_ok() {
        let mut linger = Linger::new(LONGEST_REFUSAL);
        poll_fn(|cx| linger.poll(socket, cx)).await;
    }
}
