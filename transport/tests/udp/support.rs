//! A listener, diallers with keys, and a relay between them that does with datagrams what a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use transport::{
    Address, Connection, DialError, Endpoint, Frame, Key, Keys, Limits, Listener, Security, Table,
};

/// Far beyond what any of this takes, even on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const SECRET: &str = "correct-horse-battery-staple";

pub(crate) fn key(name: &str, secret: &str) -> Key {
    Key::new(name, secret).unwrap()
}

/// Every transport, with these keys.
pub(crate) fn table(limits: &Limits, keys: &[Key]) -> Table {
    Table::with(limits, &Security { psk: Keys::new(keys.to_vec()).unwrap(), ..Security::default() })
}

/// One who has the key `tablet`.
pub(crate) fn tablet(limits: &Limits) -> Table {
    table(limits, &[key("tablet", SECRET)])
}

/// A listener on loopback that knows `tablet` and `phone`.
pub(crate) async fn listen(limits: &Limits, integrity: &str) -> Box<dyn Listener> {
    let keys = [key("phone", "another secret"), key("tablet", SECRET)];
    let at = format!("udp://127.0.0.1:0?integrity={integrity}");
    table(limits, &keys).bind(&at.parse().unwrap()).await.unwrap()
}

/// Where an endpoint is.
pub(crate) fn address(endpoint: &Endpoint) -> SocketAddr {
    match endpoint.address() {
        Address::Socket { host, port } => SocketAddr::new(host.parse().unwrap(), *port),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn accept(listener: &mut Box<dyn Listener>) -> Connection {
    timeout(PATIENCE, async { listener.accept().await.handshake.await.unwrap() }).await.unwrap()
}

/// The next frame; fails where there is none.
pub(crate) async fn hear(connection: &mut Connection) -> Frame {
    timeout(PATIENCE, connection.rx.next()).await.unwrap().expect("not ended").unwrap()
}

/// Whom a datagram is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Listener,
    Dialler,
}

/// A datagram and whom it is for.
pub(crate) type Post = (To, Vec<u8>);

/// What happens to a datagram: everything that is sent in its place.
pub(crate) type Fate = Box<dyn FnMut(To, Vec<u8>) -> Vec<Post> + Send>;

/// Stands between a listener and its diallers, who all seem to be at one address. Remembers what it
/// carried.
pub(crate) struct Relay {
    front: Arc<UdpSocket>,
    back: Arc<UdpSocket>,
    listener: SocketAddr,
    dialler: Arc<Mutex<Option<SocketAddr>>>,
    carried: Arc<Mutex<Vec<Post>>>,
    task: AbortHandle,
}

impl Relay {
    /// Carries everything as it is.
    pub(crate) async fn honest(listener: &dyn Listener) -> Self {
        Self::start(listener, Box::new(|to, datagram| vec![(to, datagram)])).await
    }

    pub(crate) async fn start(listener: &dyn Listener, mut fate: Fate) -> Self {
        let front = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let back = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let listener = address(listener.endpoint());
        let dialler = Arc::new(Mutex::new(None));
        let carried = Arc::new(Mutex::new(Vec::new()));
        let (from, past) = (Arc::clone(&dialler), Arc::clone(&carried));
        let (a, b) = (Arc::clone(&front), Arc::clone(&back));
        let task = tokio::spawn(async move {
            let (mut to_listener, mut to_dialler) = ([0; 2048], [0; 2048]);
            loop {
                let (to, datagram) = tokio::select! {
                    Ok((len, address)) = a.recv_from(&mut to_listener) => {
                        *from.lock().unwrap() = Some(address);
                        (To::Listener, to_listener[..len].to_vec())
                    }
                    Ok((len, _)) = b.recv_from(&mut to_dialler) => (To::Dialler, to_dialler[..len].to_vec()),
                };
                past.lock().unwrap().push((to, datagram.clone()));
                for (to, datagram) in fate(to, datagram) {
                    Self::send(&a, &b, listener, &from, to, &datagram).await;
                }
            }
        });
        Self { front, back, listener, dialler, carried, task: task.abort_handle() }
    }

    async fn send(
        front: &UdpSocket,
        back: &UdpSocket,
        listener: SocketAddr,
        dialler: &Mutex<Option<SocketAddr>>,
        to: To,
        datagram: &[u8],
    ) {
        let dialler = *dialler.lock().unwrap();
        match (to, dialler) {
            (To::Listener, _) => drop(back.send_to(datagram, listener).await),
            // Whoever has gone does not hear it.
            (To::Dialler, Some(dialler)) => drop(front.send_to(datagram, dialler).await),
            (To::Dialler, None) => {}
        }
    }

    /// Says something of its own, from the address that the other end takes for its peer's.
    pub(crate) async fn forge(&self, to: To, datagram: &[u8]) {
        Self::send(&self.front, &self.back, self.listener, &self.dialler, to, datagram).await;
    }

    /// Everything that was carried.
    pub(crate) fn carried(&self) -> Vec<Post> {
        self.carried.lock().unwrap().clone()
    }

    /// Where to dial in place of the listener.
    pub(crate) fn endpoint(&self, integrity: &str) -> Endpoint {
        format!("udp://{}?integrity={integrity}", self.front.local_addr().unwrap()).parse().unwrap()
    }

    pub(crate) async fn dial(&self, table: &Table, integrity: &str) -> Result<Connection, DialError> {
        table.dial(&self.endpoint(integrity)).await
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}
