//! The configuration in force, as a file that reads back as itself.

use std::fmt::{self, Write};
use std::path::PathBuf;

use super::Config;
use super::settings::settings_of;

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listen: Vec<String> = self.listen.iter().map(|e| quoted(&e.to_string())).collect();
        let top = [
            ("name", quoted(&self.name), "the car's name, for people"),
            ("board", quoted(&self.board_name), "a preset (`car-daemon boards`), or a path to a board file"),
            ("platform", quoted(self.platform.name), "\"sim\" or \"linux\": any board runs on either"),
            ("world", quoted(&self.world_name), "a preset (`car-daemon worlds`), or a path to a world file"),
        ];
        for (key, value, about) in top {
            row(f, key, &value, about)?;
            match key {
                "board" => writeln!(f, "# board {}: {}", self.board.name, self.board.parts())?,
                "world" => self.write_world(f)?,
                _ => {}
            }
        }
        let folders = [
            ("state_dir", &self.state_dir, "what must survive the daemon is kept there"),
            ("lock_dir", &self.lock_dir, "where a second daemon learns that this machine's board is driven"),
        ];
        for (key, folder, about) in folders {
            if let Some(folder) = folder {
                row(f, key, &quoted(&folder.display().to_string()), about)?;
            }
        }
        writeln!(f, "# where clients come to")?;
        writeln!(f, "listen = [\n  {},\n]", listen.join(",\n  "))?;
        write!(f, "{}", self.http)?;
        write!(f, "{}", self.camera)?;
        self.write_settings(f, "camera")?;
        for table in ["control", "limits"] {
            writeln!(f, "\n[{table}]")?;
            self.write_settings(f, table)?;
            if table == "limits" {
                let mib = self.most_memory().div_ceil(1 << 20);
                writeln!(
                    f,
                    "# from all this follows: whatever clients do, they cost at most {mib} MiB of memory"
                )?;
            }
        }
        writeln!(f, "\n[linux]")?;
        for (key, place) in [("dev", &self.linux.dev), ("sys", &self.linux.sys)] {
            let about = format!("in place of /{key}, for tests and containers");
            row(f, key, &quoted(&place.display().to_string()), &about)?;
        }
        let about = "the control loop asks for real-time priority and for memory that stays";
        row(f, "realtime", &self.linux.realtime.to_string(), about)?;
        write!(f, "{}\n{}", self.sim, self.auth)?;
        let pages = list(&self.web.origins);
        row(
            f,
            "allow_origins",
            &pages,
            "further web pages that may open a WebSocket; \"null\" for one from a file",
        )?;
        row(f, "allow_hosts", &list(&self.web.hosts), "further names by which a WebSocket may be dialled")?;

        let path = |path: Option<&PathBuf>| quoted(&path.map_or("".into(), |path| path.to_string_lossy()));
        let pair = self.tls.pair.as_ref();
        writeln!(f, "\n[tls]")?;
        row(
            f,
            "cert",
            &path(pair.map(|pair| &pair.0)),
            "certificate in PEM; \"\": one that the daemon makes",
        )?;
        row(f, "key", &path(pair.map(|pair| &pair.1)), "its key in PEM")?;
        row(
            f,
            "client_ca",
            &path(self.tls.client_ca.as_ref()),
            "who vouches for clients, in PEM; \"\": they need no certificate",
        )
    }
}

impl Config {
    fn write_settings(&self, f: &mut fmt::Formatter<'_>, table: &str) -> fmt::Result {
        settings_of(table)
            .try_for_each(|setting| row(f, setting.key, &number(setting.get(self)), setting.about))
    }

    fn write_world(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = &self.world;
        match self.is_simulated() {
            true => writeln!(f, "# world {}: {}", world.name, world.parts()),
            false => writeln!(f, "# world {}: without effect on a car that is not simulated", world.name),
        }
    }
}

pub(super) fn row(f: &mut fmt::Formatter<'_>, key: &str, value: &str, about: &str) -> fmt::Result {
    let mut line = format!("{key:<19} = {value}");
    write!(line, "{:pad$}  # {about}", "", pad = 30_usize.saturating_sub(line.len()))?;
    writeln!(f, "{line}")
}

pub(super) fn number(value: f64) -> String {
    // Durations may carry the dust of seconds in binary.
    let value = (value * 1e6).round() / 1e6;
    format!("{value}")
}

fn list(values: &[impl ToString]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| quoted(&value.to_string())).collect();
    format!("[{}]", quoted.join(", "))
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
