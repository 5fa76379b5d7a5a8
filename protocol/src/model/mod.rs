//! What can be said, whatever the dialect. A value of these types is valid: ranges are checked
//! when it is built, and nowhere else.

mod access;
mod answer;
mod board;
mod command;
mod fault;
mod message;
mod number;
mod sim;
mod state;

pub use access::{Role, Token, Visitor, Who};
pub use answer::{Answer, Event, Hello, Info, Limit, Notification};
pub use board::{BoardInfo, MotorInfo, ServoInfo, Trial};
pub use command::{Command, Move, Topic, Topics};
pub use fault::{Code, Fault};
pub use message::{Id, Outgoing, Replies, Reply, Request, Requests};
pub use number::{
    Angle, AngularSpeed, Heading, Level, LinearSpeed, Moment, OutOfRange, Place, Power, Pulse, Rate, Stretch,
    Ttl,
};
pub use sim::{SimOrder, TrueBattery, TrueSpeed, Truth};
pub use state::{Battery, Gimbal, Imu, Latched, Mode, Odometry, Pose, Speed, State, Wheels};
