//! How fast the world runs. Asks the machine's clock, so it is not run by default:
//! `cargo test -p sim --release -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use crate::rig::{Rig, Side};

#[test]
#[ignore = "measures the machine, which must have nothing else to do"]
fn the_world_runs_two_thousand_times_faster_than_time() {
    let mut rig = Rig::new();
    let start = Instant::now();
    // Written anew every 10 ms, as the daemon does.
    for tick in 0..100_000_u32 {
        let power = f64::from(tick % 200) / 100.0 - 1.0;
        rig.set(Side::Power(power), Side::Power(-power));
        rig.sim.step(Duration::from_millis(10));
    }
    let ratio = 1_000.0 / start.elapsed().as_secs_f64();
    println!("{ratio:.0} times real time");
    assert!(ratio > 2_000.0);
}
