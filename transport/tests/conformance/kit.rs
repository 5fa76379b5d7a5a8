//! What every test needs: a row of the table, two connected ends, and a bound on waiting.

use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use tempfile::TempDir;
use tokio::time::timeout;
use transport::{
    BindError, ClientTls, Connection, DialError, DialOptions, Direction, Endpoint, Faults, Faulty, Frame,
    Identity, Key, Limits, Listener, RecvError, Scheme, Security, ServerTls, Table, Transport,
};

/// Far beyond what any of this takes, even on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long an unlinked peer is silent before it counts as gone.
pub(crate) const UDP_IDLE: Duration = Duration::from_millis(800);

/// A frame with which the dialled end shows itself: without it a datagram's peer is not there.
const KNOCK: &str = "knock";

/// A test that waits for ever fails.
pub(crate) async fn in_time(test: impl Future<Output = ()>) {
    timeout(PATIENCE, test).await.expect("the test should have been over long ago");
}

/// What lies between the ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link {
    Good,
    Slow,
}

/// A row of the table, with bounds that are small and unlike the defaults.
pub(crate) struct Row {
    pub(crate) at: Endpoint,
    pub(crate) limits: Limits,
    link: Link,
    plain: Table,
    _dir: TempDir,
}

impl Row {
    pub(crate) fn new(endpoint: &str, link: Link) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let dir = tempfile::tempdir().unwrap();
        let unique = format!("conformance-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let at = endpoint.replace("DIR", dir.path().to_str().unwrap()).replace("UNIQUE", &unique);
        let limits = Limits {
            max_frame: 4000,
            datagram: 1100,
            udp_idle: UDP_IDLE,
            per_address: 32,
            ..Limits::default()
        };
        Self { at: at.parse().unwrap(), plain: table(&limits), limits, link, _dir: dir }
    }

    /// The row's transport, over its link.
    pub(crate) fn transport(&self) -> Box<dyn Transport> {
        self.over_link(self.plain.clone())
    }

    /// The row's transport with other bounds. What listens in memory is not seen from there.
    pub(crate) fn with_limits(&self, limits: &Limits) -> Box<dyn Transport> {
        self.over_link(table(limits))
    }

    /// The row's transport over a link with these faults.
    pub(crate) fn faulty(&self, each_way: Direction) -> Box<dyn Transport> {
        let faults = Faults { seed: 20, to_peer: each_way.clone(), from_peer: each_way };
        Box::new(Faulty::new(Any(self.plain.clone()), faults))
    }

    fn over_link(&self, table: Table) -> Box<dyn Transport> {
        let delay: RangeInclusive<_> = match self.link {
            Link::Good => return Box::new(Any(table)),
            Link::Slow => Duration::from_millis(1)..=Duration::from_millis(8),
        };
        let slow = Direction { delay, ..Direction::default() };
        Box::new(Faulty::new(Any(table), Faults { seed: 1, to_peer: slow.clone(), from_peer: slow }))
    }
}

/// Every transport, with what the rows need to know that stands in no endpoint. Of these those with TLS know one certificate and pin it.
fn table(limits: &Limits) -> Table {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    let identity = IDENTITY.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Identity::from_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).unwrap()
    });
    let trust = ClientTls { pin: Some(identity.fingerprint()), ..ClientTls::default() };
    let key = Key::new("conformance", "the same at both ends").unwrap();
    let security = Security {
        psk: key.into(),
        tls: Some(ServerTls::new(identity, None).unwrap()),
        dial: DialOptions { tls: trust, token: None },
        ..Security::default()
    };
    Table::with(limits, &security)
}

/// The whole table as one transport.
#[derive(Debug)]
struct Any(Table);

#[async_trait]
impl Transport for Any {
    fn schemes(&self) -> &'static [Scheme] {
        &[]
    }

    async fn bind(&self, at: &Endpoint) -> Result<Box<dyn Listener>, BindError> {
        self.0.bind(at).await
    }

    async fn dial(&self, to: &Endpoint) -> Result<Connection, DialError> {
        self.0.dial(to).await
    }
}

/// Two ends of one connection, and the listener it came by.
pub(crate) struct Pair {
    pub(crate) listener: Box<dyn Listener>,
    pub(crate) dialled: Connection,
    pub(crate) accepted: Connection,
}

/// Connects over the row's link.
pub(crate) async fn pair(row: &Row) -> Pair {
    let listener = row.transport().bind(&row.at).await.unwrap();
    connect(listener, &*row.transport()).await
}

/// Dials a listener, and knocks until it has let us in.
pub(crate) async fn connect(mut listener: Box<dyn Listener>, dialler: &dyn Transport) -> Pair {
    let to = listener.endpoint().clone();
    let mut accepting = tokio::spawn(async move {
        let accepted = listener.accept().await.handshake.await.unwrap();
        (listener, accepted)
    });
    let mut dialled = dialler.dial(&to).await.unwrap();
    loop {
        dialled.tx.send(Frame::text(KNOCK)).await.unwrap();
        if let Ok(accepted) = timeout(Duration::from_millis(50), &mut accepting).await {
            let (listener, accepted) = accepted.unwrap();
            return Pair { listener, dialled, accepted };
        }
    }
}

/// The next frame that is not a knock; `None` at the end, however it came.
pub(crate) async fn next(from: &mut Connection) -> Option<Frame> {
    loop {
        match from.rx.next().await {
            Some(Ok(frame)) if frame.data == KNOCK => {}
            Some(Ok(frame)) => return Some(frame),
            Some(Err(RecvError::Missed(_))) if !from.caps.reliable => {}
            Some(Err(error)) => assert!(error.is_fatal(), "{error}"),
            None => return None,
        }
    }
}

/// Sends a frame, and waits until it is there.
pub(crate) async fn carry(from: &mut Connection, to: &mut Connection, frame: Frame) {
    from.tx.send(frame.clone()).await.unwrap();
    assert_eq!(next(to).await.expect("the stream has ended").data, frame.data);
}

/// That both ends carry frames both ways.
pub(crate) async fn talk(a: &mut Connection, b: &mut Connection) {
    carry(a, b, Frame::text("to and")).await;
    carry(b, a, Frame::text("fro")).await;
}

/// A text of its own for each number, of many lengths.
pub(crate) fn numbered(n: usize) -> Frame {
    Frame::text(format!("{n}:{}", "x".repeat(n * 37 % 1000)))
}
