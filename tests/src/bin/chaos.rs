//! Plays the chaos over many seeds, or one of them for somebody to read.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tests::chaos::{self, Season};

/// Plays a whole daemon with clients on bad links, and holds it to its contract
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only this one, and say everything that happens in it
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
}

fn main() -> io::Result<ExitCode> {
    let Arguments { seeds, from, seed } = Arguments::parse();
    let mut out = io::stdout().lock();
    let failed = match seed {
        Some(seed) => {
            let outcome = chaos::run(seed, true);
            for line in &outcome.lines {
                writeln!(out, "{line}")?;
            }
            writeln!(out, "{}", outcome.verdict())?;
            !outcome.wrong.is_empty()
        }
        None => {
            let Season { played, hash, tally, failed } = chaos::many(from..from.saturating_add(seeds));
            writeln!(out, "{played} seeds, all fingerprints {hash:016x}: {tally:?}")?;
            if let Some(failed) = &failed {
                writeln!(out, "{}", failed.verdict())?;
            }
            failed.is_some()
        }
    };
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
