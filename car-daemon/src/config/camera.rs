//! The `[camera]` table: where pictures come from, and how they are.
//!
//! What must never live here: what opens a source.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hal::file::{Field, Reader, Table, nearest};
use http::Uri;

use super::Config;
use super::print::{quoted, row};
use super::read::read_settings;
use crate::secrets;

/// The `[camera]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraConfig {
    /// Where pictures come from.
    pub source: SourceName,
    /// Dots in a row, 160 to 3840, where the source lets it be chosen.
    pub width: u16,
    /// Rows, 120 to 2160, where the source lets it be chosen.
    pub height: u16,
    /// Pictures a second at most, 1 to 120 hertz.
    pub rate_hz: f64,
    /// Of pictures that are encoded here, 1 to 100.
    pub quality: u8,
    /// The longest picture that is taken from a source, in bytes: 16 KiB to 64 MiB.
    pub max_bytes: usize,
    /// A driver whose page gets no picture for this long is stopped; zero: never.
    pub stop_stalled: Duration,
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceName {
    /// The simulated car's own; on other platforms the first device of the kernel that gives pictures.
    Auto,
    /// Nowhere.
    Off,
    /// What the simulator draws.
    Sim,
    /// A program that writes MJPEG to its standard output, and its arguments.
    Command(Vec<String>),
    /// Pictures that another program serves over HTTP.
    Url(String),
    /// A video device of the kernel.
    Device(PathBuf),
    /// A JPEG file, or the JPEG files of a folder in the order of their names, over and over.
    Files(PathBuf),
}

/// A source as it is written.
enum Written<'w> {
    Text(&'w str),
    List(&'w [String]),
}

/// A way to write a source.
struct Writing {
    /// As it could be written: the word itself, where it is one.
    example: &'static str,
    /// The source, if it is written so. A relative path begins at the folder.
    read: fn(&Written<'_>, &Path) -> Option<SourceName>,
}

/// Every way: the first that knows a writing has it.
const WRITINGS: &[Writing] = &[
    Writing { example: "\"auto\"", read: |written, _| written.is("auto").then_some(SourceName::Auto) },
    Writing { example: "\"off\"", read: |written, _| written.is("off").then_some(SourceName::Off) },
    Writing { example: "\"sim\"", read: |written, _| written.is("sim").then_some(SourceName::Sim) },
    Writing {
        example: "[\"rpicam-vid\", \"-t\", \"0\", \"--codec\", \"mjpeg\", \"-o\", \"-\"]",
        read: |written, _| written.command().map(SourceName::Command),
    },
    Writing {
        example: "\"http://camera:8080/?action=stream\"",
        read: |written, _| written.url().map(SourceName::Url),
    },
    Writing { example: "\"/dev/video0\"", read: |written, _| written.device().map(SourceName::Device) },
    Writing { example: "\"pictures/\"", read: |written, folder| written.path(folder).map(SourceName::Files) },
];

impl Written<'_> {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Text(text) if *text == word)
    }

    /// The program is found as a shell finds it.
    fn command(&self) -> Option<Vec<String>> {
        let Self::List(words) = self else { return None };
        words.first().filter(|program| !program.is_empty()).map(|_| words.to_vec())
    }

    fn url(&self) -> Option<String> {
        let Self::Text(text) = self else { return None };
        let uri = text.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("http"))?;
        let is_place = !uri.host()?.is_empty() && !has_no_such_port(&uri);
        is_place.then(|| (*text).to_owned())
    }

    fn device(&self) -> Option<PathBuf> {
        let Self::Text(text) = self else { return None };
        text.starts_with("/dev/").then(|| text.into())
    }

    /// Whether it looks like the name of a file, of whatever kind.
    fn is_file(&self) -> bool {
        matches!(self, Self::Text(text) if !text.contains("://") && Path::new(text).extension().is_some())
    }

    /// A path has a `/` in it, or ends as JPEG files do.
    fn path(&self, folder: &Path) -> Option<PathBuf> {
        let Self::Text(text) = self else { return None };
        let is_path = text.contains('/') || is_jpeg(Path::new(text));
        (is_path && !self.is_like_address()).then(|| folder.join(text))
    }

    /// Whether it was probably meant as an address, and so may have a password in it: its first part is a scheme, or
    /// has a `:` in it, as behind a scheme and between name and password.
    fn is_like_address(&self) -> bool {
        let Self::Text(text) = self else { return false };
        let first = text.trim_start().split(['/', '\\']).next().unwrap_or_default();
        let is_scheme = ["http", "https"].iter().any(|scheme| first.eq_ignore_ascii_case(scheme));
        is_scheme || first.contains(':') || text.contains("://")
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) if self.is_like_address() => {
                f.write_str("an address (not shown, as it may hold a password)")
            }
            Self::Text(text) => write!(f, "`{text}`"),
            Self::List(words) => write!(f, "a list of {} words", words.len()),
        }
    }
}

