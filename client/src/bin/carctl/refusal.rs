//! What the daemon says of a refusal, for people who type commands or press keys and send no messages.
//!
//! What must never live here: what is typed or pressed instead.

use protocol::{Code, Fault};

/// Why it was not done, up to where the daemon says what a program would send now.
pub(crate) fn why(fault: &Fault) -> &str {
    let sent = [": `", "; `"].iter().filter_map(|words| fault.message.find(words)).min();
    &fault.message[..sent.unwrap_or(fault.message.len())]
}

/// Whether somebody else drives from whom the wheel could be taken.
pub(crate) fn yields_to_force(fault: &Fault) -> bool {
    let force = fault.data.as_ref().and_then(|data| data["force"].as_bool());
    fault.code == Code::NOT_DRIVER && force == Some(true)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// The refusal, as the daemon says it.
    pub(crate) fn driven(force: bool) -> Fault {
        let how = match force {
            true => "`acquire` asks for it; `acquire force` takes it at once",
            false => "no force takes it, for your priority 50 is not above its 60; `acquire` asks for it",
        };
        let message = format!("session 3 (ann, 10.0.0.2:9) drives, for 2.0 s now: {how}");
        Fault { data: Some(json!({ "force": force })), ..Fault::new(Code::NOT_DRIVER, message) }
    }

    #[test]
    fn what_a_program_would_send_is_left_out() {
        assert_eq!(why(&driven(true)), "session 3 (ann, 10.0.0.2:9) drives, for 2.0 s now");
        assert_eq!(
            why(&driven(false)),
            "session 3 (ann, 10.0.0.2:9) drives, for 2.0 s now: no force takes it, for your priority 50 is \
             not above its 60"
        );
        assert_eq!(
            why(&Fault::new(Code::HARDWARE, "no power: look at the cable")),
            "no power: look at the cable"
        );
        assert!(yields_to_force(&driven(true)) && !yields_to_force(&driven(false)));
    }
}
