//! From a TOML file to a [`Config`], with every fault of the file, its board and its world at once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use hal::Board;
use hal::file::{Faults, Field, Item, Reader, Table};
use sim::World;
use transport::{Address, Endpoint};

use super::named::{beside, check_start, resolve, take};
use super::settings::{ORDERED, settings_of};
use super::{Auth, Config, Exposure, Overrides, auth, exposed};
use super::{camera, doors, http, simulated};
use crate::state_dir;

/// Where programs of all users lock devices (Filesystem Hierarchy Standard 3.0, 5.9).
const LOCK_DIR: &str = "/run/lock";

impl Config {
    /// From a file, or [`standard`](Self::standard) where there is none. The folders that neither names
    /// are those of this user and machine.
    ///
    /// # Errors
    /// Every fault of the file, of the board and the world it names, and of what the command line says.
    pub fn load(path: Option<&Path>, overrides: &Overrides) -> Result<Self, Vec<Faults>> {
        let mut config = Self::read(path, overrides)?;
        config.state_dir = config.state_dir.or_else(state_dir::default);
        config.lock_dir.get_or_insert_with(|| PathBuf::from(LOCK_DIR));
        Ok(config)
    }

    fn read(path: Option<&Path>, overrides: &Overrides) -> Result<Self, Vec<Faults>> {
        let Some(path) = path else {
            return Self::parse("command line", "", Path::new("."), overrides);
        };
        let text =
            hal::file::read_once(path, "name a file that exists with --config").map_err(|own| vec![own])?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&path.display().to_string(), &text, folder, overrides)
    }

    /// As [`load`](Self::load), once more while the car runs: from a file that can be read twice and
    /// does not wait for a writer.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_again(path: Option<&Path>, overrides: &Overrides) -> Result<Self, Vec<Faults>> {
        if let Some(path) = path.filter(|path| !path.is_file()) {
            let file = path.display().to_string();
            return Err(vec![Faults::whole(
                &file,
                "is no regular file",
                "only such a one can be read again",
            )]);
        }
        Self::load(path, overrides)
    }

    /// From the text of a file; the relative path of a board or world begins at `folder`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(file: &str, text: &str, folder: &Path, overrides: &Overrides) -> Result<Self, Vec<Faults>> {
        let mut config = Self::standard();
        let reader = Reader::new(file, text);
        let mut root = reader.root();
        for (kind, keys) in [("board", ["drive", "motors"]), ("world", ["floor", "walls"])] {
            if keys.iter().any(|key| root.has(key)) {
                let hint = format!("give it by --{kind}, or name it in a configuration as {kind}");
                return Err(vec![Faults::whole(
                    file,
                    format_args!("is a {kind} file, and no configuration"),
                    hint,
                )]);
            }
        }
        let mut faults = Vec::new();

        let clean = reader.is_clean();
        let (auth, listen) = (root.get("auth"), root.get("listen"));
        if overrides.board_only {
            drop(root.get("tls"));
        } else if let Some(mut table) = auth.table() {
            doors::read_web(&mut table, &mut config.web);
            config.auth = auth::read(&reader, table, folder, &mut faults);
        }
        if !overrides.board_only {
            doors::read_tls(&reader, &mut root, folder, &mut config);
        }
        config.auth.certificates = config.tls.client_ca.is_some();
        // Who has written a token wrongly has not meant to be open to everybody.
        let meant = !clean || (reader.is_clean() && faults.is_empty());
        if let Some(name) = root.get("name").string() {
            config.name = name;
        }
        let board = root.get("board");
        if let Some(name) = board.string().filter(|_| overrides.board.is_none()) {
            config.board_name = name;
            let found = Board::load(&beside(folder, &config.board_name));
            resolve("board", found, &mut config.board, &board, &mut faults);
        }
        let world = root.get("world");
        if !overrides.board_only
            && let Some(name) = world.string().filter(|_| overrides.world.is_none())
        {
            config.world_name = name;
            let found = World::load(&beside(folder, &config.world_name));
            resolve("world", found, &mut config.world, &world, &mut faults);
        }
        let platforms: Vec<_> = overrides.platforms.iter().map(|row| (row.name, row)).collect();
        if let Some(platform) = root.get("platform").choice(&platforms) {
            config.platform = platform;
        }
        config.state_dir = read_folder(&reader, &root.get("state_dir"), folder);
        config.lock_dir = read_folder(&reader, &root.get("lock_dir"), folder);
        read_numbers(&reader, &mut root, &mut config);
        if let Some(mut linux) = root.get("linux").table() {
            for (key, place) in [("dev", &mut config.linux.dev), ("sys", &mut config.linux.sys)] {
                read_root(&reader, &linux.get(key), place);
            }
            config.linux.realtime = linux.get("realtime").boolean().unwrap_or(true);
            linux.finish();
        }
        let spots = root.get("sim").table().map(|table| simulated::read(table, folder, &mut config.sim));
        let spots = spots.unwrap_or_default();
        if let Some(urls) = listen.strings().filter(|_| !overrides.board_only) {
            let judged = (meant && overrides.listen.is_empty()).then_some(&config.auth);
            config.listen = read_endpoints(&reader, &listen, &urls, judged);
        }
        let pages = root.get("http").table().filter(|_| !overrides.board_only);
        let pages = pages.map(|table| http::read(&reader, table, &mut config.http)).unwrap_or_default();
        if let Some(table) = root.get("camera").table().filter(|_| !overrides.board_only) {
            camera::read(&reader, table, folder, &mut config);
        }
        root.finish();

        apply(&mut config, overrides, meant, &mut faults);
        if !overrides.board_only {
            http::judge(&config, overrides, (&reader, &pages, &listen), meant, &mut faults);
        }
        simulated::judge(&config, overrides, (&reader, &spots), &mut faults);
        simulated::load_script(&mut config, overrides, folder, (&reader, &spots), &mut faults);
        check_start(&config, overrides, &reader, [&world, &board], &mut faults);
        match reader.into_result(Some(config)) {
            Ok(config) if faults.is_empty() => Ok(config),
            Ok(_) => Err(faults),
            Err(own) => Err(std::iter::once(own).chain(faults).collect()),
        }
    }
}

