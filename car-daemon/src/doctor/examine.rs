//! Holding what a board needs against what a machine has: facts in, rows out.
//!
//! What must never live here: looking at a machine.

use hal::Board;
use hal::platform::linux::survey::{Heard, Survey};

use super::needs::{Need, Part};
use super::table::{Row, Status};
use super::you::You;
use crate::realtime::Missing;

/// Who holds a line that a daemon has open.
const DAEMON: &str = "car-daemon";

/// A row for each thing that the board needs.
pub(super) fn board(board: &Board, needs: &[Need], survey: &Survey, you: &You) -> Vec<Row> {
    let row = |need: &Need| {
        let found = match &need.part {
            Part::Chip(chip) => chip_is_there(&board.chips[*chip], survey, you),
            Part::Line { name, is_input } => line_is_free(name, *is_input, survey, you),
            Part::Channel { device, channel } => channel_is_there(device, *channel, survey),
        };
        let before = needs.iter().take_while(|before| *before != need);
        let twin = before.into_iter().find(|before| are_one(&before.part, &need.part, survey));
        let found = twin.map_or(found, |twin| Err(is_one_with(&name(board, need), &name(board, twin))));
        let Finding { status, note, todo } = found.unwrap_or_else(|problem| problem);
        let todo = todo.map(|todo| you.named(&todo));
        Row { status, what: name(board, need), note, users: need.users.join(", "), todo }
    };
    needs.iter().map(row).collect()
}

/// What the control loop would like.
pub(super) fn person(realtime: bool, you: &You) -> Vec<Row> {
    let wishes =
        [("real-time priority", you.rights.may_be_prior()), ("locked memory", you.rights.may_lock())];
    let row = |(what, asked): (&str, Result<(), Missing>)| {
        let (status, note, todo) = match asked {
            _ if !realtime => (Status::Ok, "not asked for".to_owned(), None),
            Ok(()) => (Status::Ok, "permitted".to_owned(), None),
            Err(missing) => {
                let (unit, user) = missing.remedy();
                let todo = format!(
                    "{missing}: in a unit of systemd write {unit}, or write `USER - {user}` into \
                     /etc/security/limits.d/car-daemon.conf and log in again"
                );
                (Status::Advice, "not permitted".to_owned(), Some(you.named(&todo)))
            }
        };
        Row { status, what: what.to_owned(), note, users: "control loop".to_owned(), todo }
    };
    wishes.into_iter().map(row).collect()
}

/// What is needed, where no machine is looked at.
pub(super) fn alone(board: &Board, need: &Need) -> Row {
    let note = match &need.part {
        Part::Chip(chip) => format!("a chip on {}", board.chips[*chip].bus),
        Part::Line { is_input: true, .. } => "a line, as an input".to_owned(),
        Part::Line { .. } => "a line, as an output".to_owned(),
        Part::Channel { device, .. } if device == "header" => "hardware PWM".to_owned(),
        Part::Channel { device, channel } if device == "soft" => format!("dtoverlay=pwm-gpio,gpio={channel}"),
        Part::Channel { .. } => "a PWM channel".to_owned(),
    };
    let (what, users) = (name(board, need), need.users.join(", "));
    Row { status: Status::Needs, what, note, users, todo: None }
}

/// As a board file calls it.
fn name(board: &Board, need: &Need) -> String {
    match &need.part {
        Part::Chip(chip) => board.chips[*chip].to_string(),
        Part::Line { name, .. } => format!("gpio:{name}"),
        Part::Channel { device, channel } => format!("pwm:{device}:{channel}"),
    }
}

/// How it is with one thing; as an error, what keeps the car from starting.
type Found = Result<Finding, Finding>;

struct Finding {
    status: Status,
    /// A few words.
    note: String,
    todo: Option<String>,
}

fn fine(note: String) -> Finding {
    Finding { status: Status::Ok, note, todo: None }
}

fn problem(note: impl Into<String>, todo: impl Into<String>) -> Finding {
    Finding { status: Status::Problem, note: note.into(), todo: Some(todo.into()) }
}

