//! Histories of keys, answers and time, and what the pilot makes of them.

use std::time::Duration;

use client::CallError;
use proptest::prelude::*;
use protocol::{Code, Event, Fault, Latched, State};

use super::hold::{FIRST, NEXT};
use super::keys::{Key, Phase, Said};
use super::pilot::{Order, Pilot};
use crate::refusal::tests::driven;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// A pilot, and what it has said to the car with the millisecond of it.
struct Story {
    pilot: Pilot,
    now: u64,
    said: Vec<(u64, Order)>,
}

impl Story {
    fn new(limit: f64) -> Self {
        Self { pilot: Pilot::new(limit), now: 0, said: Vec::new() }
    }

    fn hear(&mut self, said: Said) {
        self.pilot.hear(said, MS(self.now));
        self.collect();
    }

    fn press(&mut self, key: Key) {
        self.hear(Said::Key(key, Phase::Press));
    }

    fn type_(&mut self, letter: char) {
        self.press(Key::Char(letter));
    }

    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.now = (self.now + 20).min(end);
            self.pilot.tick(MS(self.now));
            self.collect();
        }
    }

    fn collect(&mut self) {
        while let Some(order) = self.pilot.next_order() {
            self.said.push((self.now, order));
        }
    }

    fn take(&mut self) -> Vec<Order> {
        self.said.drain(..).map(|(_, order)| order).collect()
    }

    fn answered(&mut self, order: Order, outcome: Result<(), CallError>) {
        self.pilot.answered(order, outcome, MS(self.now));
        self.collect();
    }

    fn notice(&self) -> &str {
        self.pilot.notice.as_ref().map_or("", |notice| &notice.words)
    }
}

fn drive(throttle: f64, steer: f64) -> Order {
    Order::Drive { throttle, steer, ttl_ms: 300.0 }
}

fn refused(code: Code, words: &str) -> Result<(), CallError> {
    Err(CallError::Refused(Fault::new(code, words)))
}

#[test]
fn a_tap_drives_ten_times_a_second_and_is_followed_by_one_stop() {
    let mut story = Story::new(0.5);
    story.press(Key::Up);
    story.pass(2000);
    let (drives, last) = (story.said.len() - 1, story.said.last().copied());
    assert_eq!(last, Some((FIRST.as_millis() as u64, Order::Stop)));
    assert!(story.said[..drives].iter().all(|(_, order)| *order == drive(0.5, 0.0)));
    assert_eq!(drives, 6);
}

#[test]
fn a_key_that_is_repeated_drives_on_without_a_gap_and_letting_go_stops() {
    let mut story = Story::new(0.5);
    story.type_('s');
    story.pass(500);
    for _ in 0..60 {
        story.type_('s');
        story.pass(33);
    }
    let let_go = story.now - 33;
    assert!(!story.take().contains(&Order::Stop));
    story.pass(1000);
    let (when, order) = *story.said.last().unwrap();
    assert_eq!(order, Order::Stop);
    assert!(when <= let_go + NEXT.as_millis() as u64 + 20, "{when} after {let_go}");
}

#[test]
fn a_curve_is_half_of_a_turn_on_the_spot_unless_front_wheels_steer() {
    for (steers, spot, curve) in [(false, 0.4, 0.2), (true, 1.0, 1.0)] {
        let mut story = Story::new(0.4);
        story.pilot.steers = steers;
        story.type_('d');
        assert_eq!(story.take(), [drive(0.0, -spot)]);
        story.type_('w');
        assert_eq!(story.take(), [drive(0.4, -curve)]);
    }
}

#[test]
fn space_stops_at_once_and_a_key_that_still_comes_in_drives_no_more() {
    let mut story = Story::new(0.5);
    story.type_('w');
    story.pass(30);
    story.take();
    story.type_(' ');
    assert_eq!(story.take(), [Order::Stop]);
    story.type_('w');
    story.pass(1000);
    assert_eq!(story.take(), []);
    story.type_('w');
    assert_eq!(story.take(), [drive(0.5, 0.0)]);
}

#[test]
fn an_emergency_stop_is_said_before_all_else_and_each_time() {
    for key in [Key::Escape, Key::Char('e')] {
        let mut story = Story::new(0.5);
        story.type_('w');
        story.press(key);
        story.press(key);
        let said = story.take();
        assert_eq!(said, [drive(0.5, 0.0), Order::Estop, Order::Stop, Order::Estop, Order::Stop]);
        story.pass(1000);
        assert_eq!(story.take(), []);
    }
}

