//! WebSocket as its peers see it: bytes typed from RFC 6455 go in, and the bytes that come out are
//! compared with what section 5 and 7 ask for.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use transport::{
    Address, Connection, DialError, Frame, HandshakeError, Incoming, Limits, Listener, RecvError, SendError,
    Transport, Ws,
};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
/// Without FIN.
const TEXT_BEGINS: u8 = 0x01;
const BINARY_BEGINS: u8 = 0x02;
const MORE: u8 = 0x00;
const LAST: u8 = 0x80;

/// Section 1.2 and 1.3: the request, and what answers its key.
const REQUEST: &[u8] = b"GET /any/path HTTP/1.1\r\nHost: car\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const ACCEPTED: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Section 5.7.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn header(first: u8, len: usize, mask: u8) -> Vec<u8> {
    match len {
        0..=125 => vec![first, mask | len as u8],
        126..=0xFFFF => [&[first, mask | 126][..], &(len as u16).to_be_bytes()].concat(),
        _ => [&[first, mask | 127][..], &(len as u64).to_be_bytes()].concat(),
    }
}

/// A frame of a client.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0x80);
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame of a server.
fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
    [header(first, payload.len(), 0), payload.to_vec()].concat()
}

fn closed(code: u16) -> Vec<u8> {
    plain(CLOSE, &code.to_be_bytes())
}

fn short() -> Limits {
    Limits { handshake: Duration::from_millis(300), max_fragments: 4, ..Limits::default() }
}

async fn bind(limits: Limits) -> (Box<dyn Listener>, SocketAddr) {
    let listener = Ws::new(limits).bind(&"ws://127.0.0.1:0".parse().unwrap()).await.unwrap();
    let Address::Socket { port, .. } = *listener.endpoint().address() else { panic!("ws has a port") };
    (listener, SocketAddr::from(([127, 0, 0, 1], port)))
}

/// A server that sends everything back, and closes when its stream ends.
async fn echo(limits: Limits) -> SocketAddr {
    let (mut listener, at) = bind(limits).await;
    tokio::spawn(async move {
        loop {
            let Incoming { handshake, .. } = listener.accept().await;
            tokio::spawn(async move {
                let Ok(Connection { mut tx, mut rx, .. }) = handshake.await else { return };
                while let Some(Ok(frame)) = rx.next().await {
                    tx.send(frame).await.unwrap();
                }
                tx.close().await.unwrap();
            });
        }
    });
    at
}

/// A client made of bytes, after its handshake.
async fn raw(at: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(at).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(socket.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains(ACCEPTED), "{answer}");
    socket
}

/// Both ends of one connection: the server's, and a client made of bytes.
async fn pair(limits: Limits) -> (Connection, TcpStream) {
    let (mut listener, at) = bind(limits).await;
    let accepted = async { listener.accept().await.handshake.await.unwrap() };
    tokio::join!(accepted, raw(at))
}

async fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(5), socket.read_to_end(&mut bytes));
    read.await.expect("the server hangs up").expect("the server hangs up in order");
    bytes
}

/// What the server answers to `sent`, to its very end.
async fn answer_to(at: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut socket = raw(at).await;
    socket.write_all(sent).await.unwrap();
    rest(socket).await
}

/// Sends each of `sent` over a connection of its own, with a goodbye behind it that only a server
/// that is still there answers; `expected` precedes that answer.
async fn echoes(at: SocketAddr, cases: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) {
    for (sent, expected) in cases {
        let answer = answer_to(at, &[&sent[..], &masked(CLOSE, &[0x03, 0xE8])].concat()).await;
        let begin = &sent[..sent.len().min(24)];
        assert!(answer == [expected, closed(1000)].concat(), "{begin:02x?}… of {} bytes", sent.len());
    }
}

/// Sends each of `sent` over a connection of its own; each is the last that the server reads.
async fn refuses(at: SocketAddr, code: u16, cases: impl IntoIterator<Item = Vec<u8>>) {
    for sent in cases {
        let answer = answer_to(at, &sent).await;
        assert_eq!(answer, closed(code), "{:02x?}… of {} bytes", &sent[..sent.len().min(24)], sent.len());
    }
}

async fn http(at: SocketAddr, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(at).await.unwrap();
    socket.write_all(request).await.unwrap();
    String::from_utf8(rest(socket).await).unwrap()
}

// Section 5: frames.

