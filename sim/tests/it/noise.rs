//! How sensors err: as much as their data sheets say, by the seed alone, and however often somebody looks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hal::board::{Level, Pull};
use hal::platform::Edge;
use hal::{Board, Platform};
use proptest::prelude::*;
use sim::world::{Colour, Point, Tape, Wall};
use sim::{Setup, Sim, World};

const BOARD: &str = r#"
    [range]
    trigger = "gpio:GPIO20"
    echo = "gpio:GPIO21"
    [[chips]]
    driver = "mpu6050"
    address = 0x68
    [[chips]]
    driver = "ina219"
    address = 0x41
    [[chips]]
    driver = "ads1115"
    address = 0x49
    [battery]
    chip = "ina219@0x41"
    empty_v = 6.4
    full_v = 8.4
    [line]
    inputs = ["gpio:GPIO5", "gpio:GPIO6", "ads1115@0x49:0"]
    dark = "high"
    [imu]
    chip = "mpu6050@0x68"
"#;
const DARK: Colour = Colour([16, 16, 16]);

fn board() -> Board {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    Board::parse("noise.toml", &format!("{}\n{BOARD}", preset.toml)).expect("a sound board")
}

/// A wall 1 m ahead of the sensor, and black lines across the way every 8 cm.
fn world() -> World {
    let board = board();
    let x = board.model.range_ahead_m + 1.0;
    let wall = Wall {
        points: [-9.0, 9.0].map(|y| Point { x, y }).to_vec(),
        closed: false,
        height_m: 0.4,
        colour: DARK,
    };
    let line = |n: i32| Tape {
        points: [-1.0, 1.0].map(|y| Point { x: 0.08 * f64::from(n), y }).to_vec(),
        closed: false,
        width_m: 0.04,
        colour: DARK,
    };
    World { walls: vec![wall], lines: (0..12).map(line).collect(), ..World::open() }
}

fn sim(seed: u64, noise: f64) -> Sim {
    Sim::of(&board(), &Setup { world: world(), seed, noise, ..Setup::default() })
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}

/// So many echoes, metres.
fn echoes(sim: &Sim, count: usize) -> Vec<f64> {
    let edges = Arc::new(Mutex::new(Vec::<Edge>::new()));
    let told = Arc::clone(&edges);
    let sink = Box::new(move |edge| told.lock().expect("nobody panics").push(edge));
    let mut platform = sim.clone();
    let _watch = platform.watch(&["GPIO21"], Pull::None, None, sink).expect("the echo");
    let mut trigger = platform.output_at("GPIO20", Level::Low).expect("the trigger");
    for _ in 0..count {
        trigger.set_high().expect("driven");
        sim.step(Duration::from_micros(10));
        trigger.set_low().expect("driven");
        sim.step(Duration::from_millis(60));
    }
    let edges = edges.lock().expect("nobody panics");
    edges.chunks(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64() * 343.0 / 2.0).collect()
}

fn write(sim: &Sim, address: u8, bytes: &[u8]) {
    sim.clone().i2c("i2c-1", address).expect("a bus").write(address, bytes).expect("it answers");
}

fn read<const N: usize>(sim: &Sim, address: u8, register: u8) -> [u8; N] {
    let mut bytes = [0; N];
    let mut bus = sim.clone().i2c("i2c-1", address).expect("a bus");
    bus.write_read(address, &[register], &mut bytes).expect("it answers");
    bytes
}

/// What an awake MPU-6050 says each millisecond: accelerations in g, rotations in degrees a second.
fn inertia(sim: &Sim, count: usize) -> Vec<[f64; 6]> {
    // Awake; 44 Hz.
    write(sim, 0x68, &[0x6B, 0x01]);
    write(sim, 0x68, &[0x1A, 0x03]);
    let sample = |_| {
        sim.step(Duration::from_millis(1));
        let bytes: [u8; 14] = read(sim, 0x68, 0x3B);
        let word = |at: usize| f64::from(i16::from_be_bytes([bytes[at], bytes[at + 1]]));
        [0, 2, 4, 8, 10, 12].map(|at| word(at) / if at < 6 { 16_384.0 } else { 131.0 })
    };
    (0..count).map(sample).collect()
}

