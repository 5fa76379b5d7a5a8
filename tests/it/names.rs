//! What the daemon takes for a name from one side, it takes from the other.

use protocol::{Command, DialectId, Requests};
use serde_json::json;

/// Whether a client can name an output so.
fn can_be_sent(name: &str) -> bool {
    let call =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "output", "params": { "name": name, "level": 1 } });
    match DialectId::Json.get().decode(call.to_string().as_bytes()) {
        Requests::One(request) => {
            matches!(request.command, Ok(Command::Output { name: read, .. }) if read == name)
        }
        Requests::Batch(_) => false,
    }
}

#[test]
fn a_board_names_nothing_that_no_client_can_send() {
    // Planes 0 and 1 have every character that is special; those above have none.
    let chars = (0..0x1_0000).filter_map(char::from_u32).map(|c| format!("a{c}b"));
    let long = [63, 64, 65].map(|length| "ü".repeat(length));
    for name in chars.chain(long) {
        assert_eq!(hal::file::is_name(&name), can_be_sent(&name), "{name:?}");
    }
    // What is not there names nothing, though it is text.
    assert!(!hal::file::is_name(""));
}