/// Two names of one thing of this machine.
fn are_one(a: &Part, b: &Part, survey: &Survey) -> bool {
    match (a, b) {
        (Part::Line { name: a, .. }, Part::Line { name: b, .. }) => {
            survey.line(a).is_ok_and(|(_, a)| survey.line(b).is_ok_and(|(_, b)| std::ptr::eq(a, b)))
        }
        (Part::Channel { device: a, channel: from_a }, Part::Channel { device: b, channel: from_b }) => {
            let (a, b) = (survey.channel(a, *from_a), survey.channel(b, *from_b));
            a.is_ok_and(|(a, of_a)| b.is_ok_and(|(b, of_b)| std::ptr::eq(a, b) && of_a == of_b))
        }
        _ => false,
    }
}

fn is_one_with(this: &str, other: &str) -> Finding {
    let todo = format!(
        "{this} is one with {other} on this machine, and only one of them can be opened: wire each signal to a pin of its \
         own"
    );
    problem("used twice", todo)
}

fn chip_is_there(chip: &hal::board::Chip, survey: &Survey, you: &You) -> Found {
    let bus = survey.bus(&chip.bus).map_err(|why| problem("no such bus", why))?;
    if you.daemon.is_some() {
        return Ok(fine("not asked: a daemon drives".to_owned()));
    }
    match (bus.heard.get(&chip.address), &bus.refused) {
        (Some(Heard::Answer), _) => Ok(fine(format!("answers on {}", bus.name))),
        (Some(Heard::Driver), _) => Err(problem(
            "held by the kernel",
            "a driver of the kernel has the chip: remove its overlay from /boot/firmware/config.txt and restart",
        )),
        (None, Some(why)) => Err(problem("cannot be asked", why)),
        (None, None) => {
            let others: Vec<String> = bus.heard.keys().map(|address| format!("{address:#04x}")).collect();
            let others = match others.is_empty() {
                true => "nor at any other address".to_owned(),
                false => format!("but others at {}", others.join(", ")),
            };
            let todo = format!(
                "no chip answers at {:#04x} on {}, {others}: check its supply, its wires and its address",
                chip.address, bus.name
            );
            Err(problem("no answer", todo))
        }
    }
}

fn line_is_free(name: &str, is_input: bool, survey: &Survey, you: &You) -> Found {
    let unseen =
        || if survey.gpio.iter().any(|chip| chip.refused.is_some()) { "not seen" } else { "not found" };
    let (chip, line) = survey.line(name).map_err(|why| problem(unseen(), why))?;
    match &line.used_by {
        None if !is_input && line.is_pulled_up && !line.is_output => {
            let number = name.trim_start_matches("GPIO");
            let todo = format!(
                "from power-up until the daemon starts this line is pulled up: write gpio={number}=op,dl into \
                 /boot/firmware/config.txt, or wire one from GPIO9 on, unless what hangs on it may be high"
            );
            Ok(Finding { status: Status::Advice, note: format!("free, on {}", chip.label), todo: Some(todo) })
        }
        None => Ok(fine(format!("free, on {}", chip.label))),
        Some(by) if by == DAEMON && you.daemon.is_some() => {
            Ok(fine(format!("in use by {DAEMON}, which runs")))
        }
        Some(by) => {
            let todo = format!("the line is in use by {by}: stop that first, or wire another line");
            Err(problem(format!("in use by {by}"), todo))
        }
    }
}

fn channel_is_there(device: &str, channel: u32, survey: &Survey) -> Found {
    let (found, _) = survey.channel(device, channel).map_err(|why| problem("not found", why))?;
    match found.writable {
        true => Ok(fine(format!("there, on {}", found.name))),
        false => {
            let todo = format!(
                "/sys/class/pwm/{}/export: permission denied; add the user to the group gpio (sudo usermod -aG gpio \
                 USER) and log in again",
                found.chip
            );
            Err(problem("not permitted", todo))
        }
    }
}
