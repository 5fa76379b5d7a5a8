//! What can be called on a car, each with its typed answer. How a call travels must never be known
//! here.

use protocol::{
    Angle, AngularSpeed, BoardInfo, Command, Gimbal, Info, Level, LinearSpeed, Power, Rate, State, Topics,
    Trial, Ttl, Visitor, Who,
};
use serde_json::Value;

use crate::answer::{Accepted, Driver, Pong, Subscribed};
use crate::client::Client;
use crate::error::CallError;
use crate::subscription::Subscription;

impl Client {
    /// Drives by power until `ttl` is over; the daemon's default where there is none.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn drive(
        &self,
        throttle: Power,
        steer: Power,
        ttl: Option<Ttl>,
    ) -> Result<Accepted, CallError> {
        self.drive_with_strafe(throttle, steer, None, ttl).await
    }

    /// As [`drive`](Self::drive), and sideways too; a car that cannot says so.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn drive_with_strafe(
        &self,
        throttle: Power,
        steer: Power,
        strafe: Option<Power>,
        ttl: Option<Ttl>,
    ) -> Result<Accepted, CallError> {
        self.typed(Command::Drive { throttle, steer, strafe, ttl, seq: None, t: None }).await
    }

    /// Drives by speed until `ttl` is over; the daemon's default where there is none.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn velocity(
        &self,
        linear: LinearSpeed,
        angular: AngularSpeed,
        ttl: Option<Ttl>,
    ) -> Result<Accepted, CallError> {
        self.typed(Command::Velocity { linear, angular, ttl, seq: None, t: None }).await
    }

    /// Tells one part of the board something past its calibration, until `ttl` is over; the daemon's
    /// default where there is none.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn test(&self, trial: Trial, ttl: Option<Ttl>) -> Result<Accepted, CallError> {
        self.typed(Command::Test { trial, ttl, seq: None, t: None }).await
    }

    /// Stands still.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn stop(&self) -> Result<Accepted, CallError> {
        self.typed(Command::Stop { seq: None }).await
    }

    /// Takes the lease where it is free, or by force from a lower priority; gives who drives now. A motion
    /// takes a free lease by itself.
    ///
    /// # Errors
    /// As [`call`](Self::call); [`Code::NOT_DRIVER`](protocol::Code::NOT_DRIVER) where somebody else holds
    /// it, who is told that this client asks.
    pub async fn acquire(&self, force: bool) -> Result<Option<Visitor>, CallError> {
        Ok(self.typed::<Driver>(Command::Acquire { force }).await?.driver)
    }

    /// Gives the lease back, or asks for it no more; gives who drives now.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn release(&self) -> Result<Option<Visitor>, CallError> {
        Ok(self.typed::<Driver>(Command::Release).await?.driver)
    }

    /// Who is here, and who drives.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn who(&self) -> Result<Who, CallError> {
        self.typed(Command::Who).await
    }

    /// Latches the emergency stop; nothing moves until somebody says [`reset`](Self::reset). The reason
    /// has at most 64 characters: of a longer one the daemon keeps these.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn estop(&self, reason: Option<String>) -> Result<Accepted, CallError> {
        self.typed(Command::Estop { reason }).await
    }

    /// Releases the emergency stop.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn reset(&self) -> Result<Accepted, CallError> {
        self.typed(Command::Reset).await
    }

    /// Turns the camera to these angles; gives those after limits.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn look(&self, pan: Option<Angle>, tilt: Option<Angle>) -> Result<Gimbal, CallError> {
        self.typed(Command::Look { pan, tilt }).await
    }

    /// Turns the camera by these angles; gives those after limits.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn nudge(&self, pan: Angle, tilt: Angle) -> Result<Gimbal, CallError> {
        self.typed(Command::Nudge { pan, tilt }).await
    }

    /// Turns the camera straight ahead.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn center(&self) -> Result<Gimbal, CallError> {
        self.typed(Command::Center).await
    }

    /// Sets a buzzer or a lamp of the board. Without a time a lamp stays, and a buzzer sounds for half a
    /// second.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn output(&self, name: &str, level: Level, ttl: Option<Ttl>) -> Result<Accepted, CallError> {
        self.typed(Command::Output { name: name.to_owned(), level, ttl }).await
    }

    /// The state, asked for once.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn state(&self) -> Result<State, CallError> {
        self.typed(Command::State).await
    }

    /// What there is to know about the car.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn info(&self) -> Result<Info, CallError> {
        self.typed(Command::Info).await
    }

    /// The board's motors and servos, as they are calibrated.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn board(&self) -> Result<BoardInfo, CallError> {
        self.typed(Command::Board).await
    }

    /// Sends a value there and back.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn ping(&self, value: Value) -> Result<Pong, CallError> {
        self.typed(Command::Ping { value }).await
    }

    /// States and events from now on, across reconnections.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn subscribe(&self, topics: Topics, rate: Option<Rate>) -> Result<Subscription, CallError> {
        // Made first, so that nothing that is said right after the answer is missed.
        let mut subscription =
            Subscription { states: self.states.clone(), events: self.events.resubscribe() };
        subscription.states.mark_unchanged();
        self.typed::<Subscribed>(Command::Subscribe { topics, rate }).await?;
        Ok(subscription)
    }

    /// Topics no more, for every clone of this client; gives what is still subscribed.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn unsubscribe(&self, topics: Topics) -> Result<Subscribed, CallError> {
        self.typed(Command::Unsubscribe { topics }).await
    }
}
