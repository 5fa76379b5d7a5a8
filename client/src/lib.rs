//! The client of a car: calls with typed answers, and the state and events as they come.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use client::{Client, Options};
//! use protocol::{Power, Topics};
//!
//! let car = Client::connect(&"tcp://127.0.0.1:9901".parse()?, Options::default()).await?;
//! car.drive(Power::new("throttle", 0.4)?, Power::default(), None).await?;
//! let mut told = car.subscribe(Topics::ALL, None).await?;
//! while let Some(state) = told.state().await {
//!     println!("{} m/s", state.speed.map_or(0.0, |speed| speed.linear));
//! }
//! # Ok(()) }
//! ```
//!
//! What lives here: pairing of answers with calls, reconnection, subscriptions that outlive a
//! connection. What must never live here: a motion that is sent a second time. What was on its way
//! when the connection broke fails, and so does what is asked while there is none; only
//! subscriptions are asked for again.
//!
//! Where a connection keeps no order, as UDP by itself does not, motions and stops are numbered. Where it
//! has no link, a subscriber is heard of in time, and one that gets no states any more connects again.
//! Motions say when they were sent, as soon as the daemon has told its time: one that a bad link delivers
//! late is refused.

mod answer;
mod backoff;
mod calls;
mod client;
mod clock;
mod error;
mod numbering;
mod pending;
mod simulator;
mod subscription;
mod task;
mod vigil;

pub use answer::{Accepted, Pong, Subscribed};
pub use client::{Client, LinkState, Options, Redial};
pub use error::{CallError, ConnectError};
pub use subscription::{Subscription, Told};
pub use transport::{Key, KeyError};
