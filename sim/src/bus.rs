//! I²C: routes a transfer to whichever chips answer at its address. What the bytes mean is each
//! chip's own affair. A transfer takes no virtual time.

use std::collections::BTreeSet;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use hal::board::{self, PinRef};
use hal::{IoError, IoKind};

use crate::chip::{self, Chip};
use crate::clock::Nanos;
use crate::digest::Digest;
use crate::engine::{Engine, Shared};
use crate::fault::{Fault, Standing};
use crate::scene::Scene;
use crate::signal::Signal;
use crate::transcript::{Direction, Transcript};

/// The address that every chip hears (UM10204, section 3.1.13).
const GENERAL_CALL: u8 = 0x00;

/// Every chip on every bus of the board.
#[derive(Debug)]
pub(crate) struct Buses {
    slots: Vec<Slot>,
    wires: Vec<Wires>,
    pub(crate) transcript: Option<Transcript>,
}

/// The two wires of a bus, and what is wrong with them.
#[derive(Debug)]
struct Wires {
    bus: String,
    /// Somebody holds them.
    stuck: bool,
    /// SDA lies at ground: all is acknowledged, and nothing heard.
    grounded: bool,
}

/// A place where a chip sits.
#[derive(Debug)]
struct Slot {
    /// Its index in `Board::chips`.
    index: usize,
    /// As the board calls it.
    name: String,
    bus: String,
    address: u8,
    /// Its wires to the bus are cut.
    silent: bool,
    /// Its supply is down.
    down: bool,
    /// Channels that carry a level whatever it does.
    stuck: Vec<(u8, bool)>,
    /// The line that resets it while it is low.
    reset: Option<String>,
    held: bool,
    chip: Box<dyn Chip>,
}

impl Slot {
    fn hears(&self, bus: &str, address: u8) -> bool {
        !self.silent
            && !self.down
            && !self.held
            && self.bus == bus
            && (address == GENERAL_CALL || self.chip.answers(address))
    }
}

impl Buses {
    /// All chips wired and as after power-up.
    pub(crate) fn new(chips: &[board::Chip]) -> Self {
        let slot = |(index, spec): (usize, &board::Chip)| {
            let chip = chip::build(spec)?;
            let reset = match &spec.kind {
                board::ChipKind::RobotHat { reset } => reset.clone(),
                _ => None,
            };
            let (name, bus, address) = (spec.to_string(), spec.bus.clone(), spec.address);
            let (silent, down, stuck, held) = (false, false, Vec::new(), false);
            Some(Slot { index, name, bus, address, silent, down, stuck, reset, held, chip })
        };
        let wires = |bus: &str| Wires { bus: bus.into(), stuck: false, grounded: false };
        let wires = names(chips).into_iter().map(wires).collect();
        Self { slots: chips.iter().enumerate().filter_map(slot).collect(), wires, transcript: None }
    }

    /// What channel `channel` of chip `index` of the board puts out; `None` without such an output.
    pub(crate) fn output(&self, index: usize, channel: u8) -> Option<Signal> {
        let slot = self.slots.iter().find(|slot| slot.index == index)?;
        let stuck = slot.stuck.iter().find(|(stuck, _)| *stuck == channel);
        stuck.map(|(_, high)| Signal::level(*high)).or_else(|| slot.chip.output(channel))
    }

    /// What a register holds, read without touching the bus.
    pub(crate) fn register(&self, bus: &str, address: u8, register: u8) -> Option<u8> {
        self.slots.iter().find(|slot| slot.bus == bus && slot.address == address)?.chip.register(register)
    }

    /// Whether somebody holds the wires of a bus.
    fn is_stuck(&self, bus: &str) -> bool {
        self.wires.iter().any(|wires| wires.stuck && wires.bus == bus)
    }

    /// Wires of buses are held or at ground, and chips cut off, as far as that is so now.
    pub(crate) fn suffer(&mut self, faults: &Standing) {
        for wires in &mut self.wires {
            wires.stuck = faults.is(Fault::BusStuck, &wires.bus);
            wires.grounded = faults.is(Fault::BusGrounded, &wires.bus);
        }
        for slot in &mut self.slots {
            slot.silent = faults.is_chip_silent(slot.index, &slot.name);
        }
    }

    /// These outputs of chips carry these levels whatever the chips do, and no others do.
    pub(crate) fn set_stuck(&mut self, stuck: &[(PinRef, bool)]) {
        for slot in &mut self.slots {
            let mine = stuck.iter().filter_map(|(pin, high)| match pin {
                PinRef::Chip { chip, channel } if *chip == slot.index => Some((*channel, *high)),
                _ => None,
            });
            slot.stuck = mine.collect();
        }
    }

    /// The supply of a chip drops for a moment.
    pub(crate) fn reset(&mut self, name: &str, now: Nanos) {
        for slot in self.slots.iter_mut().filter(|slot| slot.name == name) {
            slot.chip.power_on_reset(now);
        }
    }

