//! What the fingerprint of a state holds: whatever makes a difference later, and nothing that is over.

use std::time::Duration;

use hal::{Board, Platform};
use sim::{Act, Event, Fault, Outage, Script, Sensor, Setup, Sim};

use crate::rig::preset;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The demo car before this.
fn ahead(act: Act, at: Duration) -> Sim {
    let board = Board::preset("freenove-4wd").expect("a preset");
    let script = Script::of(vec![Event { at, act }, Event { at: ms(9_000), act: Act::Press(true) }]);
    Sim::of(&board, &Setup { script, ..Setup::default() })
}

#[test]
fn what_the_script_still_brings_is_in_it_and_what_it_brought_is_not() {
    let put = |x_m| Act::Teleport { x_m, y_m: 0.0, heading_rad: 0.0 };
    let broken = |fault: Fault, lasts| Act::Break(Outage { fault, lasts });
    let all = [
        ahead(put(1.0), ms(2_000)),
        ahead(put(2.0), ms(2_000)),
        ahead(put(2.0), ms(2_001)),
        ahead(Act::Press(true), ms(2_000)),
        ahead(Act::Press(false), ms(2_000)),
        ahead(broken(Fault::BrownOut, None), ms(2_000)),
        ahead(broken(Fault::BrownOut, Some(ms(1))), ms(2_000)),
        ahead(broken(Fault::CameraFrozen, None), ms(2_000)),
        ahead(broken(Fault::BusNoise("i2c-1".into(), 1), None), ms(2_000)),
        ahead(broken(Fault::BusNoise("i2c-1".into(), 2), None), ms(2_000)),
    ];
    let mut hashes: Vec<u64> = all.iter().map(Sim::state_hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), all.len());
    // Over and mended, and the rest of both scripts is the same.
    let over = [1, 3].map(|for_ms| ahead(broken(Fault::CameraFrozen, Some(ms(for_ms))), ms(2)));
    over.iter().for_each(|sim| sim.step(ms(100)));
    assert_eq!(over[0].digests(), over[1].digests());
}

#[test]
fn time_that_was_skipped_is_in_it() {
    let (mut one, mut other) = (preset("demo"), preset("demo"));
    assert!(other.fault(Fault::ClockJump(ms(5_000))));
    assert_ne!(one.state_hash(), other.state_hash(), "still to come");
    assert_eq!(other.take_clock_jump(), Some(ms(5_000)));
    assert_ne!(one.state_hash(), other.state_hash());
    for sim in [&mut one, &mut other] {
        sim.advance(ms(500));
    }
    assert_eq!((one.now(), other.now()), (ms(500), Duration::ZERO));
}

#[test]
fn seed_and_noise_are_in_it() {
    let board = Board::preset("freenove-4wd").expect("a preset");
    let hash = |seed, noise| Sim::of(&board, &Setup { seed, noise, ..Setup::default() }).state_hash();
    assert_eq!(hash(1, 1.0), hash(1, 1.0));
    assert!(hash(1, 1.0) != hash(2, 1.0) && hash(1, 1.0) != hash(1, 2.0));
}

#[test]
fn noise_that_is_spent_is_no_longer_in_it_and_is_no_fault() {
    let (one, other) = (preset("freenove-4wd"), preset("freenove-4wd"));
    let noise = |left| Fault::BusNoise("i2c-1".into(), left);
    assert!(other.fault(noise(2)));
    for left in [vec![noise(1)], vec![]] {
        for sim in [&one, &other] {
            let failed = sim.clone().i2c("i2c-1", 0x40).expect("a bus").write(0x40, &[]).is_err();
            assert_eq!(failed, std::ptr::eq(sim, &raw const other));
        }
        assert_eq!(other.faults(), left);
        assert_eq!(one.state_hash() == other.state_hash(), left.is_empty());
    }
    assert!(!other.mend(noise(1)));
}

#[test]
fn a_sensor_that_somebody_tells_no_number_is_another_one_than_one_that_nobody_told_anything() {
    let sim = preset("classroom");
    let nobody = sim.state_hash();
    assert!(sim.set_line(0, f64::NAN));
    assert_ne!(sim.state_hash(), nobody);
    sim.unset();
    assert_eq!(sim.state_hash(), nobody);
    assert!(sim.set_range(None));
    assert_ne!(sim.state_hash(), nobody);
}

#[test]
fn runs_that_agree_in_it_break_alike() {
    // Whoever breaks and mends a camera looks at everything once more, and changes nothing.
    for name in ["picar-x", "demo", "classroom", "jetbot-sparkfun"] {
        let (one, other) = (preset(name), preset(name));
        other.fault(Fault::CameraFrozen);
        other.mend(Fault::CameraFrozen);
        assert_eq!(one.digests(), other.digests(), "{name}");
        let answers = |sim: &Sim| {
            let mut bus = sim.clone().i2c("i2c-1", 0x14).expect("a bus");
            (0..0x78).map(|address| bus.write(address, &[]).is_ok()).collect::<Vec<_>>()
        };
        assert_eq!(answers(&one), answers(&other), "{name}");
        for sim in [&one, &other] {
            sim.fault(Fault::SensorMad(Sensor::Battery));
            sim.step(ms(20));
        }
        assert_eq!(one.digests(), other.digests(), "{name}");
    }
}
