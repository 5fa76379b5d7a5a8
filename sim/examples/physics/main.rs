//! Holds the simulator's physics against closed forms: what each should come to, what it comes to, and how far that is
//! off. Ends with 1 where something is off by more than a percent.

use std::io::{self, Write};
use std::process::ExitCode;

mod table;

fn main() -> io::Result<ExitCode> {
    let (mut out, mut worst) = (io::stdout().lock(), 0.0_f64);
    writeln!(out, "{:<62} {:>11} {:>11} {:>8}", "what", "closed form", "simulated", "off")?;
    for row in table::all() {
        let table::Row { what, unit, expected, got } = &row;
        worst = worst.max(row.off());
        writeln!(
            out,
            "{:<62} {expected:>11.5} {got:>11.5} {:>7.3}%",
            format!("{what}, {unit}"),
            row.off() * 100.0
        )?;
    }
    writeln!(out, "at most {:.3}% off, of {:.1}%", worst * 100.0, table::BOUND * 100.0)?;
    Ok(if worst <= table::BOUND { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
