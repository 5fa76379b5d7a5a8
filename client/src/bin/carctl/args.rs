//! The command line.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use clap::{Parser, Subcommand};
use protocol::{Angle, OutOfRange, Power, Token, Ttl};
use transport::{BadPem, ClientTls, Endpoint, Fingerprint, Identity, Roots};

use crate::calibrate::Calibrate;
use crate::error::Error;
use crate::simulator::Simulator;
use crate::teleop::Teleop;

/// Drives and watches a car from the shell.
#[derive(Debug, Parser)]
#[command(
    name = "carctl",
    version,
    after_help = "Examples:\n  \
        carctl state\n  \
        carctl state --watch\n  \
        carctl drive 0.5 0 --for 2s        forward for two seconds, then stop\n  \
        carctl drive -0.3 1 --for 500ms    backward, turning left\n  \
        carctl teleop                      drive by keys, in this terminal\n  \
        carctl calibrate my-car.toml       wheels up: directions, least duties, servo limits\n  \
        carctl who                         who is here, and who drives\n  \
        carctl sim fault chip-silent pca9685@0x40 --for 2s    how does it take that?\n  \
        carctl estop a child               nothing moves until `carctl reset`\n  \
        carctl look 30 -10                 camera to the left and down\n  \
        carctl --to ws://10.0.0.7:9900 stop\n  \
        carctl --to tls://car.local --pin sha256:… state    the car prints its PIN when it starts\n  \
        carctl send cam_up                 any word of the text dialect; `carctl send help` lists them\n\n\
        Left and up are positive. Exit codes: 0 fine, 1 failed, 2 wrong arguments."
)]
pub(crate) struct Args {
    /// Where the car is: ws://, wss://, tcp://, tls://, udp:// or unix://. The daemon's Unix socket where absent.
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) to: Option<Endpoint>,
    /// What proves that you may. Other users of this machine see the arguments of your programs: better
    /// is --token-file, or the environment variable CAR_TOKEN.
    #[arg(long, value_name = "TOKEN", global = true, conflicts_with = "token_file", value_parser = token)]
    pub(crate) token: Option<Token>,
    /// The same, from a file that holds nothing else.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// How the token is called in the car's configuration: for udp://…?integrity=psk.
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) token_name: Option<String>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Whom to believe over tls:// and wss://, and who this is.
#[derive(Debug, clap::Args)]
pub(crate) struct Trust {
    /// The fingerprint of the car's certificate, sha256: and 64 digits; the car prints it when it starts.
    #[arg(long, global = true, value_name = "FINGERPRINT")]
    pin: Option<Fingerprint>,
    /// A file of certificates in PEM, of which one vouches for the car's.
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A certificate of one's own in PEM, for a car that asks for one.
    #[arg(long, global = true, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key in PEM.
    #[arg(long, global = true, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl Trust {
    /// With what is in the files.
    pub(crate) fn load(&self) -> Result<ClientTls, Error> {
        let roots =
            self.ca.as_deref().map(|ca| Roots::from_pem(&read(ca)?).map_err(|error| Error::file(ca, &error)));
        let identity = self.cert.as_deref().zip(self.key.as_deref()).map(|(cert, key)| {
            Identity::from_pem(&read(cert)?, &read(key)?)
                .map_err(|error| Error::file(if error == BadPem::NoKey { key } else { cert }, &error))
        });
        Ok(ClientTls { pin: self.pin, roots: roots.transpose()?, identity: identity.transpose()? })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::file(path, &format!("cannot be read: {error}")))
}