#[test]
fn a_key_that_does_one_thing_does_it_once_however_long_it_is_held() {
    for (letter, order) in [
        ('r', Order::Reset),
        ('c', Order::Center),
        ('t', Order::Acquire { force: false }),
        ('f', Order::Acquire { force: true }),
    ] {
        let mut story = Story::new(0.5);
        for _ in 0..30 {
            story.type_(letter);
            story.pass(33);
        }
        assert_eq!(story.take(), [order]);
        story.pass(500);
        story.type_(letter);
        assert_eq!(story.take(), [order]);
    }
    let mut story = Story::new(0.5);
    story.type_('g');
    assert_eq!(story.take(), [Order::Stop, Order::Release]);
    story.type_('j');
    story.type_('j');
    assert_eq!(story.take(), [Order::Nudge { pan: 5.0, tilt: 0.0 }; 2], "the camera turns on");
}

#[test]
fn the_speed_limit_stays_between_a_tenth_and_all() {
    let mut story = Story::new(0.5);
    for (letter, limit) in [('+', 1.0), ('-', 0.1)] {
        for _ in 0..40 {
            story.type_(letter);
        }
        assert!((story.pilot.limit - limit).abs() < 1e-9, "{}", story.pilot.limit);
    }
}

#[test]
fn somebody_elses_car_is_neither_driven_on_nor_stopped() {
    let mut story = Story::new(0.5);
    story.type_('w');
    story.answered(drive(0.5, 0.0), Err(CallError::Refused(driven(true))));
    assert!(story.notice().ends_with(": t asks for the wheel, f takes it by force"), "{}", story.notice());
    assert!(!story.pilot.moves());
    story.take();
    for _ in 0..60 {
        story.pass(33);
        story.type_('w');
    }
    assert_eq!(story.take(), [], "the finger was there all the while");
}

#[test]
fn a_lost_answer_ends_no_drive() {
    let mut story = Story::new(0.5);
    story.type_('w');
    for lost in [Err(CallError::TimedOut(MS(2000))), refused(Code::STALE, "old")] {
        story.answered(drive(0.5, 0.0), lost);
        assert!(story.pilot.moves() && story.notice().is_empty());
    }
}

#[test]
fn a_link_that_comes_back_resumes_no_motion() {
    let mut story = Story::new(0.5);
    story.type_('w');
    story.pass(100);
    story.take();
    story.pilot.lost(MS(story.now));
    for _ in 0..60 {
        story.type_('w');
        story.pass(33);
    }
    assert_eq!(story.take(), []);
    story.pass(1000);
    story.type_('w');
    assert_eq!(story.take(), [drive(0.5, 0.0)]);
}

#[test]
fn a_window_without_the_focus_a_suspension_and_leaving_stop_the_car() {
    let ends: [fn(&mut Story); 3] =
        [|story| story.hear(Said::Focus(false)), |story| story.press(Key::Suspend), |story| story.type_('q')];
    for end in ends {
        let mut story = Story::new(0.5);
        story.type_('w');
        story.take();
        end(&mut story);
        assert_eq!(story.take(), [Order::Stop]);
    }
    let mut story = Story::new(0.5);
    story.press(Key::End);
    assert!(story.pilot.ends());
}

#[test]
fn what_was_typed_while_the_program_was_frozen_is_thrown_away() {
    let mut story = Story::new(0.5);
    story.type_('w');
    story.pass(100);
    story.take();
    story.now += 5000;
    assert!(story.pilot.tick(MS(story.now)), "what waits may be old");
    story.collect();
    assert_eq!(story.take(), [Order::Stop]);
    story.type_('w');
    assert_eq!(story.take(), []);
}

#[test]
fn a_program_that_overslept_what_it_said_last_drives_on_by_no_key_that_was_down_all_the_while() {
    for tick_comes_first in [true, false] {
        let mut story = Story::new(0.5);
        for _ in 0..10 {
            story.type_('w');
            story.pass(33);
        }
        story.take();
        // Of a drive no more than 0.1 s old nothing is left.
        story.now += 400;
        if tick_comes_first {
            assert!(story.pilot.tick(MS(story.now)), "what waits may be old");
        }
        for _ in 0..60 {
            story.type_('w');
            story.pass(33);
        }
        assert_eq!(story.take(), [Order::Stop]);
        story.pass(700);
        story.type_('w');
        assert_eq!(story.take(), [drive(0.5, 0.0)]);
    }
    let mut story = Story::new(0.5);
    story.type_('w');
    story.now += 400;
    story.type_('e');
    assert!(story.take().contains(&Order::Estop), "an emergency stop is never too old");
}

