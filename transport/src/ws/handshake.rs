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
use tokio_tungstenite::tungstenite::handshake::server::{
    Request, Response as ServerResponse, create_response, write_response,
};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::credentials;
use super::socket::Inner;
use super::tap::Tap;
use crate::linger::Linger;
use crate::tls::server::HANDSHAKE_RECORD;
use crate::{Endpoint, Forbidden, HandshakeError, Limits, Secret, WRITE_BOUND, Web};

/// Longest HTTP head in bytes. Browsers with many cookies send some 4 KiB.
const LONGEST_HEAD: usize = 16 * 1024;

/// Longest line of a refusal in bytes that is shown.
const LONGEST_LINE: usize = 512;

/// Begins every answer.
const HTTP: &[u8] = b"HTTP/";

/// Ends a line of a head, and an empty one the head.
const END_OF_LINE: &str = "\r\n";

/// How long whoever is refused has to read it: its place is another's until then. Also how long who is
/// refused waits for the reason.
const LONGEST_REFUSAL: Duration = Duration::from_millis(250);

/// Bytes asked of the kernel at once; also what a silent connection costs.
const READ_CHUNK: usize = 4 * 1024;

/// Room past the bound for answers to pings (131 bytes with header and mask) and a close frame.
const CONTROL_ROOM: usize = 1024;

/// An HTTP answer to somebody who does not get a WebSocket.
#[derive(Debug)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// Why, which is also the answer's body, as a line.
    pub error: HandshakeError,
}

impl Refusal {
    /// What the answer names as that to which a connection can be upgraded. 426 must (RFC 9110, section 15.5.22; RFC
    /// 6455, section 4.2.2), and it is true of the others too.
    pub const OFFERS: [(&str, &str); 2] = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")];
}

/// The server's side; also the token that the client has shown.
pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    limits: &Limits,
    web: &Web,
) -> Result<(Inner<S>, Option<Secret>), HandshakeError> {
    let mut read = BytesMut::new();
    let request = head::<Request>(&mut socket, &mut read).await?;
    let speaks_tls = read.first() == Some(&HANDSHAKE_RECORD);
    let answered = request.map_err(|error| refusal(&error, speaks_tls, web)).and_then(|request| {
        let answer = written(&agree(&request, web)?).map_err(|error| refusal(&error, false, web))?;
        Ok((answer, credentials::token(&request)))
    });
    match answered {
        Ok((answer, token)) => {
            socket.write_all(&answer).await?;
            socket.flush().await?;
            Ok((open(socket, read, Role::Server, limits).await, token))
        }
        Err(refusal) => {
            refuse(&mut socket, &refusal).await;
            Err(refusal.error)
        }
    }
}

/// Turns somebody away who would have been welcome at another time.
pub(super) async fn turn_away<S>(mut socket: S, full: HandshakeError) -> HandshakeError
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let refusal = Refusal { status: StatusCode::SERVICE_UNAVAILABLE, error: full };
    refuse(&mut socket, &refusal).await;
    refusal.error
}

/// What a client hears that speaks without TLS on a port of TLS.
pub(super) fn without_tls() -> String {
    text(StatusCode::BAD_REQUEST, "this port speaks TLS: open wss:// or https://, not ws:// or http://")
}

/// The client's side.
pub(super) async fn dial<S: AsyncRead + AsyncWrite + Unpin>(
    to: &Endpoint,
    mut socket: S,
    token: Option<&Secret>,
    limits: &Limits,
) -> Result<Inner<S>, HandshakeError> {
    fn no_websocket(why: impl Display) -> HandshakeError {
        HandshakeError::Protocol(format!("the server speaks no WebSocket: {why}"))
    }
    let (request, key) = request(to, token)?;
    socket.write_all(&request).await?;
    socket.flush().await?;
    let mut read = BytesMut::new();
    let answer: Response =
        head(&mut socket, &mut read).await?.map_err(|error| match read.starts_with(HTTP) {
            true => no_websocket(error),
            false => HandshakeError::Protocol(not_http(to)),
        })?;
    let status = answer.status();
    if status.as_u16() != 101 {
        let mut why = format!("the server answered {status} instead of opening a WebSocket");
        if let Some(said) = first_line(&mut socket, &mut read).await {
            why += &format!(": {said}");
        }
        return Err(match status.as_u16() {
            503 => HandshakeError::Full(why),
            _ => HandshakeError::Protocol(why),
        });
    }
    verify(&answer, &key).map_err(no_websocket)?;
    Ok(open(socket, read, Role::Client, limits).await)
}

