//! What is wired to which pin: pins resolved to chips, and each kept with where it was named.
//!
//! What must never live here: what a part does with its pins; what else runs at its frequency.

use super::check::{self, Role, Use};
use super::timers::Timers;
use crate::board::pin::{ChipText, PinText, Port, chip_text};
use crate::board::{AnalogRef, Chip, ChipKind, LineInput, PinRef};
use crate::file::{Field, Item, Reader, Spot};

/// A fault names no more of a board's chips than this: no board has so many.
const MOST_NAMED: usize = 16;

/// Resolves pins to chips, and keeps where each was named.
pub(super) struct Wiring<'a> {
    reader: &'a Reader<'a>,
    chips: &'a [Option<Item<Chip>>],
    uses: Vec<Use>,
    timers: Timers<'a>,
}

impl<'a> Wiring<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, chips: &'a [Option<Item<Chip>>], uses: Vec<Use>) -> Self {
        Self { reader, chips, uses, timers: Timers::new(reader, chips) }
    }

    pub(super) fn reader(&self) -> &'a Reader<'a> {
        self.reader
    }

    pub(super) fn into_uses(self) -> Vec<Use> {
        self.uses
    }

    /// A line of the computer itself that is written.
    pub(super) fn line(&mut self, field: &Field<'_>) -> Option<String> {
        let line = self.plain(field, "this signal must come from a line of the computer: gpio:GPIO26")?;
        self.used(&PinRef::Gpio { line: line.clone() }, &field.spot(), Role::Alone);
        Some(line)
    }

    /// A line of the computer itself that is read: a chip's channel can be written only.
    pub(super) fn input(&mut self, field: &Field<'_>) -> Option<String> {
        let line = self.plain(field, "nothing else can be read: use a line of the computer, gpio:GPIO26")?;
        self.used(&PinRef::Gpio { line: line.clone() }, &field.spot(), Role::Read);
        Some(line)
    }

    /// A pin that is modulated.
    pub(super) fn duty(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve(field)?;
        self.modulated(field, pin)
    }

    fn terminal(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.named(field)?;
        self.modulated(field, pin)
    }

    fn modulated(&mut self, field: &Field<'_>, pin: PinRef) -> Option<PinRef> {
        if let PinRef::Gpio { .. } = pin {
            let what = format!("is `{pin}`, and a plain line cannot carry PWM");
            self.reader.fault(&field.spot(), what, "use pwm:header:…, pwm:soft:… or a channel of a chip");
            return None;
        }
        self.used(&pin, &field.spot(), Role::Alone);
        Some(pin)
    }

    /// The two inputs of a bridge, both modulated, or the two terminals of a motor on an SCMD.
    pub(super) fn pair(&mut self, first: &Field<'_>, second: &Field<'_>) -> (Option<PinRef>, Option<PinRef>) {
        let (one, other) = (self.terminal(first), self.terminal(second));
        let motor = |pin: &Option<PinRef>| match pin {
            Some(PinRef::Chip { chip, channel }) if self.is_scmd(*chip) => Some((*chip, channel / 2)),
            _ => None,
        };
        if one.is_some() && other.is_some() && motor(&one) != motor(&other) {
            let hint = "0 and 1 are A1 and A2, 2 and 3 are B1 and B2";
            self.reader.fault(
                &second.spot(),
                format!("is of another motor than {}", first.spot().key()),
                hint,
            );
            return (one, None);
        }
        (one, other)
    }

    /// A pin that is low or high.
    pub(super) fn level(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve_level(field)?;
        self.used(&pin, &field.spot(), Role::Alone);
        Some(pin)
    }

    /// A pin that is low or high for several at once.
    pub(super) fn shared_level(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve_level(field)?;
        self.used(&pin, &field.spot(), Role::Shared);
        Some(pin)
    }

    /// Any output.
    pub(super) fn any(&mut self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve(field)?;
        self.used(&pin, &field.spot(), Role::Alone);
        Some(pin)
    }

    /// An output that the board names already.
    pub(super) fn known_output(&self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.resolve(field)?;
        let wanted = check::physical(&pin);
        if self.uses.iter().any(|known| known.pin == wanted && known.role != Role::Read) {
            return Some(pin);
        }
        self.reader.fault(
            &field.spot(),
            "is no output of this board",
            "name a pin of a motor, servo or output",
        );
        None
    }

    /// An analog input of a chip.
    pub(super) fn analog(&mut self, field: &Field<'_>) -> Option<AnalogRef> {
        match field.parsed::<PinText>()? {
            PinText::Chip(text) => self.analog_input(&field.spot(), &text),
            PinText::Gpio { .. } | PinText::Pwm { .. } => {
                let hint = "use an input of a chip: ads7830@0x48:2, robot-hat@0x14:A4";
                self.reader.fault(&field.spot(), "is no analog input", hint);
                None
            }
        }
    }

    /// A list of lines or analog inputs, at least one.
    pub(super) fn line_inputs(&mut self, field: &Field<'_>) -> Option<Vec<LineInput>> {
        let items = field.parsed_list::<PinText>()?;
        if items.is_empty() {
            self.reader.fault(&field.spot(), "is empty", "name at least one input");
            return None;
        }
        // Every item is looked at before the verdict, so that every fault is found.
        let all: Vec<_> = items.into_iter().map(|item| self.line_input(item)).collect();
        all.into_iter().collect()
    }

    /// A chip of one kind, which `wanted` names.
    pub(super) fn chip(
        &self,
        field: &Field<'_>,
        wanted: &str,
        fits: impl Fn(&ChipKind) -> bool,
    ) -> Option<usize> {
        let text = field.string()?;
        match chip_text(&text) {
            Ok((driver, bus, address)) if driver == wanted => self
                .declared(&field.spot(), &driver, &bus, address)
                .filter(|index| self.chips[*index].as_ref().is_some_and(|chip| fits(&chip.value.kind))),
            Ok(_) | Err(_) => {
                let what = format!("is `{text}`");
                self.reader.fault(&field.spot(), what, format!("name the chip, as in {wanted}@0x48"));
                None
            }
        }
    }

    /// The most volts that a chip can read.
    pub(super) fn full_scale_v(&self, chip: usize) -> Option<f64> {
        self.chips.get(chip)?.as_ref()?.value.kind.full_scale_v()
    }

    /// The frequency of what drives `pin`: their chip's, or what the file says, or `default`.
    pub(super) fn frequency(
        &mut self,
        field: &Field<'_>,
        pin: Option<&PinRef>,
        default: f64,
        max_hz: f64,
    ) -> Option<f64> {
        self.timers.frequency(field, pin, default, max_hz)
    }

    fn line_input(&mut self, item: Item<PinText>) -> Option<LineInput> {
        match item.value {
            PinText::Gpio { line } => {
                self.used(&PinRef::Gpio { line: line.clone() }, &item.spot, Role::Read);
                Some(LineInput::Digital { line })
            }
            PinText::Chip(text) => self.analog_input(&item.spot, &text).map(LineInput::Analog),
            PinText::Pwm { .. } => {
                let hint = "use a line or an analog input: gpio:GPIO14, robot-hat@0x14:A0";
                self.reader.fault(&item.spot, "is an output", hint);
                None
            }
        }
    }

    fn analog_input(&mut self, spot: &Spot, text: &ChipText) -> Option<AnalogRef> {
        let chip = self.declared(spot, &text.driver, &text.bus, text.address)?;
        let inputs = self.chips.get(chip)?.as_ref()?.value.kind.analog_inputs();
        if text.port == Port::Pwm || text.channel >= inputs {
            self.no_such_channel(spot, text, inputs, "analog inputs");
            return None;
        }
        let input = AnalogRef { chip, channel: text.channel };
        let pin = format!("analog {chip}:{}", text.channel);
        self.uses.push(Use { pin, spot: spot.clone(), role: Role::Read });
        Some(input)
    }

    fn plain(&self, field: &Field<'_>, hint: &str) -> Option<String> {
        match self.resolve(field)? {
            PinRef::Gpio { line } => Some(line),
            PinRef::Pwm { .. } | PinRef::Chip { .. } => {
                self.reader.fault(&field.spot(), "is no plain line", hint);
                None
            }
        }
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

    fn used(&mut self, pin: &PinRef, spot: &Spot, role: Role) {
        self.uses.push(Use::new(pin, spot, role));
    }

    /// Any pin but the terminal of a motor.
    fn resolve(&self, field: &Field<'_>) -> Option<PinRef> {
        let pin = self.named(field)?;
        if matches!(pin, PinRef::Chip { chip, .. } if self.is_scmd(chip)) {
            let hint = "only in1 and in2 of a motor with bridge = \"drv8833\" are terminals of an SCMD";
            self.reader.fault(&field.spot(), "is the terminal of a motor", hint);
            return None;
        }
        Some(pin)
    }

    fn is_scmd(&self, chip: usize) -> bool {
        matches!(self.chips.get(chip), Some(Some(chip)) if chip.value.kind == ChipKind::Scmd)
    }

    fn named(&self, field: &Field<'_>) -> Option<PinRef> {
        match field.parsed::<PinText>()? {
            PinText::Gpio { line } => Some(PinRef::Gpio { line }),
            PinText::Pwm { device, channel } => Some(PinRef::Pwm { device, channel }),
            PinText::Chip(text) => self.channel(&field.spot(), &text),
        }
    }

    fn channel(&self, spot: &Spot, text: &ChipText) -> Option<PinRef> {
        let chip = self.declared(spot, &text.driver, &text.bus, text.address)?;
        let channels = self.chips.get(chip)?.as_ref()?.value.kind.pwm_channels();
        if text.port == Port::Analog || text.channel >= channels {
            self.no_such_channel(spot, text, channels, "PWM channels");
            return None;
        }
        Some(PinRef::Chip { chip, channel: text.channel })
    }

    fn no_such_channel(&self, spot: &Spot, text: &ChipText, count: u8, what: &str) {
        let hint = match count {
            0 => format!("it has no {what}"),
            _ => format!("it has {what} 0 to {}", count - 1),
        };
        let port = match text.port {
            Port::Plain => "",
            Port::Pwm => "P",
            Port::Analog => "A",
        };
        self.reader.fault(spot, format!("names {port}{} of {}", text.channel, text.driver), hint);
    }

    /// The index of a chip that the board declares.
    fn declared(&self, spot: &Spot, driver: &str, bus: &str, address: u8) -> Option<usize> {
        let found = self.chips.iter().position(|chip| {
            chip.as_ref().is_some_and(|Item { value, .. }| {
                value.kind.name() == driver && value.bus == bus && value.address == address
            })
        });
        // A chip with a fault of its own is declared all the same.
        if found.is_none() && self.chips.iter().all(Option::is_some) {
            let chips = self.chips.iter().flatten().map(|chip| chip.value.to_string());
            let declared: Vec<_> = chips.take(MOST_NAMED).collect();
            let hint = match declared.as_slice() {
                [] => format!("add a [[chips]] with driver = \"{driver}\" and its address"),
                _ => format!("the [[chips]] of this board are {}", declared.join(", ")),
            };
            let what = format!("names the chip {driver}@{bus}/{address:#04x}, which is not declared");
            self.reader.fault(spot, what, hint);
        }
        found
    }
}

/// A plain line, by itself: `GPIO5` of `gpio:GPIO5`.
pub(super) fn gpio_line(field: &Field<'_>) -> Option<String> {
    match field.parsed::<PinText>()? {
        PinText::Gpio { line } => Some(line),
        PinText::Pwm { .. } | PinText::Chip(_) => {
            field.fault("is no plain line", "use a line of the computer: gpio:GPIO5");
            None
        }
    }
}
