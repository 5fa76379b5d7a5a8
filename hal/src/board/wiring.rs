//! Motors and servos from their tables: what is wired to which pin.
//!
//! What lives here: one function for each kind of bridge, and the servo; a new bridge is a function
//! and a line in [`BRIDGES`]. What must never live here: what a bridge does with its wires.

use super::check::{self, Use};
use super::pin::{PinRef, PinText};
use super::{BridgeSpec, Chip, ChipKind, EstopSpec, Level, MotorSpec, Pull, ServoRole, ServoSpec, Side};
use crate::driver::pca9685;
use crate::file::{Field, Item, Reader, Spot, Table};

type ReadBridge = fn(&mut Wiring<'_>, &mut Table<'_>) -> Option<BridgeSpec>;

/// The bridges by their names in a file.
const BRIDGES: [(&str, ReadBridge); 3] = [
    ("l298n", |wiring, table| wiring.l298n(table)),
    ("tb6612", |wiring, table| wiring.tb6612(table)),
    ("drv8833", |wiring, table| wiring.drv8833(table)),
];

/// What a motor's PWM runs at if neither the file nor a chip says: kits use 500 to 2,000 hertz.
const MOTOR_HZ: f64 = 1_000.0;
/// What every hobby servo understands.
const SERVO_HZ: f64 = 50.0;

/// Resolves pins to chips, and keeps where each was named.
pub(super) struct Wiring<'a> {
    reader: &'a Reader<'a>,
    chips: &'a [Option<Item<Chip>>],
    uses: Vec<Use>,
}

