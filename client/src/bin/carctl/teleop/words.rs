//! What the car says, in words for whoever sits at the keyboard: refusals with the key that helps, and events.

use client::CallError;
use protocol::{Code, Event};

/// Why it was not done, and what to do.
pub(super) fn refusal(error: &CallError) -> String {
    let CallError::Refused(fault) = error else { return error.to_string() };
    let why = without_words(&fault.message);
    match fault.code {
        Code::NOT_DRIVER => format!("{why}: t asks for the wheel, f takes it by force"),
        Code::ESTOP => format!("{why}: r releases it, once all is safe"),
        Code::HARDWARE => format!("{why}: r resets"),
        Code::NOT_AUTHORISED => format!("{why}: start again with --token-file FILE"),
        Code::BUSY if why.len() < fault.message.len() => format!("{why}: let go of the key for a moment"),
        _ => fault.message.clone(),
    }
}

/// Up to where it says what to type: here keys are pressed.
fn without_words(message: &str) -> &str {
    let typed = [": `", "; `", ": let go for"].iter().filter_map(|words| message.find(words)).min();
    &message[..typed.unwrap_or(message.len())]
}

/// A line of what happened; `None` where the screen shows it anyway.
pub(super) fn event(event: &Event, own: Option<u64>) -> Option<String> {
    Some(match event {
        Event::Driving { driver } if Some(*driver) == own => return None,
        Event::Driving { driver } => format!("session {driver} drives"),
        Event::Stopped { reason } => format!("stopped: {reason}"),
        Event::Lease { driver, .. } if driver.is_some() && *driver == own => {
            "you are at the wheel".to_owned()
        }
        Event::Lease { driver: Some(_), reason } => format!("at the wheel: {reason}"),
        Event::Lease { driver: None, reason } => format!("nobody is at the wheel ({reason})"),
        Event::Asked { session, .. } if Some(*session) == own => "you ask for the wheel".to_owned(),
        Event::Asked { who, .. } => format!("{who} asks for the wheel"),
        Event::Estop { latched: true, by, reason } => {
            let why = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("emergency stop by {by}{why}")
        }
        Event::Estop { latched: false, by, .. } => format!("emergency stop released by {by}"),
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

    #[test]
    fn a_refusal_names_the_key_that_helps() {
        let refused = |code, message: &str| refusal(&CallError::Refused(Fault::new(code, message)));
        assert_eq!(
            refused(
                Code::NOT_DRIVER,
                "session 3 drives, for 2.0 s now: `acquire` asks for it; `acquire force` takes"
            ),
            "session 3 drives, for 2.0 s now: t asks for the wheel, f takes it by force"
        );
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
    }
}
