//! Any message, in one dialect, as a daemon and as a client would read it. What a daemon has read is
//! answered, and what is a command is said again and must mean the same.

use protocol::{Answer, Command, DialectId, Requests};

pub(super) fn any_message(dialect: DialectId, data: &[u8]) {
    let dialect = dialect.get();
    // No state must come of it, so that only a panic counts.
    let _ = (DialectId::detect(data), dialect.decode_outgoing(data));
    let requests = dialect.decode(data);
    if let Requests::One(request) = &requests
        && let Ok(command) = &request.command
    {
        let said = dialect.request(None, command).expect("what was read can be said");
        let Requests::One(again) = dialect.decode(&said.data) else { panic!("one became many") };
        assert_eq!(again.command.as_ref(), Ok(command));
    }
    let replies = requests.answered_by(|command| match command {
        Command::Ping { value } => Ok(Answer::Pong { value, t: 0.0 }),
        _ => Ok(Answer::Done),
    });
    if let Some(replies) = replies {
        let answer = dialect.reply(&replies);
        dialect.decode_outgoing(&answer.data).expect("a client reads what a daemon writes");
    }
}
