//! A client and a daemon of a few lines between which the connection breaks, stalls and comes back.
//! Time is paused: it passes only while everybody waits.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::time::Duration;

use client::{CallError, Client, LinkState, Options};
use futures_util::{FutureExt, sink, stream};
use protocol::{Code, Fault, Hello, Power, Token, Topics};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use transport::{Caps, Connection, Frame, Link, Peer, Presented, RecvError, SendError};

/// The daemon's end of a connection.
struct Daemon {
    heard: mpsc::Receiver<Frame>,
    says: mpsc::Sender<Frame>,
}

/// A connection on which `room` frames may wait for the daemon.
fn connection(room: usize) -> (Connection, Daemon) {
    let (tx, heard) = mpsc::channel(room);
    let (says, mut rx) = mpsc::channel::<Frame>(64);
    let send = |tx: mpsc::Sender<Frame>, frame| async move {
        tx.send(frame).await.map_err(|_| SendError::Closed)?;
        Ok(tx)
    };
    let connection = Connection {
        peer: Peer::Memory("daemon".to_owned()),
        presented: Presented::default(),
        caps: Caps {
            reliable: true,
            ordered: true,
            linked: true,
            kinds: true,
            binary: true,
            max_frame: 65_536,
        },
        link: Link::default(),
        tx: Box::pin(sink::unfold(tx, send)),
        rx: Box::pin(stream::poll_fn(move |cx| rx.poll_recv(cx).map(|frame| frame.map(Ok)))),
    };
    (connection, Daemon { heard, says })
}

impl Daemon {
    async fn hears(&mut self) -> Value {
        let frame = timeout(Duration::from_secs(60), self.heard.recv()).await.expect("the client is silent");
        serde_json::from_slice(&frame.expect("the client is gone").data).unwrap()
    }

    async fn says(&self, message: Value) {
        self.says.send(Frame::text(message.to_string())).await.unwrap();
    }

