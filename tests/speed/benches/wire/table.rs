//! The table, on 120 columns, and how each figure stands to its bar.

use hdrhistogram::Histogram;

use crate::measure::Figures;
use protocol::DialectId;

/// What was promised; ratios are to the bare echo.
const TRIP_P50: f64 = 1.25;
const TRIP_P99: f64 = 1.5;
const RATE_TEXT: f64 = 0.85;
const RATE_OTHER: f64 = 0.7;
const PIN_P50_US: f64 = 60.0;
const PIN_P99_US: f64 = 300.0;

pub(crate) const HEAD: [&str; 2] = [
    "          round trip in µs, and × bare             1 kHz, µs          pipelined      to the pin, µs        CPU   allo-",
    "           p50            p99          p99.9       p50 (bare)  p99     k/s × bare      p50      p99    (bare) µs cations",
];

/// A mark after a figure: whether its promise is kept.
pub(crate) fn mark(kept: bool) -> &'static str {
    if kept { "ok" } else { "over" }
}

/// Microseconds.
pub(crate) fn us(latencies: &Histogram<u64>, quantile: f64) -> f64 {
    latencies.value_at_quantile(quantile) as f64 / 1e3
}

/// One line of the table; counts what was kept and what was not.
pub(crate) fn line(figures: &Figures, tally: &mut Tally) -> String {
    let Figures { row, daemon, bare, pins, .. } = figures;
    let least = if row.dialect == DialectId::Text { RATE_TEXT } else { RATE_OTHER };
    let marks = [
        tally.mark(figures.p50 <= TRIP_P50),
        tally.mark(figures.p99 <= TRIP_P99),
        tally.mark(figures.rate >= least),
    ];
    let mut pin = |quantile, most| {
        let time = us(pins, quantile);
        format!("{time:>4.0} {:<5}", tally.mark(time <= most))
    };
    let mut text = format!("{:<10}{}", row.name(), wire(figures, marks));
    text += &pin(0.5, PIN_P50_US);
    text += &pin(0.99, PIN_P99_US);
    let (used, least) = (daemon.processor.as_secs_f64() * 1e6, bare.processor.as_secs_f64() * 1e6);
    text += &format!("{:>11}", format!("{used:.1} ({least:.1})"));
    text += &format!("{:>7.1}", figures.allocations);
    if daemon.lost + bare.lost > 0 {
        text += &format!("  lost {} ({})", daemon.lost, bare.lost);
    }
    text
}

/// The same of somebody else's server: no promises, and nothing from within.
pub(crate) fn line_of_other(name: &str, figures: &Figures) -> String {
    format!("{name:<18}{}", wire(figures, [""; 3])).trim_end().to_owned()
}

/// What is seen on the wire.
fn wire(figures: &Figures, [p50, p99, rate]: [&str; 3]) -> String {
    let Figures { daemon, bare, .. } = figures;
    let trip = |quantile, ratio: f64, mark| {
        format!("{:>4.0} {:<9}", us(&daemon.closed, quantile), format!("{ratio:.2} {mark}"))
    };
    let more = match figures.rate.is_nan() {
        true => "   one message at a time".to_owned(),
        false => {
            let [p50, p99] = [0.5, 0.99].map(|quantile| us(&daemon.open, quantile));
            let least = format!("({:.0})", us(&bare.open, 0.5));
            format!(
                "{p50:>4.0} {least:<6}{p99:>5.0}  {:>6.0} {:.2} {rate:<5}",
                daemon.rate / 1e3,
                figures.rate
            )
        }
    };
    [
        trip(0.5, figures.p50, p50),
        trip(0.99, figures.p99, p99),
        format!("{:>5.0} {:<6.2}", us(&daemon.closed, 0.999), figures.p999),
        more,
    ]
    .concat()
}

/// How many promises were kept, and how many were not.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) kept: u32,
    pub(crate) broken: u32,
}

impl Tally {
    pub(crate) fn mark(&mut self, kept: bool) -> &'static str {
        if kept {
            self.kept += 1
        } else {
            self.broken += 1
        }
        mark(kept)
    }
}
