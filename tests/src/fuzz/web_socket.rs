//! Any bytes to the server's side of a WebSocket: as its head, or behind a good one as frames.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::Builder;
use transport::{Limits, RecvError, bare};

/// The handshake of RFC 6455, section 1.2.
const HEAD: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// An even first byte: the rest is everything. An odd one: a good head comes before it.
pub(super) fn any_stream(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let head = if first % 2 == 1 { HEAD } else { &[] };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let (near, far) = duplex(1024);
        let (mut read, mut write) = tokio::io::split(far);
        let says = async {
            // It may be hung up on.
            let _ = write.write_all(head).await;
            let _ = write.write_all(rest).await;
            let _ = write.shutdown().await;
        };
        let hears = async { drop(read.read_to_end(&mut Vec::new()).await) };
        let serves = async {
            let limits = Limits { max_frame: 2_000, max_fragments: 8, ..Limits::default() };
            let Ok(mut connection) = bare::web_socket(near, &limits).await else { return };
            while let Some(message) = connection.rx.next().await {
                match message {
                    Ok(frame) => assert!(frame.data.len() <= limits.max_frame),
                    Err(error) if RecvError::is_fatal(&error) => break,
                    Err(_) => {}
                }
            }
        };
        let all = async { tokio::join!(says, hears, serves) };
        tokio::time::timeout(Duration::from_secs(60), all).await.expect("it ends by itself");
    });
}
