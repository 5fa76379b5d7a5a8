//! A daemon inside this process, on paused time, with its simulator in reach.

use std::time::Duration;

use car_daemon::config::{Config, Http};
use car_daemon::hardware::Mode;
use car_daemon::{Daemon, Parts};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use sim::{Setup, Sim};
use transport::{Connection, Endpoint, Frame, Table};

/// A running daemon and its simulated car.
pub(crate) struct Garage {
    pub(crate) daemon: Daemon,
    pub(crate) sim: Sim,
    table: Table,
    endpoint: Endpoint,
}

impl Garage {
    /// The demo car on `mem://car`.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    /// The same, with a change to its configuration.
    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::open_in(Setup::default(), change).await
    }

    /// The same in another setting.
    pub(crate) async fn open_in(setup: Setup, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::standard();
        let endpoint: Endpoint = "mem://car".parse().expect("an endpoint");
        config.listen = vec![endpoint.clone()];
        config.http = Http::default();
        change(&mut config);
        let sim = Sim::of(&config.board, &setup);
        let table = Table::new(&config.limits.transport);
        let parts = Parts { transports: table.clone(), hardware: Mode::Task, lock: None };
        let daemon = Daemon::start_on(&config, parts, Box::new(sim.clone())).await.expect("starts");
        Self { daemon, sim, table, endpoint }
    }

    /// Somebody new, who has heard the daemon's hello.
    pub(crate) async fn visit(&self) -> Peer {
        let mut peer = self.visit_silently().await;
        let hello = peer.hear().await.expect("a hello");
        assert!(hello.contains(r#""method":"hello""#), "{hello}");
        peer
    }

    /// Somebody new, who has heard nothing yet.
    pub(crate) async fn visit_silently(&self) -> Peer {
        Peer(self.table.dial(&self.endpoint).await.expect("listens"))
    }

    /// The state as a newcomer reads it.
    pub(crate) async fn state(&self) -> Value {
        self.visit().await.state().await
    }
}

/// Somebody who talks to the daemon.
pub(crate) struct Peer(pub(crate) Connection);

impl Peer {
    pub(crate) async fn say(&mut self, text: &str) {
        self.0.tx.send(Frame::text(text)).await.expect("connected");
    }

    /// The next message; `None` at the end.
    pub(crate) async fn hear(&mut self) -> Option<String> {
        let frame = self.0.rx.next().await?.expect("no error");
        Some(String::from_utf8(frame.data.to_vec()).expect("text"))
    }

    /// Says something and hears the answer.
    pub(crate) async fn ask(&mut self, text: &str) -> String {
        self.say(text).await;
        self.hear().await.expect("an answer")
    }

    /// Calls a method; the whole reply.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        let mut request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        serde_json::from_str(&self.ask(&request.to_string()).await).expect("JSON")
    }

    pub(crate) async fn state(&mut self) -> Value {
        self.call("state", Value::Null).await["result"].take()
    }
}

/// Lets virtual time pass, and everything that happens in it happen.
pub(crate) async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