#[tokio::test]
async fn messages_of_every_length_of_length_come_back_as_they_were() {
    let lengths = [0, 1, 125, 126, 127, 128, 65535, 65536];
    let cases = lengths.into_iter().flat_map(|len| {
        let (text, binary) = (vec![b'*'; len], vec![0xFE; len]);
        [(masked(TEXT, &text), plain(TEXT, &text)), (masked(BINARY, &binary), plain(BINARY, &binary))]
    });
    echoes(echo(short()).await, cases).await;
}

#[tokio::test]
async fn a_message_may_come_one_byte_at_a_time() {
    let mut socket = raw(echo(short()).await).await;
    for byte in [masked(TEXT_BEGINS, b"Hel"), masked(LAST, b"lo"), masked(CLOSE, &[])].concat() {
        socket.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(rest(socket).await, [plain(TEXT, b"Hello"), plain(CLOSE, &[])].concat());
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry() {
    let long = [0xFE; 125];
    let cases = [&b""[..], b"Hello", &[0x00, 0xFF], &long].map(|p| (masked(PING, p), plain(PONG, p)));
    let at = echo(short()).await;
    echoes(at, cases).await;
    echoes(at, [(masked(PONG, b"unasked"), vec![])]).await;
    refuses(at, 1002, [masked(PING, &[0; 126]), masked(PONG, &[0; 126]), masked(0x09, b"in parts")]).await;
}

#[tokio::test]
async fn reserved_bits_and_opcodes_are_refused() {
    let bits = [0x40, 0x20, 0x10, 0x70].into_iter().flat_map(|bit| [TEXT | bit, BINARY | bit, PING | bit]);
    let opcodes = (3..=7).chain(11..=15).map(|opcode| 0x80 | opcode);
    refuses(echo(short()).await, 1002, bits.chain(opcodes).map(|first| masked(first, b"x"))).await;
}

#[tokio::test]
async fn a_frame_that_is_not_masked_is_refused() {
    refuses(echo(short()).await, 1002, [plain(TEXT, b"Hello"), plain(PING, b"")]).await;
}

#[tokio::test]
async fn fragments_are_joined_and_pings_between_them_answered() {
    let parts = [masked(TEXT_BEGINS, b"a"), masked(MORE, b""), masked(MORE, b"b"), masked(LAST, b"c")];
    let with_pings =
        [masked(BINARY_BEGINS, b"a"), masked(PING, b"1"), masked(PING, b"2"), masked(LAST, b"b")];
    echoes(
        echo(short()).await,
        [
            (parts.concat(), plain(TEXT, b"abc")),
            (with_pings.concat(), [plain(PONG, b"1"), plain(PONG, b"2"), plain(BINARY, b"ab")].concat()),
        ],
    )
    .await;
}

#[tokio::test]
async fn fragments_out_of_order_are_refused() {
    let cases = [
        masked(LAST, b"continues nothing"),
        masked(MORE, b"continues nothing"),
        [masked(TEXT_BEGINS, b"a"), masked(TEXT, b"b")].concat(),
        [masked(TEXT_BEGINS, b"a"), masked(BINARY_BEGINS, b"b")].concat(),
    ];
    refuses(echo(short()).await, 1002, cases).await;
}

#[tokio::test]
async fn a_message_may_have_only_so_many_fragments() {
    let begun =
        [masked(BINARY_BEGINS, b""), masked(MORE, b""), masked(MORE, b""), masked(PING, b"")].concat();
    let at = echo(short()).await;
    let five = [begun.clone(), masked(MORE, b"")].concat();
    assert_eq!(answer_to(at, &[&five[..], &masked(LAST, b"")].concat()).await, {
        [plain(PONG, b""), closed(1008)].concat()
    });
    let four = [begun, masked(LAST, b"x")].concat();
    echoes(at, [(four, [plain(PONG, b""), plain(BINARY, b"x")].concat())]).await;
}

#[tokio::test]
async fn a_message_too_long_is_refused_before_it_is_read() {
    let too_long = |reason: &[u8]| plain(CLOSE, &[&1009u16.to_be_bytes(), reason].concat());
    let at = echo(Limits { max_frame: 1000, ..short() }).await;
    let whole = [header(BINARY, 1001, 0x80), MASK.to_vec()].concat();
    let endless = [header(BINARY, usize::MAX >> 1, 0x80), MASK.to_vec()].concat();
    let parts = [masked(BINARY_BEGINS, &[0; 600]), masked(MORE, &[0; 401])].concat();
    for sent in [whole, endless, parts] {
        assert_eq!(answer_to(at, &sent).await, too_long(b"message too long"));
    }
}

#[tokio::test]
async fn text_may_be_cut_anywhere_but_must_be_utf_8() {
    let at = echo(Limits { max_fragments: 64, ..short() }).await;
    let cut = |text: &[u8]| -> Vec<Vec<u8>> {
        let halves = (0..=text.len()).map(|at| text.split_at(at));
        halves.map(|(a, b)| [masked(TEXT_BEGINS, a), masked(LAST, b)].concat()).collect()
    };
    let good = "κόσμε € \u{10FFFF} \u{FFFE} \0".as_bytes();
    echoes(at, cut(good).into_iter().map(|sent| (sent, plain(TEXT, good)))).await;
    // RFC 3629: a stray continuation, overlong forms, surrogates, past U+10FFFF, never used, cut off.
    let bad: [&[u8]; 7] =
        [b"a\x80", b"\xC0\xAF", b"\xE0\x80\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"a\xFF", b"\xE2\x82"];
    for text in bad {
        refuses(at, 1007, [masked(TEXT, text)]).await;
        refuses(at, 1007, cut(text)).await;
    }
}

// Section 7: the end.

#[tokio::test]
async fn a_goodbye_is_answered_with_its_own_code() {
    let at = echo(short()).await;
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        let payload = [&u16::to_be_bytes(code)[..], b"so long"].concat();
        assert_eq!(answer_to(at, &masked(CLOSE, &payload)).await, plain(CLOSE, &payload), "{code}");
    }
    assert_eq!(answer_to(at, &masked(CLOSE, &[])).await, plain(CLOSE, &[]));
}

#[tokio::test]
async fn a_goodbye_that_cannot_be_is_refused() {
    let at = echo(short()).await;
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535_u16] {
        let answer = answer_to(at, &masked(CLOSE, &code.to_be_bytes())).await;
        assert_eq!(answer[2..4], 1002u16.to_be_bytes(), "{code}");
    }
    refuses(at, 1002, [masked(CLOSE, &[0x03]), masked(CLOSE, &[0; 126])]).await;
    refuses(at, 1007, [masked(CLOSE, b"\x03\xE8\xFF")]).await;
}

#[tokio::test]
async fn nothing_is_read_after_a_goodbye() {
    let sent = [masked(CLOSE, &[0x03, 0xE8]), masked(TEXT, b"more")].concat();
    assert_eq!(answer_to(echo(short()).await, &sent).await, closed(1000));
}

#[tokio::test]
async fn who_breaks_the_rules_is_told_even_if_the_application_just_drops_the_connection() {
    let (mut connection, mut client) = pair(short()).await;
    client.write_all(&masked(0x83, b"")).await.unwrap();
    assert!(matches!(connection.rx.next().await, Some(Err(RecvError::Protocol(_)))));
    assert!(connection.rx.next().await.is_none());
    drop(connection);
    assert_eq!(rest(client).await, closed(1002));
}

#[tokio::test]
async fn after_a_message_too_long_one_more_answer_can_be_given() {
    let (mut connection, mut client) = pair(short()).await;
    client.write_all(&masked(TEXT, &[b'*'; 65537])).await.unwrap();
    assert!(matches!(connection.rx.next().await, Some(Err(RecvError::TooLong { limit: 65536 }))));
    assert!(connection.rx.next().await.is_none());
    connection.tx.send(Frame::text("why")).await.unwrap();
    let (closed, bytes) = tokio::join!(connection.tx.close(), rest(client));
    closed.unwrap();
    let goodbye = plain(CLOSE, b"\x03\xF1message too long");
    assert_eq!(bytes, [plain(TEXT, b"why"), goodbye].concat());
}

#[tokio::test]
async fn closing_the_sink_says_goodbye_and_loses_nothing_that_was_fed() {
    let (mut connection, client) = pair(short()).await;
    connection.tx.feed(Frame::text("last words")).await.unwrap();
    let (closing, bytes) = tokio::join!(connection.tx.close(), rest_after_answering(client));
    closing.unwrap();
    assert_eq!(bytes, [plain(TEXT, b"last words"), closed(1000)].concat());
    assert!(matches!(connection.tx.feed(Frame::text("x")).await, Err(SendError::Closed)));
    assert!(connection.rx.next().await.is_none());
}

/// Answers the server's goodbye as section 7.1.1 asks, and returns all that came.
async fn rest_after_answering(mut socket: TcpStream) -> Vec<u8> {
    socket.write_all(&masked(CLOSE, &[0x03, 0xE8])).await.unwrap();
    rest(socket).await
}

#[tokio::test]
async fn a_peer_that_does_not_answer_a_goodbye_is_not_waited_for() {
    let (mut connection, _client) = pair(short()).await;
    timeout(Duration::from_secs(3), connection.tx.close()).await.expect("a second is enough").unwrap();
}

#[tokio::test]
async fn a_frame_too_long_or_no_text_is_refused_and_the_connection_stays_good() {
    let (mut connection, mut client) = pair(Limits { max_frame: 10, ..short() }).await;
    let too_long = connection.tx.send(Frame::binary(vec![0; 11])).await;
    assert!(matches!(too_long, Err(SendError::TooLong { len: 11, limit: 10 })));
    let no_text = Frame { kind: transport::Kind::Text, ..Frame::binary(&b"\xFF"[..]) };
    assert!(matches!(connection.tx.send(no_text).await, Err(SendError::Unrepresentable(_))));
    connection.tx.send(Frame::binary(vec![7; 10])).await.unwrap();
    let mut got = [0; 12];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(got[..], plain(BINARY, &[7; 10]));
}

// Who is let in.

#[tokio::test]
async fn a_browser_that_opens_http_is_told_what_to_do() {
    let answer = http(echo(short()).await, b"GET / HTTP/1.1\r\nHost: car\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("\r\nUpgrade: websocket\r\n") && answer.contains("open ws://"), "{answer}");
}

#[tokio::test]
async fn what_is_no_handshake_gets_an_answer_in_words() {
    let at = echo(short()).await;
    let bad_key = String::from_utf8_lossy(REQUEST).replace("dGhlIHNhbXBsZSBub25jZQ==", "short");
    let endless = [&b"GET / HTTP/1.1\r\nCookie: "[..], &[b'x'; 20_000]].concat();
    for request in [&b"POST / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\0\r\n\r\n", bad_key.as_bytes(), &endless]
    {
        let answer = http(at, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(answer.contains("\r\n\r\nth") && answer.ends_with('\n'), "{answer}");
    }
}

#[tokio::test]
async fn half_a_handshake_times_out_and_delays_nobody() {
    let (mut listener, at) = bind(short()).await;
    let mut silent = TcpStream::connect(at).await.unwrap();
    silent.write_all(&REQUEST[..30]).await.unwrap();
    let first = tokio::spawn(listener.accept().await.handshake);
    let (second, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    assert!(second.is_ok() && !first.is_finished());
    assert!(matches!(first.await.unwrap(), Err(HandshakeError::TimedOut(_))));
}

#[tokio::test]
async fn only_so_many_handshakes_are_under_way_at_once() {
    let (mut listener, at) = bind(Limits { pending_handshakes: 1, ..short() }).await;
    let _silent = TcpStream::connect(at).await.unwrap();
    let first = listener.accept().await;
    let _second = TcpStream::connect(at).await.unwrap();
    assert!(matches!(listener.accept().await.handshake.await, Err(HandshakeError::Full(_))));
    drop(first);
    let (third, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    assert!(third.is_ok(), "the place of whoever was turned away is free again");
}

#[tokio::test]
async fn who_finds_no_place_is_told_why() {
    let (mut listener, at) = bind(Limits { connections: 1, ..short() }).await;
    let (first, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    let (refused, answer) =
        tokio::join!(async { listener.accept().await.handshake.await }, http(at, REQUEST));
    assert!(matches!(refused, Err(HandshakeError::Full(_))));
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.ends_with("all 1 connections of this listener are in use\n"), "{answer}");
    drop(first);
    let (next, _client) = tokio::join!(async { listener.accept().await.handshake.await }, raw(at));
    assert!(next.is_ok(), "a place that is left can be taken");
}

#[tokio::test]
async fn a_dialler_is_told_who_it_met_instead() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("ws://{}/", other.local_addr().unwrap()).parse().unwrap();
    let answer = async |bytes: &'static [u8]| {
        let (mut socket, _) = other.accept().await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    };
    for (bytes, words) in [
        (&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], "the server answered 404 Not Found"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the server speaks no WebSocket"),
        (b"", "the handshake was not finished within 300ms"),
    ] {
        let ws = Ws::new(short());
        let (dialled, ()) = tokio::join!(ws.dial(&to), answer(bytes));
        let Err(error @ DialError::Handshake { .. }) = dialled else { panic!("{words}") };
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn two_of_ours_speak_with_each_other_and_the_end_of_one_is_the_end_of_both() {
    let at = echo(short()).await;
    let mut ours = Ws::new(short()).dial(&format!("ws://{at}/drive").parse().unwrap()).await.unwrap();
    for frame in [Frame::text("hello"), Frame::binary(vec![0; 65536]), Frame::text("")] {
        ours.tx.send(frame.clone()).await.unwrap();
        assert_eq!(ours.rx.next().await.unwrap().unwrap(), frame);
    }
    ours.tx.close().await.unwrap();
    assert!(ours.rx.next().await.is_none());
}

// How soon a dead link is found.

/// Fast enough for a test, with room for a busy machine.
fn hasty() -> Limits {
    Limits { ping_held: Duration::from_millis(100), dead_held: Duration::from_millis(600), ..short() }
}

#[tokio::test]
async fn a_held_peer_that_answers_no_ping_is_dead() {
    let (mut connection, mut client) = pair(hasty()).await;
    assert!(connection.rx.next().now_or_never().is_none());
    connection.link.hold(true);
    let Some(Err(RecvError::Dead(silence))) = connection.rx.next().await else { panic!("not dead") };
    assert!((600..1500).contains(&silence.as_millis()), "{silence:?}");
    assert!(connection.rx.next().await.is_none());
    let closed = connection.tx.close().now_or_never();
    closed.expect("the dead are not waited for").unwrap();
    let mut pings = vec![0; 8];
    client.read_exact(&mut pings).await.unwrap();
    assert_eq!(pings, plain(PING, b"").repeat(4));
}

#[tokio::test]
async fn the_hold_is_noticed_while_the_stream_waits() {
    let (Connection { mut rx, link, tx: _tx, .. }, mut client) = pair(hasty()).await;
    let reading = tokio::spawn(async move { rx.next().await });
    tokio::task::yield_now().await;
    link.hold(true);
    let mut ping = [0; 2];
    client.read_exact(&mut ping).await.unwrap();
    assert_eq!(ping[..], plain(PING, b""));
    assert!(matches!(reading.await.unwrap(), Some(Err(RecvError::Dead(_)))));
}

#[tokio::test]
async fn a_held_peer_that_answers_stays() {
    let (mut listener, at) = bind(hasty()).await;
    let ws = Ws::new(hasty());
    let to = format!("ws://{at}").parse().unwrap();
    let (ours, theirs) = tokio::join!(async { listener.accept().await.handshake.await }, ws.dial(&to));
    let (mut ours, mut theirs) = (ours.unwrap(), theirs.unwrap());
    ours.link.hold(true);
    let both = futures_util::future::select(ours.rx.next(), theirs.rx.next());
    assert!(timeout(Duration::from_secs(2), both).await.is_err(), "three times as long as the dead have");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_still_heard() {
    let (Connection { mut tx, mut rx, link, .. }, mut client) = pair(hasty()).await;
    link.hold(true);
    let flood = async { while tx.send(Frame::binary(vec![0; 65536])).await.is_ok() {} };
    let speak = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            client.write_all(&masked(TEXT, b"here")).await.unwrap();
            assert_eq!(rx.next().await.unwrap().unwrap(), Frame::text("here"));
        }
    };
    tokio::select! {
        () = flood => panic!("nothing bounds what waits to be written"),
        () = speak => {}
    }
}

#[tokio::test]
async fn a_write_that_had_to_wait_goes_on_once_the_peer_reads() {
    const COUNT: usize = 200;
    let (Connection { mut tx, mut rx, link, .. }, mut client) = pair(hasty()).await;
    link.hold(true);
    let writing = tokio::spawn(async move {
        for n in 0..COUNT {
            tx.send(Frame::binary(vec![n as u8; 65536])).await.unwrap();
        }
        tx
    });
    let reading = tokio::spawn(async move { rx.next().await });
    // Pings of ours find a full socket, and so do answers to theirs.
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.write_all(&masked(PING, b"").repeat(50)).await.unwrap();
    }
    assert!(!writing.is_finished(), "the socket took everything: the test tests nothing");
    let mut frames = 0;
    while frames < COUNT {
        let first = client.read_u8().await.unwrap();
        let len = match client.read_u8().await.unwrap() {
            127 => client.read_u64().await.unwrap() as usize,
            len => usize::from(len),
        };
        let mut payload = vec![0; len];
        client.read_exact(&mut payload).await.unwrap();
        if first == BINARY {
            assert!(payload == vec![frames as u8; 65536], "frame {frames} is not as it was sent");
            frames += 1;
        }
    }
    drop(writing.await.unwrap());
    reading.abort();
}
