//! Who may drive: tokens, what they give, and what becomes of who has none. On virtual time.

use std::time::Duration;

use car_daemon::Config;
use car_daemon::config::{Auth, TokenRow};
use futures_util::SinkExt;
use protocol::{Role, Token};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::{Garage, Peer, pass};

const DRIVER: &str = "Driver-s3cret";
const ADMIN: &str = "Admin-s3cret.~+_";
const OBSERVER: &str = "Observer-s3cret";
const NOT_AUTHORISED: i64 = -32003;

fn token(secret: &str, role: Role, name: &str) -> TokenRow {
    TokenRow { token: Token::new(secret), role, name: name.into(), priority: None }
}

fn auth() -> Auth {
    let tokens = vec![
        token(DRIVER, Role::Driver, "tablet"),
        token(ADMIN, Role::Admin, "teacher"),
        token(OBSERVER, Role::Observer, "wall"),
        token(&"x".repeat(128), Role::Driver, "long"),
    ];
    Auth { tokens, ..Auth::default() }
}

/// A configuration in which whoever comes has this role, and these tokens give others.
fn by(role: &str, auth: Auth) -> impl FnOnce(&mut Config) {
    let url = format!("mem://car?role={role}");
    move |config| {
        config.listen = vec![url.parse().expect("an endpoint")];
        config.auth = auth;
    }
}

async fn locked() -> Garage {
    Garage::open_with(by("none", auth())).await
}

/// A configuration to be read again.
fn again(auth: Auth) -> Config {
    Config { auth, ..Config::standard() }
}

async fn auth_with(peer: &mut Peer, token: &str) -> Value {
    peer.call("auth", json!({ "token": token })).await
}

fn code(reply: &Value) -> i64 {
    reply["error"]["code"].as_i64().unwrap_or_default()
}

