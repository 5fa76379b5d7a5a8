//! Section 7 of RFC 6455: the end, who says it, and with which code.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{Frame, Limits, RecvError, SendError};

use crate::support::*;

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
    let closing = timeout(Duration::from_millis(500), connection.tx.close());
    let (closing, bytes) = tokio::join!(closing, rest_after_answering(client));
    closing.expect("who is answered waits no longer, even if nobody reads").unwrap();
    assert_eq!(bytes, [plain(TEXT, b"last words"), closed(1000)].concat());
    assert!(matches!(connection.tx.feed(Frame::text("x")).await, Err(SendError::Closed)));
    assert!(connection.rx.next().await.is_none());
}

#[tokio::test]
async fn who_still_speaks_when_we_say_goodbye_delays_it_not() {
    let (mut connection, mut client) = pair(short()).await;
    // The reader lives, and nobody reads.
    client.write_all(&masked(TEXT, b"more").repeat(3)).await.unwrap();
    let closing = timeout(Duration::from_millis(500), connection.tx.close());
    let (closing, bytes) = tokio::join!(closing, rest_after_answering(client));
    closing.expect("who is answered waits no longer").unwrap();
    assert_eq!(bytes, closed(1000));
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