    async fn answers(&self, request: &Value, result: Value) {
        self.says(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    async fn says_state(&self, seq: u64) {
        let state = protocol::State { seq, ..Default::default() };
        self.says(json!({"jsonrpc": "2.0", "method": "state", "params": state})).await;
    }
}

/// What the client finds when it dials again, in order; after that it waits.
type Future = mpsc::UnboundedSender<Result<Connection, String>>;

fn client(connection: Connection) -> (Client, Future) {
    client_with(connection, Options::default())
}

fn said_hello() -> Value {
    json!({"server": "car-daemon", "version": "1", "name": "car", "dialects": ["json"], "session": 1, "role": "driver", "t": 1.0})
}

fn client_with(connection: Connection, options: Options) -> (Client, Future) {
    #[expect(clippy::disallowed_methods, reason = "a test that ends")]
    let (future, dialled) = mpsc::unbounded_channel();
    let dialled = std::sync::Arc::new(tokio::sync::Mutex::new(dialled));
    let redial = move || {
        let dialled = dialled.clone();
        async move { dialled.lock().await.recv().await.expect("the test goes on") }.boxed()
    };
    (Client::new(connection, redial, options), future)
}

fn power(value: f64) -> Power {
    Power::new("power", value).unwrap()
}

async fn until_down(client: &Client) {
    client.link().wait_for(|link| matches!(link, LinkState::Down { .. })).await.unwrap();
}

async fn until_up(client: &Client) {
    client.link().wait_for(|link| matches!(link, LinkState::Up { .. })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn answers_find_their_calls_in_any_order() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    let both = async { tokio::join!(client.ping(json!("first")), client.ping(json!("second"))) };
    let daemon = async {
        let (first, second) = (daemon.hears().await, daemon.hears().await);
        for request in [&second, &first] {
            daemon.answers(request, json!({"value": request["params"]["value"], "t": 1.0})).await;
        }
    };
    let ((first, second), ()) = tokio::join!(both, daemon);
    assert_eq!(first.unwrap().value, "first");
    assert_eq!(second.unwrap().value, "second");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_the_car_said() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    let fault = Fault::new(Code::HARDWARE, "the motor driver does not answer");
    let daemon = async {
        let request = daemon.hears().await;
        assert_eq!(request["params"], json!({"throttle": 0.5, "steer": 0.0}));
        daemon.says(json!({"jsonrpc": "2.0", "id": request["id"], "error": fault})).await;
    };
    let (refused, ()) = tokio::join!(client.drive(power(0.5), power(0.0), None), daemon);
    assert_eq!(refused.unwrap_err(), CallError::Refused(fault));
}

#[tokio::test(start_paused = true)]
async fn a_motion_says_when_it_was_sent_once_the_daemon_has_told_its_time() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    daemon.says(json!({"jsonrpc": "2.0", "method": "hello", "params": {"t": 40.0}})).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let daemon = async {
        let request = daemon.hears().await;
        assert_eq!(request["params"], json!({"throttle": 0.5, "steer": 0.0, "t": 42.5}));
        daemon.answers(&request, json!({"accepted": true})).await;
    };
    let (accepted, ()) = tokio::join!(client.drive(power(0.5), power(0.0), None), daemon);
    assert!(accepted.unwrap().accepted);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_being_late_sets_the_clock_right() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    // This hello was ten seconds on its way.
    daemon.says(json!({"jsonrpc": "2.0", "method": "hello", "params": {"t": 40.0}})).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let daemon = async {
        let late = daemon.hears().await;
        let fault = Fault { data: Some(json!({"t": 50.5})), ..Fault::new(Code::STALE, "late") };
        daemon.says(json!({"jsonrpc": "2.0", "id": late["id"], "error": fault})).await;
        let again = daemon.hears().await;
        assert_eq!(again["params"]["t"], 50.5);
        daemon.answers(&again, json!({"accepted": true})).await;
    };
    let client = async {
        assert!(client.drive(power(0.5), power(0.0), None).await.is_err());
        client.drive(power(0.5), power(0.0), None).await.unwrap();
    };
    tokio::join!(client, daemon);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_in_time_and_its_late_answer_harms_nobody() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    let began = Instant::now();
    assert_eq!(client.stop().await, Err(CallError::TimedOut(Duration::from_secs(2))));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    let late = daemon.hears().await;
    daemon.answers(&late, json!({"accepted": false})).await;
    let daemon = async {
        let request = daemon.hears().await;
        daemon.answers(&request, json!({"accepted": true})).await;
    };
    let (answer, ()) = tokio::join!(client.stop(), daemon);
    assert!(answer.unwrap().accepted);
}

#[tokio::test(start_paused = true)]
async fn the_reason_for_being_turned_away_outlives_the_reset_that_follows_it() {
    let (mut connection, _daemon) = connection(8);
    let refusal = r#"{"jsonrpc":"2.0","error":{"code":-32006,"message":"all places are taken"},"id":null}"#;
    let reset = RecvError::Io(std::io::ErrorKind::ConnectionReset.into());
    connection.rx = Box::pin(stream::iter([Ok(Frame::text(refusal)), Err(reset)]));
    let (client, _future) = client(connection);
    until_down(&client).await;
    assert_eq!(*client.link().borrow(), LinkState::Down { why: "all places are taken".to_owned() });
}

#[tokio::test(start_paused = true)]
async fn what_was_on_its_way_when_the_connection_broke_fails_and_is_not_sent_again() {
    let (first, mut daemon) = connection(8);
    let (client, future) = client(first);
    let driver = client.clone();
    let drive = tokio::spawn(async move { driver.drive(power(1.0), power(0.0), None).await });
    assert_eq!(daemon.hears().await["method"], "drive");
    drop(daemon);
    assert!(matches!(drive.await.unwrap(), Err(CallError::Disconnected(_))));

    let began = Instant::now();
    let while_down = client.drive(power(1.0), power(0.0), None).await;
    assert!(matches!(while_down, Err(CallError::Disconnected(_))), "{while_down:?}");
    assert_eq!(began.elapsed(), Duration::ZERO, "it fails at once");

    let (second, mut daemon) = connection(8);
    future.send(Ok(second)).unwrap();
    until_up(&client).await;
    let daemon = async {
        let request = daemon.hears().await;
        assert_eq!(request["method"], "stop", "the first that is heard is new");
        daemon.answers(&request, json!({"accepted": true})).await;
    };
    let (answer, ()) = tokio::join!(client.stop(), daemon);
    answer.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_link_that_stalled_delivers_no_motion_whose_caller_gave_up() {
    let (connection, mut daemon) = connection(1);
    let (client, _future) = client(connection);
    let mut given_up = Vec::new();
    for throttle in [0.1, 0.2, 0.3, 0.4] {
        given_up.push(client.drive(power(throttle), power(0.0), None).await);
    }
    assert!(given_up.iter().all(|drive| matches!(drive, Err(CallError::TimedOut(_)))), "{given_up:?}");
    let stop = tokio::spawn(async move { client.stop().await });
    let mut heard = Vec::new();
    loop {
        let request = daemon.hears().await;
        heard.push(request["params"]["throttle"].clone());
        if request["method"] == "stop" {
            daemon.answers(&request, json!({"accepted": true})).await;
            break;
        }
    }
    // One was in the pipe, one at its mouth; the others are gone.
    assert_eq!(heard, [json!(0.1), json!(0.2), Value::Null]);
    stop.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_subscription_outlives_a_connection() {
    let (first, mut daemon) = connection(8);
    let (client, future) = client(first);
    let answer = async {
        let request = daemon.hears().await;
        assert_eq!(request["method"], "subscribe");
        daemon.answers(&request, json!({"topics": ["state", "events"], "rate_hz": 20.0})).await;
        daemon.says_state(1).await;
    };
    let (told, ()) = tokio::join!(client.subscribe(Topics::ALL, None), answer);
    let mut told = told.unwrap();
    assert_eq!(told.state().await.unwrap().seq, 1);
    drop(daemon);
    until_down(&client).await;

    let (second, mut daemon) = connection(8);
    future.send(Ok(second)).unwrap();
    let again = daemon.hears().await;
    assert_eq!(again["method"], "subscribe");
    assert_eq!(again["params"], json!({"topics": ["state", "events"], "rate_hz": 20.0}));
    daemon
        .says(json!({"jsonrpc": "2.0", "method": "event", "params": {"event": "bye", "reason": "x"}}))
        .await;
    daemon.says_state(2).await;
    assert_eq!(told.state().await.unwrap().seq, 2);
    assert_eq!(told.event().await, Some(protocol::Event::Bye { reason: "x".to_owned() }));
    drop((client, daemon));
    assert_eq!(told.state().await, None);
    assert_eq!(told.event().await, None);
}

/// As over UDP: no link, no order.
fn radio() -> (Connection, Daemon) {
    let (mut connection, daemon) = connection(64);
    connection.caps.linked = false;
    connection.caps.ordered = false;
    (connection, daemon)
}

#[tokio::test(start_paused = true)]
async fn without_a_link_a_subscriber_is_heard_of_in_time() {
    for (linked, pings) in [(false, 7), (true, 0)] {
        let (mut connection, mut daemon) = radio();
        connection.caps.linked = linked;
        let (client, _future) = client(connection);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(daemon.heard.try_recv().is_err(), "without a subscription there is nothing to say");
        let events = Topics { state: false, events: true };
        let answer = async {
            let request = daemon.hears().await;
            daemon.answers(&request, json!({"topics": ["events"], "rate_hz": 20.0})).await;
        };
        let (told, ()) = tokio::join!(client.subscribe(events, None), answer);
        let _told = told.unwrap();
        tokio::time::sleep(Duration::from_millis(2700)).await;
        let heard: Vec<_> = std::iter::from_fn(|| daemon.heard.try_recv().ok()).collect();
        assert_eq!(heard.len(), pings);
        for frame in heard {
            assert_eq!(frame.data, r#"{"jsonrpc":"2.0","method":"ping"}"#);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_link_a_daemon_that_forgot_the_subscription_is_asked_again() {
    let (first, mut daemon) = radio();
    let (client, future) = client(first);
    let answer = async {
        let request = daemon.hears().await;
        daemon.answers(&request, json!({"topics": ["state"], "rate_hz": 10.0})).await;
        for seq in 0..40 {
            daemon.says_state(seq).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Instant::now()
    };
    let (told, last) = tokio::join!(client.subscribe(Topics { state: true, events: false }, None), answer);
    let mut told = told.unwrap();
    assert!(matches!(*client.link().borrow(), LinkState::Up { .. }));
    until_down(&client).await;
    assert_eq!(last.elapsed().as_millis(), 3100);
    let (second, mut daemon) = radio();
    future.send(Ok(second)).unwrap();
    assert_eq!(daemon.hears().await["method"], "subscribe");
    daemon.says_state(99).await;
    while told.state().await.unwrap().seq != 99 {}
}

#[tokio::test(start_paused = true)]
async fn what_may_be_overtaken_is_numbered() {
    let (connection, mut daemon) = radio();
    let (client, _future) = client(connection);
    let daemon = async {
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let request = daemon.hears().await;
            numbers.push(request["params"]["seq"].clone());
            daemon.answers(&request, json!({"accepted": true})).await;
        }
        numbers
    };
    let calls = async {
        client.drive(power(0.5), power(0.0), None).await.unwrap();
        client.drive(power(0.5), power(0.0), None).await.unwrap();
        client.stop().await.unwrap();
    };
    let (numbers, ()) = tokio::join!(daemon, calls);
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_gets_the_newest_state() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    let answer = async {
        let request = daemon.hears().await;
        daemon.answers(&request, json!({"topics": ["state"], "rate_hz": 20.0})).await;
    };
    let (told, ()) = tokio::join!(client.subscribe(Topics::ALL, None), answer);
    for seq in 1..=50 {
        daemon.says_state(seq).await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut told = told.unwrap();
    assert_eq!(told.state().await.unwrap().seq, 50);
    assert!(told.state().now_or_never().is_none(), "there are no older ones");
}

#[tokio::test(start_paused = true)]
async fn attempts_to_connect_again_come_slower_and_slower_and_say_why_they_failed() {
    let (first, daemon) = connection(8);
    let (client, future) = client(first);
    drop(daemon);
    let mut link = client.link();
    let mut pauses = Vec::new();
    for attempt in 0..8 {
        let began = Instant::now();
        let why = format!("attempt {attempt} failed");
        future.send(Err(why.clone())).unwrap();
        link.wait_for(|link| *link == LinkState::Down { why: why.clone() }).await.unwrap();
        pauses.push(began.elapsed().as_millis());
    }
    for (pause, longest) in pauses.iter().zip([100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
        assert!((longest / 2..=longest + 1).contains(pause), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_knows_whom_it_speaks_with() {
    let (connection, daemon) = connection(8);
    let (client, _future) = client(connection);
    let hello = json!({"server": "car-daemon", "version": "1", "name": "car", "dialects": ["json"], "session": 3, "role": null, "t": 1.0});
    daemon.says(json!({"jsonrpc": "2.0", "method": "hello", "params": hello})).await;
    let mut link = client.link();
    let up = link.wait_for(|link| *link != LinkState::Up { daemon: None }).await.unwrap().clone();
    let LinkState::Up { daemon: Some(found) } = up else { panic!("not up: {up:?}") };
    assert_eq!(*found, serde_json::from_value::<Hello>(hello).unwrap());
}

#[tokio::test(start_paused = true)]
async fn nonsense_from_the_daemon_is_passed_over() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    for nonsense in ["", "{", "[]", "42", r#"{"jsonrpc":"2.0","id":99,"result":1}"#, r#"{"method":"state"}"#]
    {
        daemon.says.send(Frame::text(nonsense)).await.unwrap();
    }
    let daemon = async {
        let request = daemon.hears().await;
        daemon.answers(&request, json!("what?")).await;
    };
    let (answer, ()) = tokio::join!(client.stop(), daemon);
    assert!(matches!(answer, Err(CallError::Misunderstood(_))), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn the_connection_ends_with_the_last_handle() {
    let (connection, mut daemon) = connection(8);
    let (client, _future) = client(connection);
    let other = client.clone();
    drop(client);
    let daemon_side = async {
        let request = daemon.hears().await;
        daemon.answers(&request, json!({"accepted": true})).await;
    };
    let (answer, ()) = tokio::join!(other.stop(), daemon_side);
    answer.unwrap();
    drop(other);
    assert!(daemon.heard.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_shown_first_on_each_connection() {
    let (first, mut daemon) = connection(8);
    let (second, mut daemon_again) = connection(8);
    let options = Options { token: Some(Token::new("s3cret-word")), ..Options::default() };
    let (client, future) = client_with(first, options);
    let hello = daemon.hears().await;
    assert_eq!((&hello["method"], &hello["params"]), (&json!("hello"), &json!({ "token": "s3cret-word" })));
    daemon.answers(&hello, said_hello()).await;
    client.link().wait_for(|link| matches!(link, LinkState::Up { daemon: Some(_) })).await.unwrap();
    future.send(Ok(second)).unwrap();
    drop(daemon);
    let again = daemon_again.hears().await;
    assert_eq!(again["params"], hello["params"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_ends_calls_in_words_and_is_not_shown_again_for_a_minute() {
    let (first, mut daemon) = connection(8);
    let (second, mut daemon_again) = connection(8);
    let options = Options { token: Some(Token::new("s3cret-word")), ..Options::default() };
    let (client, future) = client_with(first, options);
    future.send(Ok(second)).unwrap();
    let hello = daemon.hears().await;
    let fault = Fault::new(Code::NOT_AUTHORISED, "this token is not known here");
    daemon.says(json!({"jsonrpc": "2.0", "id": hello["id"], "error": fault})).await;
    until_down(&client).await;
    let refused = client.state().await.unwrap_err();
    assert_eq!(refused, CallError::Disconnected("this token is not known here".to_owned()));
    let start = Instant::now();
    let again = timeout(Duration::from_secs(120), daemon_again.heard.recv()).await;
    assert!(again.is_ok_and(|frame| frame.is_some()), "it is shown again");
    assert!(start.elapsed() >= Duration::from_secs(60), "{:?}", start.elapsed());
}
