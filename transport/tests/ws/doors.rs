//! What a request says of whoever sends it: pages and names that are let in or not, and tokens.

use tokio::net::TcpStream;
use transport::{
    Connection, DialError, DialOptions, Forbidden, HandshakeError, Secret, Security, Transport, Web, Ws,
};

use crate::support::*;

const TOKEN: &str = "correct-horse.battery_staple~1";

/// The request of a client with these headers more, and in place of `Host`.
fn request(headers: &str) -> Vec<u8> {
    let request = String::from_utf8_lossy(REQUEST);
    request.replace("Host: 127.0.0.1\r\n", &format!("{}\r\n", headers.trim_end())).into_bytes()
}

/// What a listener makes of a client with these headers, and what the client hears first.
async fn meet(web: Web, headers: &str) -> (Result<Connection, HandshakeError>, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let security = Security { web, ..Security::default() };
    let mut listener = Ws::new(short(), security).bind(&"ws://127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut client = TcpStream::connect(address(&*listener)).await.unwrap();
    client.write_all(&request(headers)).await.unwrap();
    let shaken = tokio::join!(async { listener.accept().await.handshake.await }, async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            client.read_to_end(&mut head).await.unwrap();
        }
        String::from_utf8(head).unwrap()
    });
    shaken
}

async fn let_in(web: Web, headers: &str) -> (Connection, String) {
    let (accepted, heard) = meet(web, headers).await;
    assert!(heard.starts_with("HTTP/1.1 101 "), "{headers}: {heard}");
    (accepted.unwrap(), heard)
}

