//! Plugs an emulated MCP2221 into this machine, with the simulated car of a board at its pins, until it is
//! ended: `car-daemon --platform linux` then drives that car through the kernel. Needs root and the modules
//! `uhid` and `hid-mcp2221`.

use std::error::Error;
use std::path::PathBuf;


use clap::Parser;
use hal::Board;
use tests::bench::Bench;
use tests::mcp2221::uhid::Device;
use tests::mcp2221::Adapter;

/// Plugs an emulated MCP2221 into this machine, with a simulated car at its pins.
#[derive(Parser)]
struct Args {
    /// The car's board: a preset, or a file. Its chips are on one bus; its lines are `gpio:mcp2221_gpio/0` to 3.
    board: String,
    /// The kernel's door for HID devices.
    #[arg(long, default_value = "/dev/uhid")]
    uhid: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let board = Board::load(&args.board)?;
    let bench = Bench::new(&board);
    let bus = board.chips.first().map_or("", |chip| &chip.bus);
    let mut adapter = Adapter::new(Box::new(bench.sim()), bus);
    let mut device = Device::create(&args.uhid).map_err(|error| format!("{}: {error}", args.uhid.display()))?;
    // The world is brought up to now before each report.
    Ok(device.serve(|report| {
        drop(bench.sim());
        adapter.answer(report)
    })?)
}
