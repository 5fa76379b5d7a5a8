//! Any bytes, into everything that reads bytes of strangers or files of people: nothing panics, and what
//! was understood means the same when it is said again.
//!
//! What lives here: one function for each target, and the table of them. The crate `fuzz/` has cargo-fuzz
//! look for inputs that break one; the inputs that it kept are run by `cargo test`. A new reader of bytes
//! is a function here, a line in the table, and a file in `fuzz/targets`.

mod dialect;
mod endpoint;
mod file;
mod framing;
mod recording;
mod udp;
mod web_socket;

/// A target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As its file in `fuzz/targets` and its folder in `fuzz/corpus` are called.
    pub name: &'static str,
    /// Panics where something is wrong.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "framing_auto", run: |data| framing::any_reads("auto", data) },
    Target { name: "framing_java_utf", run: |data| framing::any_reads("java-utf", data) },
    Target { name: "framing_length", run: |data| framing::any_reads("length", data) },
    Target { name: "framing_lines", run: |data| framing::any_reads("lines", data) },
    Target { name: "dialect_cbor", run: |data| dialect::any_message(protocol::DialectId::Cbor, data) },
    Target { name: "dialect_json", run: |data| dialect::any_message(protocol::DialectId::Json, data) },
    Target { name: "dialect_text", run: |data| dialect::any_message(protocol::DialectId::Text, data) },
    Target { name: "endpoint", run: endpoint::any_text },
    Target { name: "file", run: file::any_text },
    Target { name: "recording", run: recording::any_bytes },
    Target { name: "udp_crc32c", run: udp::crc32c },
    Target { name: "udp_psk", run: udp::psk },
    Target { name: "web_socket", run: web_socket::any_stream },
];

/// Runs a target by name.
///
/// # Panics
/// Where something is wrong, and where there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of the table").run)(data);
}
