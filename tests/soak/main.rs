//! A crowd on a real daemon: two hundred clients at once that come and go over every transport, most of
//! them without manners. What they cost is given back.
//!
//! `SOAK_SECONDS` says for how long; `.ci/run` takes five minutes.

#[path = "../it/support/outside.rs"]
#[allow(dead_code, reason = "the stories use more of it")]
mod outside;

mod crowd;
mod footprint;

use std::time::Duration;

use crowd::{CROWD, Crowd};
use footprint::Footprint;
use outside::Process;

/// Room for the crowd and for whoever has not been noticed to be gone; sessions over UDP are over after
/// two seconds of silence.
const CONFIG: &str = "
[limits]
connections = 300
sessions = 1024
per_address = 300
pending_handshakes = 200
handshake_ms = 1000
udp_sessions = 300
udp_idle_ms = 2000
";

fn seconds() -> Duration {
    let given = std::env::var("SOAK_SECONDS").ok();
    Duration::from_secs(given.map_or(12, |text| text.parse().expect("SOAK_SECONDS is a number")))
}

#[test]
fn two_hundred_clients_that_come_and_go_leave_nothing_behind() {
    let daemon = Process::start_with(CONFIG);
    let mut crowd = Crowd::gather(&daemon);
    let warm_up = seconds() / 4;

    crowd.comes_and_goes(warm_up);
    crowd.leaves();
    let before = Footprint::at_rest(&daemon);

    let visits = crowd.comes_and_goes(seconds() - warm_up);
    crowd.leaves();
    let after = Footprint::at_rest(&daemon);

    // What proves nothing must not pass.
    assert!(visits.iter().all(|(_, count)| *count > 0), "everybody came: {visits:?}");
    assert!(visits.values().sum::<u64>() > CROWD as u64, "{visits:?}");
    after.is_that_of(&before);
    crowd.every_place_is_free_again();
    daemon.wheels("the car stands", |left, right| left == 0.0 && right == 0.0);
    eprintln!("soak: {visits:?}\n  before {before:?}\n  after  {after:?}");
}
