//! I²C buses of the character device, one handle for each chip.

use std::io;
use std::path::Path;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use linux_embedded_hal::i2cdev::linux::LinuxI2CError;
use linux_embedded_hal::{I2CError, I2cdev};
use rustix::io::Errno;

use super::{entries, explain, failure, file_name};
use crate::platform::Bus;
use crate::{IoError, IoKind};

pub(super) fn open(dev: &Path, bus: &str, address: u8) -> Result<Bus, IoError> {
    let place = format!("{bus} address {address:#04x}");
    let path = dev.join(bus);
    let inner = I2cdev::new(&path).map_err(|error| {
        let error = io::Error::from(error);
        let reason = match error.kind() {
            io::ErrorKind::NotFound => missing(dev, &path),
            _ => explain(&path, &error, "i2c"),
        };
        failure(&place, reason)
    })?;
    Ok(Box::new(ChipOnBus { inner, place }))
}

fn missing(dev: &Path, path: &Path) -> String {
    let there: Vec<String> = entries(dev, "i2c-").iter().map(|path| file_name(path)).collect();
    let there =
        if there.is_empty() { "nor any other bus".to_owned() } else { format!("only {}", there.join(", ")) };
    format!(
        "there is no {}, {there}; on a Raspberry Pi add dtparam=i2c_arm=on to /boot/firmware/config.txt and \
         restart (or sudo raspi-config nonint do_i2c 0)",
        path.display()
    )
}

struct ChipOnBus {
    inner: I2cdev,
    place: String,
}

impl ErrorType for ChipOnBus {
    type Error = IoError;
}

impl I2c for ChipOnBus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        self.inner.transaction(address, operations).map_err(|error| said(&self.place, &error))
    }
}

fn said(place: &str, error: &I2CError) -> IoError {
    let errno = match error.inner() {
        LinuxI2CError::Errno(errno) => Some(*errno),
        LinuxI2CError::Io(error) => error.raw_os_error(),
    };
    let (kind, hint) = errno.map_or((IoKind::Other, ""), |errno| hint(Errno::from_raw_os_error(errno)));
    IoError { place: place.to_owned(), reason: format!("{error}{hint}"), kind }
}

/// Which error means what: Linux, Documentation/i2c/fault-codes.rst.
fn hint(errno: Errno) -> (IoKind, &'static str) {
    match errno {
        // Drivers say either where nobody acknowledged.
        Errno::NXIO | Errno::REMOTEIO => (
            IoKind::NoAcknowledge,
            "; no chip answers: check its supply, its wires and its address (i2cdetect -y)",
        ),
        Errno::BUSY => (IoKind::Bus, "; a kernel driver holds the chip: remove its overlay from config.txt"),
        Errno::AGAIN | Errno::TIME | Errno::TIMEDOUT => {
            (IoKind::Bus, "; the bus is stuck: check its wires and pull-ups")
        }
        _ => (IoKind::Other, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_sorted_by_what_to_do() {
        for (errno, kind, words) in [
            (121, IoKind::NoAcknowledge, "check its supply"),
            (6, IoKind::NoAcknowledge, "check its supply"),
            (16, IoKind::Bus, "kernel driver"),
            (110, IoKind::Bus, "stuck"),
            (5, IoKind::Other, ""),
        ] {
            let error = said("i2c-1 address 0x40", &I2CError::from(LinuxI2CError::Errno(errno)));
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.reason.contains(words), "{error}");
        }
    }
}
