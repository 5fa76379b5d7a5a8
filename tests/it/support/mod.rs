//! What the stories share: a daemon inside this process on virtual time, a daemon as a process of
//! its own, and people who talk to either.

mod cable;
mod carctl;
mod files;
mod inside;
mod language;
mod outside;
pub(crate) mod stream;
pub(crate) mod web;

pub(crate) use cable::{CAR_ADDRESS, Cable};
pub(crate) use carctl::carctl;
pub(crate) use files::{FULL, Files, watch};
pub(crate) use inside::{Garage, Peer, pass};
pub(crate) use language::{Driver, language, skipped};
pub(crate) use outside::{Process, car_daemon, eventually, send, serving_car_daemon, within};
