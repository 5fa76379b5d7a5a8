//! What the car says, in words for whoever sits at the keyboard: refusals with the key that helps, and events.

use client::CallError;
use protocol::{Code, Event};

use crate::refusal::{why, yields_to_force};

/// How the daemon tells a stick that is still held what to do.
const LET_GO: &str = ": let go for";

/// Why it was not done, and which key helps; `asked` where it was the wheel that was asked for.
pub(super) fn refusal(error: &CallError, asked: bool) -> String {
    let CallError::Refused(fault) = error else { return error.to_string() };
    let why = why(fault);
    match fault.code {
        Code::NOT_DRIVER => match (asked, yields_to_force(fault)) {
            (false, true) => format!("{why}: t asks for the wheel, f takes it by force"),
            (false, false) => format!("{why}: t asks for the wheel"),
            (true, true) => format!("{why}: f takes it by force"),
            (true, false) => why.to_owned(),
        },
        Code::ESTOP => format!("{why}: r releases it, once all is safe"),
        Code::HARDWARE => format!("{why}: r resets"),
        Code::NOT_AUTHORISED => format!("{why}: start again with --token-file FILE"),
        Code::BUSY => match why.split_once(LET_GO) {
            Some((why, _)) => format!("{why}: let go of the key for a moment"),
            None => why.to_owned(),
        },
        _ => fault.message.clone(),
    }
}

/// A sentence of the car, in which its first person is `you` where that is the session `own`.
pub(super) fn as_yours(sentence: &str, own: Option<u64>) -> String {
    let yours = || {
        // The car calls people `session 3 (tablet, 192.0.2.7:40112)`; a name may have pairs of parentheses, too.
        let (before, label) = sentence.split_once(&format!("session {} (", own?))?;
        let mut depth = 1;
        let end = label.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        })?;
        let behind = &label[end + 1..];
        // Who latched before a restart had its number from a daemon that is gone.
        let is_own = !before.contains("session ") && !behind.starts_with(", before a restart");
        is_own.then(|| format!("{before}you{behind}"))
    };
    yours().unwrap_or_else(|| sentence.to_owned())
}

/// A line of what happened; `None` where the screen shows it anyway.
pub(super) fn event(event: &Event, own: Option<u64>) -> Option<String> {
    Some(match event {
        Event::Driving { driver } if Some(*driver) == own => return None,
        Event::Driving { driver } => format!("session {driver} drives"),
        Event::Stopped { reason } => format!("stopped: {}", as_yours(reason, own)),
        Event::Lease { driver, .. } if driver.is_some() && *driver == own => {
            "you are at the wheel".to_owned()
        }
        Event::Lease { driver: Some(_), reason } => format!("at the wheel: {}", as_yours(reason, own)),
        Event::Lease { driver: None, reason } => {
            format!("nobody is at the wheel: {}", as_yours(reason, own))
        }
        Event::Asked { session, .. } if Some(*session) == own => "you ask for the wheel".to_owned(),
        Event::Asked { who, .. } => format!("{who} asks for the wheel"),
        Event::Estop { latched: true, by, reason } => {
            let why = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("emergency stop by {}{why}", as_yours(by, own))
        }
        Event::Estop { latched: false, by, .. } => {
            format!("emergency stop released by {}", as_yours(by, own))
        }
        Event::Hardware { fault: Some(fault) } => format!("hardware: {fault}"),
        Event::Hardware { fault: None } => "hardware: reset".to_owned(),
        Event::Battery { empty: true, volts } => format!("the battery is empty: {volts:.2} V"),
        Event::Battery { empty: false, volts } => format!("the battery is no longer empty: {volts:.2} V"),
        Event::Sensor { sensor, fault: Some(fault) } => format!("sensor {sensor}: {fault}"),
        Event::Sensor { sensor, fault: None } => format!("sensor {sensor} answers again"),
        Event::Sim { by, what } => format!("{by} {what}"),
        Event::Missed { count } => format!("{count} events were missed"),
        Event::Bye { reason } => format!("the daemon leaves: {reason}"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use protocol::Fault;

    use super::*;
    use crate::refusal::tests::driven;

    #[test]
    fn a_refusal_names_the_key_that_helps() {
        let refused = |code, message: &str| refusal(&CallError::Refused(Fault::new(code, message)), false);
        let (now, never) = (
            "session 3 (ann, 10.0.0.2:9) drives, for 2.0 s now",
            ": no force takes it, for your priority 50 is not above its 60",
        );
        for (force, asked, keys) in [
            (true, false, ": t asks for the wheel, f takes it by force"),
            (true, true, ": f takes it by force"),
            (false, false, ": t asks for the wheel"),
            (false, true, ""),
        ] {
            let why = if force { "" } else { never };
            let told = refusal(&CallError::Refused(driven(force)), asked);
            assert_eq!(told, format!("{now}{why}{keys}"));
        }
        assert_eq!(
            refused(
                Code::ESTOP,
                "the emergency stop is latched by ann: `reset` releases it, once all is safe"
            ),
            "the emergency stop is latched by ann: r releases it, once all is safe"
        );
        assert_eq!(
            refused(Code::BUSY, "ann stopped it: let go for 500 ms, or send zeros, before you drive again"),
            "ann stopped it: let go of the key for a moment"
        );
        assert_eq!(refused(Code::BUSY, "the daemon is shutting down"), "the daemon is shutting down");
    }

    #[test]
    fn what_the_own_session_does_is_told_as_yours() {
        let lease = Event::Lease { driver: Some(4), reason: "session 4 took it".to_owned() };
        assert_eq!(event(&lease, Some(4)).as_deref(), Some("you are at the wheel"));
        assert_eq!(event(&lease, Some(5)).as_deref(), Some("at the wheel: session 4 took it"));
        assert_eq!(event(&Event::Driving { driver: 4 }, Some(4)), None);
        let latched = Event::Estop {
            latched: true,
            by: "session 4 (carctl, uid 0, pid 7)".to_owned(),
            reason: Some("session 4 (x) fell".to_owned()),
        };
        assert_eq!(
            event(&latched, Some(4)).as_deref(),
            Some("emergency stop by you: session 4 (x) fell"),
            "a reason is somebody's own words"
        );
    }

    #[test]
    fn the_own_session_is_you_in_what_the_car_says_and_nobody_else_is() {
        for (said, told) in [
            ("session 4 (carctl, uid 0, pid 9229) said stop", "you said stop"),
            ("session 4 (a (b), [::1]:2) said stop", "you said stop"),
            ("session 4 (10.0.0.2:9) sent nothing new for 300 ms", "you sent nothing new for 300 ms"),
            ("emergency stop by session 4 (10.0.0.2:9): a child", "emergency stop by you: a child"),
        ] {
            assert_eq!(as_yours(said, Some(4)), told);
            assert_eq!(as_yours(said, Some(40)), said);
            assert_eq!(as_yours(said, None), said);
        }
        for said in [
            "session 5 (session 4 (x), 10.0.0.2:9) said stop",
            "session 4 (10.0.0.2:9), before a restart",
            "session 4 (",
            "the command ran out",
        ] {
            assert_eq!(as_yours(said, Some(4)), said);
        }
    }
}
