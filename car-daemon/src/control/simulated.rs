//! What only a simulated car can be told: who says it is heard by everybody, and a car that is taken in hand
//! stands.
//!
//! What must never live here: how it is done.

use std::time::Duration;

use hal::Board;
use protocol::{Answer, Code, Event, Fault, SimOrder};
use sim::{Outage, Said, Which};

use super::{Gate, SessionId};

impl Gate {
    /// Whether the simulator may be told to do it; that it is done, the hardware says.
    ///
    /// # Errors
    /// This car is none, or has nothing of what is said.
    pub(super) fn simulate(
        &mut self,
        id: SessionId,
        order: &SimOrder,
        now: Duration,
    ) -> Result<Answer, Fault> {
        let Some(board) = &self.rules.simulated else {
            let message =
                "only a simulated car can do this, and this one is not: start the daemon on platform sim";
            return Err(Fault::new(Code::METHOD_NOT_FOUND, message));
        };
        let what = match order {
            SimOrder::Fault { .. } => broke(&outage(order, board)?),
            SimOrder::Mend { fault, on } => {
                which(order, board)?;
                mended(fault.as_deref(), on.as_deref())
            }
            SimOrder::Reset => "put the car back to where it began".to_owned(),
            SimOrder::Teleport { x, y, heading } => {
                let (x, y, heading) = (x.metres(), y.metres(), heading.radians());
                format!("asks for the car to be at {x} m, {y} m, heading {heading} rad")
            }
            // Nothing that anybody else has to know.
            _ => return Ok(Answer::Done),
        };
        let by = self.label(id);
        if matches!(order, SimOrder::Reset | SimOrder::Teleport { .. }) {
            self.stop_for(id, None, format!("{by} {what}"), now);
        }
        self.events.push(Event::Sim { by, what });
        Ok(Answer::Done)
    }
}

/// `broke chip-silent pca9685@0x40 for 2 s`
fn broke(Outage { fault, lasts }: &Outage) -> String {
    let lasts = lasts.map_or_else(String::new, |lasts| format!(" for {} s", lasts.as_secs_f64()));
    format!("broke {fault}{lasts}")
}

/// `mended chip-silent pca9685@0x40`
fn mended(fault: Option<&str>, on: Option<&str>) -> String {
    let what: Vec<&str> = fault.into_iter().chain(on).collect();
    format!("mended {}", if what.is_empty() { "everything".to_owned() } else { what.join(" ") })
}

/// What shall break.
///
/// # Errors
/// The board has nothing of it, in words.
pub(crate) fn outage(order: &SimOrder, board: &Board) -> Result<Outage, Fault> {
    let SimOrder::Fault { fault, on, level, count, for_s } = order else { return Err(stranger(order)) };
    let said = Said { fault, on: on.as_deref(), level: level.as_deref(), count: *count, for_s: *for_s };
    sim::Fault::read(&said, board).map_err(|wrong| params("sim.fault", &wrong))
}

/// What shall be mended.
///
/// # Errors
/// As of [`outage`].
pub(crate) fn which(order: &SimOrder, board: &Board) -> Result<Which, Fault> {
    let SimOrder::Mend { fault, on } = order else { return Err(stranger(order)) };
    Which::read(fault.as_deref(), on.as_deref(), board).map_err(|wrong| params("sim.mend", &wrong))
}

fn params(method: &str, wrong: &str) -> Fault {
    Fault::new(Code::INVALID_PARAMS, format!("{method}: {wrong}"))
}

fn stranger(order: &SimOrder) -> Fault {
    Fault::new(Code::INTERNAL, format!("the simulator was asked to do {order:?}"))
}