/// Whether it names a port that no computer has.
fn has_no_such_port(uri: &Uri) -> bool {
    let behind =
        |authority: &str, host: &str| authority.len() - (authority.rfind(host).unwrap_or(0) + host.len());
    uri.authority()
        .is_some_and(|place| behind(place.as_str(), place.host()) > 1 && place.port_u16().is_none())
}

/// Whether a file's name says that it is a JPEG.
pub(crate) fn is_jpeg(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default().to_ascii_lowercase();
    end == "jpg" || end == "jpeg"
}

impl Default for CameraConfig {
    fn default() -> Self {
        Self {
            source: SourceName::Auto,
            width: 640,
            height: 480,
            rate_hz: 30.0,
            quality: 80,
            max_bytes: 1 << 20,
            stop_stalled: Duration::ZERO,
        }
    }
}

impl CameraConfig {
    /// Between two pictures.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate_hz)
    }

    /// When the next picture is late: one of a steady camera may be missing.
    pub(crate) fn late(&self) -> Duration {
        self.period().mul_f64(2.5)
    }
}

/// Reads the table; a relative path begins at `folder`.
pub(super) fn read(reader: &Reader<'_>, mut table: Table<'_>, folder: &Path, config: &mut Config) {
    let field = table.get("source");
    if let Some(source) = read_source(&field, folder) {
        config.camera.source = source;
        config.camera_at = Some(reader.place(&field.spot()));
    }
    read_settings(&mut table, "camera", config);
    let (stalled, least) = (config.camera.stop_stalled, config.camera.late());
    if !stalled.is_zero() && stalled < least {
        let at = ["stop_stalled_ms", "rate_hz"].map(|key| table.get(key));
        if let Some(at) = at.into_iter().find(Field::is_present) {
            let what = format!("leaves a driver {} ms between two pictures", stalled.as_millis());
            let least = least.as_secs_f64() * 1e3;
            let hint = format!("`stop_stalled_ms` must be 0, or at least {} at this `rate_hz`", least.ceil());
            at.fault(what, hint);
        }
    }
    table.finish();
}

fn read_source(field: &Field<'_>, folder: &Path) -> Option<SourceName> {
    let (text, list);
    let written = if field.is_list() {
        list = field.strings()?.into_iter().map(|item| item.value).collect::<Vec<_>>();
        Written::List(&list)
    } else {
        text = field.string()?;
        Written::Text(&text)
    };
    let source = WRITINGS.iter().find_map(|writing| (writing.read)(&written, folder));
    if source.is_none() {
        field.fault(format!("is {written}, which is no source of pictures"), hint(&written));
    }
    source
}

/// How an address is written.
const ADDRESS: &str = "an address is http://NAME:PASSWORD@HOST:PORT/PATH, of which HOST must be there, and in a name or password \
                       %40 stands for @, %3A for :, %2F for /, %3F for ?, %23 for #, %20 for a space; a relative path \
                       with a : begins with ./";

