//! The kind of a stop: by what the gate was told, and by what else happened then. The words of its reason are
//! for people.
//!
//! What must never live here: whether the car stops.

use protocol::{Command, Event};

use crate::control::Input;

/// Of a control loop that is stuck.
pub(super) const STALLED: &str = "stalled";

/// Every kind.
pub(super) const KINDS: [&str; 12] = [
    "stop",
    "estop",
    "hardware",
    "gone",
    "silence",
    "lease",
    "role",
    "shutdown",
    "simulator",
    "video",
    STALLED,
    "other",
];

/// Of what happened at once, the stop; `input` is absent where the hardware looked at the gate, and time did it.
pub(super) fn kind(input: Option<&Input>, events: &[Event]) -> Option<&'static str> {
    events.iter().find(|event| matches!(event, Event::Stopped { .. }))?;
    let any = |is: fn(&Event) -> bool| events.iter().any(is);
    Some(match input {
        _ if any(|event| matches!(event, Event::Estop { latched: true, .. })) => "estop",
        _ if any(|event| matches!(event, Event::Hardware { fault: Some(_) })) => "hardware",
        Some(Input::Asked { command: Command::Stop { .. }, .. }) => "stop",
        Some(Input::Asked { command: Command::Sim(_), .. }) => "simulator",
        Some(Input::Video { .. }) => "video",
        Some(Input::Closed { .. }) => "gone",
        Some(Input::Closing { .. }) => "shutdown",
        Some(Input::Granted { .. } | Input::Reloaded { .. }) => "role",
        // It was given back, taken by force, or ran out.
        _ if any(|event| matches!(event, Event::Lease { .. })) => "lease",
        None => "silence",
        Some(_) => "other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped() -> Event {
        Event::Stopped { reason: "whatever".into() }
    }

    #[test]
    fn a_stop_is_of_a_kind_by_what_the_gate_was_told() {
        let asked = |command| Input::Asked { session: 7, command };
        let lease = Event::Lease { driver: None, reason: "it ran out".into() };
        let latched = Event::Estop { latched: true, by: "session 1".into(), reason: None };
        let broken = Event::Hardware { fault: Some("motor left: gone".into()) };
        let gone = Input::Closed { session: 7, why: "cut off".into() };
        for (input, others, expected) in [
            (Some(asked(Command::Stop { seq: None })), vec![], "stop"),
            (Some(asked(Command::Estop { reason: None })), vec![latched.clone()], "estop"),
            (None, vec![latched], "estop"),
            (None, vec![broken], "hardware"),
            (None, vec![], "silence"),
            (None, vec![lease.clone()], "lease"),
            (Some(asked(Command::Release)), vec![lease.clone()], "lease"),
            (Some(gone), vec![lease], "gone"),
            (Some(Input::Closing { why: "bye".into() }), vec![], "shutdown"),
            (Some(Input::Video { session: 7, lost: Some("dark".into()) }), vec![], "video"),
        ] {
            let events: Vec<_> = [stopped()].into_iter().chain(others).collect();
            assert_eq!(kind(input.as_ref(), &events), Some(expected), "{input:?} {events:?}");
            assert!(KINDS.contains(&expected));
        }
        assert_eq!(kind(Some(&asked(Command::Stop { seq: None })), &[]), None, "it stood already");
    }
}
