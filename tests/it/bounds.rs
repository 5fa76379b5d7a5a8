//! The bounds that a daemon keeps on its clients, at each bound and past it, on virtual time. Those of
//! one transport are tested beside it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Garage, Peer, pass};

/// Says `count` pings and `stop`, and hears every answer.
async fn pings_and_a_stop(peer: &mut Peer, count: usize) -> (usize, Vec<String>) {
    let mut answers = Vec::new();
    for _ in 0..count {
        answers.push(peer.ask("ping").await);
    }
    assert_eq!(peer.ask("stop").await, "ok", "whatever else was said");
    (answers.iter().filter(|answer| answer.starts_with("ok")).count(), answers)
}

#[tokio::test(start_paused = true)]
async fn messages_past_the_rate_are_refused_in_words_and_a_stop_never_is() {
    let garage = Garage::open_with(|config| {
        config.limits.session.messages_per_s = 100;
        config.limits.session.message_burst = 50;
    })
    .await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    let mut loud = garage.visit().await;
    assert_eq!(pings_and_a_stop(&mut loud, 50).await.0, 50, "at the bound");
    pass(10_000).await;
    let (heard, answers) = pings_and_a_stop(&mut loud, 80).await;
    assert_eq!(heard, 50, "past it");
    assert!(answers[79].contains("more than 100 messages a second"), "{}", answers[79]);
    let refused: Value = loud.call("drive", json!({ "throttle": 1, "steer": 0 })).await;
    assert_eq!(refused["error"]["code"], json!(-32006));
    assert_eq!(garage.state().await["mode"], json!("idle"), "what was refused moves nothing");
    pass(100).await;
    assert_eq!(pings_and_a_stop(&mut loud, 20).await.0, 10, "ten more in a tenth of a second");
    assert!(anna.ask("ping").await.starts_with("ok"), "nobody else is refused for it");
}

