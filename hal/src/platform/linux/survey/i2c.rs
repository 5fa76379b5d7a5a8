//! I²C buses, and the chips that answer there to one byte that is read: nothing is ever written to one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::path::Path;

use i2c_linux_sys::Functionality;
use linux_embedded_hal::i2cdev::core::I2CDevice;
use linux_embedded_hal::i2cdev::linux::LinuxI2CDevice;
use rustix::io::Errno;

use super::super::i2c::{GROUP, HANGS, missing};
use super::super::{entries, explain, file_name};
use super::text;

/// What seven-bit chips may have (I²C specification UM10204, 3.1.12).
pub const ADDRESSES: RangeInclusive<u8> = 0x08..=0x77;

/// So often a bus is asked that hangs.
const HUNG: usize = 2;

/// An I²C bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct I2cBus {
    /// `i2c-1`
    pub name: String,
    /// What drives it: `bcm2835 (i2c@7e804000)`; empty where the kernel does not say.
    pub adapter: String,
    /// What was said at each address, where anything was; empty where nobody was asked.
    pub heard: BTreeMap<u8, Heard>,
    /// Why it cannot be used, or not be asked, in words.
    pub refused: Option<String>,
}

/// What was heard at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A chip answered.
    Answer,
    /// A driver of the kernel has the chip, so it was not asked.
    Driver,
}

/// Every bus; those whom `asked` names are asked.
pub(super) fn buses(dev: &Path, sys: &Path, asked: &BTreeSet<(String, u8)>) -> Vec<I2cBus> {
    let look = |path: &std::path::PathBuf| {
        let name = file_name(path);
        let adapter = text(&sys.join("class/i2c-dev").join(&name).join("name")).unwrap_or_default();
        let mut bus = I2cBus { name, adapter, ..I2cBus::default() };
        let here = asked.iter().filter(|(on, _)| *on == bus.name).map(|(_, address)| *address);
        let here: Vec<u8> = here.collect();
        if !here.is_empty() {
            bus.refused = ask(path, &here, &mut bus.heard).err();
        }
        bus
    };
    entries(dev, "i2c-").iter().map(look).collect()
}

fn ask(path: &Path, addresses: &[u8], heard: &mut BTreeMap<u8, Heard>) -> Result<(), String> {
    let refused = |error: io::Error| explain(path, &error, GROUP);
    let file = File::options().read(true).write(true).open(path).map_err(refused)?;
    let able = i2c_linux_sys::i2c_get_functionality(file.as_raw_fd()).map_err(refused)?;
    if !able.contains(Functionality::I2C) {
        return Err(
            "this adapter does transfers of SMBus alone, which drivers of chips cannot use".to_owned()
        );
    }
    // Its time limit is everybody's, and cannot be asked for to be put back: it stays. A second is usual, so two
    // are lost on a bus that hangs.
    let mut hung = 0;
    for address in addresses.iter().copied() {
        match byte(path, address) {
            Ok(_) => drop(heard.insert(address, Heard::Answer)),
            Err(Errno::BUSY) => drop(heard.insert(address, Heard::Driver)),
            Err(Errno::TIME | Errno::TIMEDOUT) => {
                hung += 1;
                if hung == HUNG {
                    return Err(HANGS.to_owned());
                }
            }
            Err(Errno::OPNOTSUPP) => return Err("nobody can be asked on this adapter".to_owned()),
            // Nobody is there; of many drivers also the word for it.
            Err(_) => {}
        }
    }
    if is_grounded(addresses, heard) {
        heard.clear();
        return Err(GROUNDED.to_owned());
    }
    Ok(())
}

/// Where SDA lies at ground, every address seems to answer. No bus has that many chips.
fn is_grounded(asked: &[u8], heard: &BTreeMap<u8, Heard>) -> bool {
    asked.len() == ADDRESSES.count() && asked.iter().all(|address| heard.contains_key(address))
}

const GROUNDED: &str = "every address is acknowledged, so SDA lies at ground: look for a short circuit, and at the supply \
                        of each chip on the bus";

/// Reads one byte from whatever register the chip is at.
fn byte(path: &Path, address: u8) -> Result<u8, Errno> {
    let errno =
        |error: io::Error| Errno::from_raw_os_error(error.raw_os_error().unwrap_or(Errno::IO.raw_os_error()));
    let mut chip = LinuxI2CDevice::new(path, address.into()).map_err(|error| errno(error.into()))?;
    chip.smbus_read_byte().map_err(|error| errno(error.into()))
}

pub(super) fn find<'b>(buses: &'b [I2cBus], name: &str) -> Result<&'b I2cBus, String> {
    let there = || buses.iter().map(|bus| bus.name.clone()).collect::<Vec<_>>();
    buses.iter().find(|bus| bus.name == name).ok_or_else(|| missing(&format!("/dev/{name}"), &there()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_on_which_everybody_answers_is_taken_for_a_short_circuit() {
        let all: Vec<u8> = ADDRESSES.collect();
        let mut heard: BTreeMap<u8, Heard> = ADDRESSES.map(|address| (address, Heard::Answer)).collect();
        heard.insert(0x50, Heard::Driver);
        assert!(is_grounded(&all, &heard));
        heard.remove(&0x09);
        assert!(!is_grounded(&all, &heard));
        assert!(!is_grounded(&[0x40], &BTreeMap::from([(0x40, Heard::Answer)])), "few were asked");
    }
}