/// What would be a source, and what was probably meant.
fn hint(written: &Written<'_>) -> String {
    let examples: Vec<_> = WRITINGS.iter().map(|writing| writing.example).collect();
    if let Written::Text(text) = written {
        if written.is_like_address() {
            return match text.parse::<Uri>() {
                Ok(uri) if has_no_such_port(&uri) && !text.contains('@') => "a port is 1 to 65535",
                _ => ADDRESS,
            }
            .to_owned();
        }
        if let Some(near) = nearest(text, examples.iter().map(|example| example.trim_matches('"'))) {
            return format!("did you mean `{near}`?");
        }
    }
    let files = if written.is_file() { "of files, only `.jpg` and `.jpeg` are taken; " } else { "" };
    format!("{files}it can be, for example, {}", examples.join(", "))
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Auto => quoted("auto"),
            Self::Off => quoted("off"),
            Self::Sim => quoted("sim"),
            Self::Command(words) => {
                format!("[{}]", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))
            }
            // Such a print is shown to others.
            Self::Url(url) if holds_secrets(url) => quoted(&secrets::without(url)),
            Self::Url(url) => quoted(url),
            Self::Device(path) | Self::Files(path) => quoted(&path.display().to_string()),
        })
    }
}

/// Whether an address may have a password or a token in it. What mjpg-streamer is asked by is none.
fn holds_secrets(url: &str) -> bool {
    let asked = url.split_once(['?', '#']).map(|(_, asked)| asked);
    url.contains('@') || asked.is_some_and(|asked| !["action=stream", "action=snapshot"].contains(&asked))
}

