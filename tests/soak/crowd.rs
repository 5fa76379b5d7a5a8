//! Two hundred clients and their manners: one row each.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UdpSocket, UnixStream};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep, timeout};
use transport::{Endpoint, Frame, Limits, Table};

use crate::outside::Process;

/// How many are there at once.
pub(crate) const CROWD: usize = 200;

/// As many places as the daemon has for each way to come.
const PLACES: usize = 300;

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

const SUBSCRIBE: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["state","events"],"rate_hz":100}}"#;

/// Where the daemon is.
#[derive(Clone)]
struct Places {
    tcp: SocketAddr,
    ws: SocketAddr,
    udp: SocketAddr,
    unix: PathBuf,
    page: Endpoint,
    table: Table,
}

/// A row: one visit, from coming to leaving.
type Habit = (&'static str, fn(Rng, Places) -> BoxFuture<'static, io::Result<()>>);

const HABITS: &[Habit] = &[
    ("talks over tcp", |rng, at| async move { talk(rng, TcpStream::connect(at.tcp).await?).await }.boxed()),
    ("talks over unix", |rng, at| {
        async move { talk(rng, UnixStream::connect(at.unix).await?).await }.boxed()
    }),
    ("talks over ws", |rng, at| talk_by_page(rng, at).boxed()),
    ("talks over udp", |rng, at| talk_by_radio(rng, at).boxed()),
    ("vanishes from tcp while it drives", |rng, at| vanish(rng, at).boxed()),
    ("says nothing on unix", |rng, at| {
        async move { keep(rng, UnixStream::connect(at.unix).await?, "").await }.boxed()
    }),
    ("never reads tcp", |rng, at| {
        async move { keep(rng, TcpStream::connect(at.tcp).await?, SUBSCRIBE).await }.boxed()
    }),
    ("never reads unix", |rng, at| {
        async move { keep(rng, UnixStream::connect(at.unix).await?, SUBSCRIBE).await }.boxed()
    }),
    ("never reads ws", |rng, at| keep_page(rng, at).boxed()),
    ("shakes half a hand", |rng, at| {
        async move { keep(rng, TcpStream::connect(at.ws).await?, "GET / HTTP/1.1\r\nHost: car").await }
            .boxed()
    }),
    ("leaves before the answers", |rng, at| leave_early(rng, at).boxed()),
    ("talks nonsense", |rng, at| talk_nonsense(rng, at).boxed()),
];

/// How many visits of each habit there were.
pub(crate) type Visits = BTreeMap<&'static str, u64>;

/// Everybody, and the runtime that they live on.
pub(crate) struct Crowd {
    runtime: Runtime,
    places: Places,
    rng: Rng,
}

impl Crowd {
    pub(crate) fn gather(daemon: &Process) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let places = Places {
            tcp: daemon.address("tcp"),
            ws: daemon.address("ws"),
            udp: daemon.address("udp"),
            unix: daemon.socket(),
            page: daemon.url("ws").parse().expect("an endpoint"),
            table: Table::new(&Limits::default()),
        };
        Self { runtime, places, rng: Rng::with_seed(1) }
    }

    /// Visits without a pause, each client one after the other, for so long.
    pub(crate) fn comes_and_goes(&mut self, how_long: Duration) -> Visits {
        let until = Instant::now() + how_long;
        let visits: Arc<Mutex<Visits>> = Arc::default();
        let people: Vec<_> = (0..CROWD)
            .map(|_| {
                let (mut rng, places, visits) = (self.rng.fork(), self.places.clone(), Arc::clone(&visits));
                self.runtime.spawn(async move {
                    while Instant::now() < until {
                        let (name, visit) = HABITS[rng.usize(..HABITS.len())];
                        // That somebody is turned away or cut off is part of it.
                        if visit(rng.fork(), places.clone()).await.is_ok() {
                            *visits.lock().expect("not poisoned").entry(name).or_default() += 1;
                        }
                    }
                })
            })
            .collect();
        for outcome in self.runtime.block_on(join_all(people)) {
            outcome.expect("nobody panics");
        }
        let mut visits = visits.lock().expect("not poisoned").clone();
        for (name, _) in HABITS {
            visits.entry(name).or_default();
        }
        visits
    }

    /// Waits until the last of them is gone.
    pub(crate) fn leaves(&mut self) {
        // The tasks have ended; what they left to the runtime (a reader, a goodbye) ends with it.
        let old = std::mem::replace(&mut self.runtime, Runtime::new().expect("a runtime"));
        old.shutdown_timeout(PATIENCE);
    }

    /// No session has kept its place: as many as may be can come at once, each way.
    pub(crate) fn every_place_is_free_again(&self) {
        let places = &self.places;
        self.runtime.block_on(async {
            let mut guests = Vec::new();
            for _ in 0..PLACES {
                guests.push(greeted(TcpStream::connect(places.tcp).await.expect("listens")).await);
            }
            drop(guests);
            let mut guests = Vec::new();
            for _ in 0..PLACES {
                guests.push(greeted(UnixStream::connect(&places.unix).await.expect("listens")).await);
            }
            drop(guests);
            let mut guests = Vec::new();
            for _ in 0..PLACES {
                guests.push(places.table.dial(&places.page).await.expect("has a place"));
            }
            drop(guests);
            let mut guests = Vec::new();
            for _ in 0..PLACES {
                guests.push(answered(places.udp).await);
            }
        });
    }
}

