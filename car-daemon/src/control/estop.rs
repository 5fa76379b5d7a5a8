//! The emergency stop: latched by anybody, released on purpose only.
//!
//! What lives here: whether it is latched, by whom, and whether the button is held. What must never
//! live here: who may release it.

use protocol::{Code, Fault, Latched};

/// The latch.
#[derive(Debug, Default)]
pub(crate) struct Estop {
    latched: Option<Latched>,
    /// The button that is pressed now, as the board names it.
    pressed: Option<String>,
}

impl Estop {
    pub(crate) fn latched(&self) -> Option<&Latched> {
        self.latched.as_ref()
    }

    /// Latches it; whether it was not before. The first who did it stays named.
    pub(crate) fn latch(&mut self, by: String, reason: Option<String>) -> bool {
        let new = self.latched.is_none();
        self.latched.get_or_insert(Latched { by, reason });
        new
    }

    /// What the button says; whether that latched it.
    pub(crate) fn button(&mut self, pressed: Option<&str>) -> bool {
        if self.pressed.as_deref() != pressed {
            self.pressed = pressed.map(str::to_owned);
        }
        pressed.is_some_and(|pin| self.latched.is_none() && self.latch(format!("the button at {pin}"), None))
    }

    /// Releases it; whether it was latched.
    ///
    /// # Errors
    /// While the button is held.
    pub(crate) fn release(&mut self) -> Result<bool, Fault> {
        match &self.pressed {
            Some(pin) => {
                let message = format!("the emergency stop's button at {pin} is pressed: let it out first");
                Err(Fault::new(Code::ESTOP, message))
            }
            None => Ok(self.latched.take().is_some()),
        }
    }

    /// Why nothing moves, if it is latched.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let Latched { by, reason } = self.latched.as_ref()?;
        let why = reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let message =
            format!("the emergency stop is latched by {by}{why}: `reset` releases it, once all is safe");
        Some(Fault::new(Code::ESTOP, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_who_latched_it_stays_named() {
        let mut estop = Estop::default();
        assert!(estop.latch("Anna".into(), Some("a child".into())));
        assert!(!estop.latch("Ben".into(), None));
        let fault = estop.fault().expect("latched");
        assert_eq!(fault.code, Code::ESTOP);
        assert!(fault.message.contains("by Anna (a child)"), "{fault}");
        assert_eq!((estop.release(), estop.release()), (Ok(true), Ok(false)));
        assert_eq!(estop.fault(), None);
    }

    #[test]
    fn a_button_latches_once_and_holds_until_it_is_let_out() {
        let mut estop = Estop::default();
        assert!(estop.button(Some("gpio:GPIO26")));
        assert!(!estop.button(Some("gpio:GPIO26")));
        assert!(estop.release().expect_err("held").message.contains("gpio:GPIO26"));
        assert!(!estop.button(None));
        assert!(estop.latched().is_some(), "letting it out releases nothing");
        assert_eq!(estop.release(), Ok(true));
    }
}
