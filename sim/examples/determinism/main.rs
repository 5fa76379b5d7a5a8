//! Says what comes of the same runs on this machine: one hash for each board in each world, one for a picture of
//! each world, and one over all, which is the same on every machine, with every compiler and optimisation.
//!
//! Ends with 1 where it is another than the one that is kept. Whoever changes on purpose what the simulated
//! car does writes the new one: `cargo run --release -p sim --example determinism -- --renew`.

mod runs;

use std::io::{self, Write};
use std::process::ExitCode;

const KEPT: &str = include_str!("expected");

fn main() -> io::Result<ExitCode> {
    let runs = runs::all();
    let mut out = io::stdout().lock();
    for run in &runs {
        writeln!(out, "{run}")?;
    }
    let hash = format!("{:016x}", runs::hash(&runs));
    if std::env::args().any(|argument| argument == "--renew") {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/determinism/expected");
        std::fs::write(kept, format!("{hash}\n"))?;
        writeln!(out, "all {} runs: {hash}, which is kept from now on", runs.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    if hash == KEPT.trim() {
        writeln!(out, "all {} runs: {hash}, as everywhere", runs.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "all {} runs: {hash}, but {} is kept: if that is meant, `-- --renew` keeps the new one",
        runs.len(),
        KEPT.trim()
    )?;
    Ok(ExitCode::FAILURE)
}