/// Everything that is still said, up to the end.
async fn last_words(mut peer: Peer) -> String {
    let mut words = String::new();
    while let Ok(Some(said)) = timeout(Duration::from_secs(60), peer.hear()).await {
        words += &said;
    }
    words
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_first_message_gives_its_role() {
    let garage = locked().await;
    for (method, token, role) in
        [("hello", DRIVER, "driver"), ("auth", ADMIN, "admin"), ("auth", &"x".repeat(128), "driver")]
    {
        let mut anna = garage.visit().await;
        let reply = anna.call(method, json!({ "token": token })).await;
        assert_eq!(reply["result"]["role"], json!(role), "{reply}");
        assert!(anna.ask("up").await.starts_with("ok"));
        anna.ask("release").await;
    }
    let mut ben = garage.visit().await;
    assert!(ben.ask(&format!("AUTH {DRIVER}")).await.starts_with("ok"));
    assert!(ben.ask("up").await.starts_with("ok"));
    let who = ben.call("who", Value::Null).await;
    assert_eq!(who["result"]["sessions"][0]["name"], json!("tablet"), "whose token it is: {who}");
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_answered_but_greetings() {
    let garage = locked().await;
    let mut eve = garage.visit_silently().await;
    assert!(eve.hear().await.expect("a hello").contains(r#""role":null"#));
    for method in ["state", "info", "who", "stop", "estop", "reset", "acquire", "release", "center"] {
        let reply = eve.call(method, Value::Null).await;
        assert_eq!(code(&reply), NOT_AUTHORISED, "{method}: {reply}");
    }
    for (method, params) in [
        ("drive", json!({ "throttle": 1, "steer": 0 })),
        ("look", json!({ "pan": 1 })),
        ("subscribe", json!({ "topics": ["state", "events"] })),
    ] {
        assert_eq!(code(&eve.call(method, params).await), NOT_AUTHORISED, "{method}");
    }
    assert!(eve.ask("up").await.contains("auth TOKEN"));
    for (method, params) in [("hello", json!({ "name": "eve" })), ("ping", json!([1]))] {
        assert!(eve.call(method, params).await["error"].is_null(), "{method}");
    }
    assert!(eve.ask("help").await.starts_with("ok"));
    let mut anna = garage.visit().await;
    auth_with(&mut anna, DRIVER).await;
    anna.ask("up").await;
    assert!(timeout(Duration::from_secs(1), eve.hear()).await.is_err(), "she is told nothing unasked");
}

#[tokio::test(start_paused = true)]
async fn who_shows_no_token_in_time_is_told_so_and_closed_however_much_it_says() {
    let garage = locked().await;
    let start = Instant::now();
    let silent = garage.visit().await;
    let words = last_words(silent).await;
    assert!(words.contains("-32003") && words.contains("within 3s"), "{words}");
    assert_eq!(start.elapsed().as_secs(), 3);

    let mut chatty = garage.visit().await;
    let start = Instant::now();
    while chatty.0.tx.send(transport::Frame::text("ping")).await.is_ok() {
        pass(1).await;
        assert!(start.elapsed() < Duration::from_secs(4), "it is still here");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_refused_after_a_while_and_the_right_one_still_works() {
    let garage = locked().await;
    let mut anna = garage.visit().await;
    for (token, wait) in [("", 250), ("driver-s3cret", 500), (&DRIVER[..12], 1_000)] {
        let start = Instant::now();
        let reply = auth_with(&mut anna, token).await;
        assert_eq!(code(&reply), NOT_AUTHORISED, "{reply}");
        assert_eq!(start.elapsed().as_millis(), wait, "{token}");
    }
    let start = Instant::now();
    assert_eq!(auth_with(&mut anna, DRIVER).await["result"]["role"], json!("driver"));
    assert_eq!(start.elapsed().as_millis(), 1_000, "as long as the last wrong one");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_far_too_long_is_no_token_and_keeps_nobody_out() {
    let garage = locked().await;
    let mut anna = garage.visit().await;
    for long in ["y".repeat(129), "y".repeat(10_000)] {
        assert_eq!(code(&auth_with(&mut anna, &long).await), -32602);
    }
    assert_eq!(code(&auth_with(&mut anna, &"y".repeat(128)).await), NOT_AUTHORISED);
    assert_eq!(auth_with(&mut anna, DRIVER).await["result"]["role"], json!("driver"));
}

#[tokio::test(start_paused = true)]
async fn guessing_is_slowed_and_another_driver_is_not() {
    let garage = locked().await;
    let mut anna = garage.visit().await;
    auth_with(&mut anna, DRIVER).await;
    let mut guessers = Vec::new();
    for _ in 0..8 {
        let mut guesser = garage.visit().await;
        guesser.say("auth not-the-token").await;
        guesser.say("ping").await;
        guessers.push(guesser);
    }
    let start = Instant::now();
    for _ in 0..20 {
        assert!(anna.ask("drive 0.5 0").await.starts_with("ok"));
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "she waits for nobody");
    for (guesser, wait) in guessers.iter_mut().zip([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]) {
        assert!(guesser.hear().await.expect("an answer").contains("not known"));
        assert_eq!(start.elapsed().as_millis(), wait);
    }
    assert!(guessers[0].hear().await.expect("an answer").starts_with("ok"), "its own messages waited");
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_guesses_is_no_way_around() {
    let garage = locked().await;
    let mut eve = garage.visit().await;
    let guess = |n: usize| json!({ "jsonrpc": "2.0", "id": n, "method": "auth", "params": [format!("guess-{n:04}")] });
    let mut guesses: Vec<Value> = (0..31).map(guess).collect();
    guesses.push(json!({ "jsonrpc": "2.0", "id": 31, "method": "auth", "params": [DRIVER] }));
    let words = eve.ask(&Value::from(guesses).to_string()).await;
    assert_eq!(words.matches("in a message of its own").count(), 32, "none is looked at: {words}");
    assert!(eve.ask("up").await.contains("show a token first"), "not even the right one");
}

#[tokio::test(start_paused = true)]
async fn no_motion_waits_for_a_token_and_a_stop_beside_one_is_done_at_once() {
    let garage = locked().await;
    let mut eve = garage.visit().await;
    for line in ["auth not-the-token", "auth not-the-token"] {
        assert!(eve.ask(line).await.contains("not known"));
    }
    // From the same place: the right token waits, and what is said meanwhile is late by then.
    let mut anna = garage.visit().await;
    anna.say(&format!("auth {DRIVER}")).await;
    anna.say("up").await;
    assert!(anna.hear().await.expect("open").starts_with("ok"));
    assert!(anna.hear().await.expect("open").contains("late: it waited while a token was weighed"));
    pass(200).await;
    assert_eq!(anna.ask("up").await, "ok");
    let both = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "stop" },
        { "jsonrpc": "2.0", "id": 2, "method": "auth", "params": ["not-the-token"] },
    ]);
    let start = Instant::now();
    assert!(anna.ask(&both.to_string()).await.contains("accepted"));
    assert_eq!(start.elapsed().as_millis(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_five_wrong_tokens_a_session_ends_and_after_ten_its_address_is_turned_away_but_for_a_right_one()
{
    let garage = Garage::open_with(by("observer", auth())).await;
    for round in 0..2 {
        let mut eve = garage.visit().await;
        for _ in 0..5 {
            assert!(eve.ask("auth not-the-token").await.contains("not known"), "{round}");
        }
        let words = last_words(eve).await;
        assert!(words.contains("too many wrong tokens"), "{words}");
    }
    let mut eve = garage.visit().await;
    assert!(eve.ask("auth not-the-token").await.contains("not known"));
    assert!(last_words(eve).await.contains("from this address"), "one is enough now");
    let mut anna = garage.visit().await;
    let start = Instant::now();
    assert_eq!(auth_with(&mut anna, DRIVER).await["result"]["role"], json!("driver"));
    assert_eq!(start.elapsed().as_secs(), 8, "whoever sits behind the same address only waits");
    pass(60_000).await;
    let start = Instant::now();
    auth_with(&mut garage.visit().await, DRIVER).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "after a quiet minute it is forgotten");
}

#[tokio::test(start_paused = true)]
async fn whoever_may_do_something_already_goes_on_doing_it_while_a_token_is_looked_at() {
    let garage = Garage::open_with(by("driver", auth())).await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    for _ in 0..3 {
        anna.say("auth not-the-token").await;
        pass(3_000).await;
        assert!(anna.hear().await.expect("an answer").contains("not known"));
    }
    anna.say("auth not-the-token").await;
    assert!(anna.ask("auth another-one").await.contains("one token at a time"));
    assert!(anna.ask("stop").await.starts_with("ok"), "a stop waits for nothing");
    pass(20).await;
    assert_eq!(garage.state().await["mode"], json!("idle"));
    anna.ask("up").await;
    drop(anna);
    pass(20).await;
    assert_eq!(garage.state().await["mode"], json!("idle"), "nor does the end of the link");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_less_takes_what_one_had() {
    let garage = Garage::open_with(by("admin", auth())).await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    assert_eq!(auth_with(&mut anna, OBSERVER).await["result"]["role"], json!("observer"));
    pass(20).await;
    assert_eq!(anna.state().await["mode"], json!("idle"), "who may not drive does not");
    assert!(anna.ask("up").await.contains("needs the role driver"));
    assert_eq!(auth_with(&mut anna, ADMIN).await["result"]["role"], json!("admin"));
    assert!(anna.ask("up").await.starts_with("ok"));
}

#[tokio::test(start_paused = true)]
async fn where_no_token_is_known_one_that_is_shown_is_refused_in_words_at_once() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    let start = Instant::now();
    for _ in 0..20 {
        let reply = auth_with(&mut anna, DRIVER).await;
        assert!(
            reply["error"]["message"].as_str().is_some_and(|m| m.contains("come without one")),
            "{reply}"
        );
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(anna.ask("up").await.starts_with("ok"));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_gone_after_a_reload_ends_its_session_and_stops_the_car() {
    let garage = locked().await;
    let mut anna = garage.visit().await;
    auth_with(&mut anna, DRIVER).await;
    let mut ben = garage.visit().await;
    auth_with(&mut ben, ADMIN).await;
    anna.ask("up").await;
    garage
        .daemon
        .reload(&again(Auth { tokens: vec![token(ADMIN, Role::Admin, "teacher")], ..Auth::default() }));
    pass(20).await;
    let state = ben.state().await;
    assert_eq!((&state["mode"], &state["driver"]), (&json!("idle"), &Value::Null));
    let words = last_words(anna).await;
    assert!(words.contains("-32003") || words.contains("show another token"), "{words}");
    let mut anna = garage.visit().await;
    assert_eq!(code(&auth_with(&mut anna, DRIVER).await), NOT_AUTHORISED);
}

#[tokio::test(start_paused = true)]
async fn a_token_has_its_new_role_at_once_after_a_reload() {
    let garage = locked().await;
    let mut anna = garage.visit().await;
    auth_with(&mut anna, DRIVER).await;
    anna.ask("up").await;
    let tokens = vec![token(DRIVER, Role::Observer, "tablet"), token("Fresh-s3cret", Role::Driver, "fresh")];
    garage.daemon.reload(&again(Auth { tokens, ..Auth::default() }));
    pass(20).await;
    let state = anna.state().await;
    assert_eq!((&state["mode"], &state["driver"]), (&json!("idle"), &Value::Null));
    assert!(anna.ask("up").await.contains("yours is observer"));
    let mut ben = garage.visit().await;
    auth_with(&mut ben, "Fresh-s3cret").await;
    assert!(ben.ask("up").await.starts_with("ok"));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_alone_releases_the_emergency_stop_where_the_configuration_says_so() {
    let garage = Garage::open_with(by("none", Auth { reset: Role::Admin, ..auth() })).await;
    let mut anna = garage.visit().await;
    auth_with(&mut anna, DRIVER).await;
    anna.ask("estop").await;
    assert_eq!(code(&anna.call("reset", Value::Null).await), NOT_AUTHORISED);
    garage.daemon.reload(&again(auth()));
    assert!(anna.ask("reset").await.starts_with("ok"), "a reload changes that, too");
}
