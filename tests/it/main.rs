//! The daemon from outside. Each module tells stories of one kind; what they share is in `support`.

mod access;
mod authority;
mod bad_input;
mod bounds;
mod breakdown;
mod calibrate;
mod corpus;
mod datagrams;
mod dead_link;
mod doors;
mod driving;
mod floods;
mod foreign;
mod guard;
mod kill_matrix;
mod one_daemon;
mod proofs;
mod readme;
mod service;
mod signals;
mod sockets;
mod support;
mod tidy;
mod units;
