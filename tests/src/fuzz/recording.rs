//! Any bytes as a recording. What is wrong is said with its line; what is right is had again.

use car_daemon::replay::{compare, replay};

pub(super) fn any_bytes(data: &[u8]) {
    match replay(data) {
        Ok(replayed) => assert!(!replayed.to_string().is_empty()),
        Err(damage) => assert!(damage.line > 0 && !damage.what.is_empty()),
    }
    if let Ok((_, difference)) = compare(data, data) {
        assert_eq!(difference, None, "it is the same as itself");
    }
}
