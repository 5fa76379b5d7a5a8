//! The order of a calibration: the car is lifted, then each motor, then each servo. Pure: keys, answers and
//! the time come in; prompts, and what is to move now, come out.
//!
//! What must never live here: a terminal, a clock, a connection.

use std::time::Duration;

use protocol::{BoardInfo, MotorInfo, ServoInfo, Trial};

use super::keys::Key;
use super::motor::MotorStep;
use super::servo::ServoStep;

/// What the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A new part begins.
    Title(String),
    /// A sentence.
    Text(String),
}

/// What a key, or the time, made of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Stay,
    /// It is over.
    Next,
}

/// What was found, part by part: those parts only that were neither skipped nor left as they were.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) motors: Vec<MotorInfo>,
    pub(super) servos: Vec<ServoInfo>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// Somebody gave up.
    Quit,
    /// Every part was gone through.
    Done(Found),
}

#[derive(Clone, Debug)]
enum Step {
    Lift,
    Motor(MotorStep),
    Servo(ServoStep),
    Over(End),
}

/// A calibration.
#[derive(Clone, Debug)]
pub(super) struct Wizard {
    /// What has yet to come, in reverse.
    todo: Vec<Step>,
    step: Step,
    found: Found,
    said: Vec<Line>,
    /// Why the car does not obey.
    refused: Option<String>,
}

impl Wizard {
    /// Of every motor and servo of a board.
    pub(super) fn new(board: &BoardInfo) -> Self {
        let motors = board.motors.iter().map(|motor| Step::Motor(MotorStep::new(motor)));
        let servos = board.servos.iter().map(|servo| Step::Servo(ServoStep::new(servo)));
        let mut todo: Vec<Step> = motors.chain(servos).collect();
        todo.reverse();
        let (motors, servos) = (board.motors.len(), board.servos.len());
        let said = vec![
            Line::Title(format!(
                "Calibration of {}: {}, {}",
                board.name,
                counted(motors, "motor"),
                counted(servos, "servo")
            )),
            Line::Text(
                "Lift the car so that all of its wheels turn freely, and keep your fingers off.".into(),
            ),
            Line::Text("Nothing is written before you have seen it and said yes.".into()),
        ];
        Self { todo, step: Step::Lift, found: Found::default(), said, refused: None }
    }

    /// The person pressed a key.
    pub(super) fn key(&mut self, key: Key, now: Duration) {
        if key == Key::Char('q') {
            self.quit();
        } else if self.refused.is_some() {
            if key == Key::Enter {
                self.refused = None;
                self.again(now);
            }
        } else {
            let progress = match &mut self.step {
                Step::Lift if key == Key::Enter => Progress::Next,
                Step::Motor(step) => step.key(key, now, &mut self.said),
                Step::Servo(step) => step.key(key, &mut self.said),
                Step::Lift | Step::Over(_) => Progress::Stay,
            };
            self.go_on(progress, now);
        }
    }

    /// The time went on.
    pub(super) fn passed(&mut self, now: Duration) {
        if let (Step::Motor(step), None) = (&mut self.step, &self.refused) {
            step.passed(now, &mut self.said);
        }
    }

    /// When [`passed`](Self::passed) is to be called.
    pub(super) fn wake(&self) -> Option<Duration> {
        match (&self.step, &self.refused) {
            (Step::Motor(step), None) => step.wake(),
            _ => None,
        }
    }

    /// The car does not do what it was told.
    pub(super) fn refuse(&mut self, why: &str) {
        if !matches!(self.step, Step::Over(_)) && self.refused.is_none() {
            self.said.push(Line::Text(format!("The car does not obey: {why}")));
            self.refused = Some(why.to_owned());
        }
    }

    /// Somebody gives up, or is gone.
    pub(super) fn quit(&mut self) {
        self.step = Step::Over(End::Quit);
    }

    /// What is to move now, and nothing else.
    pub(super) fn trial(&self) -> Option<Trial> {
        match (&self.step, &self.refused) {
            (Step::Motor(step), None) => step.trial(),
            (Step::Servo(step), None) => Some(step.trial()),
            _ => None,
        }
    }

    /// What the person can do now, with whatever changes meanwhile; one line.
    pub(super) fn prompt(&self) -> String {
        match (&self.step, &self.refused) {
            (Step::Over(_), _) => String::new(),
            (_, Some(_)) => "Enter tries again   q quits".to_owned(),
            (Step::Lift, None) => "Enter: it is lifted   q quits".to_owned(),
            (Step::Motor(step), None) => step.prompt(),
            (Step::Servo(step), None) => step.prompt(),
        }
    }

    /// What is to be said since this was last asked.
    pub(super) fn take_said(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.said)
    }

    /// How it ended, once it has.
    pub(super) fn end(&self) -> Option<&End> {
        if let Step::Over(end) = &self.step { Some(end) } else { None }
    }

    /// The step as it was when the car no longer obeyed, but for what moved by the clock.
    fn again(&mut self, now: Duration) {
        if let Step::Motor(step) = &mut self.step {
            step.again(now);
        }
    }

    fn go_on(&mut self, progress: Progress, now: Duration) {
        if progress == Progress::Stay {
            return;
        }
        match &self.step {
            Step::Motor(step) => self.found.motors.extend(step.found()),
            Step::Servo(step) => self.found.servos.extend(step.found()),
            Step::Lift | Step::Over(_) => {}
        }
        let over = || Step::Over(End::Done(std::mem::take(&mut self.found)));
        self.step = self.todo.pop().unwrap_or_else(over);
        match &mut self.step {
            Step::Motor(step) => step.begin(now, &mut self.said),
            Step::Servo(step) => step.begin(&mut self.said),
            Step::Lift | Step::Over(_) => {}
        }
    }
}

/// `1 motor`, `2 motors`
fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
