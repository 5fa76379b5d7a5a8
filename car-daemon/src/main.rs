//! The program `car-daemon`: see [`car_daemon::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    car_daemon::cli::main()
}
