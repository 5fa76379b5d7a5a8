//! Equal runs are equal in every bit, however their time is cut up, and whoever cuts it.

#[path = "../../examples/determinism/runs.rs"]
mod runs;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hal::board::PRESETS;
use hal::{Board, Car, Drive, Platform, Target};
use proptest::prelude::*;
use sim::{Fault, KINDS, Outage, Said, Sensor, Sim};

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

/// Something that breaks, by its number among all that can; when, and for how long, µs.
type Breaks = Vec<(prop::sample::Index, u64, u64)>;

fn any_breaks() -> impl Strategy<Value = Breaks> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..40_000_u64, 1_000..60_000_u64), 1..6)
}

/// Everything that can break on a board, but for noise, which counts what a driver does.
fn everything(board: &Board) -> Vec<Fault> {
    let named = board.chips.iter().flat_map(|chip| [chip.to_string(), chip.bus.clone()]);
    let motors = board.motors.iter();
    let pins = motors.clone().flat_map(|motor| motor.driver.pins()).map(|pin| board.pin_name(pin));
    let sensors = Sensor::ALL.iter().map(|sensor| sensor.name().to_owned());
    let names: Vec<String> =
        named.chain(motors.map(|motor| motor.name.clone())).chain(pins).chain(sensors).collect();
    let ons: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).chain([None]).collect();
    let said = |fault, on| {
        ["low", "high"]
            .map(|level| [Some(level), None].map(|level| Said { fault, on, level, ..Said::default() }))
    };
    let all = KINDS.iter().flat_map(|kind| ons.iter().flat_map(move |on| said(kind.name, *on)).flatten());
    let mut faults: Vec<Fault> = Vec::new();
    for outage in all.filter_map(|said| Fault::read(&said, board).ok()) {
        if !faults.contains(&outage.fault) {
            faults.push(outage.fault);
        }
    }
    faults
}

/// Drives while things break, and stops, recovers and goes on as a daemon would. Time passes in pieces.
fn survive(board: &Board, breaks: &Breaks, piece: Duration) -> (Duration, sim::Digests) {
    let sim = Sim::new(board);
    let mut car = Car::assemble(board, &mut sim.clone()).expect("a whole car");
    let pass = |by: Duration| {
        let until = sim.now() + by;
        while sim.now() < until {
            sim.step(piece.min(until - sim.now()));
        }
    };
    let faults = everything(board);
    for (index, (which, wait, lasts)) in breaks.iter().enumerate() {
        pass(Duration::from_micros(*wait));
        let fault = which.get(&faults).clone();
        let lasts = (!fault.is_momentary()).then_some(Duration::from_micros(*lasts));
        assert!(sim.fault(Outage { fault, lasts }));
        let drive =
            Drive::Power { throttle: if index % 2 == 0 { 0.8 } else { -0.6 }, steer: 0.3, strafe: 0.0 };
        if car.apply(&Target { drive, ..Target::default() }, sim.now()).is_err() {
            // What it says of its chips is not looked at here.
            let _known = (car.halt(), car.recover());
        }
        car.sense(sim.now());
    }
    pass(Duration::from_micros(30_500));
    (sim.now(), sim.digests())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn whatever_breaks_on_whichever_board_it_is_the_same_in_every_division_of_time(
        breaks in any_breaks(),
        piece in 137..3_000_u64,
    ) {
        for known in PRESETS {
            let board = Board::preset(known.name).expect("a preset");
            let whole = survive(&board, &breaks, Duration::MAX);
            for piece in [piece, 1_000] {
                prop_assert_eq!(&whole, &survive(&board, &breaks, Duration::from_micros(piece)), "{}", known.name);
            }
        }
    }
}

#[test]
fn an_scmd_whose_supply_dropped_between_two_steps_starts_alike_in_every_division_of_time() {
    let run = |piece: u64| {
        let sim = preset("jetbot-sparkfun");
        sim.step(Duration::from_micros(300));
        assert!(sim.fault(Fault::ChipReset("scmd@0x5d".into())));
        let starts = |us: u64| {
            for _ in 0..us / piece {
                sim.step(Duration::from_micros(piece));
            }
            (sim.chip_register("i2c-1", 0x5d, 0x77), sim.digests())
        };
        // 1.15 s.
        let soon = starts(1_149_000);
        assert_eq!(soon.0, Some(0));
        [soon, starts(1_000)]
    };
    let [_, (started, _)] = run(1_000);
    assert_eq!(started, Some(1), "to the nanosecond");
    assert_eq!(run(1_000), run(100));
    assert_eq!(run(1_000), run(500));
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
