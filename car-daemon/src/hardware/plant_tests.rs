//! One turn after the other, with somebody who asks for another motion in the midst of each.

use std::sync::Mutex;
use std::time::Instant;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use hal::IoError;
use hal::board::{Level, Pull};
use hal::platform::{Bus, Delay, EdgeSink, Input, Output, Pwm, Watch};
use protocol::{Angle, Command, Move, Power, Role};
use sim::Sim;

use super::*;
use crate::clock::{Clock, Speed};
use crate::control::{self, Control, Gate, Grant, Rules};
use crate::hardware::runner::REST;
use crate::hardware::{Bell, Mode, Pace, Runner};
use crate::latch::Below;
use crate::recording::{Reel, Tape};

const MOTORS: u8 = 0x40;
const SENSORS: [u8; 3] = [0x41, 0x49, 0x68];
const DRIVER: u64 = 1;

/// Every transfer: its address, and whether it is a write.
type Log = Arc<Mutex<Vec<(u8, bool)>>>;

/// The simulator, whose driver wants something else whenever a sensor has been asked.
struct Restless {
    sim: Sim,
    shared: Arc<Shared>,
    log: Log,
}

struct Tap {
    bus: Bus,
    shared: Arc<Shared>,
    log: Log,
}

impl ErrorType for Tap {
    type Error = IoError;
}

impl I2c for Tap {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        let done = self.bus.transaction(address, operations);
        let mut log = self.log.lock().unwrap();
        log.push((address, matches!(operations, [Operation::Write(_)])));
        if SENSORS.contains(&address) {
            let throttle = 0.1 + (log.len() % 7) as f64 / 10.0;
            self.shared
                .tell(&control::Input::Asked { session: DRIVER, command: drive(throttle) }, Duration::ZERO)
                .unwrap();
        }
        done
    }
}

impl Platform for Restless {
    fn name(&self) -> &'static str {
        "restless"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        self.sim.output_at(line, first)
    }

    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError> {
        self.sim.input(line, pull)
    }

    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        self.sim.watch(lines, pull, debounce, sink)
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        self.sim.pwm(device, channel, frequency_hz)
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        let bus = self.sim.i2c(bus, address)?;
        Ok(Box::new(Tap { bus, shared: Arc::clone(&self.shared), log: Arc::clone(&self.log) }))
    }

    fn delay(&mut self) -> Delay {
        self.sim.delay()
    }

    fn advance(&mut self, now: Duration) {
        self.sim.advance(now);
    }
}

fn drive(throttle: f64) -> Command {
    let power = |what, value| Power::new(what, value).unwrap();
    let (throttle, steer) = (power("throttle", throttle), power("steer", 0.0));
    Command::Drive { throttle, steer, strafe: None, ttl: None, seq: None, t: None }
}

/// The demo car with a sensor of each kind that takes transfers.
fn board() -> Board {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").unwrap();
    let sensors = r#"
        [[chips]]
        driver = "ina219"
        address = 0x41
        [[chips]]
        driver = "ads1115"
        address = 0x49
        [[chips]]
        driver = "mpu6050"
        address = 0x68
        [battery]
        chip = "ina219@0x41"
        empty_v = 6.4
        full_v = 8.4
        [line]
        inputs = ["ads1115@0x49:0", "ads1115@0x49:1"]
        dark = "high"
        [imu]
        chip = "mpu6050@0x68"
    "#;
    Board::parse("sensors.toml", &format!("{}\n{sensors}", preset.toml)).unwrap()
}

/// A gate at which the driver is.
fn with_driver(board: &Board) -> (Arc<Shared>, Interlock) {
    let rules = Rules::new(Control { slew: Duration::ZERO, ..Control::default() }, board);
    let interlock = Interlock::default();
    let below = Below::new(interlock.clone(), None);
    let shared =
        Arc::new(Shared::new(Gate::new(rules), Bell::new(Mode::Thread), below, Tape::new(Reel::None)));
    let grant = Grant { role: Some(Role::Driver), priority: 50, principal: None };
    shared.plant(|gate| gate.session_opened(DRIVER, "127.0.0.1:1", true, grant, Duration::ZERO));
    (shared, interlock)
}

