//! The table, on 124 columns, and how each figure stands to its bar.

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

/// What stands above the lines; widths are those of the cells below.
pub(crate) fn head() -> String {
    let above =
        [(10, ""), (41, "  round trip in µs, and × bare"), (18, "   1 kHz, µs"), (16, "   pipelined")];
    let below = [
        (10, ""),
        (15, "  p50"),
        (15, "  p99"),
        (11, "p99.9"),
        (18, "   p50 (bare)  p99"),
        (16, "   k/s × bare"),
    ];
    let line = |cells: &[(usize, &str)], [pins, more, last]: [&str; 3]| {
        let cells: String = cells.iter().map(|(width, text)| format!("{text:<width$}")).collect();
        format!("{cells}{pins:<20}{more:>12}{last:>7}")
    };
    line(&above, ["  to the pin, µs", "CPU, µs", ""])
        + "\n"
        + &line(&below, ["  p50       p99", "(bare)", "allocs"])
}

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
        format!(" {time:>4.0} {:<4}", tally.mark(time <= most))
    };
    let mut text = format!("{:<10}{}", row.name(), wire(figures, marks));
    text += &pin(0.5, PIN_P50_US);
    text += &pin(0.99, PIN_P99_US);
    let (used, least) = (daemon.processor.as_secs_f64() * 1e6, bare.processor.as_secs_f64() * 1e6);
    text += &format!(" {:>11}", format!("{used:.1} ({least:.1})"));
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

/// A round trip, its ratio to the bare echo's, and a mark.
pub(crate) fn trip(us: f64, ratio: f64, mark: &str) -> String {
    format!(" {us:>4.0} {ratio:>4.2} {mark:<4}")
}

/// A round trip of which nothing is promised, and its ratio.
pub(crate) fn rare(us: f64, ratio: f64) -> String {
    format!(" {us:>4.0} {ratio:<5.2}")
}

/// What is seen on the wire.
fn wire(figures: &Figures, [p50, p99, rate]: [&str; 3]) -> String {
    let Figures { daemon, bare, .. } = figures;
    let more = match figures.rate.is_nan() {
        true => "   one message at a time".to_owned(),
        false => {
            let [p50, p99] = [0.5, 0.99].map(|quantile| us(&daemon.open, quantile));
            let least = format!("({:.0})", us(&bare.open, 0.5));
            let rates = format!(" {:>5.0} {:>4.2} {rate:<4}", daemon.rate / 1e3, figures.rate);
            format!(" {p50:>5.0} {least:<6}{p99:>5.0}{rates}")
        }
    };
    [
        trip(us(&daemon.closed, 0.5), figures.p50, p50),
        trip(us(&daemon.closed, 0.99), figures.p99, p99),
        rare(us(&daemon.closed, 0.999), figures.p999),
        more,
    ]
    .concat()
}

/// How many promises were kept, and how many were not.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) kept: u32,
    pub(crate) broken: u32,
    /// Of the latter those of what is the same on every machine, however busy.
    pub(crate) steady: u32,
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

    /// The same of what is no time.
    pub(crate) fn mark_steady(&mut self, kept: bool) -> &'static str {
        self.steady += u32::from(!kept);
        self.mark(kept)
    }
}
