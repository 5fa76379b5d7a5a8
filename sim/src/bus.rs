//! I²C: routes a transfer to whichever chips answer at its address. What the bytes mean is each
//! chip's own affair. A transfer takes no virtual time.

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use hal::board;
use hal::{IoError, IoKind};

use crate::chip::{self, Chip, Feed};
use crate::clock::Nanos;
use crate::digest::Digest;
use crate::engine::Shared;
use crate::signal::Signal;
use crate::transcript::{Direction, Transcript};

/// The address that every chip hears (UM10204, section 3.1.13).
const GENERAL_CALL: u8 = 0x00;

/// Every chip on every bus of the board.
#[derive(Debug)]
pub(crate) struct Buses {
    slots: Vec<Slot>,
    pub(crate) transcript: Option<Transcript>,
    /// Somebody holds the wires of every bus.
    pub(crate) jammed: bool,
    /// SDA of every bus lies at ground: all is acknowledged, and nothing heard.
    pub(crate) grounded: bool,
    /// So many transfers are still to be spoilt.
    pub(crate) noise: usize,
}

/// A place where a chip sits.
#[derive(Debug)]
struct Slot {
    /// Its index in `Board::chips`.
    index: usize,
    bus: String,
    address: u8,
    plugged: bool,
    /// The line that resets it while it is low.
    reset: Option<String>,
    held: bool,
    /// It has its supply.
    fed: bool,
    chip: Box<dyn Chip>,
}

impl Slot {
    fn hears(&self, bus: &str, address: u8) -> bool {
        self.plugged
            && self.fed
            && !self.held
            && self.bus == bus
            && (address == GENERAL_CALL || self.chip.answers(address))
    }
}

impl Buses {
    /// All chips plugged in and as after power-up.
    pub(crate) fn new(chips: &[board::Chip]) -> Self {
        let slot = |(index, spec): (usize, &board::Chip)| {
            let chip = chip::build(spec)?;
            let reset = match &spec.kind {
                board::ChipKind::RobotHat { reset } => reset.clone(),
                _ => None,
            };
            let (bus, address) = (spec.bus.clone(), spec.address);
            Some(Slot { index, bus, address, plugged: true, reset, held: false, fed: true, chip })
        };
        let slots = chips.iter().enumerate().filter_map(slot).collect();
        Self { slots, transcript: None, jammed: false, grounded: false, noise: 0 }
    }

    /// What channel `channel` of chip `index` of the board puts out; `None` without such an output.
    pub(crate) fn output(&self, index: usize, channel: u8) -> Option<Signal> {
        self.slots.iter().find(|slot| slot.index == index)?.chip.output(channel)
    }

    /// What a register holds, read without touching the bus.
    pub(crate) fn register(&self, bus: &str, address: u8, register: u8) -> Option<u8> {
        self.slots.iter().find(|slot| slot.bus == bus && slot.address == address)?.chip.register(register)
    }

    /// Whether a transfer can begin at all; counts it where noise spoils it.
    fn begin(&mut self) -> Result<(), (&'static str, IoKind)> {
        if self.jammed {
            return Err(("the bus hangs: somebody holds its wires", IoKind::Stuck));
        }
        let spoilt = self.noise > 0;
        self.noise = self.noise.saturating_sub(1);
        if spoilt { Err(("the bus is disturbed", IoKind::Bus)) } else { Ok(()) }
    }

    /// Whether the chips at `address`, on any bus, are wired to it.
    pub(crate) fn set_plugged(&mut self, address: u8, plugged: bool) {
        for slot in self.slots.iter_mut().filter(|slot| slot.address == address) {
            slot.plugged = plugged;
        }
    }

    /// The supply of the chips at `address`, on any bus, drops for a moment.
    pub(crate) fn reset(&mut self, address: u8) {
        for slot in self.slots.iter_mut().filter(|slot| slot.address == address) {
            slot.chip.power_on_reset();
        }
    }

    /// Every chip has its supply, or none has. All are as after power-up.
    pub(crate) fn feed(&mut self, fed: bool) {
        for slot in &mut self.slots {
            (slot.fed, slot.held) = (fed, false);
            slot.chip.power_on_reset();
        }
    }

    /// A line is driven; the chips that it resets are reset for as long as it is low.
    pub(crate) fn drive_reset(&mut self, line: &str, high: bool) {
        for slot in self.slots.iter_mut().filter(|slot| slot.reset.as_deref() == Some(line)) {
            slot.held = !high;
            if slot.held {
                slot.chip.power_on_reset();
            }
        }
    }