/// A connection that has heard a hello.
async fn greeted<S: AsyncRead + Unpin>(stream: S) -> BufReader<S> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let read = timeout(PATIENCE, stream.read_line(&mut line)).await.expect("in time");
    assert!(read.is_ok() && line.contains("\"hello\""), "{line:?}");
    stream
}

/// A socket that has a session. A datagram may be lost when many come at once.
async fn answered(at: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    for _ in 0..50 {
        socket.send_to(b"ping", at).await.expect("sent");
        if timeout(Duration::from_millis(100), socket.recv(&mut [0; 100])).await.is_ok() {
            return socket;
        }
    }
    panic!("a radio has no place");
}

fn a_while(rng: &mut Rng) -> Duration {
    Duration::from_millis(rng.u64(10..1_500))
}

async fn talk(mut rng: Rng, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    for word in ["hello?\n", "drive 0.1 0\n", "state\n", "cam_init\n", "stop\n"] {
        stream.get_mut().write_all(word.as_bytes()).await?;
        timeout(PATIENCE, stream.read_line(&mut String::new())).await??;
        sleep(Duration::from_millis(rng.u64(..100))).await;
    }
    stream.get_mut().shutdown().await
}

async fn talk_by_page(mut rng: Rng, at: Places) -> io::Result<()> {
    let mut page = at.table.dial(&at.page).await.map_err(io::Error::other)?;
    for word in ["up", "state", "stop"] {
        page.tx.send(Frame::text(word)).await.map_err(io::Error::other)?;
        timeout(PATIENCE, page.rx.next()).await?;
        sleep(Duration::from_millis(rng.u64(..100))).await;
    }
    if rng.bool() { timeout(PATIENCE, page.tx.close()).await?.map_err(io::Error::other) } else { Ok(()) }
}

async fn talk_by_radio(mut rng: Rng, at: Places) -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    for word in ["ping", "up", SUBSCRIBE, "state", "stop"] {
        socket.send_to(word.as_bytes(), at.udp).await?;
        // It may be lost, or answered after somebody is gone.
        drop(timeout(Duration::from_millis(rng.u64(1..200)), socket.recv(&mut [0; 1_500])).await);
    }
    Ok(())
}

/// A reset, not an end.
async fn vanish(mut rng: Rng, at: Places) -> io::Result<()> {
    let mut stream = TcpStream::connect(at.tcp).await?;
    stream.write_all(b"up\n").await?;
    sleep(Duration::from_millis(rng.u64(..300))).await;
    stream.set_zero_linger()
}

/// Says one thing at most, and then neither speaks nor reads.
async fn keep(mut rng: Rng, mut stream: impl AsyncWrite + Unpin, line: &str) -> io::Result<()> {
    stream.write_all(line.as_bytes()).await?;
    if !line.is_empty() && line.starts_with('{') {
        stream.write_all(b"\n").await?;
    }
    sleep(a_while(&mut rng)).await;
    Ok(())
}

async fn keep_page(mut rng: Rng, at: Places) -> io::Result<()> {
    let mut page = at.table.dial(&at.page).await.map_err(io::Error::other)?;
    page.tx.send(Frame::text(SUBSCRIBE)).await.map_err(io::Error::other)?;
    sleep(a_while(&mut rng)).await;
    Ok(())
}

async fn leave_early(mut rng: Rng, at: Places) -> io::Result<()> {
    let mut stream = TcpStream::connect(at.tcp).await?;
    for _ in 0..rng.usize(1..100) {
        stream.write_all(b"state\ndrive 0.2 0\nhelp\n").await?;
    }
    Ok(())
}

async fn talk_nonsense(mut rng: Rng, at: Places) -> io::Result<()> {
    let mut stream = TcpStream::connect(at.tcp).await?;
    let noise: Vec<u8> = (0..rng.usize(..100_000)).map(|_| rng.u8(..)).collect();
    // It is hung up on in the middle.
    drop(timeout(PATIENCE, stream.write_all(&noise)).await);
    Ok(())
}