/// A folder; a relative one begins where the configuration is.
fn read_folder(reader: &Reader<'_>, field: &Field<'_>, beside: &Path) -> Option<PathBuf> {
    let path = field.string()?;
    if path.is_empty() {
        reader.fault(&field.spot(), "is empty", "name a folder, or leave it out");
        return None;
    }
    Some(beside.join(path))
}

/// The endpoints of the list that can be listened on together, and with this `[auth]`.
fn read_endpoints(
    reader: &Reader<'_>,
    list: &Field<'_>,
    urls: &[Item<String>],
    judged: Option<&Auth>,
) -> Vec<Endpoint> {
    if urls.is_empty() {
        reader.fault(
            &list.spot(),
            "is empty, so nobody could reach the car",
            "leave it out for the standard endpoints",
        );
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for Item { value, spot } in urls {
        match value.parse::<Endpoint>() {
            Ok(endpoint) if endpoints.iter().any(|other| collide(other, &endpoint)) => {
                let what = format!("`{endpoint}` needs an address that another endpoint has");
                reader.fault(spot, what, "give each endpoint an address of its own");
            }
            Ok(endpoint) => {
                if let Some(Exposure { what, hint }) = judged.and_then(|auth| exposed(&endpoint, auth)) {
                    reader.fault(spot, format!("`{endpoint}` {what}"), hint);
                }
                endpoints.push(endpoint);
            }
            Err(error) => reader.fault(spot, error, ""),
        }
    }
    endpoints
}

/// Whether two endpoints cannot be listened on together.
pub(super) fn collide(one: &Endpoint, other: &Endpoint) -> bool {
    let streams = |endpoint: &Endpoint| ["ws", "wss", "tcp", "tls"].contains(&endpoint.scheme());
    let alike = one.scheme() == other.scheme() || (streams(one) && streams(other));
    alike
        && match (one.address(), other.address()) {
            (Address::Socket { host, port }, Address::Socket { host: of_other, port: other }) => {
                // Port 0 is another port each time.
                *port != 0 && port == other && overlap(host, of_other)
            }
            (one, other) => one == other,
        }
}

/// Whether two hosts have an address in common, as far as they say so themselves.
fn overlap(one: &str, other: &str) -> bool {
    let [address, of_other] = [one, other].map(|host| host.parse().ok().map(|ip: IpAddr| ip.to_canonical()));
    match (address, of_other) {
        (Some(one), Some(other)) => one == other || covers(one, other) || covers(other, one),
        (Some(address), None) => address.is_unspecified() || is_localhost(other, address),
        (None, Some(address)) => address.is_unspecified() || is_localhost(one, address),
        (None, None) => one == other,
    }
}

/// Whether a host is every address of the machine, and another is one of them: `[::]` takes those of IPv4, too.
fn covers(every: IpAddr, address: IpAddr) -> bool {
    every.is_unspecified() && (every.is_ipv6() || address.is_ipv4())
}

fn is_localhost(name: &str, address: IpAddr) -> bool {
    name == "localhost" && [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()].contains(&address)
}

/// Every number of the table of this name.
pub(super) fn read_settings(table: &mut Table<'_>, name: &str, config: &mut Config) {
    for setting in settings_of(name) {
        if let Some(value) = read_number(&table.get(setting.key), setting) {
            setting.set(config, value);
        }
    }
}

fn read_numbers(reader: &Reader<'_>, root: &mut Table<'_>, config: &mut Config) {
    for name in ["control", "limits"] {
        let Some(mut table) = root.get(name).table() else { continue };
        read_settings(&mut table, name, config);
        for (lesser, greater) in ORDERED.iter().filter(|_| name == "limits") {
            check_order(reader, &mut table, config, lesser, greater);
        }
        if name == "control" {
            check_stall(reader, &mut table, config);
        }
        table.finish();
    }
}

/// Two numbers of which the first makes sense only below the second.
fn check_order(reader: &Reader<'_>, table: &mut Table<'_>, config: &Config, lesser: &str, greater: &str) {
    let of = |key: &str| settings_of("limits").find(|s| s.key == key).map_or(f64::NAN, |s| s.get(config));
    let (low, high) = (of(lesser), of(greater));
    if low >= high {
        let at = [lesser, greater].map(|key| table.get(key)).into_iter().find(Field::is_present);
        if let Some(at) = at {
            let hint = format!("`{lesser}` must be less than `{greater}`");
            reader.fault(&at.spot(), format!("leaves `{lesser}` at {low} and `{greater}` at {high}"), hint);
        }
    }
}

/// A loop that is watched must have the time to turn.
fn check_stall(reader: &Reader<'_>, table: &mut Table<'_>, config: &Config) {
    let (stall, least) = (config.control.stall, config.control.period() * 2);
    if stall < least {
        let at = ["stall_ms", "rate_hz"].map(|key| table.get(key)).into_iter().find(Field::is_present);
        if let Some(at) = at {
            let what = format!("leaves a turn of the control loop {} ms", stall.as_millis());
            let hint = format!("`stall_ms` must be two turns at least: {} at this rate", least.as_millis());
            reader.fault(&at.spot(), what, hint);
        }
    }
}

/// A place that begins at the root, as the guard must find it too.
fn read_root(reader: &Reader<'_>, field: &Field<'_>, place: &mut PathBuf) {
    let Some(path) = field.string().map(PathBuf::from) else { return };
    if path.is_absolute() {
        *place = path;
    } else {
        let what = format!("is `{}`, which does not begin with /", path.display());
        reader.fault(&field.spot(), what, "write the whole path");
    }
}

fn read_number(field: &Field<'_>, setting: &super::settings::Setting) -> Option<f64> {
    if setting.is_whole {
        let (low, high) = (*setting.range.start() as i64, *setting.range.end() as i64);
        field.integer(low..=high, setting.unit).map(|n| n as f64)
    } else {
        field.number(setting.range.clone(), setting.unit)
    }
}

fn apply(config: &mut Config, overrides: &Overrides, meant: bool, faults: &mut Vec<Faults>) {
    if let Some(name) = &overrides.board {
        config.board_name.clone_from(name);
        take("--board", Board::load(name), &mut config.board, faults);
    }
    if let Some(name) = overrides.world.as_ref().filter(|_| !overrides.board_only) {
        config.world_name.clone_from(name);
        take("--world", World::load(name), &mut config.world, faults);
    }
    if let Some(platform) = overrides.platform {
        config.platform = platform;
    }
    simulated::apply(&mut config.sim, &overrides.sim);
    http::apply(&mut config.http, overrides, faults);
    if overrides.sim.record.is_some() && !overrides.board_only && !config.is_simulated() {
        let hint = "leave it out, or add --platform sim";
        faults.push(Faults::whole("--record", "only the run of a simulated car can be had again", hint));
    }
    if !overrides.listen.is_empty() {
        config.listen.clone_from(&overrides.listen);
        for endpoint in overrides.listen.iter().filter(|_| meant) {
            if let Some(Exposure { what, hint }) = exposed(endpoint, &config.auth) {
                faults.push(Faults::whole("--listen", format!("`{endpoint}` {what}"), hint));
            }
        }
    }
}