#[test]
fn echoes_scatter_by_a_millimetre_around_the_truth() {
    let (mean, deviation) = moments(&echoes(&sim(1, 1.0), 400));
    assert!((mean - 1.0).abs() < 2e-4, "{mean}");
    assert!((0.9e-3..1.1e-3).contains(&deviation), "{deviation}");
    let (_, tenfold) = moments(&echoes(&sim(1, 10.0), 400));
    assert!((9e-3..11e-3).contains(&tenfold), "{tenfold}");
}

#[test]
fn an_inertial_sensor_has_the_noise_of_its_bandwidth_around_a_zero_of_its_own() {
    let zeroes = [1, 2].map(|seed| {
        let samples = inertia(&sim(seed, 1.0), 500);
        std::array::from_fn::<f64, 6, _>(|axis| {
            let (mean, deviation) = moments(&samples.iter().map(|all| all[axis]).collect::<Vec<_>>());
            // 400 µg × √44 = 2.7 mg; 0.005 degrees a second × √42 = 0.032, of which a step is a quarter.
            let (expected, off, most) = if axis < 3 {
                (2.65e-3, if axis == 2 { 1.0 } else { 0.0 }, 0.15)
            } else {
                (0.0325, 0.0, 30.0)
            };
            assert!((deviation / expected - 1.0).abs() < 0.12, "axis {axis}: {deviation}");
            assert!((mean - off).abs() < most, "axis {axis}: {mean}");
            mean
        })
    });
    let differ = zeroes[0].iter().zip(zeroes[1]).all(|(one, other)| (one - other).abs() > 1e-3);
    assert!(differ, "{zeroes:?}");
}

#[test]
fn a_battery_is_measured_to_a_step_or_two() {
    let sim = sim(3, 1.0);
    assert!(sim.set_battery(7.4, 1.0));
    let steps: Vec<f64> = (0..1_000)
        .map(|_| {
            sim.step(Duration::from_millis(1));
            f64::from(u16::from_be_bytes(read(&sim, 0x41, 0x02)) >> 3)
        })
        .collect();
    let (mean, deviation) = moments(&steps);
    // Of half a step, and what rounding adds.
    assert!((mean - 1_850.0).abs() < 0.1 && (0.45..0.7).contains(&deviation), "{mean} {deviation}");
    assert!(steps.iter().all(|step| (step - 1_850.0).abs() <= 2.0));
}