    /// Fails unless the board has this bus.
    pub(crate) fn check(&self, bus: &str) -> Result<(), IoError> {
        if self.slots.iter().any(|slot| slot.bus == bus) {
            return Ok(());
        }
        let mut known: Vec<&str> = self.slots.iter().map(|slot| slot.bus.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let reason = match known.as_slice() {
            [] => "no such bus: the board names none".into(),
            _ => format!("no such bus: the board names {}", known.join(", ")),
        };
        Err(IoError { place: bus.into(), reason, kind: IoKind::Other })
    }

    /// A write from start to stop. Whether every byte was acknowledged.
    fn write(&mut self, bus: &str, address: u8, bytes: &[u8], now: Nanos) -> bool {
        let mut acknowledged = self.grounded;
        for slot in self.slots.iter_mut().filter(|slot| !self.grounded && slot.hears(bus, address)) {
            acknowledged |= match address {
                GENERAL_CALL => slot.chip.general_call(bytes),
                _ => slot.chip.write(bytes, now),
            };
        }
        self.record(now, bus, address, Direction::Write, bytes, acknowledged);
        acknowledged
    }

    /// A read. Whether the address was acknowledged. Of several chips that answer, the first of the
    /// board is heard; real ones would talk over each other.
    fn read(&mut self, bus: &str, address: u8, buffer: &mut [u8], now: Nanos) -> bool {
        let mut hearing = self.slots.iter_mut().filter(|slot| slot.hears(bus, address));
        let chip = hearing.next().filter(|_| address != GENERAL_CALL && !self.grounded);
        let heard = chip.map(|slot| slot.chip.read(buffer)).is_some();
        if self.grounded {
            buffer.fill(0);
        }
        let acknowledged = heard || self.grounded;
        self.record(now, bus, address, Direction::Read, buffer, acknowledged);
        acknowledged
    }

    /// Something else reaches chip `index` of the board from now on.
    pub(crate) fn feel(&mut self, index: usize, feed: Feed) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.index == index) {
            slot.chip.feel(feed);
        }
    }

    /// Lets every chip know the time. Whether an output changed.
    pub(crate) fn tick(&mut self, now: Nanos) -> bool {
        self.slots.iter_mut().fold(false, |changed, slot| slot.chip.tick(now) | changed)
    }

    /// Takes the state of every chip into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        if self.jammed || self.grounded || self.noise > 0 {
            into.integer(u64::from(self.jammed));
            into.integer(u64::from(self.grounded));
            into.integer(self.noise as u64);
        }
        for slot in &self.slots {
            into.integer(u64::from(slot.plugged && slot.fed));
            slot.chip.digest(into);
        }
    }

    fn record(
        &mut self,
        now: Nanos,
        bus: &str,
        address: u8,
        way: Direction,
        bytes: &[u8],
        acknowledged: bool,
    ) {
        if let Some(transcript) = &mut self.transcript {
            transcript.push(now, bus, address, way, bytes, acknowledged);
        }
    }
}

/// A handle on a bus. Like the kernel's, it reaches whatever address a transfer names.
#[derive(Debug)]
pub(crate) struct Port {
    engine: Shared,
    bus: String,
}

impl Port {
    /// Fails if the board has no such bus.
    pub(crate) fn open(engine: &Shared, bus: &str) -> Result<Self, IoError> {
        engine.lock().circuit.buses.check(bus)?;
        Ok(Self { engine: engine.clone(), bus: bus.into() })
    }
}

impl ErrorType for Port {
    type Error = IoError;
}

impl I2c for Port {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        let mut engine = self.engine.lock();
        let now = engine.clock.now();
        let failed = |(reason, kind): (&str, IoKind)| {
            let place = format!("{} address {address:#04x}", self.bus);
            IoError { place, reason: reason.to_owned(), kind }
        };
        engine.circuit.buses.begin().map_err(failed)?;
        // Adjacent operations of one kind are one transfer: embedded-hal puts no start between them.
        for transfer in operations.chunk_by_mut(|a, b| is_write(a) == is_write(b)) {
            let mut data = gather(transfer);
            let acknowledged = engine.circuit.change(|circuit| match is_write(&transfer[0]) {
                true => circuit.buses.write(&self.bus, address, &data, now),
                false => circuit.buses.read(&self.bus, address, &mut data, now),
            });
            if !acknowledged {
                let silent = "no acknowledge: is the chip wired and powered?";
                return Err(failed((silent, IoKind::NoAcknowledge)));
            }
            scatter(&data, transfer);
        }
        Ok(())
    }
}

fn is_write(operation: &Operation<'_>) -> bool {
    matches!(operation, Operation::Write(_))
}

/// The bytes of all operations in a row; those of a read are still to come.
fn gather(operations: &[Operation<'_>]) -> Vec<u8> {
    let mut data = Vec::new();
    for operation in operations {
        match operation {
            Operation::Write(bytes) => data.extend_from_slice(bytes),
            Operation::Read(buffer) => data.resize(data.len() + buffer.len(), 0),
        }
    }
    data
}

/// Hands what was read to the buffers it was read for.
fn scatter(mut data: &[u8], operations: &mut [Operation<'_>]) {
    for operation in operations {
        if let Operation::Read(buffer) = operation {
            let (mine, rest) = data.split_at(buffer.len());
            buffer.copy_from_slice(mine);
            data = rest;
        }
    }
}
