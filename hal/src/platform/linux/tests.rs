//! What can be shown without the hardware: the files of PWM, and what a person is told where something
//! is missing.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A tree in which `pwmchip0` is a device with one exported channel for each of `channels`.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(tree.0.path().join("dev")).unwrap();
        fs::create_dir_all(tree.0.path().join("sys/class/pwm")).unwrap();
        tree
    }

    fn device(self, chip: &str, device: &str, channels: &[u32]) -> Self {
        let real = self.0.path().join("sys/devices").join(device);
        let class = self.0.path().join("sys/class/pwm").join(chip);
        fs::create_dir_all(&real).unwrap();
        fs::create_dir_all(&class).unwrap();
        symlink(&real, class.join("device")).unwrap();
        fs::write(class.join("export"), "").unwrap();
        for channel in channels {
            let channel = class.join(format!("pwm{channel}"));
            fs::create_dir(&channel).unwrap();
            for file in ["duty_cycle", "period", "enable"] {
                fs::write(channel.join(file), "0\n").unwrap();
            }
            fs::write(channel.join("polarity"), "normal\n").unwrap();
        }
        self
    }

    fn platform(&self) -> Linux {
        Linux::rooted(self.0.path().join("dev"), self.0.path().join("sys"))
    }

    /// A file's first line: what the kernel would have read of the last write.
    fn read(&self, file: &str) -> String {
        let text = fs::read_to_string(self.class(file)).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    }

    fn class(&self, file: &str) -> PathBuf {
        self.0.path().join("sys/class/pwm").join(file)
    }

    /// What a person is told; the tree's own place left out.
    fn refusal<T>(&self, result: Result<T, IoError>) -> String {
        let text = result.err().unwrap().to_string();
        text.replace(&*self.0.path().to_string_lossy(), "")
    }
}

#[test]
fn a_hardware_pwm_starts_with_no_duty_and_then_does_as_it_is_told() {
    let tree =
        Tree::new().device("pwmchip0", "1f0009c000.pwm", &[0]).device("pwmchip3", "fe20c000.pwm", &[1]);
    fs::write(tree.class("pwmchip3/pwm1/duty_cycle"), "7000000\n").unwrap();
    let mut pwm = tree.platform().pwm("header", 13, 50.0).unwrap();
    assert_eq!(tree.read("pwmchip3/pwm1/duty_cycle"), "0");
    assert_eq!(tree.read("pwmchip3/pwm1/period"), "20000000");
    assert_eq!(tree.read("pwmchip3/pwm1/enable"), "1");
    pwm.set_duty_cycle(u16::MAX).unwrap();
    assert_eq!(tree.read("pwmchip3/pwm1/duty_cycle"), "20000000");
    pwm.set_duty_cycle(4915).unwrap();
    assert_eq!(tree.read("pwmchip3/pwm1/duty_cycle"), "1499961");
    pwm.set_duty_cycle(0).unwrap();
    assert_eq!(tree.read("pwmchip3/pwm1/duty_cycle"), "0");
}

#[test]
fn two_pins_of_one_channel_are_opened_once_by_whatever_name_and_the_first_keeps_its_pulses() {
    let tree = Tree::new().device("pwmchip0", "fe20c000.pwm", &[0, 1]);
    let mut platform = tree.platform();
    let mut servo = platform.pwm("header", 12, 50.0).unwrap();
    servo.set_duty_cycle(4915).unwrap();
    assert_eq!(
        tree.refusal(platform.clone().pwm("header", 18, 1000.0)),
        "pwm:header:18: is channel 0 of a device, which pwm:header:12 has already; wire each signal to a channel of \
         its own: on a Raspberry Pi 1 to 4 GPIO12 and GPIO18 share one, GPIO13 and GPIO19 the other"
    );
    for (device, channel) in [("fe20c000.pwm", 0), ("header", 12)] {
        let told = tree.refusal(platform.pwm(device, channel, 1000.0));
        assert!(told.contains("which pwm:header:12 has already"), "{told}");
    }
    assert_eq!(tree.read("pwmchip0/pwm0/period"), "20000000");
    assert_eq!(tree.read("pwmchip0/pwm0/duty_cycle"), "1499961");
    platform.pwm("header", 13, 50.0).unwrap();
    drop(servo);
    platform.pwm("header", 18, 1000.0).unwrap();
}

