//! `carctl`: the car from a shell. Arguments are read here, each command has a file.
//!
//! Exit codes: 0 fine, 1 failed while running, 2 wrong arguments.

mod args;
mod calibrate;
mod commands;
mod drive;
mod error;
mod refusal;
mod repeat;
mod send;
mod simulator;
mod table;
mod teleop;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::Args;
use error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    match commands::run(args, &mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output, `head` perhaps, has had enough.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        // The answer that says why is printed already.
        Err(Error::Refused | Error::GivenUp) => ExitCode::FAILURE,
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "carctl: {error}");
            if error.is_of_arguments() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}
