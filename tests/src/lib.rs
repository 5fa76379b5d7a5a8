//! The daemon from outside: see `it/main.rs`.