async fn turned_away(web: Web, headers: &str) -> (Forbidden, String) {
    let (accepted, heard) = meet(web, headers).await;
    assert!(heard.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{headers}: {heard}");
    let Err(HandshakeError::Forbidden(why)) = accepted else { panic!("{accepted:?}") };
    assert!(heard.ends_with(&format!("\r\n\r\n{why}\n")), "{heard}");
    (why, heard)
}

#[tokio::test]
async fn a_page_of_another_site_is_refused_and_told_why() {
    let headers = "Host: 127.0.0.1:9900\r\nOrigin: http://evil.example";
    let (why, heard) = turned_away(Web::default(), headers).await;
    assert_eq!(why, Forbidden::Origin("http://evil.example".to_owned()));
    assert!(heard.contains("a page of `http://evil.example` may not talk to this car"), "{heard}");
    let allowed = Web { origins: vec!["http://evil.example".parse().unwrap()], ..Web::default() };
    let_in(allowed, headers).await;
}

#[tokio::test]
async fn a_page_from_a_file_is_let_in_where_null_is_allowed() {
    let headers = "Host: 127.0.0.1:9900\r\nOrigin: null";
    turned_away(Web::default(), headers).await;
    let_in(Web { origins: vec!["null".parse().unwrap()], ..Web::default() }, headers).await;
}

#[tokio::test]
async fn a_page_on_another_port_of_the_same_host_is_let_in() {
    let_in(Web::default(), "Host: 127.0.0.1:9900\r\nOrigin: http://127.0.0.1:8080").await;
}

#[tokio::test]
async fn a_page_whose_name_was_bent_to_our_address_is_refused() {
    let headers = "Host: evil.example:9900\r\nOrigin: http://evil.example:9900";
    let (why, _) = turned_away(Web::default(), headers).await;
    assert_eq!(why, Forbidden::Host("evil.example:9900".to_owned()));
    let_in(Web { hosts: vec!["evil.example".parse().unwrap()], ..Web::default() }, headers).await;
}

#[tokio::test]
async fn a_request_that_says_twice_whose_page_it_is_is_refused() {
    for headers in [
        "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nOrigin: http://evil.example",
        "Host: 127.0.0.1\r\nHost: evil.example\r\nOrigin: http://127.0.0.1",
        "Origin: http://127.0.0.1",
    ] {
        assert_eq!(turned_away(Web::default(), headers).await.0, Forbidden::Unclear);
    }
    let_in(Web::default(), "X-Nothing: 1").await;
}

#[tokio::test]
async fn a_token_arrives_by_header_and_by_subprotocol_and_comes_back_by_neither() {
    for (headers, chosen) in [
        (format!("Authorization: Bearer {TOKEN}"), false),
        (format!("authorization: bearer   {TOKEN}  "), false),
        (format!("Sec-WebSocket-Protocol: car-daemon, token.{TOKEN}"), true),
        (format!("Sec-WebSocket-Protocol: token.{TOKEN}\r\nSec-WebSocket-Protocol: car-daemon"), true),
        (format!("Sec-WebSocket-Protocol: token.{TOKEN}"), false),
        (
            format!("Authorization: Bearer {TOKEN}\r\nSec-WebSocket-Protocol: car-daemon,token.another-one"),
            true,
        ),
    ] {
        let (accepted, heard) = let_in(Web::default(), &headers).await;
        assert_eq!(accepted.presented.token, Some(Secret::token(TOKEN).unwrap()), "{headers}");
        let answered = heard.to_ascii_lowercase().contains("\r\nsec-websocket-protocol: car-daemon\r\n");
        assert!(answered == chosen && !heard.contains("token"), "{heard}");
        let printed = format!("{accepted:?}");
        assert!(!printed.contains("horse") && printed.contains('…'), "{printed}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_none_or_a_wrong_one_and_never_more() {
    for headers in [
        "Host: 127.0.0.1",
        "Authorization: Basic dXA6dXA=",
        "Authorization: Bearer",
        "Sec-WebSocket-Protocol: chat",
    ] {
        let (accepted, heard) = let_in(Web::default(), headers).await;
        assert_eq!(accepted.presented.token, None, "{headers}");
        assert!(!heard.contains("rotocol:"), "{heard}");
    }
    let long = "x".repeat(15_000);
    for wrong in ["", " ", "a b", "größe\u{7}", &long] {
        for headers in [
            format!("Authorization: Bearer {wrong}!"),
            format!("Sec-WebSocket-Protocol: car-daemon, token.{wrong}!"),
        ] {
            let (shaken, heard) = meet(Web::default(), &headers).await;
            let Ok(accepted) = shaken else {
                // A control character is no part of any header.
                assert!(heard.starts_with("HTTP/1.1 400 ") && !heard.contains('\u{7}'), "{heard}");
                continue;
            };
            let token = accepted.presented.token.unwrap();
            assert!(token.expose().len() <= 129 && Secret::token(token.expose()).is_err(), "{headers}");
        }
    }
}

#[tokio::test]
async fn our_dialler_shows_its_token_in_the_handshake_and_nowhere_else() {
    let dial = DialOptions { token: Some(Secret::token(TOKEN).unwrap()), ..DialOptions::default() };
    let ours = Ws::new(short(), Security { dial, ..Security::default() });
    let mut listener = ours.bind(&"ws://127.0.0.1:0".parse().unwrap()).await.unwrap();
    let to = listener.endpoint().clone();
    let (dialled, accepted) = tokio::join!(ours.dial(&to), async { listener.accept().await.handshake.await });
    assert_eq!(accepted.unwrap().presented.token, Some(Secret::token(TOKEN).unwrap()));
    let printed = format!("{ours:?} {:?}", dialled.unwrap());
    assert!(!printed.contains("horse"), "{printed}");
}

#[tokio::test]
async fn a_token_that_would_be_another_header_is_not_sent() {
    let (_listener, at) = bind(short()).await;
    let token = Some(Secret::new("correct-horse\r\nX-Evil: 1"));
    let dial = DialOptions { token, ..DialOptions::default() };
    let ours = Ws::new(short(), Security { dial, ..Security::default() });
    let refused = ours.dial(&format!("ws://{at}").parse().unwrap()).await;
    let Err(error @ DialError::Handshake { .. }) = refused else { panic!("sent") };
    assert!(
        error.to_string().contains("8 to 128 characters") && !error.to_string().contains("horse"),
        "{error}"
    );
}
