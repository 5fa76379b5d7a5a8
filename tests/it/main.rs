//! The daemon from outside. Each module tells stories of one kind; what they share is in `support`.

mod bad_input;
mod breakdown;
mod dead_link;
mod driving;
mod foreign;
mod guard;
mod kill_matrix;
mod readme;
mod signals;
mod sockets;
mod support;
mod tidy;
