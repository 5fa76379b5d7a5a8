//! The simulator from outside: through the platform's objects and through drivers written by others.

mod broken;
mod bus;
mod camera;
mod car;
mod determinism;
mod drives;
mod economy;
mod faults;
mod fingerprint;
mod follows;
mod grip;
mod noise;
mod oracle;
mod perceives;
mod physics;
mod pins;
mod presets;
mod reckoning;
mod rig;
mod sensors;
mod steady;
mod trip;
mod walls;
mod worlds;
