//! Drivers that others wrote, as witnesses that the simulated converters are those that they know.

use std::time::Duration;

use ads1x1x::{Ads1x1x, DataRate16Bit, FullScaleRange, TargetAddr, channel};
use hal::{Board, Platform};
use ina219::SyncIna219;
use ina219::address::Address;
use ina219::calibration::{IntCalibration, MicroAmpere};
use sim::Sim;

/// A car of which only the sensors matter.
pub(crate) fn car(sensors: &str) -> Sim {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let text = format!("{}\n{sensors}", preset.toml);
    Sim::new(&Board::parse("sensors.toml", &text).expect("a sound board"))
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
    for (volts, amps) in [(8.4, 0.5), (7.4, 1.5), (6.2, -0.8)] {
        assert!(volts == 8.4 || sim.set_battery(volts, amps));
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
    for (input, volts) in [8.4 / 3.0, 3.3, 1.65, 0.0].into_iter().enumerate() {
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
