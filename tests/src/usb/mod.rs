//! USB adapters of software: what they do with a report, and the kernel's door by which it takes them for real.
//!
//! What lives here: the MCP2221, which has a bus and four lines ([`mcp2221`]), the CP2112, of which only the eight
//! lines are here ([`cp2112`]), and that door ([`uhid`]). What must never live here: what hangs at their pins, which
//! a [`Platform`](hal::Platform) hands out; any opinion on what the kernel ought to ask.

pub mod cp2112;
mod line;
pub mod mcp2221;
pub mod uhid;
