//! Any bytes, in every dialect, as a daemon and as a client would read them. What a daemon has read
//! is answered, and what is a command is said again and must mean the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Answer, Command, DialectId, Requests};

fuzz_target!(|data: &[u8]| {
    let _ = DialectId::detect(data);
    for dialect in DialectId::ALL.map(DialectId::get) {
        let _ = dialect.decode_outgoing(data);
        let requests = dialect.decode(data);
        if let Requests::One(request) = &requests {
            if let Ok(command) = &request.command {
                let said = dialect.request(None, command).expect("what was read can be said");
                let Requests::One(again) = dialect.decode(&said.data) else { panic!("one became many") };
                assert_eq!(again.command.as_ref(), Ok(command));
            }
        }
        let replies = requests.answered_by(|command| match command {
            Command::Ping { value } => Ok(Answer::Pong { value, t: 0.0 }),
            _ => Ok(Answer::Stopped),
        });
        if let Some(replies) = replies {
            let answer = dialect.reply(&replies);
            dialect.decode_outgoing(&answer.data).expect("a client reads what a daemon writes");
        }
    }
});
