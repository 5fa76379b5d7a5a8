//! I²C buses of the character device, one handle for each chip.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use linux_embedded_hal::i2cdev::linux::LinuxI2CError;
use linux_embedded_hal::{I2CError, I2cdev};
use rustix::io::Errno;

use super::{Clock, entries, explain, failure, file_name};
use crate::platform::Bus;
use crate::{IoError, IoKind};

/// An adapter waits this long for a transfer. Most wait a second by themselves (Linux,
/// drivers/i2c/i2c-core-base.c), in which the control loop would be taken for stuck. The longest transfer of
/// ours, all channels of a PCA9685, is 66 bytes of 9 bits: 30 ms at 20 kHz, and no Raspberry Pi's bus is slower
/// by itself (100 kHz). Ten milliseconds is the unit of the kernel's call.
const TIMEOUT: Duration = Duration::from_millis(40);

/// So many transfers in a row find a bus that hangs, and then none is begun for [`REST`]: so a chip costs a
/// turn of the control loop 80 ms at most. Not after the first, as what follows it is the car's halt.
const HUNG: u32 = 2;

/// Shorter than the time after which the control loop asks again (500 ms).
const REST: Duration = Duration::from_millis(250);

pub(super) fn open(dev: &Path, bus: &str, address: u8, clock: &Clock) -> Result<Bus, IoError> {
    let place = format!("{bus} address {address:#04x}");
    let path = dev.join(bus);
    let refused = |error: io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => {
                let there: Vec<String> = entries(dev, "i2c-").iter().map(|path| file_name(path)).collect();
                missing(&path.to_string_lossy(), &there)
            }
            _ => explain(&path, &error, GROUP),
        };
        failure(&place, reason)
    };
    let file = File::options().read(true).write(true).open(&path).map_err(refused)?;
    bound(&file);
    let inner = I2cdev::new(&path).map_err(|error| refused(error.into()))?;
    Ok(Box::new(ChipOnBus { inner, place, clock: clock.clone(), patience: Patience::default() }))
}

/// Whose members may use I²C on Raspberry Pi OS.
pub(super) const GROUP: &str = "i2c";

/// Bounds how long a transfer takes. What is set is the adapter's, for all who use it, until it is set again.
fn bound(adapter: &File) {
    // An adapter that heeds neither (few do not: USB) is no worse than it was; then the watch of the control
    // loop is the bound.
    let _ = i2c_linux_sys::i2c_set_timeout_ms(adapter.as_raw_fd(), TIMEOUT.as_millis() as usize);
    // Each try is the car's own decision.
    let _ = i2c_linux_sys::i2c_set_retries(adapter.as_raw_fd(), 0);
}

/// Where there is no such bus, but perhaps others.
pub(super) fn missing(path: &str, there: &[String]) -> String {
    let there =
        if there.is_empty() { "nor any other bus".to_owned() } else { format!("only {}", there.join(", ")) };
    format!(
        "there is no {path}, {there}; on a Raspberry Pi add dtparam=i2c_arm=on to /boot/firmware/config.txt and \
         restart (or sudo raspi-config nonint do_i2c 0)"
    )
}

struct ChipOnBus {
    inner: I2cdev,
    place: String,
    clock: Clock,
    patience: Patience,
}

impl ErrorType for ChipOnBus {
    type Error = IoError;
}

impl I2c for ChipOnBus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        if self.patience.is_over(self.clock.now()) {
            let reason = format!("{HANGS}; it is asked again in a moment");
            return Err(IoError { place: self.place.clone(), reason, kind: IoKind::Stuck });
        }
        let result = self.inner.transaction(address, operations).map_err(|error| said(&self.place, &error));
        let hung = matches!(&result, Err(error) if error.kind == IoKind::Stuck);
        self.patience.learn(hung, self.clock.now());
        result
    }
}

/// How long transfers that hang are put up with.
#[derive(Debug, Default)]
struct Patience {
    /// How often in a row, and when it last did.
    hung: Option<(u32, Duration)>,
}

impl Patience {
    fn is_over(&self, now: Duration) -> bool {
        self.hung.is_some_and(|(often, last)| often >= HUNG && now < last + REST)
    }

    fn learn(&mut self, hung: bool, now: Duration) {
        let often = self.hung.map_or(0, |(often, _)| often);
        self.hung = hung.then(|| (often.saturating_add(1), now));
    }
}

fn said(place: &str, error: &I2CError) -> IoError {
    let errno = match error.inner() {
        LinuxI2CError::Errno(errno) => Some(*errno),
        LinuxI2CError::Io(error) => error.raw_os_error(),
    };
    let (kind, hint) = errno.map_or((IoKind::Other, None), |errno| hint(Errno::from_raw_os_error(errno)));
    let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
    IoError { place: place.to_owned(), reason: format!("{error}{hint}"), kind }
}

const SILENT: &str = "no chip answers: check its supply, its wires and its address (i2cdetect -y)";
pub(super) const HANGS: &str =
    "the bus hangs: check its wires and pull-ups, and the supply of every chip on it";

/// Which error means what: Linux, Documentation/i2c/fault-codes.rst.
fn hint(errno: Errno) -> (IoKind, Option<&'static str>) {
    match errno {
        // Drivers say either where nobody acknowledged.
        Errno::NXIO | Errno::REMOTEIO => (IoKind::NoAcknowledge, Some(SILENT)),
        Errno::BUSY => {
            (IoKind::Other, Some("a kernel driver holds the chip: remove its overlay from config.txt"))
        }
        Errno::TIME | Errno::TIMEDOUT => (IoKind::Stuck, Some(HANGS)),
        // Arbitration lost, and whatever a driver has no better word for.
        Errno::AGAIN | Errno::IO => (IoKind::Bus, Some("the bus is disturbed: check its wires and pull-ups")),
        _ => (IoKind::Other, None),
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
            (16, IoKind::Other, "kernel driver"),
            (110, IoKind::Stuck, "hangs"),
            (11, IoKind::Bus, "disturbed"),
            (5, IoKind::Bus, "disturbed"),
            (22, IoKind::Other, ""),
        ] {
            let error = said("i2c-1 address 0x40", &I2CError::from(LinuxI2CError::Errno(errno)));
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.reason.contains(words), "{error}");
        }
    }

    #[test]
    fn a_bus_that_hangs_is_left_alone_for_a_while_after_the_second_time() {
        let (start, mut patience) = (Duration::from_secs(9), Patience::default());
        patience.learn(true, start);
        assert!(!patience.is_over(start), "the halt is tried");
        patience.learn(true, start);
        assert!(patience.is_over(start) && patience.is_over(start + REST / 2));
        assert!(!patience.is_over(start + REST));
        patience.learn(true, start + REST);
        assert!(patience.is_over(start + REST), "it still hangs");
        patience.learn(false, start + 2 * REST);
        patience.learn(true, start + 2 * REST);
        assert!(!patience.is_over(start + 2 * REST), "it had answered");
    }
}