impl<'a> Wiring<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, chips: &'a [Option<Item<Chip>>]) -> Self {
        Self { reader, chips, uses: Vec::new() }
    }

    pub(super) fn into_uses(self) -> Vec<Use> {
        self.uses
    }

    pub(super) fn motor(&mut self, mut table: Table<'_>) -> Option<MotorSpec> {
        let name = table.key().to_owned();
        let side = table.need("side", r#""left""#).choice(&[("left", Side::Left), ("right", Side::Right)]);
        let driver = table.need("driver", r#""hbridge""#).choice(&[("hbridge", ())]);
        let invert = table.get("invert").or(false, Field::boolean);
        // Which keys are right depends on the bridge: without one nothing is said about the others.
        let read = table.need("bridge", r#""tb6612""#).choice(&BRIDGES)?;
        let bridge = read(self, &mut table);
        table.finish();
        driver?;
        Some(MotorSpec { name, side: side?, bridge: bridge?, invert: invert? })
    }

    /// ST allows 40 kilohertz.
    fn l298n(&mut self, table: &mut Table<'_>) -> Option<BridgeSpec> {
        let in1 = self.level(&table.need("in1", r#""gpio:GPIO17""#));
        let in2 = self.level(&table.need("in2", r#""gpio:GPIO27""#));
        let en = self.duty(&table.need("en", r#""pwm:header:12""#));
        let frequency_hz = self.frequency(&table.get("frequency_hz"), en.as_ref(), MOTOR_HZ, 40_000.0);
        Some(BridgeSpec::L298n { en: en?, in1: in1?, in2: in2?, frequency_hz: frequency_hz? })
    }

    /// Toshiba allows 100 kilohertz.
    fn tb6612(&mut self, table: &mut Table<'_>) -> Option<BridgeSpec> {
        let in1 = self.level(&table.need("in1", r#""gpio:GPIO17""#));
        let in2 = self.level(&table.need("in2", r#""gpio:GPIO27""#));
        let pwm = self.duty(&table.need("pwm", r#""pwm:header:12""#));
        let standby = table.get("standby").or(None, |field| self.shared_level(field).map(Some));
        let frequency_hz = self.frequency(&table.get("frequency_hz"), pwm.as_ref(), MOTOR_HZ, 100_000.0);
        let (in1, in2, standby) = (in1?, in2?, standby?);
        Some(BridgeSpec::Tb6612 { pwm: pwm?, in1, in2, standby, frequency_hz: frequency_hz? })
    }

    /// 50 kilohertz is what its own current control runs at.
    fn drv8833(&mut self, table: &mut Table<'_>) -> Option<BridgeSpec> {
        let in1 = self.duty(&table.need("in1", r#""pca9685@0x40:0""#));
        let in2 = self.duty(&table.need("in2", r#""pca9685@0x40:1""#));
        let frequency_hz = self.frequency(&table.get("frequency_hz"), in1.as_ref(), MOTOR_HZ, 50_000.0);
        Some(BridgeSpec::Drv8833 { in1: in1?, in2: in2?, frequency_hz: frequency_hz? })
    }

    pub(super) fn servo(&mut self, mut table: Table<'_>) -> Option<Item<ServoSpec>> {
        let spot = table.spot();
        let name = table.key().to_owned();
        let role =
            table.need("role", r#""pan""#).choice(&[("pan", ServoRole::Pan), ("tilt", ServoRole::Tilt)]);
        let pwm = self.duty(&table.need("pwm", r#""pca9685@0x40:8""#));
        // Digital servos go to 333 hertz; beyond that no pulse of 2 milliseconds fits.
        let frequency_hz = self.frequency(&table.get("frequency_hz"), pwm.as_ref(), SERVO_HZ, 333.0);
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

    pub(super) fn estop(&mut self, mut table: Table<'_>) -> Option<EstopSpec> {
        let at = table.need("pin", r#""gpio:GPIO26""#);
        let line = self.line(&at);
        let levels = [("low", Level::Low), ("high", Level::High)];
        let pressed = table.need("pressed", r#""high""#).choice(&levels);
        // Towards pressed, so that a wire that breaks presses the button.
        let towards = if pressed == Some(Level::Low) { Pull::Down } else { Pull::Up };
        let pulls = [("up", Pull::Up), ("down", Pull::Down), ("none", Pull::None)];
        let pull = table.get("pull").or(towards, |field| field.choice(&pulls));
        table.finish();
        Some(EstopSpec { line: line?, pressed: pressed?, pull: pull? })
    }

    /// A line of the computer itself: a chip's channel can be written only.
    fn line(&mut self, field: &Field<'_>) -> Option<String> {
        let pin = self.resolve(field)?;
        let PinRef::Gpio { line } = &pin else {
            let what = "is no plain line, and nothing else can be read";
            self.reader.fault(&field.spot(), what, "wire the button to a line of its own: gpio:GPIO26");
            return None;
        };
        let line = line.clone();
        self.used(pin, field, false).map(|_| line)
    }

    /// A pin that is modulated.
    fn duty(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve(field)?;
        if let PinRef::Gpio { .. } = pin {
            let what = format!("is `{pin}`, and a plain line cannot carry PWM");
            self.reader.fault(&field.spot(), what, "use pwm:header:…, pwm:soft:… or a channel of a chip");
            return None;
        }
        self.used(pin, field, false)
    }

    /// A pin that is low or high.
    fn level(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve_level(field)?;
        self.used(pin, field, false)
    }

    /// A pin that is low or high for several at once.
    fn shared_level(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve_level(field)?;
        self.used(pin, field, true)
    }

    fn resolve_level(&self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve(field)?;
        if let PinRef::Pwm { .. } = pin {
            let what = format!("is `{pin}`, and this wire is only ever low or high");
            self.reader.fault(&field.spot(), what, "use gpio:… or a channel of a chip, and keep the PWM");
            return None;
        }
        Some(pin)
    }

    fn used(&mut self, pin: PinRef, field: &Field<'_>, shared: bool) -> Option<PinRef> {
        self.uses.push(Use { pin: pin.clone(), spot: field.spot(), shared });
        Some(pin)
    }

    fn resolve(&self, field: &Field<'_>) -> Option<PinRef> {
        match field.parsed::<PinText>()? {
            PinText::Gpio { line } => Some(PinRef::Gpio { line }),
            PinText::Pwm { device, channel } => Some(PinRef::Pwm { device, channel }),
            PinText::Chip { driver, bus, address, channel } => {
                self.channel(&field.spot(), &driver, (&bus, address), channel)
            }
        }
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

    /// The frequency of what drives `pin`: their chip's, or what the file says, or `default`.
    fn frequency(&self, field: &Field<'_>, pin: Option<&PinRef>, default: f64, max_hz: f64) -> Option<f64> {
        let asked = field.or(None, |field| field.number(20.0..=max_hz, "hertz").map(Some))?;
        let Some(PinRef::Chip { chip, .. }) = pin else { return Some(asked.unwrap_or(default)) };
        let chip = &self.chips.get(*chip)?.as_ref()?.value;
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
