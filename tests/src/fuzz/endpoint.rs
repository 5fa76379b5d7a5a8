//! Any text as an endpoint. What is one is printed as itself.

use transport::Endpoint;

pub(super) fn any_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<Endpoint>() {
        Ok(endpoint) => {
            let again: Endpoint = endpoint.to_string().parse().expect("what is printed can be read");
            assert_eq!(again, endpoint, "{text:?} is printed as {endpoint}");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "one line: {error}"),
    }
}
