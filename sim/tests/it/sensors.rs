//! What the car reads of a simulated world; and drivers that others wrote, as witnesses that the simulated
//! converters are those that they know.

use std::time::Duration;

use ads1x1x::{Ads1x1x, DataRate16Bit, FullScaleRange, TargetAddr, channel};
use hal::sensor::News;
use hal::{Board, Car, Drive, Platform, Target};
use ina219::SyncIna219;
use ina219::address::Address;
use ina219::calibration::{IntCalibration, MicroAmpere};
use sim::{Direction, Fault, Sim};

/// The demo car with more sensors.
fn board(sensors: &str) -> Board {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    Board::parse("sensors.toml", &format!("{}\n{sensors}", preset.toml)).expect("a sound board")
}

fn car(sensors: &str) -> Sim {
    Sim::new(&board(sensors))
}

/// Every kind of sensor that is asked over a bus.
const ALL: &str = r#"
    [[chips]]
    driver = "ina219"
    address = 0x41
    [[chips]]
    driver = "ads1115"
    address = 0x49
    [[chips]]
    driver = "ads7830"
    address = 0x48
    reference_v = 5
    [[chips]]
    driver = "pcf8591"
    address = 0x4f
    [[chips]]
    driver = "mpu6050"
    address = 0x68
    [battery]
    chip = "ina219@0x41"
    empty_v = 6.4
    full_v = 8.4
    [line]
    inputs = ["ads1115@0x49:3", "ads7830@0x48:5", "pcf8591@0x4f:0", "pcf8591@0x4f:2", "gpio:GPIO14"]
    dark = "high"
    [imu]
    chip = "mpu6050@0x68"
"#;

/// Comes back whenever it is told to, and then at the rate of a control loop, for so long.
fn sense(car: &mut Car, sim: &mut Sim, now: &mut Duration, by: Duration) {
    let end = *now + by;
    while *now < end {
        sim.advance(*now);
        let due = car.sense(*now);
        *now = due.clamp(*now, *now + Duration::from_millis(10));
    }
}

#[test]
fn a_car_reads_its_battery_the_floor_and_what_it_feels() {
    let board = board(ALL);
    let mut sim = Sim::new(&board);
    let (mut car, mut now) = (Car::assemble(&board, &mut sim.clone()).unwrap(), Duration::ZERO);
    assert_eq!((car.readings().battery, car.readings().line()), (None, None), "nothing is made up");

    sense(&mut car, &mut sim, &mut now, Duration::from_millis(300));
    let battery = car.readings().battery.expect("it answers");
    // Full, but an idle computer's half ampere through a fifth of an ohm.
    assert!((battery.volts - 8.3).abs() < 0.005 && (battery.percent - 95.0).abs() < 0.5, "{battery:?}");
    assert_eq!(car.readings().line(), Some(vec![0.0; 5]), "a light floor");
    let imu = car.readings().imu.expect("it answers");
    assert!(imu.acceleration[0] == 0.0 && (imu.acceleration[2] - 9.806_65).abs() < 0.002, "{imu:?}");

    assert!(sim.set_battery(7.4, 1.25) && sim.set_imu([1.0, -2.0, 9.0], [0.1, 0.2, -3.0]));
    let floor = [0.5, 0.25, 1.0, 0.0, 1.0];
    assert!(floor.iter().enumerate().all(|(index, darkness)| sim.set_line(index, *darkness)));
    sense(&mut car, &mut sim, &mut now, Duration::from_millis(300));
    let battery = car.readings().battery.expect("it answers");
    assert!((battery.volts - 7.4).abs() < 0.005 && (battery.percent - 50.0).abs() < 0.5, "{battery:?}");
    assert!((battery.amps.expect("measured") - 1.25).abs() < 0.001, "{battery:?}");
    let line = car.readings().line().expect("all answer");
    // An ADS1115 measures to 4.096 V, and its sensor gives 3.3 at most.
    let expected = [0.5 * 3.3 / 4.096, 0.25, 255.0 / 256.0, 0.0, 1.0];
    assert!(line.iter().zip(expected).all(|(got, wanted)| (got - wanted).abs() < 0.01), "{line:?}");
    let imu = car.readings().imu.expect("it answers");
    // The data sheet rounds 131 / 4 to 32.8.
    let felt = imu.acceleration.into_iter().chain(imu.rotation);
    assert!(
        felt.zip([1.0, -2.0, 9.0, 0.1, 0.2, -3.0]).all(|(got, set)| (got - set).abs() < 0.005),
        "{imu:?}"
    );
    assert_eq!(car.sensor_news(), []);
}