    /// The supply of all chips drops, or comes back: they are as after power-up.
    pub(crate) fn set_down(&mut self, down: bool, now: Nanos) {
        for slot in &mut self.slots {
            slot.down = down;
            slot.chip.power_on_reset(now);
        }
    }

    /// Lets the chips that a line resets feel what it carries: they are reset for as long as it is low.
    pub(crate) fn hold(&mut self, is_high: impl Fn(&str) -> bool, now: Nanos) {
        for slot in &mut self.slots {
            let held = slot.reset.as_deref().is_some_and(|line| !is_high(line));
            if held && !slot.held {
                slot.chip.power_on_reset(now);
            }
            slot.held = held;
        }
    }

    /// Fails unless the board has this bus.
    pub(crate) fn check(&self, bus: &str) -> Result<(), IoError> {
        let known: Vec<&str> = self.wires.iter().map(|wires| wires.bus.as_str()).collect();
        if known.contains(&bus) {
            return Ok(());
        }
        let reason = match known.as_slice() {
            [] => "no such bus: the board names none".into(),
            _ => format!("no such bus: the board names {}", known.join(", ")),
        };
        Err(IoError { place: bus.into(), reason, kind: IoKind::Other })
    }

    /// A write from start to stop. Whether every byte was acknowledged.
    fn write(&mut self, bus: &str, address: u8, bytes: &[u8], scene: &Scene<'_>) -> bool {
        let grounded = self.grounded(bus);
        let mut acknowledged = grounded;
        for slot in self.slots.iter_mut().filter(|slot| !grounded && slot.hears(bus, address)) {
            acknowledged |= match address {
                GENERAL_CALL => slot.chip.general_call(bytes, scene.now),
                _ => slot.chip.write(bytes, &scene.at(slot.index)),
            };
        }
        self.record(scene.now, bus, address, Direction::Write, bytes, acknowledged);
        acknowledged
    }

    /// A read. Whether the address was acknowledged. Of several chips that answer, the first of the
    /// board is heard; real ones would talk over each other.
    fn read(&mut self, bus: &str, address: u8, buffer: &mut [u8], scene: &Scene<'_>) -> bool {
        let grounded = self.grounded(bus);
        let mut hearing = self.slots.iter_mut().filter(|slot| slot.hears(bus, address));
        let chip = hearing.next().filter(|_| address != GENERAL_CALL && !grounded);
        let heard = chip.map(|slot| slot.chip.read(buffer, &scene.at(slot.index))).is_some();
        if grounded {
            buffer.fill(0);
        }
        let acknowledged = heard || grounded;
        self.record(scene.now, bus, address, Direction::Read, buffer, acknowledged);
        acknowledged
    }

    /// Lets every chip do what is due. Whether an output changed.
    pub(crate) fn tick(&mut self, scene: &Scene<'_>) -> bool {
        self.slots.iter_mut().fold(false, |changed, slot| slot.chip.tick(&scene.at(slot.index)) | changed)
    }

    /// Takes the state of every chip into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        for slot in &self.slots {
            into.integer(slot.held.into());
            slot.chip.digest(into);
        }
    }

    fn grounded(&self, bus: &str) -> bool {
        self.wires.iter().any(|wires| wires.grounded && wires.bus == bus)
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

/// The buses of a board, in the order of the alphabet.
pub(crate) fn names(chips: &[board::Chip]) -> BTreeSet<&str> {
    chips.iter().map(|chip| chip.bus.as_str()).collect()
}

impl Engine {
    /// Whether a transfer can begin at all; counts it where noise spoils it.
    fn begin_transfer(&mut self, bus: &str) -> Result<(), (&'static str, IoKind)> {
        if self.circuit.buses.is_stuck(bus) {
            return Err(("the bus hangs: somebody holds its wires", IoKind::Stuck));
        }
        if self.faults.spoils(bus) { Err(("the bus is disturbed", IoKind::Bus)) } else { Ok(()) }
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
        let failed = |(reason, kind): (&str, IoKind)| {
            let place = format!("{} address {address:#04x}", self.bus);
            IoError { place, reason: reason.to_owned(), kind }
        };
        engine.begin_transfer(&self.bus).map_err(failed)?;
        // Adjacent operations of one kind are one transfer: embedded-hal puts no start between them.
        for transfer in operations.chunk_by_mut(|a, b| is_write(a) == is_write(b)) {
            let mut data = gather(transfer);
            let (circuit, scene) = engine.apart();
            let acknowledged = circuit.change(scene.now, |circuit| match is_write(&transfer[0]) {
                true => circuit.buses.write(&self.bus, address, &data, &scene),
                false => circuit.buses.read(&self.bus, address, &mut data, &scene),
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