#[test]
fn where_the_camera_looks_is_told_with_no_more_digits_than_anybody_can_use() {
    let board = board();
    let (shared, interlock) = with_driver(&board);
    let period = Duration::from_millis(10);
    let platform = Box::new(Sim::new(&board));
    let mut plant = Plant::assemble(&board, platform, interlock, Arc::clone(&shared), period).unwrap();
    let angle = |what, value| Some(Angle::new(what, value).unwrap());
    let command = Command::Look { pan: angle("pan", 20.370_147_457_117_067), tilt: angle("tilt", -0.000_1) };
    shared.tell(&control::Input::Asked { session: DRIVER, command }, Duration::ZERO).unwrap();
    plant.turn(Duration::ZERO);
    let gimbal = shared.state(Duration::ZERO).gimbal.expect("it has one");
    assert_eq!((gimbal.pan.to_string().as_str(), gimbal.tilt.to_string().as_str()), ("20.37", "0"));
}

#[test]
fn a_sensor_never_delays_a_motor_by_more_than_one_transfer() {
    let board = board();
    let (shared, interlock) = with_driver(&board);
    let log = Log::default();
    let platform =
        Box::new(Restless { sim: Sim::new(&board), shared: Arc::clone(&shared), log: Arc::clone(&log) });
    let period = Duration::from_millis(10);
    let mut plant = Plant::assemble(&board, platform, interlock, Arc::clone(&shared), period).unwrap();
    log.lock().unwrap().clear();

    let mut now = Duration::ZERO;
    // Its motion ends after half a second, and with it what this test is about.
    while now < Duration::from_millis(400) {
        now = plant.turn(now).max(now);
    }
    let log = log.lock().unwrap();
    let asked = log.iter().filter(|(address, _)| SENSORS.contains(address)).count();
    assert!(asked > 60, "{asked} transfers of sensors");
    for pair in log.windows(2) {
        let [(asked, _), next] = pair else { unreachable!("windows of two") };
        assert!(!SENSORS.contains(asked) || *next == (MOTORS, true), "after {asked:#04x} came {next:02x?}");
    }
}

#[test]
fn what_brings_the_car_to_rest_breaks_the_loops_rest_and_nothing_else_does() {
    let (shared, _) = with_driver(&board());
    let (estop, stop) = (Command::Estop { reason: None }, Command::Stop { seq: None });
    let said = [
        (drive(0.5), false),
        (stop.clone(), true),
        (stop.clone(), false),
        (drive(0.5), false),
        (drive(0.0), true),
        (drive(0.0), false),
        (Command::Move(Move::Left), false),
        (Command::Release, true),
        (drive(-0.5), false),
        (estop.clone(), true),
        (estop, false),
        (stop, false),
    ];
    for (number, (command, breaks)) in said.into_iter().enumerate() {
        let rest = if breaks { Duration::from_secs(20) } else { Duration::from_millis(3) };
        let told = format!("{number}: {command:?}");
        shared.tell(&control::Input::Asked { session: DRIVER, command }, Duration::ZERO).unwrap();
        let begun = Instant::now();
        assert!(shared.bell.wait_blocking(rest, rest), "{told}");
        assert_eq!(begun.elapsed() < rest, breaks, "{told}");
    }
}

#[test]
fn a_flood_turns_the_loop_no_more_often_than_its_rest_allows() {
    let standing = [drive(0.0), Command::Stop { seq: None }, Command::Who];
    for command in [Command::Move(Move::Forward), Command::Estop { reason: None }].into_iter().chain(standing)
    {
        let board = Board::preset("demo").unwrap();
        let (shared, interlock) = with_driver(&board);
        let period = Duration::from_millis(10);
        let platform = Box::new(Sim::new(&board));
        let plant = Plant::assemble(&board, platform, interlock, Arc::clone(&shared), period).unwrap();
        let clock = Clock::start(Speed::REAL, period);
        let pace = Pace { stall: Duration::from_secs(5), realtime: false };
        let runner = Runner::start(plant, Mode::Thread, pace, Arc::clone(&shared), clock.clone()).unwrap();

        let (begun, mut said) = (Instant::now(), 0);
        while begun.elapsed() < Duration::from_millis(100) {
            let input = control::Input::Asked { session: DRIVER, command: command.clone() };
            shared.tell(&input, clock.now()).unwrap();
            said += 1;
        }
        let (turns, time) = (runner.fate().turns(), begun.elapsed().as_secs_f64());
        let most = time / REST.as_secs_f64() + time / period.as_secs_f64() + 5.0;
        assert!(
            turns as f64 <= most,
            "{turns} turns in {time} s for {said} times {command:?}: {most:.0} at most"
        );
    }
}