#[test]
fn no_call_takes_more_than_one_transfer_and_every_sensor_keeps_its_rate() {
    let board = board(ALL);
    let mut sim = Sim::new(&board);
    let mut car = Car::assemble(&board, &mut sim.clone()).unwrap();
    let (mut now, mut transfers) = (Duration::ZERO, std::collections::BTreeMap::<u8, u32>::new());
    sim.record_bus();
    while now < Duration::from_secs(1) {
        sim.advance(now);
        let due = car.sense(now);
        let took = sim.take_bus_transcript();
        // A write and a read without a stop between them, or either.
        let one = match &took[..] {
            [] | [_] => true,
            [write, read] => {
                (write.direction, read.direction) == (Direction::Write, Direction::Read)
                    && write.address == read.address
            }
            _ => false,
        };
        assert!(one, "{took:?}");
        if let Some(last) = took.last() {
            *transfers.entry(last.address).or_default() += 1;
        }
        now = due.max(now + Duration::from_micros(100));
    }
    // Two a sample of the INA219 and the ADS1115; a setting up, which is one, or two for the MPU-6050.
    for (address, expected) in [(0x41, 21), (0x49, 100), (0x48, 50), (0x4F, 100), (0x68, 49)] {
        assert!(transfers[&address].abs_diff(expected) <= 3, "{address:#04x}: {transfers:?}");
    }
}

#[test]
fn a_sensor_that_is_unplugged_reads_nothing_stops_nobody_and_comes_back() {
    let board = board(ALL);
    let mut sim = Sim::new(&board);
    let (mut car, mut now) = (Car::assemble(&board, &mut sim.clone()).unwrap(), Duration::ZERO);
    sense(&mut car, &mut sim, &mut now, Duration::from_millis(300));
    sim.fault(Fault::ChipSilent("ads7830@0x48".into()));
    sense(&mut car, &mut sim, &mut now, Duration::from_secs(4));
    assert_eq!(car.readings().line(), None, "half a line leads astray");
    assert!(car.readings().battery.is_some() && car.readings().imu.is_some());
    let [News::Fails(error)] = &car.sensor_news()[..] else { panic!("told once") };
    assert_eq!(
        error.to_string(),
        "line: ads7830@0x48 (i2c-1 address 0x48): no acknowledge: is the chip wired and powered?; \
         tried 3 times"
    );
    let drive = Drive::Power { throttle: 1.0, steer: 0.0, strafe: 0.0 };
    car.apply(&Target { drive, ..Target::default() }, now).unwrap();
    sim.mend_all();
    sense(&mut car, &mut sim, &mut now, Duration::from_secs(9));
    assert!(car.readings().line().is_some());
    assert_eq!(car.sensor_news(), [News::Answers("line".to_owned())]);
}

#[test]
fn noise_that_spoils_a_transfer_or_two_is_not_noticed() {
    let board = board(ALL);
    let mut sim = Sim::new(&board);
    let (mut car, mut now) = (Car::assemble(&board, &mut sim.clone()).unwrap(), Duration::ZERO);
    sense(&mut car, &mut sim, &mut now, Duration::from_millis(300));
    for n in 0..100 {
        sim.fault(Fault::BusNoise("i2c-1".into(), 1 + n % 2));
        sense(&mut car, &mut sim, &mut now, Duration::from_millis(7));
        let readings = car.readings();
        assert!(readings.battery.is_some() && readings.line().is_some() && readings.imu.is_some());
    }
    assert_eq!(car.sensor_news(), []);
}

#[test]
fn what_hangs_at_the_chip_that_drives_keeps_its_rate_while_the_power_changes_all_the_time() {
    let board = Board::preset("picar-x").expect("a preset");
    let mut sim = Sim::new(&board);
    let mut car = Car::assemble(&board, &mut sim.clone()).unwrap();
    let (mut now, mut set, mut worst) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut dark = false;
    while now < Duration::from_secs(5) {
        sim.advance(now);
        // A turn of a control loop while somebody moves a stick: another power whenever it looks.
        let throttle = 0.5 + 0.4 * (now.as_secs_f64() * 3.0).sin();
        let drive = Drive::Power { throttle, steer: 0.0, strafe: 0.0 };
        car.apply(&Target { drive, ..Target::default() }, now).unwrap();
        let due = car.sense(now);
        if car.readings().line().is_some_and(|line| (line[2] > 0.5) == dark) {
            worst = worst.max(now - set);
            (dark, set) = (!dark, now);
            sim.set_line(2, f64::from(u8::from(dark)));
        }
        now = due.clamp(now + Duration::from_micros(300), now + Duration::from_millis(10));
    }
    assert!(now - set < Duration::from_millis(50) && worst < Duration::from_millis(50), "{worst:?}");
    assert!(car.readings().battery.is_some() && car.sensor_news().is_empty());
}

