//! What is written in pieces over TLS: a picture's head, the picture, which is everybody's memory, and a boundary.

use std::io::IoSlice;

use futures_util::StreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use transport::{Frame, Limits, Security, ServerTls, Table};

use crate::support::*;

#[tokio::test]
async fn pieces_are_taken_together_and_arrive_in_their_order() {
    let car = Certificate::of("localhost");
    let tls = Some(ServerTls::new(&car.identity, None).unwrap());
    let table = Table::with(&Limits::default(), &Security { tls, ..Security::default() });
    let at = "wss://127.0.0.1:0".parse().unwrap();
    let mut visitors = table.visitors(&at, Limits::default()).await.unwrap();
    let (host, port) = place(visitors.endpoint());
    let to = format!("tls://{host}:{port}?framing=lines").parse().unwrap();
    let driver = believing(car.pinned());
    let (dialled, visitor) =
        tokio::join!(driver.dial(&to), async { visitors.accept().await.handshake.await });
    let (mut dialled, mut stream) = (dialled.unwrap(), visitor.unwrap().stream);
    assert!(stream.is_write_vectored(), "else whoever writes copies the pieces into one");
    let picture = "x".repeat(40_000);
    let pieces = ["head\n", &picture, "\n", "boundary\n"];
    let taken = stream.write_vectored(&pieces.map(|piece| IoSlice::new(piece.as_bytes()))).await.unwrap();
    assert_eq!(taken, pieces.concat().len(), "in one call");
    stream.flush().await.unwrap();
    for line in ["head", &picture, "boundary"] {
        assert_eq!(dialled.rx.next().await.unwrap().unwrap(), Frame::text(line));
    }
}