/// Any text: what clap says of a wrong one shows it. Whether it is a token is looked at when it is used.
fn token(text: &str) -> Result<Token, Infallible> {
    Ok(Token::new(text))
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the state of the car.
    State {
        /// Go on showing it, ten times a second, until Ctrl-C.
        #[arg(long)]
        watch: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Drive by power, once, or for a while.
    ///
    /// Without --for, one command is sent, and the car drives until its time to live is over. With
    /// --for, the command is repeated in time, and the car is stopped at the end. Ctrl-C stops the car.
    Drive {
        /// -1 to 1, forward positive.
        // Allowed is more than clap's negative numbers: `-.5` is none of them.
        #[arg(value_parser = power, allow_hyphen_values = true)]
        throttle: Power,
        /// -1 to 1, left positive.
        #[arg(value_parser = power, allow_hyphen_values = true)]
        steer: Power,
        /// Sideways, -1 to 1, left positive; for a car with mecanum wheels.
        #[arg(long, value_parser = power, allow_hyphen_values = true)]
        strafe: Option<Power>,
        /// How long, as 2s or 500ms.
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        duration: Option<Duration>,
        /// How long one command is good when nothing more is heard, 1ms to 2s.
        #[arg(long, value_name = "TIME", value_parser = ttl, default_value = "500ms")]
        ttl: Ttl,
        /// Take the lease from whoever drives with a lower priority.
        #[arg(long)]
        force: bool,
    },
    /// Drive by keys, in this terminal; over SSH too.
    ///
    /// W A S D or the arrows drive while they are held, Space stops, Esc or e is the emergency stop, r resets;
    /// I J K L turn the camera, c centres it; + and - change the power; t asks for the wheel, f takes it by
    /// force, g gives it away; q quits. The car stops before this ends, whatever ends it.
    ///
    /// Most terminals do not tell when a key is let go, only that it is repeated: then the car drives for 0.6 s
    /// after a tap, and stops 0.25 s after the last repetition. One that speaks kitty's keyboard protocol tells,
    /// and takes two keys at once. Nothing moves the car for longer than 0.3 s after this program, or the link
    /// to the car, is gone.
    Teleop(Teleop),
    /// Stop the car.
    Stop,
    /// Latch the emergency stop: nothing moves until `reset`.
    Estop {
        /// Why, for everybody to read.
        reason: Vec<String>,
    },
    /// Release the emergency stop, and a fault of hardware that answers again. Nothing is resumed.
    Reset,
    /// Show who is here, and who drives.
    Who {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Find directions, least duties and servo limits with the wheels up, and write them into the board file.
    ///
    /// Put the car on something so that all of its wheels turn freely. Each motor then turns slowly for a
    /// second, and you say which way: that gives `invert`. Its power rises from nothing until you press
    /// Enter when it begins to turn: that gives `min_duty`. Each servo is nudged by the arrow keys to
    /// straight ahead, and then as far as it may go on either side: that gives `min_us`, `max_us`, `min_deg`,
    /// `max_deg`, `center_deg` and `invert`; how many microseconds are a degree stays as the file has it.
    ///
    /// At the end you see what would change, and say whether it is written. All else in the file, comments
    /// too, stays as it is. `s` skips a part, `q` or Ctrl-C ends it: then the car stops, and nothing is
    /// written. The daemon must run this very file, for which it wants the role admin, and must be
    /// restarted to use what was found.
    #[command(after_long_help = "To begin with a board that comes with the daemon:\n  \
        car-daemon boards demo > my-car.toml\n  \
        car-daemon --board my-car.toml --platform linux\n  \
        carctl calibrate my-car.toml")]
    Calibrate(Calibrate),
    /// Tell a simulated car something past its driver: break and mend it, move it, let time pass.
    ///
    /// For the role admin, and platform sim.
    #[command(subcommand)]
    Sim(Simulator),
    /// Turn the camera, in degrees; prints the angles after limits.
    Look {
        /// Left positive.
        #[arg(value_parser = angle, allow_hyphen_values = true)]
        pan: Angle,
        /// Up positive.
        #[arg(value_parser = angle, allow_hyphen_values = true)]
        tilt: Angle,
    },
    /// Send a line of the text dialect and print the answer; exit code 1 on `error: …`.
    ///
    /// `up` and the other words that drive last as long as the connection, which ends here with the
    /// answer: to drive, use `carctl drive`.
    Send {
        /// The line.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        text: Vec<String>,
    },
}

impl Args {
    /// What to show: an argument, else the environment.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn token(&self) -> Result<Option<Token>, Error> {
        if let Some(path) = &self.token_file {
            let unreadable = |error| Error::TokenFile(path.display().to_string(), error);
            return Ok(Some(Token::new(fs::read_to_string(path).map_err(unreadable)?.trim())));
        }
        let of_environment = || env::var("CAR_TOKEN").ok().filter(|token| !token.is_empty()).map(Token::new);
        Ok(self.token.clone().or_else(of_environment))
    }
}

pub(crate) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "it must be a number, as 0.5".to_owned())
}

pub(crate) fn range(error: OutOfRange) -> String {
    format!("it must be {}", error.range)
}