#[test]
fn an_inertial_sensor_that_was_reset_is_set_up_again() {
    let board = board(ALL);
    let mut sim = Sim::new(&board);
    let (mut car, mut now) = (Car::assemble(&board, &mut sim.clone()).unwrap(), Duration::ZERO);
    sim.set_imu([0.0, 0.0, 9.8], [0.0, 0.0, 10.0]);
    sense(&mut car, &mut sim, &mut now, Duration::from_millis(300));
    sim.fault(Fault::ChipReset("mpu6050@0x68".into()));
    sense(&mut car, &mut sim, &mut now, Duration::from_millis(20));
    assert_eq!(car.readings().imu, None);
    sense(&mut car, &mut sim, &mut now, Duration::from_millis(500));
    // Ten radians a second are beyond the range of a chip that was not set up.
    assert!((car.readings().imu.expect("it answers").rotation[2] - 10.0).abs() < 0.02);
}

#[test]
fn the_crate_ina219_reads_volts_and_amperes_of_the_battery() {
    let mut sim = car(r#"
        [[chips]]
        driver = "ina219"
        address = 0x41
        shunt_ohms = 0.05
        [battery]
        chip = "ina219@0x41"
        empty_v = 6.4
        full_v = 8.4
    "#);
    let mut bus = sim.i2c("i2c-1", 0x41).unwrap();
    // A step of 100 µA, 50 mΩ.
    let calibration = IntCalibration::new(MicroAmpere(100), 50_000).unwrap();
    let address = Address::from_byte(0x41).unwrap();
    let mut driver = SyncIna219::new_calibrated(&mut *bus, address, calibration).ok().unwrap();
    for (volts, amps) in [(8.3, 0.5), (7.4, 1.5), (6.2, -0.8)] {
        assert!(volts == 8.3 || sim.set_battery(volts, amps));
        let bus_voltage = f64::from(driver.bus_voltage().unwrap().voltage_mv()) * 1e-3;
        let shunt = f64::from(driver.shunt_voltage().unwrap().shunt_voltage_uv()) * 1e-6;
        assert!((bus_voltage - volts).abs() < 0.005, "{bus_voltage}");
        assert!((shunt - amps * 0.05).abs() < 20e-6, "{shunt}");
        if amps > 0.0 {
            let current = driver.next_measurement().unwrap().expect("ready").current;
            assert!((current.0 - (amps * 1e6) as i64).abs() < 2_000, "{current}");
        }
    }
}

#[test]
fn the_crate_ads1x1x_converts_every_input_and_waits_as_long_as_the_chip_takes() {
    let mut sim = car(r#"
        [[chips]]
        driver = "ads1115"
        address = 0x49
        [battery]
        input = "ads1115@0x49:0"
        ratio = 3
        empty_v = 6.4
        full_v = 8.4
        [line]
        inputs = ["ads1115@0x49:1", "ads1115@0x49:2", "ads1115@0x49:3"]
        dark = "low"
    "#);
    assert!(sim.set_line(1, 0.5) && sim.set_line(2, 1.0) && !sim.set_line(3, 1.0));
    let mut bus = sim.i2c("i2c-1", 0x49).unwrap();
    let mut driver = Ads1x1x::new_ads1115(&mut *bus, TargetAddr::Vdd);
    driver.set_full_scale_range(FullScaleRange::Within4_096V).unwrap();
    driver.set_data_rate(DataRate16Bit::Sps128).unwrap();
    // Each of these settings begins a conversion.
    sim.step(Duration::from_millis(10));
    for (input, volts) in [8.3 / 3.0, 3.3, 1.65, 0.0].into_iter().enumerate() {
        let mut read = || match input {
            0 => driver.read(channel::SingleA0),
            1 => driver.read(channel::SingleA1),
            2 => driver.read(channel::SingleA2),
            _ => driver.read(channel::SingleA3),
        };
        assert!(read().is_err(), "it must be begun first");
        sim.step(Duration::from_millis(7));
        assert!(read().is_err(), "128 a second take 7.8 ms");
        sim.step(Duration::from_millis(1));
        let value = f64::from(read().expect("converted")) * 4.096 / 32_768.0;
        assert!((value - volts).abs() < 0.001, "{value} of {volts}");
    }
}
