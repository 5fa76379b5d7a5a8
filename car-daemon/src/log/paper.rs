//! What the log says, for tests to read.
//!
//! What must never live here: anything that a daemon needs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// What is logged on this thread while `act` runs.
pub(crate) fn logged(act: impl FnOnce()) -> String {
    let paper = Paper::default();
    let writer = paper.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, act);
    let text = paper.0.lock().unwrap().clone();
    String::from_utf8(text).unwrap()
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
