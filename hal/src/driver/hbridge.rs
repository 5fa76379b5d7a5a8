//! A motor behind an H-bridge, by the truth table of the bridge.
//!
//! What lives here: the tables, and the order in which wires change. A new bridge is a new table.
//! What must never live here: sides of the car, limits, slew.
//!
//! A change takes three steps, so that wires which are only staged can be flushed between them, for
//! several motors at once: [`zero`](HBridge::zero), [`switch`](HBridge::switch),
//! [`power`](HBridge::power). A motor that changes its row of the table (reverses, brakes, starts)
//! has zero duty before its inputs change, and no duty again before they have changed. Where the row
//! stays, the first two steps write nothing.
//!
//! The standby line of a TB6612FNG serves both of its motors, so it is not part of either.

use embedded_hal::digital::OutputPin;
use embedded_hal::pwm::SetDutyCycle;

/// What a wire does in a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Low, or always off.
    Low,
    /// High, or always on.
    High,
    /// Modulated: the power is the duty.
    Duty,
}

use Signal::{Duty, High, Low};

/// The truth table of a bridge: what each wire does, in the order of `wires`.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// What the data sheet calls the wires.
    pub wires: &'static [&'static str],
    /// Turns forward.
    pub forward: &'static [Signal],
    /// Turns backward.
    pub reverse: &'static [Signal],
    /// The motor's leads are open.
    pub coast: &'static [Signal],
    /// The motor's leads are shorted; open again, where they cannot be shorted, or not without a danger.
    pub brake: &'static [Signal],
}

/// Toshiba TB6612FNG, data sheet of 2014, page 4, H-SW control function.
pub static TB6612: Table = Table {
    wires: &["in1", "in2", "pwm"],
    forward: &[High, Low, Duty],
    reverse: &[Low, High, Duty],
    coast: &[Low, Low, Low],
    brake: &[High, High, Low],
};

/// ST L298, data sheet of 2000, figure 6.
pub static L298N: Table = Table {
    wires: &["in1", "in2", "en"],
    forward: &[High, Low, Duty],
    reverse: &[Low, High, Duty],
    coast: &[Low, Low, Low],
    brake: &[Low, Low, High],
};

/// TI DRV8833, SLVSAR1E, tables 1 and 2: between pulses the motor coasts (fast decay). For inputs that are
/// written together: one of them high alone is full power.
pub static DRV8833: Table = Table {
    wires: &["in1", "in2"],
    forward: &[Duty, Low],
    reverse: &[Low, Duty],
    coast: &[Low, Low],
    brake: &[High, High],
};

/// The same for inputs that are written one after the other: without its brake, so that of a change which is
/// cut off half-way no half drives.
pub static DRV8833_APART: Table = Table {
    wires: &["in1", "in2"],
    forward: &[Duty, Low],
    reverse: &[Low, Duty],
    coast: &[Low, Low],
    brake: &[Low, Low],
};

/// The inputs of SunFounder's Robot HAT: one for the direction, which is high for forward, one for the
/// magnitude (its library robot_hat 2.x, `motor.py`, motor mode 1). No magnitude stops the motor whatever
/// the direction; a brake apart from that it does not have.
pub static ROBOT_HAT: Table = Table {
    wires: &["direction", "pwm"],
    forward: &[High, Duty],
    reverse: &[Low, Duty],
    coast: &[Low, Low],
    brake: &[Low, Low],
};

impl Table {
    /// Whether a wire is modulated in some row, and so needs PWM.
    #[must_use]
    pub fn is_modulated(&self, wire: usize) -> bool {
        [self.forward, self.reverse].iter().any(|row| row.get(wire) == Some(&Duty))
    }
}

/// A power, -1 (full reverse) to 1 (full forward).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power(f64);

impl Power {
    /// `None` for what is beyond ±1 or not a number.
    #[must_use]
    pub fn new(power: f64) -> Option<Self> {
        (-1.0..=1.0).contains(&power).then_some(Self(power))
    }

    /// As a number again.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

/// What a motor shall do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Turn. No power at all is the same as [`Brake`](Self::Brake), so that a bridge whose table has no
    /// short in it when the duty is zero stops no later than the others.
    Power(Power),
    /// Short the motor.
    Brake,
    /// Leave the motor alone.
    Coast,
}

impl Command {
    fn row(self, table: &'static Table) -> (&'static [Signal], f64) {
        match self {
            Self::Power(Power(power)) if power > 0.0 => (table.forward, power),
            Self::Power(Power(power)) if power < 0.0 => (table.reverse, -power),
            Self::Power(_) | Self::Brake => (table.brake, 0.0),
            Self::Coast => (table.coast, 0.0),
        }
    }
}

/// What a wire is connected to.
#[derive(Debug)]
pub enum Wire<L, P> {
    /// A line that is low or high.
    Level(L),
    /// A PWM output. Serves as a level too.
    Pwm(P),
}

impl<E, L: OutputPin<Error = E>, P: SetDutyCycle<Error = E>> Wire<L, P> {
    /// `share` of the time high: 0 or 1 on a level.
    fn set(&mut self, share: f64) -> Result<(), E> {
        match self {
            Self::Level(line) => line.set_state((share > 0.0).into()),
            Self::Pwm(pwm) => {
                let duty = (f64::from(pwm.max_duty_cycle()) * share).round();
                // At most the maximum, as `share` is at most 1.
                pwm.set_duty_cycle(duty as u16)
            }
        }
    }
}

