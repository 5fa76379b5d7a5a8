//! How a diagnosis looks on a terminal.
//!
//! What must never live here: what is right or wrong.

use std::fmt::Write;

use hal::platform::linux::survey::{GpioChip, I2cBus, PwmDevice, Survey};

use super::eyes::Eyes;
use super::you::You;

/// How it is with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// The car can start, and would be better off with it.
    Advice,
    /// The car cannot start without it.
    Problem,
    /// Nobody looked.
    Needs,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Advice => "advice",
            Self::Problem => "problem",
            Self::Needs => "needs",
        }
    }
}

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) status: Status,
    /// `gpio:GPIO17`
    pub(super) what: String,
    /// A few words.
    pub(super) note: String,
    /// What it is for.
    pub(super) users: String,
    /// What to do, on a line of its own.
    pub(super) todo: Option<String>,
}

/// All rows, in columns.
pub(super) fn rows(rows: &[Row]) -> String {
    let width =
        |column: fn(&Row) -> &str| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (what, note) = (width(|row| &row.what), width(|row| &row.note));
    let mut text = String::new();
    let mut said: Vec<&str> = Vec::new();
    for row in rows {
        let word = row.status.word();
        let line = format!("{word:<7}  {:<what$}  {:<note$}  {}", row.what, row.note, row.users);
        text += line.trim_end();
        text += "\n";
        // What helps several things is said once.
        if let Some(todo) = row.todo.as_deref().filter(|todo| !said.contains(todo)) {
            let _ = writeln!(text, "         → {todo}");
            said.push(todo);
        }
    }
    text
}

/// What the machine has, a line for each thing.
pub(super) fn facts(survey: &Survey, eyes: &Eyes, you: &You) -> String {
    let mut facts = vec![("machine", survey.model.clone().unwrap_or_else(|| "of no known model".to_owned()))];
    facts.extend(survey.gpio.iter().map(|chip| ("gpio", gpio(chip))));
    facts.extend(survey.i2c.iter().map(|bus| ("i2c", i2c(bus))));
    facts.extend(survey.pwm.iter().map(|device| ("pwm", pwm(device))));
    facts.extend(eyes.facts());
    for (kind, none) in [("gpio", "no chip"), ("i2c", "no bus"), ("pwm", "no device"), ("camera", "none")] {
        if !facts.iter().any(|(known, _)| *known == kind) {
            facts.push((kind, none.to_owned()));
        }
    }
    facts.push(("user", format!("{}, in the groups {}", you.user, you.groups.join(" "))));
    let memory = you.rights.memory.map_or("all memory".to_owned(), |bytes| format!("{} KiB", bytes / 1024));
    facts.push(("rights", format!("real-time priority up to {}, locks {memory}", you.rights.priority)));
    facts.push((
        "daemon",
        you.daemon.clone().unwrap_or_else(|| "none drives this machine's board".to_owned()),
    ));
    facts.iter().map(|(kind, text)| format!("{kind:<7}  {}\n", you.named(text))).collect()
}

fn gpio(chip: &GpioChip) -> String {
    match &chip.refused {
        Some(why) => format!("{}: {why}", chip.name),
        None => format!("{}: {}, {} lines", chip.name, chip.label, chip.lines.len()),
    }
}

fn i2c(bus: &I2cBus) -> String {
    let mut text = bus.name.clone();
    if !bus.adapter.is_empty() {
        let _ = write!(text, ": {}", bus.adapter);
    }
    if !bus.heard.is_empty() {
        let heard: Vec<String> = bus.heard.keys().map(|address| format!("{address:#04x}")).collect();
        let _ = write!(text, "; chips answer at {}", heard.join(", "));
    }
    if let Some(why) = &bus.refused {
        let _ = write!(text, "; {why}");
    }
    text
}

fn pwm(device: &PwmDevice) -> String {
    let plural = if device.channels == 1 { "" } else { "s" };
    format!("{}: {}, {} channel{plural}", device.chip, device.name, device.channels)
}
