//! How a moment looks in a terminal of any size. What must never live here: what there is to show, and a terminal.

mod wrap;

use protocol::{Mode, State};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::canvas::{Canvas, Context, Line as Stroke, Points};
use ratatui::widgets::{Block, Paragraph, Wrap};

use super::view::View;
use wrap::{newest, wrapped};

/// Columns of the numbers beside the view from above.
const NUMBERS: u16 = 44;

/// What the view from above needs to be worth its place.
const MAP: (u16, u16) = (24, 8);

/// The least screen on which anything is shown.
const LEAST: (u16, u16) = (20, 4);

/// Rows that the reason of the last stop may take.
const STOPPED: usize = 3;

/// Metres that the view from above shows at least.
const ROOM: f64 = 2.0;

const HELP: [&str; 2] = [
    "WASD/arrows drive  Space stop  Esc/e e-stop  r reset  q quit",
    "IJKL camera  c centre  +/- speed  t take  f force  g give",
];

const SHORT_HELP: &str = "WASD Space=stop Esc=e-stop r t g q";

/// Colours, where they are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub(super) colour: bool,
}

impl Paint {
    fn alarm(self) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.colour { style.white().on_red() } else { style.add_modifier(Modifier::REVERSED) }
    }

    fn warning(self) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.colour { style.fg(Color::Yellow) } else { style }
    }

    fn good(self) -> Style {
        if self.colour { Style::new().fg(Color::Green) } else { Style::new() }
    }

    fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View, paint: Paint) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let words = view.alarm().map_or("too small", |(title, _)| title);
        return frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), area);
    }
    let help = help(area);
    let alarm = if view.alarm().is_some() { if area.height >= 16 { 4 } else { 2 } } else { 0 };
    let [head, alarmed, notice, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(alarm),
        Constraint::Length(if area.height >= 10 { 2 } else { 1 }),
        Constraint::Min(0),
        Constraint::Length(help.len() as u16),
    ])
    .areas(area);
    frame.render_widget(self::head(view, paint, head.width), head);
    self::alarm(frame, view, paint, alarmed);
    self::notice(frame, view, paint, notice);
    self::body(frame, view, paint, body);
    frame.render_widget(Text::from(help).style(paint.quiet()), foot);
}

fn help(area: Rect) -> Vec<Line<'static>> {
    let widest = HELP.iter().map(|line| line.len()).max().unwrap_or(0);
    match area {
        Rect { width, height, .. } if usize::from(width) >= widest && height >= 12 => {
            HELP.map(Line::from).into()
        }
        Rect { width, height, .. } if usize::from(width) >= SHORT_HELP.len() && height >= 6 => {
            vec![Line::from(SHORT_HELP)]
        }
        _ => Vec::new(),
    }
}

fn head(view: &View, paint: Paint, width: u16) -> Line<'static> {
    let mode = match view.mode() {
        _ if view.state.is_none() => "…",
        Mode::Driving => "driving",
        Mode::Estop => "e-stop",
        Mode::Fault => "fault",
        _ => "idle",
    };
    let trouble = view.down.is_some() || view.silent.is_some();
    let mut parts = vec![
        Span::styled(format!(" {mode} "), paint.title().add_modifier(Modifier::REVERSED)),
        Span::styled(
            format!(" {} ", view.driver()),
            if view.is_others() { paint.warning() } else { paint.good() },
        ),
        Span::styled(format!(" {} ", view.link()), if trouble { paint.warning() } else { paint.good() }),
    ];
    if width >= 60 {
        let name = view.name.as_deref().unwrap_or("car");
        parts.push(Span::styled(format!(" {name} at {}", view.to), paint.quiet()));
    }
    Line::from(parts)
}

