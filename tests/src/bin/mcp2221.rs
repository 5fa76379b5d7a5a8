//! Plugs an emulated MCP2221 into this machine, with the simulated car of a board at its pins, until it is
//! ended: `car-daemon --platform linux` then drives that car through the kernel. Needs root and the modules
//! `uhid` and `hid-mcp2221`. A board whose loopback wires end at a CP2112 gets that too (`hid-cp2112`).

use std::convert::Infallible;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use clap::Parser;
use hal::Board;
use tests::bench::Bench;
use tests::usb::cp2112;
use tests::usb::mcp2221::{LABEL, Plug, wait_for_lines};
use tests::usb::uhid::Device;

/// Plugs an emulated MCP2221 into this machine, with a simulated car at its pins.
#[derive(Parser)]
struct Args {
    /// The car's board: a preset, or a file. Its chips are on one bus; its lines are `gpio:mcp2221_gpio/0` to 3.
    board: String,
    /// The kernel's door for HID devices.
    #[arg(long, default_value = "/dev/uhid")]
    uhid: PathBuf,
}

fn main() -> Result<Infallible, Box<dyn Error>> {
    let args = Args::parse();
    let board = Board::load(&args.board)?;
    let bench = Bench::new(&board);
    let bus = board.chips.first().map_or("", |chip| &chip.bus);
    let plug = Plug::plug_in(&bench, bus, &args.uhid)?;
    if board.loopbacks.iter().any(|wire| wire.to.starts_with(cp2112::LABEL)) {
        let adapter = cp2112::Adapter::new(Box::new(bench.sim()));
        let device = Device::create(&args.uhid, &cp2112::IDENTITY)?;
        device.serve_in_thread(Arc::new(Mutex::new(adapter)), &bench)?;
        wait_for_lines(cp2112::LABEL)?;
    }
    tell(&format!("the board {} is on {} and the lines {LABEL}/0 to 3", board.name, plug.bus()));
    loop {
        thread::park();
    }
}

#[allow(clippy::print_stdout, reason = "what a program says")]
fn tell(what: &str) {
    println!("{what}");
}
