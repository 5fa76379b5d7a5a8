//! Echoes every frame to whoever sent it, on any endpoint: to try a client, to measure a link, to
//! test the WebSocket with somebody else's test suite.

use std::io::Write;

use clap::Parser;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::task::JoinSet;
use transport::{Connection, Endpoint, Incoming, Key, Keys, Limits, Listener, Security, SendError, Table};

/// Sends every frame back as it came: text as text, binary as binary.
///
/// Prints one line `listening on URL` for each endpoint once all of them can be reached; port 0
/// lets the system choose, and the line says which one it chose. Ctrl-C stops. `integrity=psk` takes
/// the key `name:secret` from the environment variable CAR_KEY.
#[derive(Parser)]
#[command(
    name = "echo",
    after_help = "Examples:\n  \
    cargo run -p transport --example echo -- ws://127.0.0.1:9001\n  \
    cargo run -p transport --example echo -- tcp://127.0.0.1:0?framing=length udp://127.0.0.1:9002\n\n\
    Then, from another terminal:\n  \
    websocat ws://127.0.0.1:9001"
)]
struct Args {
    /// Where to listen, `scheme://address[/path][?option=value]`: ws, tcp, udp, unix
    #[arg(required = true, value_name = "URL")]
    endpoints: Vec<Endpoint>,

    /// Longest message in bytes, either way
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().max_frame)]
    max_frame: usize,

    /// Most fragments of one WebSocket message
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().max_fragments)]
    max_fragments: usize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Args { endpoints, max_frame, max_fragments } = Args::parse();
    let limits = Limits { max_frame, max_fragments, ..Limits::default() };
    let table = Table::with(&limits, &Security { psk: keys()?, ..Security::default() });
    let mut listeners = Vec::new();
    for at in &endpoints {
        listeners.push(table.bind(at).await?);
    }
    for listener in &listeners {
        writeln!(std::io::stdout(), "listening on {}", listener.endpoint())?;
    }
    let mut serving: JoinSet<()> = listeners.into_iter().map(serve).collect();
    tokio::select! {
        _ = serving.join_next() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

/// The key that the environment names, if it does.
fn keys() -> Result<Keys, Box<dyn std::error::Error>> {
    let Ok(text) = std::env::var("CAR_KEY") else { return Ok(Keys::default()) };
    let (name, secret) = text.split_once(':').ok_or("CAR_KEY is written name:secret")?;
    Ok(Key::new(name, secret)?.into())
}

async fn serve(mut listener: Box<dyn Listener>) {
    let mut peers = JoinSet::new();
    loop {
        tokio::select! {
            incoming = listener.accept() => {
                peers.spawn(welcome(incoming));
            }
            Some(_done) = peers.join_next() => {}
        }
    }
}

async fn welcome(Incoming { peer, handshake }: Incoming) {
    let ended = match handshake.await {
        Ok(connection) => echo(connection).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = ended {
        // Nobody is left to be told when this fails too.
        let _ = writeln!(std::io::stderr(), "{peer}: {error}");
    }
}

/// Takes all that is there, and sends it back with one flush.
async fn echo(Connection { mut tx, mut rx, .. }: Connection) -> Result<(), SendError> {
    let mut next = rx.next().await;
    while let Some(Ok(frame)) = next {
        tx.feed(frame).await?;
        next = match rx.next().now_or_never() {
            Some(ready) => ready,
            None => {
                tx.flush().await?;
                rx.next().await
            }
        };
    }
    tx.close().await
}
