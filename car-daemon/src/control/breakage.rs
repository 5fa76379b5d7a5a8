//! The hardware's fault: latched by the hardware, released on purpose only, and not before all answers again.
//!
//! What lives here: what failed, and whether it answers again. What must never live here: who may
//! release it, and how the hardware is asked.

use protocol::{Code, Fault};

/// What the words of a fault end with where only a reset is missing.
const ANSWERS: &str = "it answers again: reset";

/// Whether the hardware answers again, of which [`Breakage::said`] said so.
pub(crate) fn answers_again(said: &str) -> bool {
    said.ends_with(ANSWERS)
}

/// The latch.
#[derive(Debug, Default)]
pub(crate) struct Breakage(Option<Failed>);

#[derive(Debug)]
struct Failed {
    what: String,
    answers: bool,
}

impl Breakage {
    /// The hardware failed; whether that is news.
    pub(crate) fn fail(&mut self, what: &str) -> bool {
        let news = self.0.as_ref().is_none_or(|failed| failed.answers || failed.what != what);
        self.0 = Some(Failed { what: what.to_owned(), answers: false });
        news
    }

    /// The hardware answers again; whether that is news.
    pub(crate) fn answers(&mut self) -> bool {
        self.0.as_mut().is_some_and(|failed| !std::mem::replace(&mut failed.answers, true))
    }

    /// What failed, and what there is to do.
    pub(crate) fn said(&self) -> Option<String> {
        let Failed { what, answers } = self.0.as_ref()?;
        let then = if *answers { ANSWERS } else { "it still does not answer" };
        Some(format!("{what}; {then}"))
    }

    /// Why nothing moves, while it is latched.
    pub(crate) fn fault(&self) -> Option<Fault> {
        Some(Fault::new(Code::HARDWARE, format!("hardware fault: {}", self.said()?)))
    }

    /// Whether it can be released, if it is latched at all.
    ///
    /// # Errors
    /// While the hardware does not answer.
    pub(crate) fn may_release(&self) -> Result<(), Fault> {
        match self.fault() {
            Some(fault) if self.0.as_ref().is_some_and(|failed| !failed.answers) => Err(fault),
            _ => Ok(()),
        }
    }

    /// Releases it; whether it was latched.
    pub(crate) fn release(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_whether_the_hardware_answers_again() {
        let mut breakage = Breakage::default();
        assert_eq!((breakage.said(), breakage.fault(), breakage.may_release()), (None, None, Ok(())));
        assert!(breakage.fail("chip: gone"));
        assert_eq!(breakage.said().as_deref(), Some("chip: gone; it still does not answer"));
        assert!(breakage.answers());
        let fault = breakage.fault().expect("latched");
        assert_eq!(fault.code, Code::HARDWARE);
        assert_eq!(fault.message, "hardware fault: chip: gone; it answers again: reset");
        assert_eq!(breakage.may_release(), Ok(()));
        assert_eq!((breakage.release(), breakage.release()), (true, false));
    }

    #[test]
    fn each_change_is_news_once() {
        let mut breakage = Breakage::default();
        assert!(!breakage.answers(), "it never failed");
        assert_eq!((breakage.fail("a"), breakage.fail("a"), breakage.fail("b")), (true, false, true));
        assert_eq!((breakage.answers(), breakage.answers()), (true, false));
        assert!(breakage.fail("b"), "again");
    }

    #[test]
    fn while_the_hardware_does_not_answer_it_cannot_be_released() {
        let mut breakage = Breakage::default();
        breakage.fail("a");
        breakage.answers();
        breakage.fail("a");
        assert_eq!(breakage.may_release().expect_err("gone again").code, Code::HARDWARE);
    }
}
