//! A wire from an output of a board back to one of its inputs, and when what the output carries rises and falls.
//!
//! What must never live here: what drives the output, and who looks at the input.

use hal::board::PinRef;

use crate::clock::Nanos;
use crate::signal::Signal;

/// An input follows no faster pulses, hertz: a kernel that is interrupted at each edge does not either. Of faster
/// ones it carries the level that they have for most of the time.
const FASTEST_HZ: f64 = 100_000.0;

/// Nor does it see a pulse, or a gap between two, that is shorter than so many nanoseconds.
const SHORTEST: f64 = 10.0;

/// The wire.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) from: PinRef,
    /// By its number.
    pub(crate) to: usize,
}

/// Whether an input is high at a time, of what its wire carries.
pub(crate) fn is_high(signal: Signal, at: Nanos) -> bool {
    if !pulses(signal) {
        return signal.duty > 0.5;
    }
    around(signal, at).any(|[rises, falls]| (rises..falls).contains(&at))
}

/// The next time after `after` at which an input that sees this signal changes, and whether it rises then. It is
/// counted from the beginning of the run, so that it is the same whenever somebody asks.
pub(crate) fn next_edge(signal: Signal, after: Nanos) -> Option<(Nanos, bool)> {
    if !pulses(signal) {
        return None;
    }
    let was_high = is_high(signal, after);
    let mut edges = around(signal, after).flatten().filter(|at| *at > after);
    edges.find(|at| is_high(signal, *at) != was_high).map(|at| (at, !was_high))
}

fn pulses(signal: Signal) -> bool {
    let Signal { duty, frequency_hz, .. } = signal;
    let shortest = duty.min(1.0 - duty) * 1e9;
    frequency_hz > 0.0 && frequency_hz <= FASTEST_HZ && shortest >= SHORTEST * frequency_hz
}

/// When the pulses around a time begin and end: the last that began before it, and those beside that one.
fn around(signal: Signal, at: Nanos) -> impl Iterator<Item = [Nanos; 2]> {
    let Signal { rise, duty, frequency_hz } = signal;
    let last = (signal.cycles(at) - rise).floor();
    let time = move |cycles: f64| (cycles * 1e9 / frequency_hz).ceil() as Nanos;
    [-1.0, 0.0, 1.0].into_iter().map(move |offset| {
        let begins = last + offset + rise;
        [time(begins), time(begins + duty)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(signal: Signal, until: Nanos) -> Vec<(Nanos, bool)> {
        let next = |(at, _): &(Nanos, bool)| next_edge(signal, *at);
        let first = next_edge(signal, 0);
        std::iter::successors(first, next).take_while(|(at, _)| *at <= until).collect()
    }

    #[test]
    fn a_pulse_rises_and_falls_where_its_cycle_says() {
        let signal = Signal { rise: 0.0, duty: 0.25, frequency_hz: 2_000.0 };
        assert!(is_high(signal, 0) && is_high(signal, 124_999) && !is_high(signal, 125_000));
        assert_eq!(edges(signal, 625_000), [(125_000, false), (500_000, true), (625_000, false)]);
    }

    #[test]
    fn a_pulse_may_begin_in_one_cycle_and_end_in_the_next() {
        let signal = Signal { rise: 0.75, duty: 0.5, frequency_hz: 1_000.0 };
        assert!(is_high(signal, 0));
        assert_eq!(edges(signal, 1_250_000), [(250_000, false), (750_000, true), (1_250_000, false)]);
    }

    #[test]
    fn edges_are_the_same_wherever_one_begins_to_look() {
        let signal = Signal { rise: 0.1, duty: 0.3, frequency_hz: 1_525.9 };
        let all = edges(signal, 10_000_000);
        assert_eq!(all.len(), 31);
        for after in (0..10_000_000).step_by(777) {
            let next = all.iter().find(|(at, _)| *at > after);
            assert!(next.is_none_or(|next| next_edge(signal, after) == Some(*next)), "{after}");
            let last = all.iter().rev().find(|(at, _)| *at <= after);
            assert_eq!(is_high(signal, after), last.is_some_and(|(_, high)| *high), "{after}");
        }
    }

    #[test]
    fn pulses_that_no_input_follows_are_the_level_that_they_mostly_have() {
        let (slow, fast) = (50.0, 1e300);
        for (duty, frequency_hz) in [(0.9, fast), (1.0 - 1e-12, slow), (1.0, slow), (1.0, 0.0)] {
            let signal = Signal { rise: 0.0, duty, frequency_hz };
            assert_eq!((is_high(signal, 7), next_edge(signal, 7)), (true, None), "{signal:?}");
        }
        for (duty, frequency_hz) in [(0.4, fast), (1e-12, slow), (0.0, slow), (0.0, 0.0)] {
            let signal = Signal { rise: 0.0, duty, frequency_hz };
            assert_eq!((is_high(signal, 7), next_edge(signal, 7)), (false, None), "{signal:?}");
        }
    }

    #[test]
    fn a_pulse_of_years_and_the_end_of_time_are_no_trouble() {
        let signal = Signal { rise: 0.5, duty: 0.25, frequency_hz: 1e-300 };
        assert_eq!(next_edge(signal, Nanos::MAX), None);
        assert!(
            next_edge(Signal { frequency_hz: 1e5, ..signal }, Nanos::MAX)
                .is_none_or(|(at, _)| at == Nanos::MAX)
        );
    }
}