#[test]
fn a_pi_5_has_a_channel_for_each_pin() {
    let tree = Tree::new().device("pwmchip0", "1f00098000.pwm", &[0, 1, 2, 3]);
    let mut platform = tree.platform();
    let all = [12, 13, 18, 19].map(|gpio| platform.pwm("header", gpio, 50.0));
    assert!(all.iter().all(Result::is_ok));
}

#[test]
fn a_channel_that_was_left_inversed_is_normal_before_it_starts() {
    let tree = Tree::new().device("pwmchip0", "fe20c000.pwm", &[0]);
    fs::write(tree.class("pwmchip0/pwm0/polarity"), "inversed\n").unwrap();
    tree.platform().pwm("header", 12, 50.0).unwrap();
    assert_eq!(tree.read("pwmchip0/pwm0/polarity"), "normal");
    assert_eq!(tree.read("pwmchip0/pwm0/enable"), "1");
}

#[test]
fn a_channel_that_stays_inversed_is_refused_and_not_started() {
    let tree = Tree::new().device("pwmchip0", "fe20c000.pwm", &[0]);
    fs::remove_file(tree.class("pwmchip0/pwm0/polarity")).unwrap();
    // Takes every write, and reads as if nothing had been written.
    symlink("/dev/null", tree.class("pwmchip0/pwm0/polarity")).unwrap();
    let told = tree.refusal(tree.platform().pwm("header", 12, 50.0));
    assert!(told.contains("/pwm0/polarity: is `` although `normal` was written"), "{told}");
    assert_eq!(tree.read("pwmchip0/pwm0/enable"), "0");
}

#[test]
fn what_was_left_running_is_disabled_then_made_normal_and_enabled_last() {
    let tree = Tree::new().device("pwmchip0", "fe20c000.pwm", &[0]);
    for (file, left) in [("enable", "1\n"), ("duty_cycle", "7000000\n")] {
        fs::write(tree.class("pwmchip0/pwm0").join(file), left).unwrap();
    }
    // Every write goes to the end of one file.
    let log = tree.class("log");
    let open = |_: &Path| fs::OpenOptions::new().create(true).append(true).open(&log);
    pwm::start(&tree.class("pwmchip0"), 0, 20_000_000, open).unwrap();
    let written = fs::read_to_string(&log).unwrap();
    assert_eq!(written.lines().collect::<Vec<_>>(), ["0", "0", "20000000", "0", "normal", "1"]);
}

#[test]
fn the_rights_to_each_file_of_a_new_channel_are_waited_for() {
    let tree = Tree::new().device("pwmchip0", "fe20c000.pwm", &[0]);
    let mut denied = std::collections::BTreeSet::new();
    let open = |path: &Path| match denied.insert(path.to_owned()) {
        true => Err(io::ErrorKind::PermissionDenied.into()),
        false => fs::OpenOptions::new().write(true).open(path),
    };
    pwm::start(&tree.class("pwmchip0"), 0, 20_000_000, open).unwrap();
    let names: Vec<String> = denied.iter().map(|path| file_name(path)).collect();
    assert_eq!(names, ["duty_cycle", "enable", "period", "polarity"]);
    assert_eq!(tree.read("pwmchip0/pwm0/enable"), "1");
}

#[test]
fn the_header_of_a_pi_5_has_other_channels() {
    let tree = Tree::new().device("pwmchip0", "1f00098000.pwm", &[2]);
    tree.platform().pwm("header", 18, 1000.0).unwrap();
    assert_eq!(tree.read("pwmchip0/pwm2/period"), "1000000");
}

#[test]
fn software_pwm_is_found_by_its_line() {
    let tree = Tree::new().device("pwmchip0", "pwm_gpio@5", &[0]).device("pwmchip1", "pwm_gpio@6", &[0]);
    for (device, line) in [("pwm_gpio@5", 5), ("pwm_gpio@6", 6)] {
        let node = tree.0.path().join("sys/devices").join(device).join("of_node");
        fs::create_dir(&node).unwrap();
        fs::write(node.join("compatible"), b"pwm-gpio\0").unwrap();
        fs::write(node.join("gpios"), [0, 0, 0, 9, 0, 0, 0, line, 0, 0, 0, 0]).unwrap();
    }
    tree.platform().pwm("soft", 6, 1000.0).unwrap();
    assert_eq!(
        (tree.read("pwmchip0/pwm0/enable"), tree.read("pwmchip1/pwm0/enable")),
        ("0".into(), "1".into())
    );
    assert_eq!(
        tree.refusal(tree.platform().pwm("soft", 7, 1000.0)),
        "pwm:soft:7: /sys/class/pwm has pwm_gpio@5, pwm_gpio@6; add dtoverlay=pwm-gpio,gpio=7 to \
         /boot/firmware/config.txt and restart"
    );
}

