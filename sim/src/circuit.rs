//! Everything that carries a signal, and the one question that the mechanics ask of it: what is on
//! this pin? What hangs at the pins is not known here.

use hal::IoError;
use hal::board::{Board, LoopbackSpec, PinRef};

use crate::bus::Buses;
use crate::clock::Nanos;
use crate::fault::Standing;
use crate::net::Nets;
use crate::scene::Scene;
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
    changed: bool,
}

impl Circuit {
    /// As at power-up.
    pub(crate) fn new(board: &Board) -> Self {
        let mut circuit = Self {
            nets: Nets::new(board),
            buses: Buses::new(&board.chips),
            watches: Watches::default(),
            loopbacks: board.loopbacks.clone(),
            changed: true,
        };
        circuit.reach_resets(0);
        circuit
    }

    /// What is on `pin`; `None` if the board has no such pin.
    pub(crate) fn signal(&self, pin: &PinRef) -> Option<Signal> {
        on_pin(&self.nets, &self.buses, pin)
    }

    /// Opens a line at a level, and says its number.
    pub(crate) fn open_line(&mut self, name: &str, high: bool) -> Result<usize, IoError> {
        self.nets.open_line(name, high)
    }

    /// Drives an open line.
    pub(crate) fn set_line(&mut self, index: usize, high: bool) {
        self.nets.set_line(index, high);
    }

    /// Lets the chips that lines of the computer reset feel what these carry, whatever it comes from.
    fn reach_resets(&mut self, now: Nanos) {
        self.buses.hold(|line| self.nets.is_high(line), now);
    }

    /// Lets the supply of chips and computer drop, or come back. Both are as after power-up then.
    pub(crate) fn set_down(&mut self, down: bool, now: Nanos) {
        self.nets.set_down(down);
        self.buses.set_down(down, now);
    }

    /// Wires are broken as far as that is so now.
    pub(crate) fn suffer(&mut self, faults: &Standing) {
        let stuck = &faults.stuck();
        self.buses.suffer(faults);
        self.buses.set_stuck(stuck);
        self.nets.set_stuck(stuck);
    }

    /// Does something at `now` that may change a signal.
    pub(crate) fn change<T>(&mut self, now: Nanos, act: impl FnOnce(&mut Self) -> T) -> T {
        self.changed = true;
        let done = act(self);
        self.reach_resets(now);
        done
    }

    /// Lets the chips do what is due.
    pub(crate) fn tick(&mut self, scene: &Scene<'_>) {
        self.changed |= self.buses.tick(scene);
    }

    /// Tells whoever watches a line of its edges until `now`.
    pub(crate) fn tell(&mut self, now: Nanos) {
        self.loop_back(now);
        self.watches.tell(&self.nets, now);
    }

    /// Brings what the outputs do at `now` to the inputs that are wired to them.
    fn loop_back(&mut self, now: Nanos) {
        for wire in &self.loopbacks {
            let signal = on_pin(&self.nets, &self.buses, &wire.from);
            let high = signal.is_some_and(|signal| signal.is_high_at(signal.cycles(now)));
            self.nets.set_input(&wire.to, high);
        }
    }

    /// Whether a signal may have changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}

fn on_pin(nets: &Nets, buses: &Buses, pin: &PinRef) -> Option<Signal> {
    match pin {
        PinRef::Gpio { line } => nets.line_signal(line),
        PinRef::Pwm { device, channel } => nets.channel_signal(device, *channel),
        PinRef::Chip { chip, channel } => buses.output(*chip, *channel),
    }
}
