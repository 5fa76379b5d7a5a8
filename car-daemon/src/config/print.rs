//! The configuration in force, as a file that reads back as itself.

use std::fmt::{self, Write};

use super::Config;
use super::settings::SETTINGS;

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listen: Vec<String> = self.listen.iter().map(|e| quoted(&e.to_string())).collect();
        let top = [
            ("name", quoted(&self.name), "the car's name, for people"),
            ("board", quoted(&self.board_name), "a preset (`car-daemon boards`), or a path to a board file"),
            ("platform", quoted(self.platform.name), "\"sim\" or \"linux\": any board runs on either"),
        ];
        for (key, value, about) in top {
            row(f, key, &value, about)?;
        }
        writeln!(f, "# where clients come to")?;
        writeln!(f, "listen = [\n  {},\n]", listen.join(",\n  "))?;
        for table in ["control", "limits"] {
            writeln!(f, "\n[{table}]")?;
            for setting in SETTINGS.iter().filter(|s| s.table == table) {
                row(f, setting.key, &number(setting.get(self)), setting.about)?;
            }
        }
        write!(f, "\n{}", self.auth)
    }
}

pub(super) fn row(f: &mut fmt::Formatter<'_>, key: &str, value: &str, about: &str) -> fmt::Result {
    let mut line = format!("{key:<19} = {value}");
    write!(line, "{:pad$}  # {about}", "", pad = 30_usize.saturating_sub(line.len()))?;
    writeln!(f, "{line}")
}

fn number(value: f64) -> String {
    // Durations may carry the dust of seconds in binary.
    let value = (value * 1e6).round() / 1e6;
    format!("{value}")
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