#[test]
fn any_other_device_goes_by_its_name() {
    let tree = Tree::new().device("pwmchip7", "48302200.pwm", &[1]);
    tree.platform().pwm("48302200.pwm", 1, 1000.0).unwrap();
    assert_eq!(tree.read("pwmchip7/pwm1/enable"), "1");
}

#[test]
fn a_channel_that_is_not_exported_is_asked_for() {
    let tree = Tree::new().device("pwmchip0", "fe20c000.pwm", &[]);
    // Nothing here answers the export with a directory, as a kernel would.
    let told = tree.refusal(tree.platform().pwm("header", 12, 50.0));
    assert_eq!(tree.read("pwmchip0/export"), "0");
    assert!(
        told.starts_with("pwm:header:12: /sys/class/pwm/pwmchip0/pwm0/duty_cycle: No such file"),
        "{told}"
    );
}

#[test]
fn where_there_is_no_pwm_the_overlay_is_named() {
    let tree = Tree::new();
    assert_eq!(
        tree.refusal(tree.platform().pwm("header", 12, 50.0)),
        "pwm:header:12: /sys/class/pwm has no PWM at all; GPIO12 has hardware PWM only if it is 12, 13, 18 or 19, \
         and only with dtoverlay=pwm or dtoverlay=pwm-2chan in /boot/firmware/config.txt"
    );
    let told = tree.refusal(tree.platform().pwm("header", 12, 0.0));
    assert_eq!(told, "pwm:header:12: 0 hertz is no frequency for PWM");
}

#[test]
fn where_there_is_no_bus_the_setting_is_named() {
    let tree = Tree::new();
    fs::write(tree.0.path().join("dev/i2c-20"), "").unwrap();
    assert_eq!(
        tree.refusal(tree.platform().i2c("i2c-1", 0x40)),
        "i2c-1 address 0x40: there is no /dev/i2c-1, only i2c-20; on a Raspberry Pi add dtparam=i2c_arm=on to \
         /boot/firmware/config.txt and restart (or sudo raspi-config nonint do_i2c 0)"
    );
}

#[test]
fn where_there_is_no_gpio_chip_that_is_said() {
    let tree = Tree::new();
    assert_eq!(
        tree.refusal(tree.platform().output("GPIO17")),
        "gpio:GPIO17: there is no GPIO chip in /dev; is this a Raspberry Pi?"
    );
    let none = "gpio:GPIO26: there is no GPIO chip in /dev; is this a Raspberry Pi?";
    assert_eq!(tree.refusal(tree.platform().input("GPIO26", Pull::Up)), none);
    assert_eq!(tree.refusal(tree.platform().watch(&["GPIO26"], Pull::Up, None, Box::new(|_| {}))), none);
}

#[test]
fn a_watch_ends_with_its_handle_and_lets_go_of_its_sink() {
    let held = std::sync::Arc::new(());
    let sink = held.clone();
    let watch = Tree::new().platform().watch(&[], Pull::None, None, Box::new(move |_| drop(sink.clone())));
    assert_eq!(std::sync::Arc::strong_count(&held), 2);
    drop(watch.unwrap());
    assert_eq!(std::sync::Arc::strong_count(&held), 1, "its thread has ended");
}

#[test]
fn what_is_no_gpio_chip_is_not_taken_for_one() {
    let tree = Tree::new();
    fs::write(tree.0.path().join("dev/gpiochip0"), "").unwrap();
    let told = tree.refusal(tree.platform().output("GPIO17"));
    assert!(told.starts_with("gpio:GPIO17: /dev/gpiochip0: "), "{told}");
}

#[test]
fn without_permission_the_group_is_named() {
    let denied = io::Error::from(io::ErrorKind::PermissionDenied);
    assert_eq!(
        explain(Path::new("/dev/i2c-1"), &denied, "i2c"),
        "/dev/i2c-1: permission denied; add the user to the group i2c (sudo usermod -aG i2c USER) and log in again"
    );
}
