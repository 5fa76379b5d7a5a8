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
}

struct Watching {
    id: u64,
    /// Each with its level when it was last looked at.
    lines: Vec<(String, bool)>,
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

    /// Tells of what has changed since the last call.
    pub(crate) fn tell(&mut self, nets: &Nets, now: Nanos) {
        for Watching { lines, sink, .. } in &mut self.watching {
            for (line, (name, was_high)) in lines.iter_mut().enumerate() {
                let rising = nets.is_high(name);
                if std::mem::replace(was_high, rising) != rising {
                    sink(Edge { line, rising, at: Duration::from_nanos(now) });
                }
            }
        }
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
        let lines = lines.iter().map(|line| ((*line).to_owned(), circuit.nets.is_high(line))).collect();
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
