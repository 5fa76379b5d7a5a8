//! The daemon that drives a small robot car.
//!
//! What lives here: configuration, sessions, the gate, the control loop. What must never live here:
//! what a frame looks like on the wire, what a pin does. `main.rs` only parses arguments and calls
//! [`run`].

pub mod access;
pub mod cli;
mod clock;
pub mod config;
pub mod control;
mod daemon;
pub mod hardware;
mod info;
mod log;
mod platform;
mod server;
mod session;
mod shared;
mod telemetry;
mod welcome;

pub use config::Config;
pub use daemon::{Daemon, Parts, RunError, StartError, run};
pub use platform::{PLATFORMS, PlatformRow};
