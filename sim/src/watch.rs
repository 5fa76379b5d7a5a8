//! Who is told of edges on the computer's input lines. What drives those lines is not known here.

use std::fmt;
use std::time::Duration;

use hal::IoError;
use hal::platform::{Edge, EdgeSink};

use crate::clock::Nanos;
use crate::engine::Shared;
use crate::net::Nets;

/// Everybody who watches.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    watching: Vec<Watching>,
    opened: u64,
    /// Edges that nobody was told of yet, each with the place of whom it concerns. There are some only while the
    /// world is locked.
    found: Vec<(usize, Edge)>,
}

struct Watching {
    id: u64,
    /// By their numbers, each with its level when it was last looked at.
    lines: Vec<(usize, bool)>,
    sink: EdgeSink,
    /// A line sensor drives one of them.
    floor: bool,
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl Watches {
    /// Whether somebody watches what a line sensor sees.
    pub(crate) fn floor(&self) -> bool {
        self.watching.iter().any(|watching| watching.floor)
    }

    /// Notes what has changed since the last call, as edges at a time.
    pub(crate) fn note(&mut self, nets: &mut Nets, at: Nanos) {
        if !nets.take_moved() {
            return;
        }
        let at = Duration::from_nanos(at);
        for (place, Watching { lines, .. }) in self.watching.iter_mut().enumerate() {
            for (line, (input, was_high)) in lines.iter_mut().enumerate() {
                let rising = nets.input_is_high(*input);
                if std::mem::replace(was_high, rising) != rising {
                    self.found.push((place, Edge { line, rising, at }));
                }
            }
        }
    }

    /// Tells of what was noted, in the order of time. A sink is code of others, which may panic: the world must be
    /// whole when this is called. What would have been told after it is lost then, and no more.
    pub(crate) fn tell(&mut self) {
        if self.found.is_empty() {
            return;
        }
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|(_, edge)| edge.at);
        for (place, edge) in found.drain(..) {
            (self.watching[place].sink)(edge);
        }
        self.found = found;
    }
}

/// Watches open lines. Dropped, they can be opened again.
pub(crate) struct Handle {
    engine: Shared,
    id: u64,
    /// By their numbers.
    lines: Vec<usize>,
}

impl Handle {
    /// Opens lines that the board has as inputs, all of them or none.
    pub(crate) fn open(engine: &Shared, lines: &[&str], sink: EdgeSink) -> Result<Self, IoError> {
        let mut handle = Self { engine: engine.clone(), id: 0, lines: Vec::new() };
        for line in lines {
            // What is open already is closed with the handle.
            let index = handle.engine.lock().circuit.nets.open_input(line)?;
            handle.lines.push(index);
        }
        let mut engine = handle.engine.lock();
        engine.look_down();
        let floor = handle.lines.iter().any(|line| engine.is_floor(*line));
        let circuit = &mut engine.circuit;
        let lines = handle.lines.iter().map(|line| (*line, circuit.nets.input_is_high(*line))).collect();
        circuit.watches.opened += 1;
        handle.id = circuit.watches.opened;
        circuit.watches.watching.push(Watching { id: handle.id, lines, sink, floor });
        drop(engine);
        Ok(handle)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut engine = self.engine.lock();
        for index in &self.lines {
            engine.circuit.nets.close_input(*index);
        }
        let gone = |watching: &mut Watching| watching.id == self.id;
        let gone: Vec<Watching> = engine.circuit.watches.watching.extract_if(.., gone).collect();
        // A sink that ends something of this world must not find it locked.
        drop(engine);
        drop(gone);
    }
}