#[tokio::test(start_paused = true)]
async fn each_request_of_a_batch_is_a_message() {
    let garage = Garage::open_with(|config| {
        config.limits.session.messages_per_s = 1;
        config.limits.session.message_burst = 32;
    })
    .await;
    let mut anna = garage.visit().await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let batch = format!("[{}]", [ping; 30].join(","));
    assert!(!anna.ask(&batch).await.contains("-32006"));
    assert_eq!(anna.ask(&batch).await.matches("-32006").count(), 28);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_more_samples_than_may_be_is_granted_as_many_as_may_be() {
    let garage = Garage::open_with(|config| config.limits.session.state_rate_max_hz = 20.0).await;
    for (asked, granted) in [(json!(19.5), 19.5), (json!(20), 20.0), (json!(20.5), 20.0), (json!(100), 20.0)]
    {
        let mut anna = garage.visit().await;
        let answer = anna.call("subscribe", json!({ "topics": ["state"], "rate_hz": asked })).await;
        assert_eq!(answer["result"]["rate_hz"], json!(granted), "{asked}");
        let begun = Instant::now();
        let mut samples = 0;
        while begun.elapsed() < Duration::from_secs(10) {
            anna.hear().await.expect("open");
            samples += 1;
        }
        assert!((samples - (granted * 10.0) as i32).abs() <= 2, "{asked}: {samples} in ten seconds");
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_past_the_bound_are_turned_away_in_words_and_places_come_back() {
    let garage = Garage::open_with(|config| config.limits.session.sessions = 3).await;
    let mut three = vec![garage.visit().await, garage.visit().await, garage.visit().await];
    let mut fourth = garage.visit_silently().await;
    let refusal = fourth.hear().await.expect("told why");
    assert!(refusal.contains("-32006") && refusal.contains("all 3 sessions of this daemon"), "{refusal}");
    assert_eq!(fourth.hear().await, None, "and closed");
    drop(three.pop());
    pass(10).await;
    assert!(garage.visit().await.ask("ping").await.starts_with("ok"));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_never_read_stay_within_the_memory_that_there_is_and_delay_nobody() {
    let mut memory = None;
    let garage = Garage::open_with(|config| {
        config.limits.transport.memory = transport::Memory::new(2 << 20);
        memory = Some(config.limits.transport.memory.clone());
        config.limits.transport.connections = 2_000;
        config.limits.session.sessions = 2_000;
        // What is in a mem queue is the other end's: as little of it as may be.
        config.limits.transport.recv_queue = 1;
    })
    .await;
    let memory = memory.expect("configured");
    let mut driver = garage.visit().await;
    let mut deaf = Vec::new();
    for _ in 0..1_000 {
        let mut peer = garage.visit_silently().await;
        peer.say(
            r#"{"jsonrpc":"2.0","method":"subscribe","params":{"topics":["state","events"],"rate_hz":100}}"#,
        )
        .await;
        deaf.push(peer);
    }
    assert_eq!(memory.used(), 0, "who only listens needs none of it");
    let ping = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":["{}"]}}"#, "x".repeat(9_000));
    for peer in deaf.iter_mut().take(300) {
        for _ in 0..4 {
            peer.say(&ping).await;
        }
    }
    pass(100).await;
    assert!(memory.used() > memory.most / 4 * 3 && memory.used() <= memory.most, "{}", memory.used());
    let mut late = garage.visit_silently().await;
    let refusal = late.hear().await.expect("told why");
    assert!(refusal.contains("-32006") && refusal.contains("bytes of memory"), "{refusal}");
    for _ in 0..100 {
        let asked = Instant::now();
        assert!(driver.ask("drive 0.5 0").await.starts_with("ok"));
        assert!(asked.elapsed() < Duration::from_millis(1), "{:?}", asked.elapsed());
        pass(10).await;
    }
    assert_eq!(driver.state().await["mode"], json!("driving"));
    deaf[0].say("stop").await;
    pass(20).await;
    assert_eq!(driver.state().await["mode"], json!("idle"), "anybody's stop is heard");
    drop(deaf);
    pass(3_000).await;
    assert_eq!(memory.used(), 0);
    garage.visit().await;
}

#[tokio::test(start_paused = true)]
async fn who_neither_reads_nor_speaks_is_closed_at_the_deadline_and_who_speaks_is_not() {
    let garage = Garage::open_with(|config| config.limits.transport.recv_queue = 1).await;
    let subscribe = r#"{"jsonrpc":"2.0","method":"subscribe","params":{"topics":["state"],"rate_hz":100}}"#;
    let mut speaks = garage.visit_silently().await;
    speaks.say(subscribe).await;
    speaks.say("up").await;
    for _ in 0..50 {
        pass(1_900).await;
        speaks.say("up").await;
    }
    assert_eq!(garage.state().await["mode"], json!("driving"));
    drop(speaks);
    pass(10).await;
    let mut silent = garage.visit_silently().await;
    silent.say(subscribe).await;
    silent.say("up").await;
    pass(1_950).await;
    assert_eq!(garage.state().await["driver"], json!(3), "not before the deadline");
    pass(200).await;
    let state = garage.state().await;
    assert_eq!(state["mode"], json!("idle"));
    assert!(
        state["stop_reason"].as_str().is_some_and(|why| why.contains("neither reads nor speaks")),
        "{state}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_that_nobody_takes_is_given_up_in_time() {
    for drain in [0, 100, 2_000].map(Duration::from_millis) {
        let garage = Garage::open_with(|config| {
            config.limits.session.drain = drain;
            config.limits.transport.recv_queue = 1;
        })
        .await;
        let mut deaf = garage.visit_silently().await;
        for _ in 0..4 {
            deaf.say("ping").await;
        }
        pass(10).await;
        let begun = Instant::now();
        garage.daemon.stop("enough").await;
        assert!(begun.elapsed() >= drain && begun.elapsed() < drain + Duration::from_millis(50));
    }
}
