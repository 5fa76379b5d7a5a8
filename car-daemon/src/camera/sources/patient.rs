//! Sources in tests, on however busy a machine.
//!
//! What must never live here: what a test expects.

use std::time::{Duration, Instant};

use super::FrameSource;

/// Nothing in a test takes so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The next picture, or why there is none.
pub(super) fn next(source: &mut dyn FrameSource) -> Result<Vec<u8>, String> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match source.next(Duration::from_millis(200)) {
            Ok(Some(shot)) => return Ok(shot.jpeg.to_vec()),
            Ok(None) => {}
            Err(why) => return Err(why.0),
        }
    }
    panic!("neither a picture nor an error");
}
