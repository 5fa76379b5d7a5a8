//! The board file as its author wrote it: is it the board that the daemon runs, and how does it read with
//! what was found. Everything but the changed values stays as it is, to the byte.
//!
//! What must never live here: the disk; what a key does, which is the daemon's to know.

use protocol::{BoardInfo, MotorInfo, Pulse, ServoInfo};
use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::wizard::Found;

/// A board file.
#[derive(Clone, Debug)]
pub(super) struct BoardFile {
    text: String,
    document: DocumentMut,
    /// Its lines end as on Windows.
    carriage_returns: bool,
}

/// A value as both sides have it.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Text(String),
    Truth(bool),
    Number(f64),
    Missing,
}

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Missing => f.write_str("missing"),
        }
    }
}

type Keys = Vec<(&'static str, Plain)>;

impl BoardFile {
    /// Reads the text of a board file.
    ///
    /// # Errors
    /// It is no TOML, or could not be given back as it is.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            format!("is no TOML: {}", error.to_string().trim_end().replace('\n', "\n  "))
        })?;
        let carriage_returns = text.contains("\r\n");
        let file = Self { text: text.to_owned(), document, carriage_returns };
        if file.written(&file.document) != text {
            return Err("has line ends of two kinds: let your editor make them one".to_owned());
        }
        Ok(file)
    }

    /// Whether this is what the daemon runs.
    ///
    /// # Errors
    /// What is different, in words.
    pub(super) fn matches(&self, board: &BoardInfo) -> Result<(), String> {
        let name = plain(self.document.get("name"));
        if name != Plain::Text(board.name.clone()) {
            return Err(format!("name is {name} here, and the daemon runs {:?}", board.name));
        }
        let motors = board.motors.iter().map(|motor| (motor.name.as_str(), motor_keys(motor)));
        self.same("motors", motors.collect())?;
        let servos = board.servos.iter().map(|servo| (servo.name.as_str(), servo_keys(servo)));
        self.same("servos", servos.collect())
    }

    /// The text with what was found.
    ///
    /// # Errors
    /// A part that was found is not there.
    pub(super) fn with(&self, found: &Found) -> Result<String, String> {
        let mut document = self.document.clone();
        let motors = found.motors.iter().map(|motor| ("motors", &motor.name, motor_keys(motor)));
        let servos = found.servos.iter().map(|servo| ("servos", &servo.name, servo_keys(servo)));
        for (kind, name, keys) in motors.chain(servos) {
            let part = document.get_mut(kind).and_then(|parts| parts.get_mut(name.as_str()));
            let in_columns = part.as_ref().is_some_and(|part| part.is_table());
            let part = part.and_then(Item::as_table_like_mut);
            let part = part.ok_or_else(|| format!("has no [{kind}.{name}]"))?;
            for (key, value) in keys {
                if means(part, key) != value {
                    set(part, key, value, in_columns);
                }
            }
        }
        Ok(self.written(&document))
    }

    /// The text as it is.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn written(&self, document: &DocumentMut) -> String {
        let text = document.to_string();
        // The library ends lines in its own way, but keeps the ends of comments as they are.
        if self.carriage_returns { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
    }

    /// The parts of one kind have these names and these values.
    fn same(&self, kind: &str, theirs: Vec<(&str, Keys)>) -> Result<(), String> {
        let ours = self.document.get(kind).and_then(Item::as_table_like);
        let names = ours.iter().flat_map(|parts| parts.iter()).map(|(name, _)| name);
        for name in names {
            if theirs.iter().all(|(their, _)| *their != name) {
                return Err(format!("has [{kind}.{name}], which the daemon's board has not"));
            }
        }
        for (name, keys) in theirs {
            let part = ours.and_then(|parts| parts.get(name)).and_then(Item::as_table_like);
            let part = part.ok_or_else(|| format!("has no [{kind}.{name}], and the daemon's board has"))?;
            for (key, their) in keys {
                let our = means(part, key);
                if our != their {
                    return Err(format!(
                        "{kind}.{name}.{key} is {our} here, and {their} in the daemon's board"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether nothing of a board that somebody far away tells can lead astray.
///
/// # Errors
/// What is wrong.
pub(super) fn sound(board: &BoardInfo) -> Result<(), String> {
    let duty = |motor: &MotorInfo| (0.0..=1.0).contains(&motor.min_duty);
    if let Some(motor) = board.motors.iter().find(|motor| !duty(motor)) {
        return Err(format!("the daemon's motor `{}` has a min_duty of {}", motor.name, motor.min_duty));
    }
    let travel = |servo: &ServoInfo| {
        let pulses = Pulse::MIN.us() <= servo.min_us
            && servo.min_us < servo.max_us
            && servo.max_us <= Pulse::MAX.us()
            && servo.frequency_hz > 0.0
            && servo.max_us < 1e6 / servo.frequency_hz;
        let [least, most] = servo.reach_deg;
        let reach = 0.0 <= least && least < most && most <= 180.0;
        pulses && reach && -180.0 <= servo.min_deg && servo.min_deg < servo.max_deg && servo.max_deg <= 180.0
    };
    match board.servos.iter().find(|servo| !travel(servo)) {
        Some(servo) => Err(format!("the daemon's servo `{}` has a travel that is none", servo.name)),
        None => Ok(()),
    }
}

fn motor_keys(motor: &MotorInfo) -> Keys {
    let MotorInfo { name: _, reverses: _, side, end, invert, trim, deadband, min_duty } = motor;
    vec![
        ("side", Plain::Text(side.clone())),
        ("end", end.clone().map_or(Plain::Missing, Plain::Text)),
        ("invert", Plain::Truth(*invert)),
        ("trim", Plain::Number(*trim)),
        ("deadband", Plain::Number(*deadband)),
        ("min_duty", Plain::Number(*min_duty)),
    ]
}

fn servo_keys(servo: &ServoInfo) -> Keys {
    // The frequency may be that of a chip, which only the daemon knows.
    let ServoInfo { role, min_us, max_us, min_deg, max_deg, invert, center_deg, .. } = servo;
    vec![
        ("role", Plain::Text(role.clone())),
        ("min_us", Plain::Number(*min_us)),
        ("max_us", Plain::Number(*max_us)),
        ("min_deg", Plain::Number(*min_deg)),
        ("max_deg", Plain::Number(*max_deg)),
        ("invert", Plain::Truth(*invert)),
        ("center_deg", Plain::Number(*center_deg)),
    ]
}

/// The deadband of a motor with a least duty, where none is named.
const STICK_NOISE: f64 = 0.02;

/// What a key of a part means, also where it is left out: as docs/board-file.md has it.
fn means(part: &dyn TableLike, key: &str) -> Plain {
    match (plain(part.get(key)), key) {
        (Plain::Missing, "invert") => Plain::Truth(false),
        (Plain::Missing, "trim") => Plain::Number(1.0),
        (Plain::Missing, "min_duty") => Plain::Number(0.0),
        (Plain::Missing, "deadband") => match plain(part.get("min_duty")) {
            Plain::Number(duty) if duty > 0.0 => Plain::Number(STICK_NOISE),
            _ => Plain::Number(0.0),
        },
        (Plain::Missing, "center_deg") => match (plain(part.get("min_deg")), plain(part.get("max_deg"))) {
            (Plain::Number(least), Plain::Number(greatest)) => {
                Plain::Number(0.0_f64.max(least).min(greatest))
            }
            _ => Plain::Missing,
        },
        (value, _) => value,
    }
}

fn plain(item: Option<&Item>) -> Plain {
    let Some(value) = item.and_then(Item::as_value) else { return Plain::Missing };
    match value {
        Value::String(text) => Plain::Text(text.value().clone()),
        Value::Boolean(truth) => Plain::Truth(*truth.value()),
        // Whole numbers in these files are far below 2^53.
        Value::Integer(number) => Plain::Number(*number.value() as f64),
        Value::Float(number) => Plain::Number(*number.value()),
        _ => Plain::Missing,
    }
}

/// Changes a value where it stands, or adds its key after the others of its table; `in_columns`: in line
/// with the one before.
fn set(part: &mut dyn TableLike, key: &str, value: Plain, in_columns: bool) {
    let mut new = match value {
        Plain::Truth(truth) => Value::from(truth),
        Plain::Number(number) if number.fract() == 0.0 => Value::from(number as i64),
        Plain::Number(number) => Value::from(number),
        Plain::Text(text) => Value::from(text),
        Plain::Missing => return,
    };
    if let Some(old) = part.get_mut(key).and_then(Item::as_value_mut) {
        *new.decor_mut() = old.decor().clone();
        *old = new;
        return;
    }
    let last = part.iter().filter(|(_, item)| item.is_value()).last().map(|(key, _)| key.to_owned());
    let width = last.and_then(|last| part.key(&last)).map(|last| {
        let pad = last.leaf_decor().suffix().and_then(|raw| raw.as_str()).unwrap_or(" ");
        last.get().chars().count() + pad.chars().count()
    });
    part.insert(key, Item::Value(new));
    if let (true, Some(width), Some(mut key_mut)) = (in_columns, width, part.key_mut(key)) {
        let pad = width.saturating_sub(key.chars().count()).max(1);
        key_mut.leaf_decor_mut().set_suffix(" ".repeat(pad));
    }
}
