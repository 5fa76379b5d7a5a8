//! A control loop on a machine's own outputs is real-time, or says what is missing.

use std::fs;

use rustix::process::Signal;

use crate::guard::driving;
use crate::support::eventually;

/// The scheduling policy of a thread, by its name: 1 is SCHED_FIFO (proc(5), field 41 of `stat`).
fn policy(process: u32, name: &str) -> Option<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let stats = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("stat")).ok());
    let stat = stats.into_iter().find(|stat| stat.contains(&format!("({name})")))?;
    // Counted from the third field, which is the first after the name.
    stat.rsplit(')').next()?.split_whitespace().nth(41 - 3)?.parse().ok()
}

fn locks_memory(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmLck:"));
    line.is_some_and(|line| !line.contains(" 0 kB"))
}

#[test]
fn a_loop_that_drives_is_real_time_and_its_memory_stays_or_the_log_says_what_would_help() {
    let (_files, daemon, driver) = driving();
    eventually("the loop is there", || policy(daemon.id(), "hardware").is_some());
    let (prior, locked) = (policy(daemon.id(), "hardware") == Some(1), locks_memory(daemon.id()));
    assert_eq!(policy(daemon.id(), "watch"), Some(0), "only the loop");
    daemon.signal(Signal::TERM);
    drop(driver);
    let (_, log) = daemon.wait();
    assert_eq!(log.contains("LimitRTPRIO=50"), !prior, "{log}");
    assert_eq!(log.contains("LimitMEMLOCK=infinity"), !locked, "{log}");
}
