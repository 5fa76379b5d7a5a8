//! A board from its TOML.
//!
//! What lives here: one function for each table of the file, in the order of the file. What must
//! never live here: what is wrong between tables; that is `check`.

use super::check::{self, Use};
use super::pin::{PinRef, PinText};
use super::{
    Board, BridgeSpec, Chip, ChipKind, DEFAULT_BUS, DrivetrainSpec, MotorSpec, ServoRole, ServoSpec, Side,
};
use crate::driver::pca9685;
use crate::file::{Faults, Field, Item, Reader, Spot, Table};

pub(super) fn board(file: &str, text: &str) -> Result<Board, Faults> {
    let reader = Reader::new(file, text);
    let mut top = reader.root();
    let name = top.need("name", r#""my car""#).string();
    let description = top.get("description").string().unwrap_or_default();
    let chips = chips(&reader, &top.get("chips"));
    let drivetrain = top.need("drive", r#"{ kind = "differential", … }"#).table().and_then(drivetrain);
    let mut wiring = Wiring { reader: &reader, chips: &chips, uses: Vec::new() };
    let motors: Vec<_> =
        top.get("motors").named_tables().into_iter().map(|table| wiring.motor(table)).collect();
    let servos: Vec<_> =
        top.get("servos").named_tables().into_iter().map(|table| wiring.servo(table)).collect();
    let uses = wiring.uses;
    let root = top.spot();
    top.finish();

    check::pins(&reader, &uses);
    check::servos(&reader, &servos);
    if reader.is_clean() {
        check::sides(&reader, &root, motors.iter().flatten());
    }
    let board = (|| {
        Some(Board {
            name: name?,
            description,
            chips: chips.into_iter().map(|chip| chip.map(|item| item.value)).collect::<Option<_>>()?,
            drivetrain: drivetrain?,
            motors: motors.into_iter().collect::<Option<_>>()?,
            servos: servos.into_iter().map(|servo| servo.map(|item| item.value)).collect::<Option<_>>()?,
        })
    })();
    reader.into_result(board)
}

fn chips(reader: &Reader<'_>, field: &Field<'_>) -> Vec<Option<Item<Chip>>> {
    let chips: Vec<_> = field.tables().into_iter().map(|table| chip(reader, table)).collect();
    check::chips(reader, &chips);
    chips
}

fn chip(reader: &Reader<'_>, mut table: Table<'_>) -> Option<Item<Chip>> {
    let spot = table.spot();
    let driver = table.need("driver", r#""pca9685""#).choice(&[("pca9685", ())]);
    let bus = table.get("bus");
    let at = table.need("address", "0x40");
    // Seven-bit addresses below 0x03 and above 0x77 are reserved by the I²C specification (UM10204, 3.1.12).
    let address = at.integer(0x03..=0x77, "(0x03 to 0x77)").and_then(|address| u8::try_from(address).ok());
    let address = address.filter(|address| check::address(reader, &at.spot(), *address));
    let frequency_hz = table.get("frequency_hz");
    let limits = *pca9685::FREQUENCIES_HZ.start()..=*pca9685::FREQUENCIES_HZ.end();
    let frequency_hz = frequency_hz.or(50.0, |field| field.number(limits, "hertz"));
    let bus = bus.or(DEFAULT_BUS.to_owned(), Field::string);
    table.finish();
    driver?;
    let kind = ChipKind::Pca9685 { frequency_hz: frequency_hz? };
    Some(Item { value: Chip { kind, bus: bus?, address: address? }, spot })
}

fn drivetrain(mut table: Table<'_>) -> Option<DrivetrainSpec> {
    let kind = table.need("kind", r#""differential""#).choice(&[("differential", ())]);
    let track_m = table.need("track_m", "0.13").number(0.01..=5.0, "metres");
    let wheel_diameter_m = table.need("wheel_diameter_m", "0.065").number(0.005..=2.0, "metres");
    let top_speed_mps = table.need("top_speed_mps", "0.7").number(0.01..=20.0, "metres a second");
    table.finish();
    kind?;
    Some(DrivetrainSpec::Differential {
        track_m: track_m?,
        wheel_diameter_m: wheel_diameter_m?,
        top_speed_mps: top_speed_mps?,
    })
}

/// Which bridge, before its wires are known.
#[derive(Clone, Copy)]
enum BridgeKind {
    L298n,
    Tb6612,
    Drv8833,
}

/// A bridge's name in the file, and its fastest PWM in hertz: the data sheet's limit for the L298 and
/// the TB6612FNG; for the DRV8833 the frequency of its own current control.
const BRIDGES: [(&str, (BridgeKind, f64)); 3] = [
    ("l298n", (BridgeKind::L298n, 40_000.0)),
    ("tb6612", (BridgeKind::Tb6612, 100_000.0)),
    ("drv8833", (BridgeKind::Drv8833, 50_000.0)),
];

/// What a motor's PWM runs at if neither the file nor a chip says: kits use 500 to 2,000 hertz.
const MOTOR_HZ: f64 = 1_000.0;
/// What every hobby servo understands.
const SERVO_HZ: f64 = 50.0;

/// What a wire must carry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    Level,
    Duty,
}

/// Resolves pins to chips, and keeps where each was named.
struct Wiring<'a> {
    reader: &'a Reader<'a>,
    chips: &'a [Option<Item<Chip>>],
    uses: Vec<Use>,
}

impl Wiring<'_> {
    fn motor(&mut self, mut table: Table<'_>) -> Option<MotorSpec> {
        let name = table.key().to_owned();
        let side = table.need("side", r#""left""#).choice(&[("left", Side::Left), ("right", Side::Right)]);
        let driver = table.need("driver", r#""hbridge""#).choice(&[("hbridge", ())]);
        let invert = table.get("invert").or(false, Field::boolean);
        let bridge = table.need("bridge", r#""tb6612""#).choice(&BRIDGES);
        let Some((kind, max_hz)) = bridge else {
            // Which keys are right depends on the bridge, so nothing is said about the others.
            return None;
        };
        let bridge = self.bridge(kind, max_hz, &mut table);
        table.finish();
        driver?;
        Some(MotorSpec { name, side: side?, bridge: bridge?, invert: invert? })
    }

    fn bridge(&mut self, kind: BridgeKind, max_hz: f64, table: &mut Table<'_>) -> Option<BridgeSpec> {
        let inputs = match kind {
            BridgeKind::Drv8833 => Carries::Duty,
            BridgeKind::L298n | BridgeKind::Tb6612 => Carries::Level,
        };
        let in1 = self.pin(&table.need("in1", r#""gpio:GPIO17""#), inputs);
        let in2 = self.pin(&table.need("in2", r#""gpio:GPIO27""#), inputs);
        let enable = match kind {
            BridgeKind::L298n => self.pin(&table.need("en", r#""pwm:header:12""#), Carries::Duty),
            BridgeKind::Tb6612 => self.pin(&table.need("pwm", r#""pwm:header:12""#), Carries::Duty),
            BridgeKind::Drv8833 => None,
        };
        let standby = match kind {
            BridgeKind::Tb6612 => table.get("standby").or(None, |field| self.shared_pin(field).map(Some)),
            BridgeKind::L298n | BridgeKind::Drv8833 => Some(None),
        };
        let modulated: Vec<&PinRef> = match kind {
            BridgeKind::Drv8833 => [&in1, &in2].into_iter().flatten().collect(),
            BridgeKind::L298n | BridgeKind::Tb6612 => enable.iter().collect(),
        };
        let frequency_hz = self.frequency(&table.get("frequency_hz"), &modulated, MOTOR_HZ, max_hz)?;
        let (in1, in2) = (in1?, in2?);
        Some(match kind {
            BridgeKind::L298n => BridgeSpec::L298n { en: enable?, in1, in2, frequency_hz },
            BridgeKind::Tb6612 => {
                BridgeSpec::Tb6612 { pwm: enable?, in1, in2, standby: standby?, frequency_hz }
            }
            BridgeKind::Drv8833 => BridgeSpec::Drv8833 { in1, in2, frequency_hz },
        })
    }

    fn servo(&mut self, mut table: Table<'_>) -> Option<Item<ServoSpec>> {
        let spot = table.spot();
        let name = table.key().to_owned();
        let role =
            table.need("role", r#""pan""#).choice(&[("pan", ServoRole::Pan), ("tilt", ServoRole::Tilt)]);
        let pwm = self.pin(&table.need("pwm", r#""pca9685@0x40:8""#), Carries::Duty);
        let modulated: Vec<&PinRef> = pwm.iter().collect();
        // Digital servos go to 333 hertz; beyond that no pulse of 2 milliseconds fits.
        let frequency_hz = self.frequency(&table.get("frequency_hz"), &modulated, SERVO_HZ, 333.0);
        let (shortest, longest) = (table.need("min_us", "1000"), table.need("max_us", "2000"));
        let pulse = 400.0..=2600.0;
        let min_us = shortest.number(pulse.clone(), "microseconds");
        let max_us = longest.number(pulse, "microseconds");
        check::ascending(self.reader, min_us, max_us, &longest.spot());
        check::pulse_fits(self.reader, max_us, frequency_hz, &longest.spot());
        let (least, greatest) = (table.need("min_deg", "-90"), table.need("max_deg", "90"));
        let angle = -180.0..=180.0;
        let min_deg = least.number(angle.clone(), "degrees");
        let max_deg = greatest.number(angle.clone(), "degrees");
        check::ascending(self.reader, min_deg, max_deg, &greatest.spot());
        let invert = table.get("invert").or(false, Field::boolean);
        let center = table.get("center_deg");
        let range = min_deg.zip(max_deg).filter(|(min, max)| min < max).map_or(angle, |(min, max)| min..=max);
        let middle = 0.0_f64.clamp(*range.start(), *range.end());
        let center_deg = center.or(middle, |field| field.number(range, "degrees"));
        table.finish();
        let value = ServoSpec {
            name,
            role: role?,
            pwm: pwm?,
            frequency_hz: frequency_hz?,
            min_us: min_us?,
            max_us: max_us?,
            min_deg: min_deg?,
            max_deg: max_deg?,
            invert: invert?,
            center_deg: center_deg?,
        };
        Some(Item { value, spot })
    }

    /// A pin that nothing else may use.
    fn pin(&mut self, field: &Field<'_>, carries: Carries) -> Option<PinRef> {
        self.resolve(field, carries, false)
    }

    /// A pin that others may use in the same way.
    fn shared_pin(&mut self, field: &Field<'_>) -> Option<PinRef> {
        self.resolve(field, Carries::Level, true)
    }

    fn resolve(&mut self, field: &Field<'_>, carries: Carries, shared: bool) -> Option<PinRef> {
        let spot = field.spot();
        let pin = match field.parsed::<PinText>()? {
            PinText::Gpio { line } if carries == Carries::Duty => {
                let what = format!("is `gpio:{line}`, and a plain line cannot carry PWM");
                self.reader.fault(&spot, what, "use pwm:header:…, pwm:soft:… or a channel of a chip");
                return None;
            }
            PinText::Gpio { line } => PinRef::Gpio { line },
            PinText::Pwm { device, channel } => PinRef::Pwm { device, channel },
            PinText::Chip { driver, bus, address, channel } => {
                self.channel(&spot, &driver, (&bus, address), channel)?
            }
        };
        self.uses.push(Use { pin: pin.clone(), spot, shared });
        Some(pin)
    }

    fn channel(&self, spot: &Spot, driver: &str, at: (&str, u8), channel: u8) -> Option<PinRef> {
        let found = self.chips.iter().position(|chip| {
            chip.as_ref().is_some_and(|chip| (chip.value.bus.as_str(), chip.value.address) == at)
        });
        if driver != "pca9685" || found.is_none() {
            // A chip with a fault of its own is declared all the same.
            if self.chips.iter().all(Option::is_some) {
                let declared: Vec<_> =
                    self.chips.iter().flatten().map(|chip| chip.value.to_string()).collect();
                let hint = match declared.as_slice() {
                    [] => "add a [[chips]] with driver = \"pca9685\" and its address".to_owned(),
                    _ => format!("the [[chips]] of this board are {}", declared.join(", ")),
                };
                let what = format!("names the chip {driver}@{}/{:#04x}, which is not declared", at.0, at.1);
                self.reader.fault(spot, what, hint);
            }
            return None;
        }
        if channel >= pca9685::CHANNELS {
            self.reader.fault(spot, format!("names channel {channel}"), "a PCA9685 has channels 0 to 15");
            return None;
        }
        found.map(|chip| PinRef::Chip { chip, channel })
    }

    /// The frequency of what drives `pins`: their chip's, or what the file says, or `default`.
    fn frequency(&self, field: &Field<'_>, pins: &[&PinRef], default: f64, max_hz: f64) -> Option<f64> {
        let asked = field.or(None, |field| field.number(20.0..=max_hz, "hertz").map(Some))?;
        let chip = pins.iter().find_map(|pin| match pin {
            PinRef::Chip { chip, .. } => self.chips.get(*chip)?.as_ref(),
            PinRef::Gpio { .. } | PinRef::Pwm { .. } => None,
        });
        let Some(chip) = chip.map(|chip| &chip.value) else { return Some(asked.unwrap_or(default)) };
        let ChipKind::Pca9685 { frequency_hz } = chip.kind;
        if let Some(asked) = asked.filter(|asked| *asked != frequency_hz) {
            let what = format!("is {asked}, but all of {chip} runs at {frequency_hz} hertz");
            self.reader.fault(
                &field.spot(),
                what,
                "a PCA9685 has one prescaler: leave this out, or use another chip",
            );
            return None;
        }
        Some(frequency_hz)
    }
}
