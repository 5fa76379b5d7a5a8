//! A Silicon Labs CP2112 of software, as far as its eight lines go: the USB adapter on which loopback wires can
//! end, as the kernel's driver of the MCP2221 loses writes of one process while another reads.
//!
//! What it does with a feature report is from AN495 "CP2112 Interface Specification", 5 "Feature reports". What
//! must never live here: its bus, which refuses every transfer.

use std::fmt;

use hal::Platform;

use super::line::Line;
use super::uhid::{Hid, Identity};

/// The label that the kernel's driver gives the chip of its lines.
pub const LABEL: &str = "cp2112_gpio";

/// How many lines it has.
pub const LINES: usize = 8;

/// How it presents itself (CP2112 datasheet, table 9 "USB configuration"): reports of 64 bytes either way.
pub const IDENTITY: Identity =
    Identity { name: "Silicon Labs CP2112, emulated", vendor: 0x10c4, product: 0xea90 };

/// Feature reports (AN495, 5).
mod report {
    pub(super) const GPIO_CONFIGURATION: u8 = 0x02;
    pub(super) const GET_GPIO: u8 = 0x03;
    pub(super) const SET_GPIO: u8 = 0x04;
    pub(super) const VERSION: u8 = 0x05;
    pub(super) const BUS_CONFIGURATION: u8 = 0x06;
    pub(super) const LOCK: u8 = 0x20;
}

/// The part number that it answers with, and a version of the device (AN495, 5.4).
const VERSION: [u8; 2] = [0x0c, 0x02];

/// The settings of its bus after power-up: 100 kHz, address 0x02, no automatic reads, no timeouts (AN495, 5.5).
const BUS: [u8; 13] = [0x00, 0x01, 0x86, 0xa0, 0x02, 0, 0, 0, 0, 0, 0, 0, 0];

/// The adapter.
pub struct Adapter {
    platform: Box<dyn Platform>,
    lines: [Line; LINES],
    /// Of [`report::GPIO_CONFIGURATION`] what only says how a line drives, and is given back as it came.
    driving: [u8; 3],
    bus: [u8; BUS.len()],
}

impl Adapter {
    /// As after power-up; its line 0 is the platform's `cp2112_gpio/0`.
    #[must_use]
    pub fn new(platform: Box<dyn Platform>) -> Self {
        Self { platform, lines: Default::default(), driving: [0; 3], bus: BUS }
    }

    /// A bit for each line, line 0 the lowest.
    fn bits(&mut self, mut bit: impl FnMut(&mut Line, &str, &mut dyn Platform) -> bool) -> u8 {
        let mut bits = 0;
        for (index, line) in self.lines.iter_mut().enumerate() {
            bits |= u8::from(bit(line, &format!("{LABEL}/{index}"), &mut *self.platform)) << index;
        }
        bits
    }
}

impl Hid for Adapter {
    fn output(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        // A transfer over its bus: nobody answers, the driver gives up.
        None
    }

    fn feature(&mut self, number: u8) -> Option<Vec<u8>> {
        let mut said = vec![number];
        match number {
            report::GPIO_CONFIGURATION => {
                said.push(self.bits(|line, _, _| line.driven));
                said.extend(self.driving);
            }
            report::GET_GPIO => said.push(self.bits(Line::is_high)),
            report::VERSION => said.extend(VERSION),
            report::BUS_CONFIGURATION => said.extend(self.bus),
            // Nothing of what can be written once is locked.
            report::LOCK => said.push(0xff),
            _ => return None,
        }
        Some(said)
    }

