//! A machine that is a tree of files.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn machine(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn survey(root: &TempDir, buses: &[&str]) -> Survey {
    let chips = buses.iter().map(|bus| ((*bus).to_owned(), 0x40)).collect();
    Survey::take(&root.path().join("dev"), &root.path().join("sys"), &chips)
}

#[test]
fn a_machine_with_nothing_has_nothing_and_says_what_would_be_needed() {
    let survey = survey(&machine(&[]), &["i2c-1"]);
    assert_eq!(survey, Survey::default());
    assert!(survey.line("GPIO17").unwrap_err().contains("is this a Raspberry Pi?"));
    assert!(survey.channel("header", 12).unwrap_err().contains("dtoverlay=pwm"));
    assert!(survey.bus("i2c-1").unwrap_err().contains("dtparam=i2c_arm=on"));
}

#[test]
fn pwm_is_known_by_its_device_and_by_the_pins_it_may_come_out_at() {
    let root = machine(&[
        ("sys/class/pwm/pwmchip0/npwm", "2\n"),
        ("sys/class/pwm/pwmchip0/export", ""),
        ("sys/class/pwm/pwmchip1/npwm", "1\n"),
        ("sys/devices/fe20c000.pwm/uevent", ""),
        ("sys/devices/pwm_gpio@5/of_node/compatible", "pwm-gpio\0"),
        ("sys/devices/pwm_gpio@5/of_node/gpios", "\0\0\0\x09\0\0\0\x05\0\0\0\0"),
    ]);
    for (chip, device) in [("pwmchip0", "fe20c000.pwm"), ("pwmchip1", "pwm_gpio@5")] {
        let device = root.path().join("sys/devices").join(device);
        symlink(device, root.path().join("sys/class/pwm").join(chip).join("device")).unwrap();
    }
    let survey = survey(&root, &[]);
    let (header, number) = survey.channel("header", 13).unwrap();
    assert_eq!(number, 1);
    assert_eq!(survey.channel("header", 12).unwrap(), survey.channel("header", 18).unwrap());
    assert_eq!(
        (header.name.as_str(), header.chip.as_str(), header.channels),
        ("fe20c000.pwm", "pwmchip0", 2)
    );
    assert!(header.writable);
    assert_eq!(survey.channel("fe20c000.pwm", 1), Ok((header, 1)));
    assert_eq!(survey.channel("fe20c000.pwm", 2).unwrap_err(), "fe20c000.pwm has 2 channels, counted from 0");
    let (soft, _) = survey.channel("soft", 5).unwrap();
    assert_eq!((soft.name.as_str(), soft.writable), ("pwm_gpio@5", false));
    assert!(survey.channel("soft", 6).unwrap_err().contains("dtoverlay=pwm-gpio,gpio=6"));
    assert!(survey.channel("header", 17).unwrap_err().contains("only if it is 12, 13, 18 or 19"));
}

#[test]
fn what_is_no_chip_and_no_bus_is_listed_with_the_reason() {
    let root = machine(&[
        ("dev/gpiochip0", ""),
        ("dev/i2c-1", ""),
        ("dev/i2c-20", ""),
        ("sys/class/i2c-dev/i2c-1/name", "bcm2835 (i2c@7e804000)\n"),
    ]);
    symlink(root.path().join("dev/gpiochip0"), root.path().join("dev/gpiochip4")).unwrap();
    let survey = survey(&root, &["i2c-1"]);
    assert_eq!(survey.gpio.len(), 1, "a link is the chip that it links to");
    assert!(survey.gpio[0].refused.as_ref().is_some_and(|why| why.contains("is not a character device")));
    assert!(survey.line("GPIO17").unwrap_err().contains("/dev/gpiochip0: is not a character device"));
    let [asked, other] = &survey.i2c[..] else { panic!("two buses") };
    assert_eq!((asked.name.as_str(), asked.adapter.as_str()), ("i2c-1", "bcm2835 (i2c@7e804000)"));
    assert!(asked.refused.as_ref().is_some_and(|why| why.contains("/dev/i2c-1: ")), "{asked:?}");
    assert_eq!((other.name.as_str(), &other.refused), ("i2c-20", &None), "nobody asked for it");
    assert!(survey.bus("i2c-3").unwrap_err().contains("only i2c-1, i2c-20"));
}

#[test]
fn the_model_has_a_name() {
    let root = machine(&[("sys/firmware/devicetree/base/model", "Raspberry Pi 4 Model B Rev 1.4\0")]);
    assert_eq!(survey(&root, &[]).model.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
}