pub(crate) fn power(text: &str) -> Result<Power, String> {
    Power::new("power", number(text)?).map_err(range)
}

fn angle(text: &str) -> Result<Angle, String> {
    Angle::new("angle", number(text)?).map_err(range)
}

fn ttl(text: &str) -> Result<Ttl, String> {
    Ttl::from_ms(time(text)?.as_secs_f64() * 1000.0).map_err(range)
}

/// `2s`, `1.5s`, `500ms`; at most a day, so that a slip of the finger is seen.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let right = || "it must be a time, as 2s or 500ms".to_owned();
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => return Err(right()),
    };
    let seconds = number.parse::<f64>().map_err(|_| right())? * unit;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= Duration::from_secs(86_400) => Ok(time),
        _ => Err("it must be a time from 0s to 86400s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Args::try_parse_from(line.split(' ')).map(|args| args.command)
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_token_is_shown_by_no_help_and_no_error() {
        let args = Args::try_parse_from(["carctl", "--token", "correct-horse", "state"]).unwrap();
        assert_eq!(args.token, Some(Token::new("correct-horse")));
        assert!(!format!("{args:?}").contains("horse"));
        let error = Args::try_parse_from(["carctl", "--token", "correct-horse", "nonsense"]).unwrap_err();
        assert!(!error.to_string().contains("horse"), "{error}");
    }

    #[test]
    fn what_vouches_for_a_car_is_read_from_files_and_from_a_pin() {
        let parse = |line: &str| Args::try_parse_from(line.split(' ')).map(|args| args.trust);
        let pin = format!("sha256:{}", "0a".repeat(32));
        let trust = parse(&format!("carctl state --pin {pin}")).unwrap().load().unwrap();
        assert_eq!(trust.pin.map(|pin| pin.to_string()), Some(pin));
        let error = parse("carctl state --pin sha256:0a").unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
        assert!(parse("carctl state --cert a.pem").unwrap_err().to_string().contains("--key"));
        for (line, words) in [
            ("carctl state --ca /dev/null", "/dev/null: holds no certificate"),
            ("carctl state --ca /no/such/file", "/no/such/file: cannot be read"),
            ("carctl state --cert /dev/null --key /dev/null", "/dev/null: holds no private key"),
        ] {
            let error = parse(line).unwrap().load().unwrap_err();
            assert!(error.to_string().contains(words) && error.is_of_arguments(), "{error}");
        }
    }

    #[test]
    fn negative_numbers_are_numbers_and_not_options() {
        let Ok(Command::Drive { throttle, steer, duration, ttl, .. }) =
            parse("carctl drive -0.5 -.25 --for 1.5s --ttl 250ms")
        else {
            panic!("not read")
        };
        assert_eq!((throttle.get(), steer.get()), (-0.5, -0.25));
        assert_eq!(duration, Some(Duration::from_millis(1500)));
        assert_eq!(ttl.as_ms(), 250.0);
        for line in ["carctl drive --for 1s -.5 -1", "carctl drive -.5 --for 1s -1"] {
            assert!(matches!(parse(line), Ok(Command::Drive { .. })), "{line}");
        }
        let Ok(Command::Drive { strafe: Some(strafe), .. }) = parse("carctl drive 0 0 --strafe -.5") else {
            panic!("not read")
        };
        assert_eq!(strafe.get(), -0.5);
        assert!(matches!(parse("carctl look -90 -5.5"), Ok(Command::Look { .. })));
        let Ok(Command::Send { text }) = parse("carctl send drive -0.5 0") else { panic!("not read") };
        assert_eq!(text, ["drive", "-0.5", "0"]);
    }

    #[test]
    fn wrong_arguments_say_what_would_be_right() {
        for (line, words) in [
            ("carctl drive 1.5 0", "it must be -1 to 1"),
            ("carctl drive fast 0", "it must be a number, as 0.5"),
            ("carctl drive nan 0", "it must be -1 to 1"),
            ("carctl drive 1 0 --for 2", "it must be a time, as 2s or 500ms"),
            ("carctl drive 1 0 --for=-1s", "it must be a time from 0s to 86400s"),
            ("carctl drive 1 0 --for 1e300s", "it must be a time from 0s to 86400s"),
            ("carctl drive 1 0 --ttl 3s", "it must be 1 to 2000 milliseconds"),
            ("carctl look 181 0", "it must be -180 to 180 degrees"),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