    fn set_feature(&mut self, asked: &[u8]) -> bool {
        match *asked {
            [report::GPIO_CONFIGURATION, direction, push_pull, special, divider, ..] => {
                self.driving = [push_pull, special, divider];
                for (index, line) in self.lines.iter_mut().enumerate() {
                    line.driven = direction >> index & 1 == 1;
                }
            }
            [report::SET_GPIO, levels, mask, ..] => {
                for (index, line) in
                    self.lines.iter_mut().enumerate().filter(|(index, _)| mask >> index & 1 == 1)
                {
                    line.high = levels >> index & 1 == 1;
                }
            }
            [report::BUS_CONFIGURATION, ref bus @ ..] if bus.len() >= BUS.len() => {
                self.bus.copy_from_slice(&bus[..BUS.len()]);
            }
            _ => return false,
        }
        let _outputs = self.bits(|line, name, platform| {
            line.drive(name, platform);
            line.driven
        });
        true
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("lines", &self.lines).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use hal::Board;
    use hal::board::PinRef;
    use sim::{Signal, Sim};

    use super::*;

    /// Line 0 is an input of a bridge, line 3 the e-stop button.
    const BOARD: &str = r#"
name = "adapter"
chips = [{ driver = "pca9685", address = 0x40 }]
drive = { kind = "differential", track_m = 0.13, wheel_diameter_m = 0.065, top_speed_mps = 0.68 }
motors.left  = { side = "left",  driver = "hbridge", bridge = "drv8833", in1 = "pca9685@0x40:0", in2 = "pca9685@0x40:1" }
motors.right = { side = "right", driver = "hbridge", bridge = "tb6612", in1 = "gpio:cp2112_gpio/0", in2 = "pca9685@0x40:3", pwm = "pca9685@0x40:2" }
estop = { pin = "gpio:cp2112_gpio/3", pressed = "high" }
"#;

    fn plugged() -> (Adapter, Sim) {
        let sim = Sim::new(&Board::parse("adapter.toml", BOARD).expect("a board"));
        (Adapter::new(Box::new(sim.clone())), sim)
    }

    #[test]
    fn it_says_which_part_it_is() {
        assert_eq!(plugged().0.feature(0x05), Some(vec![0x05, 0x0c, 0x02]));
    }

    #[test]
    fn an_input_has_the_level_that_is_on_it() {
        let (mut adapter, sim) = plugged();
        assert_eq!(adapter.feature(0x03), Some(vec![0x03, 0]));
        sim.press_estop(true);
        assert_eq!(adapter.feature(0x03), Some(vec![0x03, 0b1000]));
    }

    #[test]
    fn an_output_drives_what_is_wired_to_it_and_only_the_lines_of_the_mask_change() {
        let (mut adapter, sim) = plugged();
        let level = || sim.signal(&PinRef::Gpio { line: "cp2112_gpio/0".to_owned() });
        assert!(adapter.set_feature(&[0x02, 0b0001, 0b0001, 0, 0]));
        assert_eq!(level(), Some(Signal::LOW));
        assert!(adapter.set_feature(&[0x04, 0b1111, 0b0001]));
        assert_eq!(level(), Some(Signal::HIGH));
        assert!(adapter.set_feature(&[0x04, 0b0000, 0b0010]));
        assert_eq!(level(), Some(Signal::HIGH));
        assert_eq!(adapter.feature(0x02), Some(vec![0x02, 0b0001, 0b0001, 0, 0]));
        assert_eq!(adapter.feature(0x03), Some(vec![0x03, 0b0001]));
    }

    #[test]
    fn the_settings_of_its_bus_are_kept_and_its_bus_is_not_there() {
        let (mut adapter, _) = plugged();
        let mut settings = adapter.feature(0x06).expect("has one");
        settings[4] = 0x10;
        assert!(adapter.set_feature(&settings));
        assert_eq!(adapter.feature(0x06), Some(settings));
        assert_eq!(adapter.output(&[0x10, 0x80, 0, 1]), None);
    }

    #[test]
    fn what_it_does_not_have_and_what_is_too_short_is_refused() {
        let (mut adapter, _) = plugged();
        assert_eq!(adapter.feature(0x77), None);
        for asked in [&[][..], &[0x02], &[0x04, 1], &[0x06, 1, 2], &[0x77, 0, 0]] {
            assert!(!adapter.set_feature(asked), "{asked:?}");
        }
    }
}
