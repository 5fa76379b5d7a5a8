//! The daemon that drives a small robot car.
//!
//! What lives here: configuration, sessions, the gate, the control loop. What must never live here:
//! what a frame looks like on the wire, what a pin does. `main.rs` only parses arguments and calls
//! [`run`].

pub mod access;
mod board_lock;
mod bucket;
mod camera;
mod certificate;
pub mod cli;
mod clock;
pub mod config;
pub mod control;
mod daemon;
mod doctor;
mod eyes;
mod failure;
mod guard;
mod halt;
pub mod hardware;
mod http;
mod info;
pub mod latch;
mod lockstep;
mod log;
mod machine;
mod metrics;
mod panicked;
mod platform;
mod realtime;
mod recording;
pub mod replay;
mod secrets;
mod server;
mod service;
mod session;
mod shared;
mod state_dir;
mod telemetry;
mod welcome;

pub use certificate::CertificateError;
pub use clock::{NoSpeed, Speed};
pub use config::Config;
pub use daemon::{Daemon, Parts, Reload, lock_board, run};
pub use failure::{RunError, StartError};
pub use platform::{PLATFORMS, PlatformRow};