/// What answers without HTTP is most often a port for the same without WebSocket.
fn not_http(to: &Endpoint) -> String {
    let plain = if to.scheme() == "wss" { "tls" } else { "tcp" };
    let whole = to.to_string();
    let place = whole.split(['/', '?']).nth(2).unwrap_or_default();
    format!("that port does not speak WebSocket: is it {plain}://{place}?")
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

/// What opens a WebSocket, and its key. The options of an endpoint are not the server's concern.
fn request(to: &Endpoint, token: Option<&Secret>) -> Result<(Vec<u8>, String), HandshakeError> {
    let url = to.to_string();
    let url = url.split('?').next().unwrap_or_default();
    let (mut request, key) = url
        .into_client_request()
        .and_then(generate_request)
        .map_err(|error| HandshakeError::Protocol(format!("no request can be made of {to}: {error}")))?;
    if let Some(token) = token {
        // Checked again: a line break in it would be a header of somebody else's choice. And written by
        // ourselves: the library puts whole requests in its log.
        let token = Secret::token(token.expose()).map_err(|no| HandshakeError::Protocol(no.to_string()))?;
        request.truncate(request.len() - END_OF_LINE.len());
        request.extend(format!("Authorization: Bearer {}\r\n\r\n", token.expose()).as_bytes());
    }
    Ok((request, key))
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

fn written(response: &ServerResponse) -> Result<Vec<u8>, WsError> {
    let mut answer = Vec::new();
    write_response(&mut answer, response)?;
    Ok(answer)
}

/// The answer that opens a WebSocket, to a page and by a name that are let in.
pub(super) fn agree(request: &Request, web: &Web) -> Result<ServerResponse, Refusal> {
    let mut response = create_response(request).map_err(|error| refusal(&error, false, web))?;
    credentials::check(request, web).map_err(forbidden)?;
    if let Some(ours) = credentials::subprotocol(request) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(ours));
    }
    Ok(response)
}

fn refusal(error: &WsError, speaks_tls: bool, web: &Web) -> Refusal {
    use ProtocolError as P;
    let elsewhere = web.elsewhere.as_ref().map_or_else(String::new, |line| format!("; {line}"));
    let (status, why) = match error {
        _ if speaks_tls => (
            StatusCode::BAD_REQUEST,
            "this is TLS, and ws:// is without: open ws://, or listen on wss://".to_owned(),
        ),
        WsError::Protocol(
            P::MissingConnectionUpgradeHeader
            | P::MissingUpgradeWebSocketHeader
            | P::MissingSecWebSocketVersionHeader,
        ) => (
            StatusCode::UPGRADE_REQUIRED,
            format!(
                "only WebSocket (RFC 6455, version 13) is spoken here: open ws://, not http://{elsewhere}"
            ),
        ),
        WsError::AttackAttempt => {
            (StatusCode::BAD_REQUEST, format!("the request's head is longer than {LONGEST_HEAD} bytes"))
        }
        error => {
            (StatusCode::BAD_REQUEST, format!("this is no WebSocket handshake (RFC 6455, 4.1): {error}"))
        }
    };
    Refusal { status, error: HandshakeError::Protocol(why) }
}

fn forbidden(why: Forbidden) -> Refusal {
    Refusal { status: StatusCode::FORBIDDEN, error: HandshakeError::Forbidden(why) }
}

/// Writes the answer, and gives the peer a moment to read it and hang up. Whoever hangs up before
/// has not wanted it.
async fn refuse(socket: &mut (impl AsyncRead + AsyncWrite + Unpin), refusal: &Refusal) {
    let answer = text(refusal.status, &refusal.error.to_string());
    if socket.write_all(answer.as_bytes()).await.is_ok() && socket.shutdown().await.is_ok() {
        let mut linger = Linger::new(LONGEST_REFUSAL);
        poll_fn(|cx| linger.poll(socket, cx)).await;
    }
}

/// An HTTP answer in words, after which the connection ends.
fn text(status: StatusCode, why: &str) -> String {
    let offers = Refusal::OFFERS.map(|(name, value)| format!("{name}: {value}\r\n"));
    format!(
        "HTTP/1.1 {status}\r\nConnection: Upgrade, close\r\n{}Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{why}\n",
        offers.concat(),
        why.len() + 1
    )
}
