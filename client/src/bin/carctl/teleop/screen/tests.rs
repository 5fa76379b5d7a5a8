//! Screens of every size, as text.

use std::sync::Arc;
use std::time::Duration;

use protocol::{Battery, Gimbal, Latched, Pose, Speed, Wheels};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::super::trail::Trail;
use super::*;

fn state() -> State {
    State {
        mode: Mode::Driving,
        throttle: 0.5,
        steer: 0.25,
        wheels: Wheels { left: 0.25, right: 0.75 },
        gimbal: Some(Gimbal { pan: 10.0, tilt: -5.0 }),
        speed: Some(Speed { linear: 0.31, angular: 0.2 }),
        pose: Some(Pose { x: 1.25, y: -0.5, heading: 1.0 }),
        battery: Some(Battery { volts: 7.4, percent: 62.0, amps: None }),
        range_m: Some(1.87),
        driver: Some(3),
        stop_reason: Some("the command ran out".to_owned()),
        ..State::default()
    }
}

fn view(state: State) -> View {
    let mut trail = Trail::default();
    for step in 0..50 {
        trail.add(Pose { x: f64::from(step) * 0.025, y: f64::from(step) * -0.01, heading: 0.0 });
    }
    View {
        name: Some("car".to_owned()),
        to: "unix:///run/car-daemon.sock".to_owned(),
        session: Some(3),
        round_trip: Some(Duration::from_millis(3)),
        state: Some(Arc::new(state)),
        limit: 0.5,
        log: vec!["session 2 drives".to_owned(), "stopped: the command ran out".to_owned()],
        trail,
        ..View::default()
    }
}

fn terminal(width: u16, height: u16, view: &View, paint: Paint) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view, paint)).unwrap();
    terminal
}

fn text(width: u16, height: u16, view: &View) -> String {
    let terminal = terminal(width, height, view, Paint { colour: true });
    let cells = terminal.backend().buffer().content();
    let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
    cells.chunks(usize::from(width)).map(|cells| row(cells).trim_end().to_owned() + "\n").collect()
}

#[test]
fn a_usual_terminal_shows_all_of_it() {
    let shown = text(80, 24, &view(state()));
    for words in [
        "driving",
        "you drive",
        "link 3 ms",
        "car at unix:///run/car-daemon.sock",
        "throttle ──────────┼█████───── +0.50 ahead",
        "steer    ───────██─┼────────── -0.25 left".replace("██─┼", "███┼").as_str(),
        "left +0.25  right +0.75",
        "50 % of the power",
        "stopped  the command ran out",
        "7.40 V  62 %",
        "1.87 m free",
        "+0.31 m/s",
        "x +1.25 m  y -0.50 m  +57°",
        "pan +10°  tilt -5°",
        "what happened",
        "session 2 drives",
        "from above",
        "●",
        "Esc/e e-stop",
        "t take",
    ] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
}

#[test]
fn a_small_one_shows_what_matters() {
    let shown = text(40, 12, &view(state()));
    for words in ["driving", "you drive", "link 3 ms", "throttle", "steer", "wheels", "stopped", "Esc=e-stop"]
    {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    assert!(!shown.contains("from above"), "{shown}");
}

#[test]
fn an_emergency_stop_is_large_and_red_with_who_and_why() {
    let latched = Latched { by: "ann".to_owned(), reason: Some("a child".to_owned()) };
    let view = view(State { mode: Mode::Estop, estop: Some(latched), ..state() });
    for (width, height) in [(80, 24), (40, 12)] {
        let shown = text(width, height, &view);
        assert!(shown.contains("by ann: a child."), "{shown}");
        let title = if width >= 40 { "E M E R G E N C Y   S T O P" } else { "EMERGENCY STOP" };
        assert!(shown.contains(title), "{shown}");
    }
    let terminal = terminal(80, 24, &view, Paint { colour: true });
    assert_eq!(terminal.backend().buffer()[(0, 1)].bg, Color::Red);
    let plain = super::tests::terminal(80, 24, &view, Paint { colour: false });
    let cells = plain.backend().buffer().content();
    assert!(cells.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)), "no colour at all");
    assert!(plain.backend().buffer()[(0, 1)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn a_lost_link_and_another_driver_are_told() {
    let other = View { session: Some(9), ..view(state()) };
    assert!(text(80, 24, &other).contains("session 3 drives: t asks for the wheel"));
    let lost = View { down: Some("the daemon closed it".to_owned()), ..view(state()) };
    let shown = text(80, 24, &lost);
    assert!(shown.contains("N O T   C O N N E C T E D") && shown.contains("tries again"), "{shown}");
}

#[test]
fn what_happened_is_told_to_its_end_and_you_are_you() {
    let label = "session 3 (carctl, uid 0, pid 9229)";
    let ann = "stopped: session 12 (ann's tablet, 192.168.1.20:40112) said stop";
    let view = View {
        log: vec![ann.to_owned(), "stopped: you said stop (3 times)".to_owned()],
        ..view(State { stop_reason: Some(format!("{label} said stop")), pose: None, ..state() })
    };
    let shown = text(100, 30, &view);
    for words in
        ["192.168.1.20:40112) said stop", "stopped: you said stop (3 times)", "stopped you said stop"]
    {
        assert!(shown.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{words}:\n{shown}");
    }
    assert!(!shown.contains("session 3"), "{shown}");
    let latched = Latched { by: label.to_owned(), reason: None };
    assert!(
        text(80, 24, &self::view(State { estop: Some(latched), ..state() })).contains("by you. r releases")
    );
}

#[test]
fn no_size_is_too_small_to_be_drawn_and_no_number_too_large() {
    let mut mad = state();
    mad.pose = Some(Pose { x: 1e300, y: f64::NAN, heading: f64::INFINITY });
    (mad.throttle, mad.steer) = (f64::NAN, 1e9);
    let latched = Latched { by: "ann".to_owned(), reason: None };
    let views = [view(state()), view(mad), View::default(), view(State { estop: Some(latched), ..state() })];
    for view in &views {
        for (width, height) in (0..90).step_by(11).flat_map(|w| (0..30).step_by(3).map(move |h| (w, h))) {
            terminal(width, height, view, Paint { colour: true });
        }
        terminal(300, 100, view, Paint { colour: false });
    }
}

#[test]
fn a_gauge_fills_from_its_middle() {
    assert_eq!(gauge(0.0, 5), "──┼──");
    assert_eq!(gauge(1.0, 5), "──┼██");
    assert_eq!(gauge(-0.5, 5), "─█┼──");
}