#[test]
fn a_latch_that_somebody_else_engaged_ends_what_fingers_want() {
    let mut story = Story::new(0.5);
    story.type_('w');
    story.take();
    let estop = Some(Latched { by: "ann".to_owned(), reason: None });
    story.pilot.state(&State { estop, ..State::default() }, MS(10));
    story.pass(500);
    assert_eq!(story.take(), []);
}

#[test]
fn who_asks_for_the_wheel_is_told_to_whoever_holds_it() {
    let mut story = Story::new(0.5);
    let asked = Event::Asked { session: 4, who: "ben".to_owned() };
    story.pilot.event(&asked, Some(4), false, MS(0));
    assert_eq!(story.notice(), "", "it is for somebody else");
    story.pilot.event(&asked, Some(3), true, MS(0));
    assert_eq!(story.notice(), "ben asks for the wheel: g gives it");
    for count in 0..100 {
        story.pilot.event(&Event::Missed { count }, Some(3), true, MS(0));
    }
    assert!(story.pilot.log.len() <= 8);
}

#[test]
fn what_happens_again_and_again_is_one_line() {
    let mut story = Story::new(0.5);
    let stopped = |by| Event::Stopped { reason: format!("session {by} (carctl, uid 0, pid 7) said stop") };
    for by in [3, 3, 3, 4, 3] {
        story.pilot.event(&stopped(by), Some(3), true, MS(0));
    }
    let log: Vec<_> = story.pilot.log.iter().map(ToString::to_string).collect();
    let (again, other, last) = (
        "stopped: you said stop (3 times)",
        "stopped: session 4 (carctl, uid 0, pid 7) said stop",
        "stopped: you said stop",
    );
    assert_eq!(log, [again, other, last]);
}

#[test]
fn a_car_whose_time_runs_is_told_to_live_as_long_by_the_wall() {
    let mut story = Story::new(0.5);
    for (pace, ttl_ms) in [(1.0, 300.0), (4.0, 1200.0), (100.0, 2000.0), (0.0, 300.0)] {
        story.pilot.pace = pace;
        story.pass(1000);
        story.take();
        story.type_('w');
        assert_eq!(story.take(), [Order::Drive { throttle: 0.5, steer: 0.0, ttl_ms }]);
    }
}

/// Anything that may happen.
#[derive(Clone, Debug)]
enum Step {
    Said(Said),
    Pass(u64),
    Lost,
    Refused,
}

fn step() -> impl Strategy<Value = Step> {
    let key = prop_oneof![
        Just(Key::Up),
        Just(Key::Left),
        Just(Key::Escape),
        Just(Key::Suspend),
        prop::sample::select("wasd erctfgijkl+-q".chars().collect::<Vec<_>>()).prop_map(Key::Char),
    ];
    let phase = prop::sample::select(vec![Phase::Press, Phase::Repeat, Phase::Release]);
    prop_oneof![
        6 => (key, phase).prop_map(|(key, phase)| Step::Said(Said::Key(key, phase))),
        1 => any::<bool>().prop_map(|releases| Step::Said(Said::Protocol { releases })),
        1 => any::<bool>().prop_map(|focus| Step::Said(Said::Focus(focus))),
        6 => (0..400_u64).prop_map(Step::Pass),
        1 => Just(Step::Lost),
        1 => Just(Step::Refused),
    ]
}

proptest! {
    #[test]
    fn whatever_happened_a_car_that_nobody_touches_any_more_is_told_to_stop(
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut story = Story::new(0.5);
        // No drive without a stop behind it, but where the car had refused it, or the link's end stopped it.
        let mut open = false;
        for step in steps.into_iter().chain([Step::Pass(FIRST.as_millis() as u64 + 20)]) {
            match step {
                Step::Said(said) => story.hear(said),
                Step::Pass(ms) => story.pass(ms),
                Step::Lost => {
                    story.pilot.lost(MS(story.now));
                    open = false;
                }
                Step::Refused => {
                    story.answered(drive(0.5, 0.0), refused(Code::NOT_DRIVER, "session 3 drives"));
                    open = false;
                }
            }
            for order in story.take() {
                match order {
                    Order::Drive { throttle, steer, ttl_ms } => {
                        prop_assert!(throttle.abs() <= 1.0 && steer.abs() <= 1.0);
                        prop_assert!(ttl_ms <= 600.0);
                        open = true;
                    }
                    Order::Stop | Order::Estop => open = false,
                    _ => {}
                }
            }
        }
        prop_assert!(!open && !story.pilot.moves());
        story.pass(5000);
        prop_assert_eq!(story.take(), []);
    }
}
