//! `tls` and `wss` beyond what every transport promises: who is believed, who is let in, and what
//! everybody else is told.

#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod clients;
mod pieces;
mod support;
mod trust;
mod wrong_port;
