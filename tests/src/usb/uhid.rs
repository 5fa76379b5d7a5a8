//! The kernel's way to let a process be a HID device, `/dev/uhid` (linux/uhid.h; Documentation/hid/uhid.rst).
//!
//! What must never live here: what a report means.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::bench::Bench;

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

const BUS_USB: u16 = 0x03;

/// `EIO`, for what a device does not have.
const REFUSED: u16 = 5;

/// 64 bytes in, 64 bytes out.
const DESCRIPTOR: [u8; 27] = [
    0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, // a collection of the vendor's own
    0x09, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02, // in
    0x09, 0x01, 0x95, 0x40, 0x91, 0x02, // out
    0xc0,
];

/// How a device presents itself.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// For people.
    pub name: &'static str,
    /// The numbers of USB.
    pub vendor: u32,
    /// See `vendor`.
    pub product: u32,
}

/// What a device does with reports.
pub trait Hid: Send {
    /// Takes a report; its answer, where there is one at once.
    fn output(&mut self, report: &[u8]) -> Option<Vec<u8>>;

    /// A feature report by its number, which is its first byte; `None` where there is no such thing.
    fn feature(&mut self, number: u8) -> Option<Vec<u8>> {
        let _: u8 = number;
        None
    }

    /// Takes a feature report, whose first byte is its number. Whether it could.
    fn set_feature(&mut self, report: &[u8]) -> bool {
        let _: &[u8] = report;
        false
    }
}

/// A device that the kernel sees for as long as this is.
#[derive(Debug)]
pub struct Device {
    file: File,
}

impl Device {
    /// Plugs it in.
    ///
    /// # Errors
    /// There is no such file, or it takes more rights than this process has; in words, with what to do.
    pub fn create(path: &Path, identity: &Identity) -> Result<Self, String> {
        let mut event = Event::new(CREATE2);
        event.text(identity.name.as_bytes(), 128).text(b"emulated", 64).text(b"", 64);
        event.u16(DESCRIPTOR.len() as u16).u16(BUS_USB);
        event.u32(identity.vendor).u32(identity.product).u32(0x0100).u32(0);
        event.text(&DESCRIPTOR, DATA);
        let open = || {
            let mut file = OpenOptions::new().read(true).write(true).open(path)?;
            file.write_all(&event.0)?;
            Ok(Self { file })
        };
        open().map_err(|error: io::Error| {
            let path = path.display();
            format!("{path}: {error}; it takes root, and the module uhid and that of the adapter's driver")
        })
    }

    /// Has `hid` answer the kernel until this process ends, and the bench's world be brought up to now before
    /// each answer.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn serve_in_thread<H: Hid + 'static>(
        mut self,
        hid: Arc<Mutex<H>>,
        bench: &Bench,
    ) -> Result<(), String> {
        let bench = bench.clone();
        let serve = move || {
            // Ends where the kernel takes the device no longer.
            while self
                .answer(|| {
                    drop(bench.sim());
                    hid.lock().unwrap_or_else(PoisonError::into_inner)
                })
                .is_ok()
            {}
        };
        let thread = thread::Builder::new().name("uhid".into()).spawn(serve);
        thread.map(drop).map_err(|error| format!("no thread for the adapter: {error}"))
    }

    /// Waits for one event of the kernel and answers it.
    fn answer<H: Hid, G: std::ops::DerefMut<Target = H>>(
        &mut self,
        hid: impl FnOnce() -> G,
    ) -> io::Result<()> {
        let mut event = vec![0; EVENT];
        // The kernel hands over one event at a time.
        let _length = self.file.read(&mut event)?;
        let u16_at = |at: usize| usize::from(u16::from_ne_bytes([event[at], event[at + 1]]));
        let reply = match u32::from_ne_bytes([event[0], event[1], event[2], event[3]]) {
            OUTPUT => {
                let size = u16_at(4 + DATA).min(DATA);
                let Some(said) = hid().output(&event[4..4 + size]) else { return Ok(()) };
                let mut input = Event::new(INPUT2);
                input.u16(said.len() as u16).text(&said, said.len());
                input
            }
            GET_REPORT => {
                let said = hid().feature(event[8]);
                let mut reply = Event::new(GET_REPORT_REPLY);
                reply.text(&event[4..8], 4).u16(if said.is_some() { 0 } else { REFUSED });
                let said = said.unwrap_or_default();
                reply.u16(said.len() as u16).text(&said, said.len());
                reply
            }
            SET_REPORT => {
                let size = u16_at(10).min(DATA);
                let taken = hid().set_feature(&event[12..12 + size]);
                let mut reply = Event::new(SET_REPORT_REPLY);
                reply.text(&event[4..8], 4).u16(if taken { 0 } else { REFUSED });
                reply
            }
            // Started, opened, closed, stopped.
            _ => return Ok(()),
        };
        self.file.write_all(&reply.0)
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