impl fmt::Display for CameraConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n[camera]")?;
        let about = "\"auto\": the simulated car's, or the first of the kernel; \"off\", \"sim\", a device, a URL, a program and its arguments, a folder or file of JPEGs";
        row(f, "source", &self.source.to_string(), about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse("car.toml", text, Path::new("/etc/car"), &Overrides::default())
            .map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn every_source_is_read_and_printed_as_what_reads_back() {
        for (written, source) in [
            ("\"auto\"", SourceName::Auto),
            ("\"off\"", SourceName::Off),
            ("\"sim\"", SourceName::Sim),
            (
                "\"/dev/v4l/by-id/usb-046d-index0\"",
                SourceName::Device("/dev/v4l/by-id/usb-046d-index0".into()),
            ),
            ("[\"cam\", \"-x \\\"\"]", SourceName::Command(vec!["cam".to_owned(), "-x \"".to_owned()])),
            (
                "\"http://car:65535/?action=stream\"",
                SourceName::Url("http://car:65535/?action=stream".to_owned()),
            ),
            ("\"./pictures\"", SourceName::Files("/etc/car/./pictures".into())),
            ("\"/srv/pictures\"", SourceName::Files("/srv/pictures".into())),
            ("\"Still.JPG\"", SourceName::Files("/etc/car/Still.JPG".into())),
        ] {
            let config = parse(&format!("[camera]\nsource = {written}")).expect(written);
            assert_eq!(config.camera.source, source);
            assert_eq!(parse(&config.to_string()).expect("reads back").camera, config.camera);
        }
    }

    #[test]
    fn a_password_in_an_address_is_read_and_never_printed() {
        let config = parse("[camera]\nsource = \"http://me:secret@car:80/?x=1\"").expect("valid");
        assert_eq!(config.camera.source, SourceName::Url("http://me:secret@car:80/?x=1".to_owned()));
        let printed = config.to_string();
        assert!(printed.contains("\"http://…@car:80/?…\"") && !printed.contains("secret"), "{printed}");
    }

    #[test]
    fn an_address_that_was_mistyped_is_no_path_and_its_password_is_told_nobody() {
        for address in [
            "http://me:se/cret-pw@cam/",
            "http://me:se#cret-pw@cam/",
            "http://me:se?cret-pw@cam/",
            "http://me:se cret-pw@cam/",
            "http:/me:secret-pw@cam/",
            "http//me:secret-pw@cam/",
            "HTTPS//me:secret-pw@cam/",
            " http:/me:secret-pw@cam/",
            "http:\\\\\\\\me:secret-pw@cam/",
            "htp:/me:secret-pw@cam/",
            "me:secret-pw@cam/stream.jpg",
            "http:me:secret-pw@cam.jpg",
        ] {
            let faults = parse(&format!("[camera]\nsource = \"{address}\"")).expect_err(address);
            assert!(!faults.contains("cret"), "{faults}");
            assert!(faults.contains("is an address (not shown") && faults.contains("%2F for /"), "{faults}");
        }
        for path in ["./12:30.jpg", "/srv/http:/me@cam/", "pictures/http:/", "httpd/pictures"] {
            let config = parse(&format!("[camera]\nsource = \"{path}\"")).expect(path);
            assert_eq!(config.camera.source, SourceName::Files(Path::new("/etc/car").join(path)));
        }
        let config = parse("[camera]\nsource = \"http://me:80/cret@cam/\"").expect("a path with an `@`");
        assert!(!config.to_string().contains("cret"), "{config}");
    }

    #[test]
    fn what_is_no_source_is_told_with_what_was_meant() {
        for (written, right) in [
            ("\"atuo\"", "is `atuo`, which is no source of pictures; did you mean `auto`?"),
            ("\"camera\"", "it can be, for example, \"auto\", \"off\", \"sim\", [\"rpicam-vid\", \"-t\""),
            (
                "\"still.png\"",
                "which is no source of pictures; of files, only `.jpg` and `.jpeg` are taken; it can be",
            ),
            ("\"\"", "is ``, which is no source"),
            ("\"https://me:x@car/\"", "password), which is no source of pictures; an address is http://NAME"),
            ("\"http://car:99999/\"", "which is no source of pictures; a port is 1 to 65535"),
            ("\"http://\"", "of which HOST must be there"),
            ("[]", "is a list of 0 words, which is no source"),
            ("[\"\", \"x\"]", "is a list of 2 words, which is no source"),
            ("[1]", "must be a string"),
            ("7", "must be a string"),
        ] {
            let faults = parse(&format!("[camera]\nsource = {written}")).expect_err(written);
            assert!(faults.starts_with("car.toml:2: camera.source"), "{faults}");
            assert!(faults.contains(right) && faults.lines().count() == 1, "{right} in {faults}");
        }
    }

    #[test]
    fn numbers_have_ranges_and_unknown_keys_name_the_nearest() {
        let text = "[camera]\nwidth = 1280\nheight = 720\nrate_hz = 12.5\nquality = 60\nmax_bytes = 65536\nstop_stalled_ms = 700";
        let config = parse(text).expect("valid");
        let CameraConfig { width, height, rate_hz, quality, max_bytes, stop_stalled, .. } = config.camera;
        assert_eq!((width, height, rate_hz, quality), (1280, 720, 12.5, 60));
        assert_eq!((max_bytes, stop_stalled), (65536, Duration::from_millis(700)));
        assert_eq!(parse(&config.to_string()).expect("reads back").camera, config.camera);
        for (wrong, right) in [
            ("width = 100", "must be 160 to 3840 dots"),
            ("height = 480.5", "a whole number"),
            ("rate_hz = 0", "must be 1 to 120 hertz"),
            ("quality = 101", "must be 1 to 100 of 100"),
            ("max_bytes = 1", "must be 16384 to 67108864 bytes"),
            ("stop_stalled_ms = -1", "must be 0 to 60000 milliseconds"),
            (
                "stop_stalled_ms = 83",
                "leaves a driver 83 ms between two pictures; `stop_stalled_ms` must be 0, or at least 84 at",
            ),
            ("rate_hz = 2\nstop_stalled_ms = 1249", "at least 1250 at this `rate_hz`"),
            ("sorce = \"off\"", "did you mean `source`?"),
        ] {
            let faults = parse(&format!("[camera]\n{wrong}")).expect_err(wrong);
            let line = wrong.lines().count() + 1;
            let place = format!("car.toml:{line}: camera.");
            assert!(faults.starts_with(&place) && faults.contains(right), "{faults}");
        }
        assert!(parse("[camera]\nrate_hz = 2\nstop_stalled_ms = 1250").is_ok());
    }
}
