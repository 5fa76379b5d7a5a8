//! Buzzers and lamps: what each was told, and for how long.
//!
//! What must never live here: who may tell them.

use std::time::Duration;

use hal::board::{OutputKind, OutputSpec};
use protocol::{Code, Fault};

/// How long a buzzer sounds if nobody says; nobody can say more than two seconds.
const SOUND: Duration = Duration::from_millis(500);

/// One of them.
#[derive(Clone, Debug)]
struct Light {
    name: String,
    kind: OutputKind,
    level: f64,
    until: Option<Duration>,
}

/// All of them, in the order of the board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panel {
    lights: Vec<Light>,
}

impl Panel {
    /// All off.
    pub(crate) fn new(outputs: &[OutputSpec]) -> Self {
        let light =
            |spec: &OutputSpec| Light { name: spec.name.clone(), kind: spec.kind, level: 0.0, until: None };
        Self { lights: outputs.iter().map(light).collect() }
    }

    /// Tells one what to do, 0 to 1, and for how long. A lamp that nobody gives a time stays so.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn set(
        &mut self,
        name: &str,
        level: f64,
        ttl: Option<Duration>,
        now: Duration,
    ) -> Result<(), Fault> {
        let Some(light) = self.lights.iter_mut().find(|light| light.name == name) else {
            return Err(self.unknown(name));
        };
        let ttl = match light.kind {
            OutputKind::Buzzer => Some(ttl.unwrap_or(SOUND)),
            OutputKind::Led => ttl,
        };
        light.level = level;
        light.until = ttl.filter(|_| level > 0.0).map(|ttl| now.saturating_add(ttl));
        Ok(())
    }

    /// What is over is off.
    pub(crate) fn tick(&mut self, now: Duration) {
        for light in self.lights.iter_mut().filter(|light| light.until.is_some_and(|until| now >= until)) {
            (light.level, light.until) = (0.0, None);
        }
    }

    /// No buzzer sounds any more.
    pub(crate) fn silence(&mut self) {
        for light in self.lights.iter_mut().filter(|light| light.kind == OutputKind::Buzzer) {
            (light.level, light.until) = (0.0, None);
        }
    }

    /// In the order of the board.
    pub(crate) fn levels(&self) -> Vec<f64> {
        self.lights.iter().map(|light| light.level).collect()
    }

    /// When the first of them is over.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.lights.iter().filter_map(|light| light.until).min()
    }

    fn unknown(&self, name: &str) -> Fault {
        if self.lights.is_empty() {
            return Fault::new(Code::METHOD_NOT_FOUND, "this board has no buzzer and no lamp");
        }
        let known: Vec<&str> = self.lights.iter().map(|light| light.name.as_str()).collect();
        Fault::new(Code::INVALID_PARAMS, format!("no output `{name}`; this board has {}", known.join(", ")))
    }
}
