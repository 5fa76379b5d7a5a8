//! Equal runs are equal in every bit, however their time is cut up, and whoever cuts it.

#[path = "../../examples/determinism/runs.rs"]
mod runs;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hal::Platform;
use proptest::prelude::*;

use crate::rig::{Rig, Side, preset};

/// What is written to each side, and how long until the next write, in µs: not whole steps.
type Script = Vec<(f64, f64, u64)>;

fn any_script() -> impl Strategy<Value = Script> {
    prop::collection::vec((-1.0..=1.0, -1.0..=1.0, 0..50_000_u64), 1..20)
}

/// Plays a script, every pause cut into pieces of at most `piece`.
fn play(script: &Script, piece: Duration) -> u64 {
    let mut rig = Rig::new();
    for &(left, right, us) in script {
        rig.set(Side::Power(left), Side::Power(right));
        let mut pause = Duration::from_micros(us);
        while !pause.is_zero() {
            let part = pause.min(piece);
            rig.sim.step(part);
            pause -= part;
        }
    }
    rig.sim.state_hash()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_writes_at_the_same_times_give_the_same_bits(script in any_script(), piece in 37..5_000_u64) {
        let whole = play(&script, Duration::MAX);
        prop_assert_eq!(whole, play(&script, Duration::MAX));
        prop_assert_eq!(whole, play(&script, Duration::from_micros(piece)));
        prop_assert_eq!(whole, play(&script, Duration::from_millis(1)));
    }
}

#[test]
fn a_single_bit_of_duty_makes_another_state() {
    let script = vec![(0.5, 0.5, 10_000)];
    let other = vec![(0.5, 0.5 + 1.0 / 65_535.0, 10_000)];
    assert_ne!(play(&script, Duration::MAX), play(&other, Duration::MAX));
}

/// Optimised or not, on whatever machine: the example runs the same with optimisation, and for a Pi.
#[test]
fn the_runs_of_the_example_come_to_what_they_come_to_everywhere() {
    let kept = include_str!("../../examples/determinism/expected").trim();
    let runs = runs::all();
    let table: String = runs.iter().map(|run| format!("{run}\n")).collect();
    assert_eq!(
        format!("{:016x}", runs::hash(&runs)),
        kept,
        "if it is meant: cargo run --release -p sim --example determinism -- --renew\n{table}"
    );
}

#[test]
fn a_chip_that_wakes_between_two_steps_wakes_in_every_division_of_time() {
    let run = |piece: u64| {
        let mut sim = preset("freenove-4wd");
        let mut bus = sim.i2c("i2c-1", 0x40).unwrap();
        // So that it wakes, half a millisecond later, after a step that saw it asleep.
        sim.step(Duration::from_micros(700));
        bus.write(0x40, &[0x00, 0x21]).unwrap();
        // Channel 1, front left forward: full on.
        bus.write(0x40, &[0x0A, 0x00, 0x10, 0x00, 0x00]).unwrap();
        for _ in 0..6_000 / piece {
            sim.step(Duration::from_micros(piece));
        }
        assert!(sim.wheel_speed_rad_s("front-left").unwrap() > 0.0);
        sim.state_hash()
    };
    assert_eq!(run(6_000), run(100));
    assert_eq!(run(6_000), run(1_500));
}

#[test]
fn real_time_runs_the_same_world_as_steps_do() {
    let (mut driven, mut stepped) = (Rig::new(), Rig::new());
    for rig in [&mut driven, &mut stepped] {
        rig.set(Side::Power(0.7), Side::Power(0.2));
    }
    // A clock that ticks unevenly, now and then twice at the same time or backwards.
    for ms in [3, 3, 2, 17, 18, 500, 499, 1000] {
        driven.sim.advance(Duration::from_millis(ms) + Duration::from_micros(300));
    }
    stepped.run_ms(1000);
    assert_eq!(driven.sim.now(), stepped.sim.now());
    assert_eq!(driven.sim.state_hash(), stepped.sim.state_hash());
}

#[test]
fn what_a_delay_took_in_advance_is_not_run_twice() {
    let mut sim = preset("l298n");
    let mut delay = sim.delay();
    sim.advance(Duration::from_millis(10));
    delay.delay_us(2_500);
    assert_eq!(sim.now(), Duration::from_micros(12_500));
    sim.advance(Duration::from_millis(12));
    assert_eq!(sim.now(), Duration::from_micros(12_500));
    sim.advance(Duration::from_millis(13));
    assert_eq!(sim.now(), Duration::from_millis(13));
}

#[test]
fn after_the_machine_slept_for_a_night_the_world_goes_on_where_it_was() {
    let mut rig = Rig::new();
    rig.sim.advance(Duration::from_secs(1));
    rig.sim.advance(Duration::from_secs(8 * 3600));
    assert_eq!(rig.sim.now(), Duration::from_secs(2));
    rig.sim.advance(Duration::from_secs(8 * 3600) + Duration::from_millis(20));
    assert_eq!(rig.sim.now(), Duration::from_millis(2020));
}

#[test]
fn clones_of_a_handle_see_one_world_from_any_thread() {
    let mut rig = Rig::new();
    rig.set(Side::Power(1.0), Side::Power(1.0));
    let clone = rig.sim.clone();
    std::thread::spawn(move || clone.step(Duration::from_secs(1))).join().unwrap();
    assert_eq!(rig.sim.now(), Duration::from_secs(1));
    assert!(rig.speeds()[0] > 0.0);
}

#[test]
fn whichever_thread_steps_next_the_world_becomes_the_same() {
    let run = |threads: usize| {
        let mut rig = Rig::new();
        for (left, right) in [(1.0, 0.8), (-0.3, 0.9), (0.2, -1.0)] {
            rig.set(Side::Power(left), Side::Power(right));
            // Who is first steps next: the system decides, anew in each run.
            let left = AtomicU32::new(700);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    let (sim, left) = (rig.sim.clone(), &left);
                    scope.spawn(move || {
                        let take = |left: u32| left.checked_sub(1);
                        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                            sim.step(Duration::from_micros(730));
                            // Whoever only looks changes nothing.
                            assert!(sim.wheel_speed_rad_s("left").is_some());
                            std::thread::yield_now();
                        }
                    });
                }
            });
        }
        (rig.sim.now(), rig.sim.digests())
    };
    let alone = run(1);
    for _ in 0..4 {
        assert_eq!(run(5), alone);
    }
}
