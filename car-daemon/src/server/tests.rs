//! A session that panics, which no message can bring about, so its connection does.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{FutureExt, SinkExt, StreamExt, sink, stream};
use protocol::Mode;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use transport::{Caps, Connection, Frame, FrameStream, Link, Peer, Presented, SendError, Web};

use super::*;
use crate::Config;
use crate::access::Access;
use crate::clock::{Clock, Speed};
use crate::control::{Gate, Rules};
use crate::hardware::{self, Bell};
use crate::info::Identity;
use crate::latch::Below;
use crate::recording::{Reel, Tape};
use crate::session::Doors;
use crate::shared::Shared;

/// Hands out the connections that it is given.
struct Door {
    endpoint: Endpoint,
    guests: mpsc::Receiver<FrameStream>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

#[async_trait]
impl Listener for Door {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn accept(&mut self) -> Incoming {
        let rx = self.guests.recv().await.expect("the test lasts longer");
        let caps =
            Caps { reliable: true, ordered: true, linked: true, kinds: true, binary: true, max_frame: 1024 };
        let tx = Box::pin(sink::drain().sink_map_err(|never| -> SendError { match never {} }));
        let peer = Peer::Memory("guest".into());
        let connection = Connection {
            peer: peer.clone(),
            caps,
            link: Link::default(),
            presented: Presented::default(),
            tx,
            rx,
        };
        Incoming { peer, handshake: std::future::ready(Ok(connection)).boxed() }
    }

    async fn close(self: Box<Self>) {}
}

/// Says `up`, and nothing more until `then` does something else.
fn driver<T>(then: impl Future<Output = T> + Send + 'static) -> FrameStream {
    let up = stream::once(async { Ok(Frame::text("up")) });
    let end = stream::once(async move {
        then.await;
        panic!("made to panic")
    });
    let both: Pin<Box<dyn futures_util::Stream<Item = _> + Send>> = Box::pin(up.chain(end));
    both
}

async fn until(shared: &Shared, mode: Mode) {
    while shared.state(Duration::ZERO).mode != mode {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_session_that_panics_brakes_what_it_drove_and_takes_nobody_with_it() {
    let config = Config::standard();
    let gate = Gate::new(Rules::new(config.control.clone(), &config.board));
    let shared =
        Arc::new(Shared::new(gate, Bell::new(hardware::Mode::Task), Below::default(), Tape::new(Reel::None)));
    let context = Context {
        shared: Arc::clone(&shared),
        clock: Clock::start(Speed::REAL, Duration::from_millis(10)),
        identity: Identity::new(&config).expect("random numbers"),
        limits: config.limits.session.clone(),
        memory: config.limits.transport.memory.clone(),
        doors: Doors::new(Access::new(config.auth.clone(), 0)),
        closing: CancellationToken::new(),
    };
    let server = Server::new(context, Web::default());
    let (door, guests) = mpsc::channel(1);
    server.listen(Box::new(Door { endpoint: "mem://door".parse().expect("an endpoint"), guests }));

    let (break_it, broken) = oneshot::channel::<()>();
    assert!(door.send(driver(broken)).await.is_ok());
    until(&shared, Mode::Driving).await;
    break_it.send(()).expect("it listens");
    until(&shared, Mode::Idle).await;
    let reason = shared.state(Duration::ZERO).stop_reason.expect("it drove");
    assert!(reason.contains("its task ended"), "{reason}");

    assert!(door.send(driver(std::future::pending::<()>())).await.is_ok());
    until(&shared, Mode::Driving).await;
}
