//! A client without TLS on a port of TLS, and the other way round: both sides are told in words.

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use transport::{HandshakeError, Limits, Table};

use crate::support::*;

/// What a client without TLS hears that begins with these bytes, and what the listener makes of it.
async fn plain(scheme: &str, sent: &[u8]) -> (String, String) {
    let limits = Limits { refusal: r#"{"error":"{}"}"#, ..Limits::default() };
    let mut listener = Certificate::of("localhost").listen_with(scheme, None, &limits).await;
    let mut client = TcpStream::connect(place(listener.endpoint())).await.unwrap();
    client.write_all(sent).await.unwrap();
    let heard = async {
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        heard
    };
    let (heard, shaken) = tokio::join!(heard, async { listener.accept().await.handshake.await });
    let Err(HandshakeError::Protocol(why)) = shaken else { panic!("{shaken:?}") };
    (heard, why)
}

#[tokio::test]
async fn a_client_without_tls_is_told_in_plain_that_this_port_speaks_it() {
    let (heard, why) = plain("tls", b"up\n").await;
    assert_eq!(heard, "{\"error\":\"this port speaks TLS: dial tls://\"}\n");
    assert!(why.contains("without TLS"), "{why}");
}

#[tokio::test]
async fn a_browser_without_tls_is_told_so_by_http() {
    let (heard, why) = plain("wss", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.1 400 Bad Request\r\n") && heard.contains("open wss://"), "{heard}");
    assert!(why.contains("without TLS"), "{why}");
}

#[tokio::test]
async fn a_client_with_tls_on_a_plain_port_is_told_so_and_the_log_too() {
    let table = believing(transport::ClientTls::default());
    for (plain, secure) in [("tcp", "tls"), ("ws", "wss")] {
        let at = format!("{plain}://127.0.0.1:0").parse().unwrap();
        let mut listener = Table::new(&Limits::default()).bind(&at).await.unwrap();
        let (_, port) = place(listener.endpoint());
        let to = format!("{secure}://127.0.0.1:{port}").parse().unwrap();
        let welcome = async {
            let mut accepted = match listener.accept().await.handshake.await {
                Ok(accepted) => accepted,
                Err(error) => return error.to_string(),
            };
            let error = accepted.rx.next().await.unwrap().unwrap_err().to_string();
            use futures_util::SinkExt;
            accepted.tx.send(transport::Frame::text("this is plain")).await.unwrap();
            accepted.tx.close().await.unwrap();
            error
        };
        let (dialled, logged) = tokio::join!(table.dial(&to), welcome);
        assert!(logged.contains("this is TLS"), "{logged}");
        let told = dialled.unwrap_err().to_string();
        assert!(told.contains("does not speak TLS"), "{told}");
    }
}
