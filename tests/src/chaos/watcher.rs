//! Looks at the car from outside: at the terminals of its motors, and at what is left at the end.

use std::time::Duration;

use car_daemon::Daemon;
use hal::Board;
use hal::board::Side;
use sim::{Sim, Terminals};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::oracle::Wheels;
use super::stage::Stage;
use super::tap::RADIO_IDLE;

/// How often the wheels are looked at.
const LOOK: Duration = Duration::from_millis(1);

/// How long after the last client the last session may be there, beside the silence after which one
/// without a link ends: for the longest goodbye, and for what is still under way on a slow link.
const ALL_GONE: Duration = Duration::from_secs(4);

/// Sees the car and hears of everything else from the stage.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) sim: Sim,
    pub(super) board: Board,
    pub(super) stage: Stage,
}

impl Watcher {
    /// Waits for the next moment to look, and looks.
    pub(super) async fn watch(&self) {
        sleep(LOOK).await;
        self.stage.look(self.wheels(), self.sim.state_hash());
    }

    /// Everybody has left: so must every session and its tasks, and the car must stand. Then the daemon
    /// ends, and leaves nothing. `alone` is how many tasks it had before anybody came.
    pub(super) async fn see_everything_end(&self, daemon: Daemon, alone: usize) {
        let tasks = || Handle::current().metrics().num_alive_tasks();
        let by = Instant::now() + RADIO_IDLE + ALL_GONE;
        while (self.stage.sessions() > 0 || tasks() > alone) && Instant::now() < by {
            self.watch().await;
        }
        if self.stage.sessions() > 0 || tasks() != alone {
            let (sessions, tasks) = (self.stage.sessions(), tasks());
            self.stage.accuse(format_args!("{sessions} sessions are left, {tasks} tasks of {alone}"));
        }
        if self.wheels() != Wheels::REST {
            self.stage.accuse("everybody has gone, and the car drives");
        }
        daemon.stop("the play is over").await;
        self.stage.look(self.wheels(), self.sim.state_hash());
        if tasks() > 0 {
            self.stage.accuse(format_args!("the daemon has ended, and left {} tasks", tasks()));
        }
    }

    /// The mean power of each side; forward is positive whatever a motor's leads are.
    fn wheels(&self) -> Wheels {
        let side = |side: Side| {
            let motors = self.board.motors.iter().filter(|motor| motor.side == side);
            let powers: Vec<f64> = motors
                .map(|motor| match self.sim.terminals(&motor.name) {
                    Some(Terminals::Drive(power)) if motor.invert => -power,
                    Some(Terminals::Drive(power)) => power,
                    _ => 0.0,
                })
                .collect();
            powers.iter().sum::<f64>() / powers.len().max(1) as f64
        };
        Wheels { left: side(Side::Left), right: side(Side::Right) }
    }
}