/// The wires do not fit the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WiringError {
    /// One for each wire of the table, no more and no less.
    #[error("the bridge has {wanted} wires, not {given}")]
    Count {
        /// Of the table.
        wanted: usize,
        /// Of the caller.
        given: usize,
    },
    /// A plain line cannot carry the duty.
    #[error("the wire {0} needs PWM")]
    NeedsPwm(&'static str),
}

/// A motor behind a bridge. A drop brakes it.
#[derive(Debug)]
pub struct HBridge<E, L: OutputPin<Error = E>, P: SetDutyCycle<Error = E>> {
    table: &'static Table,
    wires: Vec<Wire<L, P>>,
    /// What each wire is known to do.
    shares: Vec<Option<f64>>,
    /// The row that the inputs are known to be in.
    row: Option<&'static [Signal]>,
}

impl<E, L: OutputPin<Error = E>, P: SetDutyCycle<Error = E>> HBridge<E, L, P> {
    /// A bridge with its wires in the order of `table`. Writes nothing.
    ///
    /// # Errors
    /// Wires that do not fit the table.
    pub fn new(table: &'static Table, wires: Vec<Wire<L, P>>) -> Result<Self, WiringError> {
        if wires.len() != table.wires.len() {
            return Err(WiringError::Count { wanted: table.wires.len(), given: wires.len() });
        }
        for (index, (wire, name)) in wires.iter().zip(table.wires).enumerate() {
            if table.is_modulated(index) && matches!(wire, Wire::Level(_)) {
                return Err(WiringError::NeedsPwm(name));
            }
        }
        let shares = vec![None; wires.len()];
        Ok(Self { table, wires, shares, row: None })
    }

    /// First step to `next`: no duty, if the row changes.
    ///
    /// # Errors
    /// What the wire says. The wire is then unknown, and written again next time.
    pub fn zero(&mut self, next: Command) -> Result<(), E> {
        let (row, _) = next.row(self.table);
        if self.row == Some(row) {
            return Ok(());
        }
        self.row = None;
        self.write(|table, wire| table.is_modulated(wire).then_some(0.0))
    }

    /// Second step: the inputs.
    ///
    /// # Errors
    /// As of [`zero`](Self::zero).
    pub fn switch(&mut self, next: Command) -> Result<(), E> {
        let (row, power) = next.row(self.table);
        self.write(|table, wire| (!table.is_modulated(wire)).then(|| share(row[wire], power)))
    }

    /// Last step: the duty. Never without the step before, flushed: one of the tables brakes with full
    /// duty, which drives the motor if its inputs are not what they should be.
    ///
    /// # Errors
    /// As of [`zero`](Self::zero). The other modulated wires then have no duty either.
    pub fn power(&mut self, next: Command) -> Result<(), E> {
        let (row, power) = next.row(self.table);
        let written = self.write(|table, wire| table.is_modulated(wire).then(|| share(row[wire], power)));
        if written.is_err() {
            // Half of a brake by two modulated wires is full power. What fails again is told already.
            let _told = self.write(|table, wire| table.is_modulated(wire).then_some(0.0));
            return written;
        }
        self.row = Some(row);
        Ok(())
    }

    /// The three steps at once, for wires that need no flush.
    ///
    /// # Errors
    /// As of [`zero`](Self::zero).
    pub fn apply(&mut self, next: Command) -> Result<(), E> {
        self.zero(next)?;
        self.switch(next)?;
        self.power(next)
    }

    /// Takes nothing for granted: the next three steps write every wire.
    pub fn forget(&mut self) {
        self.shares.fill(None);
        self.row = None;
    }

    /// The wires, as they are.
    pub fn release(mut self) -> Vec<Wire<L, P>> {
        std::mem::take(&mut self.wires)
    }

    /// Sets each wire to what `wanted` says of it, if it says anything and that is new. A wire that
    /// fails keeps none of the others from being written.
    fn write(&mut self, wanted: impl Fn(&Table, usize) -> Option<f64>) -> Result<(), E> {
        let mut result = Ok(());
        for (index, (wire, known)) in self.wires.iter_mut().zip(&mut self.shares).enumerate() {
            match wanted(self.table, index) {
                Some(share) if *known != Some(share) => {
                    let written = wire.set(share);
                    *known = written.is_ok().then_some(share);
                    result = result.and(written);
                }
                _ => {}
            }
        }
        result
    }
}

impl<E, L: OutputPin<Error = E>, P: SetDutyCycle<Error = E>> Drop for HBridge<E, L, P> {
    fn drop(&mut self) {
        // Nobody is left to tell. Whoever must know brakes before.
        let _unheard = self.zero(Command::Brake);
        if self.switch(Command::Brake).is_ok() {
            let _unheard = self.power(Command::Brake);
        }
    }
}

fn share(signal: Signal, power: f64) -> f64 {
    match signal {
        Low => 0.0,
        High => 1.0,
        Duty => power,
    }
}

#[cfg(test)]
#[path = "hbridge_tests.rs"]
mod tests;
