//! A chart as SVG, for pages that are light or dark. Both axes are logarithms.
//!
//! What must never live here: what is measured.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Failure;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 96.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 46.0;

/// Seen as well on white as on near-black, also by who does not tell red from green.
const COLOURS: [&str; 3] = ["#0f7fbf", "#d97b00", "#8a63d2"];

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:14px;font-weight:600}\
.grid{stroke:#8c959f;stroke-opacity:.35}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}";

/// Points that are joined.
pub(crate) struct Series {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Series {
    /// What is not above nothing has no logarithm, and is left out.
    pub(crate) fn of(name: &'static str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name, points: points.into_iter().filter(|(x, y)| *x > 0.0 && *y > 0.0).collect() }
    }
}

/// A chart.
pub(crate) struct Chart {
    file: &'static str,
    title: &'static str,
    x: &'static str,
    y: &'static str,
    series: Vec<Series>,
}

impl Chart {
    pub(crate) fn of(file: &'static str, title: &'static str, x: &'static str, y: &'static str) -> Self {
        Self { file, title, x, y, series: Vec::new() }
    }

    pub(crate) fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        Ok(fs::write(folder.join(format!("{}.svg", self.file)), self.drawn()?)?)
    }

    fn drawn(&self) -> Result<String, Failure> {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let across = Axis::over(points().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let up = Axis::over(points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\
             <title>{}</title><style>{STYLE}</style>",
            self.title
        );
        write!(svg, "<text class=\"title\" x=\"{LEFT}\" y=\"20\">{}, {}</text>", self.title, self.y)?;
        for (at, label) in across.ticks() {
            write!(svg, "<path class=\"grid\" d=\"M{at:.1} {TOP}V{bottom}\"/>")?;
            write!(svg, "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", bottom + 16.0)?;
        }
        for (at, label) in up.ticks() {
            write!(svg, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>")?;
            write!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 6.0,
                at + 4.0
            )?;
        }
        let middle = f64::midpoint(LEFT, right);
        write!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>", HEIGHT - 10.0, self.x)?;
        let mut labels: Vec<f64> = Vec::new();
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let place = |(x, y): &(f64, f64)| (across.place(*x), up.place(*y));
            let places: Vec<(f64, f64)> = series.points.iter().map(place).collect();
            let joined: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let joined = joined.join(" ");
            write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{joined}\"/>"
            )?;
            for (x, y) in &places {
                write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>")?;
            }
            let Some((x, y)) = places.last() else { continue };
            // Names of lines that end close together stand one below the other.
            let mut label = y + 4.0;
            while labels.iter().any(|other| (other - label).abs() < 14.0) {
                label += 14.0;
            }
            labels.push(label);
            let name = series.name;
            write!(svg, "<text x=\"{:.1}\" y=\"{label:.1}\" style=\"fill:{colour}\">{name}</text>", x + 8.0)?;
        }
        Ok(svg + "</svg>\n")
    }
}

/// A logarithmic axis, from a power of ten or half of one to another.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// Where an axis may begin, end and be marked, in each power of ten.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

fn steps() -> impl Iterator<Item = f64> {
    (-3..9).flat_map(|power| STEPS.map(|step| step * 10_f64.powi(power)))
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (least, most) =
            values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
        let low = steps().filter(|step| *step <= least).last().unwrap_or(1.0);
        let high = steps().find(|step| *step >= most && *step > low).unwrap_or(low * 10.0);
        Self { low, high, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + share * (self.to - self.from)
    }

    /// Where, and what stands there; of a long axis only powers of ten.
    fn ticks(&self) -> Vec<(f64, String)> {
        let is_long = self.high / self.low > 300.0;
        let is_power = |step: f64| (step.log10() - step.log10().round()).abs() < 1e-9;
        steps()
            .filter(|step| (self.low..=self.high).contains(step) && (!is_long || is_power(*step)))
            .map(|step| (self.place(step), short(step)))
            .collect()
    }
}

/// `1000000` as `1M`.
fn short(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{}M", v / 1e6),
        v if v >= 1e3 => format!("{}k", v / 1e3),
        v => v.to_string(),
    }
}
