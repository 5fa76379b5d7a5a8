//! `car-daemon` as the stories run it: the same program, built where their harness finds it.

use std::process::ExitCode;

fn main() -> ExitCode {
    car_daemon::cli::main()
}
