//! The adapter's I²C engine: what is written is collected until it is whole, what is read is kept until it
//! is fetched.
//!
//! A transfer takes no time here: where an answer says that it was begun, it is over.

use std::fmt;

use embedded_hal::i2c::Operation;
use hal::Platform;
use hal::platform::Bus;

use super::{DONE, Ledger, Report, answer, command};

/// In byte 1 of an answer: a transfer is under way (tables 3-21, 3-27).
const BUSY: u8 = 0x01;
/// In byte 1 of an answer to "get data": there is none (table 3-31).
const NO_DATA: u8 = 0x41;
/// In byte 3 of such an answer: what follows is no data (table 3-31).
const NOT_DATA: u8 = 127;

/// As much of a transfer as a report carries (tables 3-20, 3-31).
const CHUNK: usize = 60;

/// In a status report (table 3-1, 3-2).
const CANCEL: u8 = 0x10;
const WAS_IDLE: u8 = 0x11;
const SET_SPEED: u8 = 0x20;

/// The engine's state, byte 8 of a status. The datasheet gives no values; these are the ones that the
/// kernel's driver and Microchip's own library tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle = 0x00,
    /// More of a write is to come from the computer.
    Collecting = 0x43,
    /// A write is over, and no stop has followed.
    Open = 0x45,
    /// Nobody acknowledged the address.
    NotAcknowledged = 0x25,
    /// What was read is to be fetched; in an answer: and more follows than is in it.
    MoreToFetch = 0x54,
    /// All that was read is in this answer.
    Fetched = 0x55,
}

/// In byte 20 of a status: the last address was not acknowledged.
const NOT_ACKNOWLEDGED: u8 = 0x40;

/// 100 kHz of the adapter's 12 MHz.
const DIVIDER_AFTER_POWER_UP: u8 = 118;

pub(super) struct Engine {
    bus: Option<Bus>,
    state: State,
    divider: u8,
    /// Of the transfer under way.
    address: u8,
    length: usize,
    stop: bool,
    written: Vec<u8>,
    read: Vec<u8>,
    fetched: usize,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("state", &self.state).field("divider", &self.divider).finish()
    }
}

impl Engine {
    pub(super) fn new(platform: &mut dyn Platform, bus: &str) -> Self {
        Self {
            // A handle reaches every address of its bus.
            bus: platform.i2c(bus, 0).ok(),
            state: State::Idle,
            divider: DIVIDER_AFTER_POWER_UP,
            address: 0,
            length: 0,
            stop: true,
            written: Vec::new(),
            read: Vec::new(),
            fetched: 0,
        }
    }

    /// 3.1.1: cancels, sets the speed, and says how it stands.
    pub(super) fn status(&mut self, asked: &Report) -> Report {
        let mut said = answer(command::STATUS, DONE);
        said[8] = self.state as u8;
        said[20] = if self.state == State::NotAcknowledged { NOT_ACKNOWLEDGED } else { 0 };
        if asked[2] == CANCEL {
            said[2] = if self.state == State::Idle { WAS_IDLE } else { CANCEL };
            self.rest();
            (said[8], said[20]) = (State::Idle as u8, 0);
        }
        if asked[3] == SET_SPEED {
            self.divider = asked[4];
            (said[3], said[4]) = (SET_SPEED, self.divider);
        }
        let done = self.written.len().max(self.fetched);
        [said[9], said[10]] = le16(self.length);
        [said[11], said[12]] = le16(done);
        said[14] = self.divider;
        said[16] = self.address << 1;
        // The lines of an idle bus are high.
        (said[22], said[23]) = (1, 1);
        (said[46], said[47], said[48], said[49]) = (b'A', b'6', b'1', b'2');
        said
    }

    /// 3.1.5 to 3.1.7: takes a part of a write, and does it where that was the last.
    pub(super) fn write(&mut self, asked: &Report, stop: bool, ledger: &mut Ledger) -> Report {
        let (length, address) = (usize::from(u16::from_le_bytes([asked[1], asked[2]])), asked[3] >> 1);
        let goes_on = self.state == State::Collecting && (length, address) == (self.length, self.address);
        if self.is_busy() && !goes_on {
            return self.busy(asked[0]);
        }
        if !goes_on {
            self.begin(length, address);
            self.stop = stop;
        }
        let more = (self.length - self.written.len()).min(CHUNK);
        self.written.extend_from_slice(&asked[4..4 + more]);
        self.state = if self.written.len() < self.length { State::Collecting } else { self.send(ledger) };
        answer(asked[0], DONE)
    }

    /// 3.1.8, 3.1.9: reads, after a repeated start only where a write was left open.
    pub(super) fn read(&mut self, asked: &Report, repeated_start: bool, ledger: &mut Ledger) -> Report {
        if self.is_busy() || (repeated_start && self.state != State::Open) {
            return self.busy(asked[0]);
        }
        self.begin(usize::from(u16::from_le_bytes([asked[1], asked[2]])), asked[3] >> 1);
        let mut data = vec![0; self.length];
        ledger.enter(self.address, false, self.length);
        let heard = self.transfer(&mut [Operation::Read(&mut data)]);
        self.state = if heard { State::MoreToFetch } else { State::NotAcknowledged };
        self.read = data;
        answer(asked[0], DONE)
    }

    /// 3.1.10: hands over what was read, as much as a report carries.
    pub(super) fn get_data(&mut self) -> Report {
        if self.state != State::MoreToFetch {
            // Where nobody answered, the state tells, and that the engine has no data.
            let outcome = if self.state == State::NotAcknowledged { DONE } else { NO_DATA };
            let mut said = answer(command::GET_DATA, outcome);
            (said[2], said[3]) = (self.state as u8, NOT_DATA);
            return said;
        }
        let mut said = answer(command::GET_DATA, DONE);
        let rest = &self.read[self.fetched..];
        let count = rest.len().min(CHUNK);
        said[3] = count as u8;
        said[4..4 + count].copy_from_slice(&rest[..count]);
        self.fetched += count;
        let over = self.fetched == self.read.len();
        said[2] = if over { State::Fetched } else { State::MoreToFetch } as u8;
        if over {
            self.state = State::Idle;
        }
        said
    }

    /// A transfer that nobody acknowledged is over: it keeps nobody from the next.
    fn is_busy(&self) -> bool {
        matches!(self.state, State::Collecting | State::MoreToFetch)
    }

    fn busy(&self, command: u8) -> Report {
        let mut said = answer(command, BUSY);
        said[2] = self.state as u8;
        said
    }

    fn begin(&mut self, length: usize, address: u8) {
        self.rest();
        (self.length, self.address) = (length, address);
    }

    fn rest(&mut self) {
        self.state = State::Idle;
        self.written.clear();
        self.read.clear();
        (self.length, self.fetched) = (0, 0);
    }

    fn send(&mut self, ledger: &mut Ledger) -> State {
        let data = std::mem::take(&mut self.written);
        ledger.enter(self.address, true, data.len());
        let heard = self.transfer(&mut [Operation::Write(&data)]);
        self.written = data;
        match (heard, self.stop) {
            (false, _) => State::NotAcknowledged,
            (true, true) => State::Idle,
            (true, false) => State::Open,
        }
    }

    /// Whether somebody acknowledged it.
    fn transfer(&mut self, operations: &mut [Operation<'_>]) -> bool {
        self.bus.as_mut().is_some_and(|bus| bus.transaction(self.address, operations).is_ok())
    }
}

fn le16(number: usize) -> [u8; 2] {
    // A length comes from 16 bits.
    [(number & 0xff) as u8, (number >> 8) as u8]
}
