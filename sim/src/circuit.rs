//! Everything that carries a signal, and the one question that the mechanics ask of it: what is on
//! this pin? What hangs at the pins is not known here.

use hal::IoError;
use hal::board::{Board, PinRef};

use crate::bus::Buses;
use crate::clock::Nanos;
use crate::fault::Standing;
use crate::net::Nets;
use crate::scene::Scene;
use crate::signal::Signal;
use crate::watch::Watches;
use crate::wire::{self, Wire};

/// The computer's pins and the chips on its buses.
#[derive(Debug)]
pub(crate) struct Circuit {
    pub(crate) nets: Nets,
    pub(crate) buses: Buses,
    pub(crate) watches: Watches,
    loopbacks: Vec<Wire>,
    changed: bool,
}

impl Circuit {
    /// As at power-up.
    pub(crate) fn new(board: &Board) -> Self {
        let nets = Nets::new(board);
        let wires = board.loopbacks.iter();
        let wires =
            wires.filter_map(|wire| Some(Wire { from: wire.from.clone(), to: nets.input(&wire.to)? }));
        let mut circuit = Self {
            loopbacks: wires.collect(),
            nets,
            buses: Buses::new(&board.chips),
            watches: Watches::default(),
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

    /// Tells whoever watches a line of its edges until `now`. These are told by code of others: the world must be
    /// whole.
    pub(crate) fn tell(&mut self, now: Nanos) {
        self.loop_back(now, now);
        self.note(now);
        self.watches.tell();
    }

    /// What has changed on a line that somebody watches is an edge at that time, to be told later.
    pub(crate) fn note(&mut self, at: Nanos) {
        self.watches.note(&mut self.nets, at);
    }

    /// Brings what the outputs do from one time to another to the inputs that are wired to them, edge by edge.
    pub(crate) fn loop_back(&mut self, from: Nanos, to: Nanos) {
        for Wire { from: output, to: input } in &self.loopbacks {
            let signal = on_pin(&self.nets, &self.buses, output).unwrap_or(Signal::LOW);
            let mut edge = Some((from, wire::is_high(signal, from)));
            while let Some((at, high)) = edge.take_if(|(at, _)| *at <= to) {
                self.nets.drive_input(*input, high);
                self.watches.note(&mut self.nets, at);
                edge = wire::next_edge(signal, at);
            }
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
