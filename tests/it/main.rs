//! The daemon from outside. Each module tells stories of one kind; what they share is in `support`.

mod bad_input;
mod corpus;
mod dead_link;
mod driving;
mod foreign;
mod readme;
mod signals;
mod sockets;
mod support;
mod tidy;