#[test]
fn without_noise_nothing_errs() {
    let exact = echoes(&sim(1, 0.0), 5);
    assert!(exact.iter().all(|distance_m| (distance_m - 1.0).abs() < 1e-6), "{exact:?}");
    assert_eq!(inertia(&sim(1, 0.0), 1), [[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]);
    for noise in [f64::NAN, -3.0] {
        assert_eq!(echoes(&sim(1, noise), 1), exact[..1]);
    }
    assert!(inertia(&sim(1, f64::INFINITY), 3).iter().flatten().all(|value| value.abs() < 300.0));
}

#[test]
fn what_is_felt_without_noise_adds_up_to_speed_and_heading() {
    let sim = Sim::of(&board(), &Setup::default());
    let mut car = car_without_line(&sim);
    let drive = hal::Drive::Power { throttle: 0.9, steer: 0.1, strafe: 0.0 };
    car.apply(&hal::Target { drive, ..hal::Target::default() }, Duration::ZERO).expect("applied");
    let samples = inertia(&sim, 400);
    let sum = |axis: usize| samples.iter().map(|all| all[axis] * 1e-3).sum::<f64>();
    let (speed, turned) = (sum(0) * 9.806_65, sum(5).to_radians());
    let truth = sim.motion().expect("a chassis");
    assert!(truth.linear_mps > 0.2 && truth.heading_rad > 0.05, "{truth:?}");
    assert!((speed / truth.linear_mps - 1.0).abs() < 0.01, "{speed} {truth:?}");
    assert!((turned / truth.heading_rad - 1.0).abs() < 0.01, "{turned} {truth:?}");
}

#[test]
fn the_same_seed_errs_alike_and_another_one_otherwise() {
    assert_eq!(echoes(&sim(5, 1.0), 3), echoes(&sim(5, 1.0), 3));
    assert_ne!(echoes(&sim(5, 1.0), 3), echoes(&sim(6, 1.0), 3));
    assert_eq!(inertia(&sim(5, 1.0), 3), inertia(&sim(5, 1.0), 3));
    assert_ne!(inertia(&sim(5, 1.0), 3), inertia(&sim(6, 1.0), 3));
}

/// What a car at full power comes by in so many milliseconds, each with a glance at the sensors, is the same
/// whether or not others look in between.
#[test]
fn who_looks_and_how_often_makes_no_difference() {
    let drive = |curious: bool| {
        let sim = sim(9, 3.0);
        let mut car = hal::Car::assemble(&board(), &mut sim.clone()).expect("a car");
        let drive = hal::Drive::Power { throttle: 1.0, steer: 0.0, strafe: 0.0 };
        car.apply(&hal::Target { drive, ..hal::Target::default() }, Duration::ZERO).expect("applied");
        let mut seen = Vec::new();
        for _ in 0..120 {
            for _ in 0..10 {
                sim.step(Duration::from_millis(1));
                if curious {
                    let line = hal::board::PinRef::Gpio { line: "GPIO5".into() };
                    let _ = (sim.signal(&line), sim.chip_register("i2c-1", 0x68, 0x3B), sim.state_hash());
                }
            }
            car.sense(sim.now());
            let readings = car.readings();
            seen.push((readings.range_m, readings.line(), readings.imu, readings.battery));
        }
        (format!("{seen:?}"), sim.state_hash())
    };
    let alone = drive(false);
    assert!(alone.0.contains("Some"), "{}", alone.0);
    assert_eq!(drive(true), alone);
}

/// Edges with their lines, what a converter said, and the state's hash.
type Crossed = (Vec<(usize, bool, Duration)>, Vec<[u8; 2]>, u64);

/// What is told of two line sensors and read of a converter on a drive over the lines, every pause cut into pieces.
fn crossings(pauses: &[u64], piece: Duration) -> Crossed {
    let sim = sim(4, 1.0);
    let edges = Arc::new(Mutex::new(Vec::<Edge>::new()));
    let told = Arc::clone(&edges);
    let sink = Box::new(move |edge| told.lock().expect("nobody panics").push(edge));
    let _watch = sim.clone().watch(&["GPIO5", "GPIO6"], Pull::None, None, sink).expect("two lines");
    // AIN0, ±4.096 V, one after the other, 128 a second.
    write(&sim, 0x49, &[1, 0x42, 0x83]);
    let mut car = car_without_line(&sim);
    let drive = hal::Drive::Power { throttle: 1.0, steer: 0.0, strafe: 0.0 };
    car.apply(&hal::Target { drive, ..hal::Target::default() }, Duration::ZERO).expect("applied");
    let mut converted = Vec::new();
    for &us in pauses {
        let mut pause = Duration::from_micros(us);
        while !pause.is_zero() {
            let part = pause.min(piece);
            sim.step(part);
            pause -= part;
        }
        converted.push(read(&sim, 0x49, 0));
    }
    let edges = edges.lock().expect("nobody panics");
    (edges.iter().map(|edge| (edge.line, edge.rising, edge.at)).collect(), converted, sim.state_hash())
}

/// The demo car itself, which leaves the lines of the sensors to others.
fn car_without_line(sim: &Sim) -> hal::Car {
    hal::Car::assemble(&Board::preset("demo").expect("a preset"), &mut sim.clone()).expect("a car")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_time_is_divided_the_same_is_seen_at_the_same_times(
        pauses in prop::collection::vec(1_000..90_000_u64, 8..16),
        piece in 137..5_000_u64,
    ) {
        let whole = crossings(&pauses, Duration::MAX);
        prop_assert_eq!(&whole, &crossings(&pauses, Duration::from_micros(piece)));
        prop_assert_eq!(&whole, &crossings(&pauses, Duration::from_millis(1)));
    }
}

#[test]
fn a_drive_over_lines_is_told_edge_by_edge() {
    let (edges, _, _) = crossings(&[900_000], Duration::MAX);
    assert!(edges.len() > 10, "{edges:?}");
    assert!(edges.windows(2).all(|pair| pair[0].2 <= pair[1].2));
}
