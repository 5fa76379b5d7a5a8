//! Every promise of the `Transport` trait, kept by every row of the scheme table: over real sockets,
//! and again over links that are slow, lossy, garbling or cut.
//!
//! A new transport gets all of it by one line at the end of this file. What only one transport
//! promises is tested beside that transport, never here.

#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use transport::{Limits, Table};

mod faults;
mod kit;
mod promises;

/// For each row a module, and in it a test for each promise; so a failure names row and promise.
macro_rules! conformance {
    ($($row:ident: $endpoint:literal,)*) => {
        const ENDPOINTS: &[&str] = &[$($endpoint),*];
        $(mod $row {
            promises!($endpoint, crate::kit::Link::Good);
            mod slowly {
                promises!($endpoint, crate::kit::Link::Slow);
            }
            mod badly {
                tests!($endpoint, crate::kit::Link::Good, faults: [
                    frames_that_survive_a_lossy_link_are_whole_and_were_sent
                    garbled_frames_harm_nobody_else
                    a_cut_connection_ends_at_both_ends
                ]);
            }
        })*
    };
}

macro_rules! promises {
    ($endpoint:literal, $link:expr) => {
        tests!($endpoint, $link, promises: [
            a_frame_arrives_whole_and_once
            frames_arrive_in_the_order_that_is_promised
            an_empty_frame_is_carried_or_refused
            a_frame_of_the_longest_length_is_carried
            a_longer_frame_is_refused_and_the_next_is_carried
            a_frame_longer_than_the_receiver_allows_ends_its_stream
            a_silent_peer_delays_no_other
            when_the_dialled_end_goes_the_other_ends
            when_the_accepted_end_goes_the_other_ends
            a_closed_listener_frees_its_address
            a_dropped_listener_frees_its_address
            a_dropped_receive_loses_no_frame
            a_dropped_flush_loses_no_frame
            a_dropped_accept_loses_no_peer
        ]);
    };
}

macro_rules! tests {
    ($endpoint:literal, $link:expr, $from:ident: [$($name:ident)*]) => {
        $(#[tokio::test]
        async fn $name() {
            crate::kit::in_time(crate::$from::$name(crate::kit::Row::new($endpoint, $link))).await;
        })*
    };
}

// `DIR` stands for a directory of the test's own, `UNIQUE` for a name of its own. The `raw` framing has
// no row: it keeps no bounds between messages, so it cannot make these promises.
conformance! {
    ws: "ws://127.0.0.1:0",
    tcp_auto: "tcp://127.0.0.1:0",
    tcp_lines: "tcp://127.0.0.1:0?framing=lines",
    tcp_length: "tcp://127.0.0.1:0?framing=length",
    tcp_java_utf: "tcp://127.0.0.1:0?framing=java-utf",
    tls_auto: "tls://127.0.0.1:0",
    tls_length: "tls://127.0.0.1:0?framing=length",
    wss: "wss://127.0.0.1:0",
    udp: "udp://127.0.0.1:0",
    udp_crc32c: "udp://127.0.0.1:0?integrity=crc32c",
    udp_psk: "udp://127.0.0.1:0?integrity=psk",
    unix_lines: "unix://DIR/socket?framing=lines",
    unix_length: "unix://DIR/socket?framing=length",
    unix_abstract: "unix://@UNIQUE?framing=java-utf",
    mem: "mem://UNIQUE",
}

#[test]
fn every_scheme_of_the_table_has_a_row() {
    for scheme in Table::new(&Limits::default()).schemes() {
        let prefix = format!("{}://", scheme.name);
        assert!(ENDPOINTS.iter().any(|row| row.starts_with(&prefix)), "no row for {prefix}");
    }
}
