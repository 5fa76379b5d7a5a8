//! The kernel's way to let a process be a HID device, `/dev/uhid` (linux/uhid.h; Documentation/hid/uhid.rst).
//!
//! What must never live here: what a report means.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::{REPORT, Report};

/// Types of events.
const DESTROY: u32 = 1;
const OUTPUT: u32 = 6;
const GET_REPORT: u32 = 9;
const GET_REPORT_REPLY: u32 = 10;
const CREATE2: u32 = 11;
const INPUT2: u32 = 12;
const SET_REPORT: u32 = 13;
const SET_REPORT_REPLY: u32 = 14;

/// The largest event: its type, and what `UHID_CREATE2` carries.
const EVENT: usize = 4 + 128 + 64 + 64 + 2 + 2 + 4 * 4 + DATA;
/// Room for data in an event.
const DATA: usize = 4096;

/// USB, and the numbers of the adapter (MCP2221 datasheet, 1.6 "USB descriptors").
const BUS_USB: u16 = 0x03;
const VENDOR: u32 = 0x04d8;
const PRODUCT: u32 = 0x00dd;

/// `EIO`, for what the adapter does not have.
const REFUSED: u16 = 5;

/// 64 bytes in, 64 bytes out, no numbers of reports.
const DESCRIPTOR: [u8; 27] = [
    0x06,
    0x00,
    0xff,
    0x09,
    0x01,
    0xa1,
    0x01, // a collection of the vendor's own
    0x09,
    0x01,
    0x15,
    0x00,
    0x26,
    0xff,
    0x00,
    0x75,
    0x08,
    0x95,
    REPORT as u8,
    0x81,
    0x02, // in
    0x09,
    0x01,
    0x95,
    REPORT as u8,
    0x91,
    0x02, // out
    0xc0,
];

/// A device that the kernel sees for as long as this is.
#[derive(Debug)]
pub struct Device {
    file: File,
}

impl Device {
    /// Plugs it in.
    ///
    /// # Errors
    /// There is no such file (`modprobe uhid`), or it takes more rights than this process has.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut event = Event::new(CREATE2);
        event.text(b"Microchip MCP2221, emulated", 128).text(b"emulated", 64).text(b"", 64);
        event.u16(DESCRIPTOR.len() as u16).u16(BUS_USB);
        event.u32(VENDOR).u32(PRODUCT).u32(0x0100).u32(0);
        event.text(&DESCRIPTOR, DATA);
        file.write_all(&event.0)?;
        Ok(Self { file })
    }

    /// Answers every report that the kernel sends, for ever.
    ///
    /// # Errors
    /// What the kernel says where it takes the device no longer.
    pub fn serve(&mut self, mut answer: impl FnMut(&[u8]) -> Report) -> io::Result<()> {
        let mut event = vec![0; EVENT];
        loop {
            event.fill(0);
            // The kernel hands over one event at a time.
            let _length = self.file.read(&mut event)?;
            match u32::from_ne_bytes([event[0], event[1], event[2], event[3]]) {
                OUTPUT => {
                    let size = usize::from(u16::from_ne_bytes([event[4 + DATA], event[5 + DATA]])).min(DATA);
                    let said = answer(&event[4..4 + size]);
                    let mut input = Event::new(INPUT2);
                    input.u16(REPORT as u16).text(&said, REPORT);
                    self.file.write_all(&input.0)?;
                }
                asked @ (GET_REPORT | SET_REPORT) => {
                    let reply = if asked == GET_REPORT { GET_REPORT_REPLY } else { SET_REPORT_REPLY };
                    let mut refusal = Event::new(reply);
                    refusal.text(&event[4..8], 4).u16(REFUSED).u16(0);
                    self.file.write_all(&refusal.0)?;
                }
                // Started, opened, closed, stopped.
                _ => {}
            }
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // Closing it unplugs it too.
        drop(self.file.write_all(&Event::new(DESTROY).0));
    }
}

/// An event on its way to the kernel, which takes a short one for one with zeros behind it.
struct Event(Vec<u8>);

impl Event {
    fn new(kind: u32) -> Self {
        Self(kind.to_ne_bytes().to_vec())
    }

    fn u16(&mut self, number: u16) -> &mut Self {
        self.0.extend_from_slice(&number.to_ne_bytes());
        self
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend_from_slice(&number.to_ne_bytes());
        self
    }

    /// In a field of `width` bytes, the rest of them zeros.
    fn text(&mut self, bytes: &[u8], width: usize) -> &mut Self {
        let end = self.0.len() + width;
        self.0.extend_from_slice(bytes);
        self.0.resize(end, 0);
        self
    }
}