fn alarm(frame: &mut Frame<'_>, view: &View, paint: Paint, area: Rect) {
    let Some((title, why)) = view.alarm().filter(|_| area.height > 0) else { return };
    // Large is what has room around it.
    let spaced: String = title.chars().flat_map(|letter| [letter, ' ']).collect();
    let title = if usize::from(area.width) > spaced.len() + 4 { spaced } else { title.to_owned() };
    let mut lines = vec![Line::from(title.trim_end().to_owned()).centered(), Line::from(why).centered()];
    if area.height >= 4 {
        lines.insert(0, Line::default());
    }
    frame.render_widget(Paragraph::new(lines).style(paint.alarm()).wrap(Wrap { trim: true }), area);
}

/// What the person is told now; else the time that is not the wall's, else how long a motion lasts.
fn notice(frame: &mut Frame<'_>, view: &View, paint: Paint, area: Rect) {
    let (words, style) = match (&view.notice, &view.time) {
        (Some(notice), _) => (notice.words.clone(), if notice.bad { paint.warning() } else { paint.good() }),
        (None, Some(time)) => (time.clone(), paint.warning()),
        (None, None) if view.is_others() => {
            (format!("{}: t asks for the wheel, f takes it by force", view.driver()), paint.warning())
        }
        (None, None) if view.holds => {
            ("hold a key to drive: letting go stops the car".to_owned(), paint.quiet())
        }
        (None, None) => {
            ("hold a key to drive: the car stops when it is no longer repeated".to_owned(), paint.quiet())
        }
    };
    frame.render_widget(Paragraph::new(words).style(style).wrap(Wrap { trim: true }), area);
}

fn body(frame: &mut Frame<'_>, view: &View, paint: Paint, area: Rect) {
    let Some(state) = &view.state else {
        return frame
            .render_widget(Paragraph::new("the car has told nothing yet").style(paint.quiet()), area);
    };
    let wide = area.width >= NUMBERS + MAP.0 && area.height >= MAP.1;
    let [left, right] =
        Layout::horizontal([Constraint::Length(if wide { NUMBERS } else { area.width }), Constraint::Min(0)])
            .areas(area);
    let numbers = numbers(view, state, paint, left.width);
    let [above, below] =
        Layout::vertical([Constraint::Length(numbers.len() as u16), Constraint::Min(0)]).areas(left);
    frame.render_widget(Text::from(numbers), above);
    log(frame, view, paint, below);
    if wide && state.pose.is_some() {
        map(frame, view, state, paint, right);
    }
}

/// A row for each thing that the car knows, the most important first: what has no room is not shown.
fn numbers(view: &View, state: &State, paint: Paint, width: u16) -> Vec<Line<'static>> {
    let bar = usize::from(width.saturating_sub(18)).min(21) | 1;
    let power = |name: &'static str, value: f64, ends: (&'static str, &'static str)| {
        Line::from(vec![
            Span::raw(format!("{name:<9}")),
            Span::styled(gauge(value, bar), paint.good()),
            Span::raw(format!(" {value:+.2} ")),
            Span::styled(side(value, ends), paint.quiet()),
        ])
    };
    let row = |name: &str, value: String| Line::from(format!("{name:<9}{value}"));
    let mut rows = vec![
        power("throttle", state.throttle, ("back", "ahead")),
        // Left is left on the screen too.
        power("steer", 0.0 - state.steer, ("left", "right")),
        row("wheels", format!("left {:+.2}  right {:+.2}", state.wheels.left, state.wheels.right)),
        row("limit", format!("{:.0} % of the power", view.limit * 100.0)),
    ];
    if let Some(reason) = view.stopped() {
        let parts = wrapped(&reason, usize::from(width).saturating_sub(9)).into_iter().take(STOPPED);
        rows.extend(
            parts.enumerate().map(|(part, words)| row(if part == 0 { "stopped" } else { "" }, words)),
        );
    }
    if let Some(battery) = state.battery {
        rows.push(row("battery", format!("{:.2} V  {:.0} %", battery.volts, battery.percent)));
    }
    if let Some(range) = state.range_m {
        rows.push(row("ahead", format!("{range:.2} m free")));
    }
    if let Some(speed) = state.speed {
        rows.push(row("speed", format!("{:+.2} m/s  {:+.2} rad/s", speed.linear, speed.angular)));
    }
    if let Some(pose) = state.pose {
        let heading = pose.heading.to_degrees();
        rows.push(row("place", format!("x {:+.2} m  y {:+.2} m  {heading:+.0}°", pose.x, pose.y)));
    }
    if let Some(gimbal) = state.gimbal {
        rows.push(row("camera", format!("pan {:+.0}°  tilt {:+.0}°", gimbal.pan, gimbal.tilt)));
    }
    rows
}

