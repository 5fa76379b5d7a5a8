//! Everything that carries a signal, and the one question that the mechanics ask of it: what is on
//! this pin? What hangs at the pins is not known here.

use hal::IoError;
use hal::board::{Board, LoopbackSpec, PinRef};

use crate::bus::Buses;
use crate::clock::Nanos;
use crate::net::Nets;
use crate::signal::Signal;
use crate::watch::Watches;

/// The computer's pins and the chips on its buses.
#[derive(Debug)]
pub(crate) struct Circuit {
    pub(crate) nets: Nets,
    pub(crate) buses: Buses,
    pub(crate) watches: Watches,
    /// Each from an output to an input.
    loopbacks: Vec<LoopbackSpec>,
    /// Without a supply every pin is low, and no chip answers.
    fed: bool,
    changed: bool,
}

impl Circuit {
    /// As at power-up.
    pub(crate) fn new(board: &Board) -> Self {
        Self {
            nets: Nets::new(board),
            buses: Buses::new(&board.chips),
            watches: Watches::default(),
            loopbacks: board.loopbacks.clone(),
            fed: true,
            changed: true,
        }
    }

    /// What is on `pin`; `None` if the board has no such pin.
    pub(crate) fn signal(&self, pin: &PinRef) -> Option<Signal> {
        let signal = match pin {
            PinRef::Gpio { line } => self.nets.line_signal(line),
            PinRef::Pwm { device, channel } => self.nets.channel_signal(device, *channel),
            PinRef::Chip { chip, channel } => self.buses.output(*chip, *channel),
        };
        if self.fed { signal } else { signal.map(|_| Signal::LOW) }
    }

    /// Gives all of it its supply, or takes it away. What it drove is forgotten, and so is what was written while it
    /// had none.
    pub(crate) fn feed(&mut self, fed: bool) {
        self.fed = fed;
        self.nets.forget();
        self.buses.feed(fed);
    }

    /// Opens a line at a level, and says its number.
    pub(crate) fn open_line(&mut self, name: &str, high: bool) -> Result<usize, IoError> {
        let index = self.nets.open_line(name, high)?;
        self.buses.drive_reset(name, high);
        Ok(index)
    }

    /// Drives an open line.
    pub(crate) fn set_line(&mut self, index: usize, high: bool) {
        self.nets.set_line(index, high);
        self.buses.drive_reset(self.nets.line_name(index), high);
    }

    /// Does something that may change a signal.
    pub(crate) fn change<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.changed = true;
        act(self)
    }

    /// Lets the chips know the time.
    pub(crate) fn tick(&mut self, now: Nanos) {
        self.changed |= self.buses.tick(now);
    }

    /// Tells whoever watches a line of its edges until `now`.
    pub(crate) fn tell(&mut self, now: Nanos) {
        self.loop_back(now);
        self.watches.tell(&self.nets, now);
    }

    /// Brings what the outputs do at `now` to the inputs that are wired to them.
    fn loop_back(&mut self, now: Nanos) {
        for index in 0..self.loopbacks.len() {
            let signal = self.signal(&self.loopbacks[index].from);
            let high = signal.is_some_and(|signal| signal.is_high_at(signal.cycles(now)));
            self.nets.set_input(&self.loopbacks[index].to, high);
        }
    }

    /// Whether a signal may have changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}
