//! What there is to know about this daemon and its car, as `info` and `hello` say it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hal::board::{End, MotorSpec, OutputKind, PRESETS, ServoRole, ServoSpec, Side};
use protocol::dialect::SIM_PREFIX;
use protocol::{BoardInfo, DialectId, Hello, Info, MotorInfo, Role, ServoInfo};

use crate::config::Config;
use crate::control::{Rules, SessionId};
use crate::eyes::Eyes;

/// What does not change while the daemon runs.
#[derive(Debug)]
pub(crate) struct Identity {
    name: String,
    board: Arc<BoardInfo>,
    platform: &'static str,
    drivetrain: &'static str,
    sim_speed: String,
    max_message: usize,
    messages_per_s: usize,
    state_rate_max_hz: f64,
    /// Where something follows from it.
    eyes: Option<Eyes>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Identity {
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn new(config: &Config) -> Result<Self, getrandom::Error> {
        let watches = !config.camera.stop_stalled.is_zero();
        Ok(Self {
            name: config.name.clone(),
            board: Arc::new(board(config)),
            platform: config.platform.name,
            drivetrain: config.board.drivetrain.name(),
            sim_speed: config.sim.speed.to_string(),
            max_message: config.limits.transport.max_frame,
            messages_per_s: config.limits.session.messages_per_s,
            state_rate_max_hz: config.limits.session.state_rate_max_hz,
            eyes: watches.then(Eyes::draw).transpose()?,
        })
    }

    /// What runs, on which board and platform.
    pub(crate) fn build(&self) -> (&str, &str, &str) {
        (VERSION, &self.board.name, self.platform)
    }

    /// By which each session shows that a stream is its own.
    pub(crate) fn eyes(&self) -> Option<&Eyes> {
        self.eyes.as_ref()
    }

    /// Who speaks, to the session `id`.
    pub(crate) fn hello(&self, id: SessionId, role: Option<Role>, now: Duration) -> Hello {
        Hello {
            server: "car-daemon".into(),
            version: VERSION.to_owned(),
            name: self.name.clone(),
            dialects: DialectId::ALL.iter().map(|d| d.name().to_owned()).collect(),
            session: id,
            eye: self.eyes.as_ref().map(|eyes| eyes.of(id)).unwrap_or_default(),
            role,
            t: now.as_secs_f64(),
        }
    }

    /// Everything, by the rules that are in force now.
    pub(crate) fn info(&self, rules: &Rules) -> Info {
        Info {
            version: VERSION.to_owned(),
            name: self.name.clone(),
            board: self.board.name.clone(),
            platform: self.platform.to_owned(),
            limits: self.limits(rules),
            topics: ["state", "events"].map(str::to_owned).to_vec(),
            methods: protocol::dialect::method_names()
                .filter(|name| rules.simulated.is_some() || !name.starts_with(SIM_PREFIX))
                .map(str::to_owned)
                .collect(),
            outputs: rules.outputs.iter().map(|output| (output.name.clone(), kind(output.kind))).collect(),
            drivetrain: self.drivetrain.to_owned(),
            sim_speed: rules.simulated.as_ref().map(|_| self.sim_speed.clone()),
            reset: Some(rules.reset),
        }
    }

    /// What can be calibrated.
    pub(crate) fn board(&self) -> &Arc<BoardInfo> {
        &self.board
    }

    fn limits(&self, rules: &Rules) -> BTreeMap<String, f64> {
        let control = &rules.control;
        let mut limits = BTreeMap::from([
            ("command_ttl_ms".to_owned(), control.command_ttl.as_secs_f64() * 1000.0),
            ("max_ttl_ms".to_owned(), protocol::Ttl::MAX.as_ms()),
            ("word_ttl_ms".to_owned(), control.word_ttl.as_secs_f64() * 1000.0),
            ("lease_ms".to_owned(), control.lease.as_secs_f64() * 1000.0),
            ("cruise".to_owned(), control.cruise),
            ("rate_hz".to_owned(), control.rate_hz),
            ("top_speed_mps".to_owned(), rules.drivetrain.top_speed_mps()),
            ("top_turn_rad_s".to_owned(), rules.drivetrain.top_turn_rad_s()),
            ("max_message_bytes".to_owned(), self.max_message as f64),
            ("messages_per_s".to_owned(), self.messages_per_s as f64),
            ("state_rate_max_hz".to_owned(), self.state_rate_max_hz),
        ]);
        for (name, axis) in [("pan", rules.pan), ("tilt", rules.tilt)] {
            if let Some((min, max)) = axis.map(|a| a.range()) {
                limits.insert(format!("{name}_min_deg"), min);
                limits.insert(format!("{name}_max_deg"), max);
            }
        }
        limits
    }
}

/// As a board file calls it.
fn kind(kind: OutputKind) -> String {
    match kind {
        OutputKind::Buzzer => "buzzer",
        OutputKind::Led => "led",
    }
    .to_owned()
}

fn board(config: &Config) -> BoardInfo {
    let preset = PRESETS.iter().find(|preset| preset.name == config.board_name);
    BoardInfo {
        name: config.board.name.clone(),
        preset: preset.map(|preset| preset.name.to_owned()),
        motors: config.board.motors.iter().map(motor).collect(),
        servos: config.board.servos.iter().map(servo).collect(),
    }
}

fn motor(motor: &MotorSpec) -> MotorInfo {
    let side = match motor.side {
        Side::Left => "left",
        Side::Right => "right",
        Side::Both => "both",
    };
    let end = motor.end.map(|end| match end {
        End::Front => "front",
        End::Rear => "rear",
    });
    MotorInfo {
        name: motor.name.clone(),
        side: side.to_owned(),
        end: end.map(str::to_owned),
        invert: motor.invert,
        trim: motor.trim,
        deadband: motor.deadband,
        min_duty: motor.min_duty,
        reverses: motor.driver.reverses(),
    }
}

fn servo(servo: &ServoSpec) -> ServoInfo {
    let role = match servo.role {
        ServoRole::Pan => "pan",
        ServoRole::Tilt => "tilt",
        ServoRole::Steering => "steering",
    };
    let reach = servo.role.reach_deg();
    ServoInfo {
        name: servo.name.clone(),
        role: role.to_owned(),
        frequency_hz: servo.frequency_hz,
        min_us: servo.min_us,
        max_us: servo.max_us,
        min_deg: servo.min_deg,
        max_deg: servo.max_deg,
        invert: servo.invert,
        center_deg: servo.center_deg,
        reach_deg: [*reach.start(), *reach.end()],
    }
}