fn side(value: f64, (minus, plus): (&'static str, &'static str)) -> &'static str {
    match value {
        value if value > 0.0 => plus,
        value if value < 0.0 => minus,
        _ => "",
    }
}

/// `─────┼███──`: -1 to 1 in an odd number of columns.
fn gauge(value: f64, columns: usize) -> String {
    let half = columns / 2;
    let filled = (value.clamp(-1.0, 1.0).abs() * half as f64).round() as usize;
    (0..columns)
        .map(|column| match (column.cmp(&half), column.abs_diff(half)) {
            (std::cmp::Ordering::Equal, _) => '┼',
            (std::cmp::Ordering::Less, far) if value < 0.0 && far <= filled => '█',
            (std::cmp::Ordering::Greater, far) if value > 0.0 && far <= filled => '█',
            _ => '─',
        })
        .collect()
}

fn log(frame: &mut Frame<'_>, view: &View, paint: Paint, area: Rect) {
    if area.height < 2 {
        return;
    }
    let rows = newest(&view.log, usize::from(area.width), usize::from(area.height) - 1);
    let rows = rows.into_iter().map(|row| Line::styled(row, paint.quiet()));
    let lines = std::iter::once(Line::styled("what happened", paint.title())).chain(rows);
    frame.render_widget(Text::from_iter(lines), area);
}

/// From above, its start's forward upwards, the car in the middle of all that it has seen.
fn map(frame: &mut Frame<'_>, view: &View, state: &State, paint: Paint, area: Rect) {
    let Some(pose) = state.pose else { return };
    let block = Block::bordered().title(" from above ").border_style(paint.quiet());
    let inside = block.inner(area);
    // Up on the screen is x, left is y.
    let seen: Vec<_> = view.trail.points().iter().map(|(x, y)| (-y, *x)).collect();
    let here = (-pose.y, pose.x);
    let bounds = |value: fn(&(f64, f64)) -> f64| {
        let all = seen.iter().chain([&here]).map(value);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        ((low + high) / 2.0, (high - low).max(ROOM) * 1.15)
    };
    let ((across, wide), (along, high)) = (bounds(|p| p.0), bounds(|p| p.1));
    // A character is two dots wide and four high, and about twice as high as wide.
    let (columns, rows) = (f64::from(inside.width.max(1)), f64::from(inside.height.max(1)) * 2.0);
    let scale = (wide / columns).max(high / rows);
    let (half_wide, half_high) = (scale * columns / 2.0, scale * rows / 2.0);
    let (trail, car) = if paint.colour { (Color::Cyan, Color::Yellow) } else { (Color::Reset, Color::Reset) };
    let length = scale * 3.0;
    let ahead = (here.0 - pose.heading.sin() * length, here.1 + pose.heading.cos() * length);
    let canvas = Canvas::default()
        .block(block)
        .marker(Marker::Braille)
        .x_bounds([across - half_wide, across + half_wide])
        .y_bounds([along - half_high, along + half_high])
        .paint(move |canvas: &mut Context<'_>| {
            canvas.draw(&Points::new(&seen, trail));
            canvas.draw(&Stroke::new(here.0, here.1, ahead.0, ahead.1, car));
            canvas.layer();
            canvas.print(here.0, here.1, Line::styled("●", Style::new().fg(car)));
        });
    frame.render_widget(canvas, area);
}

#[cfg(test)]
mod tests;
