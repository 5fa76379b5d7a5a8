//! What a camera on the car sees: pictures drawn from the world, the car's pose and where its servos are.
//!
//! What lives here: a pinhole camera, what hides what, how things look, and JPEG. What must never live here: what
//! anybody wanted the servos to do, and time of the wall.
//!
//! The same world, pose and angles give the same picture, bit for bit, on every machine.

mod draw;
mod grain;
mod line;
mod outline;
mod paint;
mod pile;
mod surfaces;
mod view;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use hal::Motion;
use hal::board::ModelSpec;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::engine::Shared;
use crate::world::World;

use surfaces::Surfaces;
pub(crate) use view::View;

/// How wide a picture can be, dots.
pub const WIDTHS: RangeInclusive<u16> = 160..=1920;
/// How high.
pub const HEIGHTS: RangeInclusive<u16> = 120..=1080;

/// The camera of a simulated car. Cheap handle; any thread may hold one.
#[derive(Clone, Debug)]
pub struct Camera {
    engine: Shared,
    surfaces: Arc<Surfaces>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    width: u16,
    height: u16,
    at: Duration,
    age: Duration,
    rgb: Vec<u8>,
    /// From where it was drawn, without the time.
    of: Option<View>,
}

impl Camera {
    pub(crate) fn new(engine: &Shared) -> Self {
        let surfaces = Arc::clone(&engine.lock().camera.surfaces);
        Self { engine: engine.clone(), surfaces }
    }

    /// What it sees now, in a picture of that size; a size beyond [`WIDTHS`] or [`HEIGHTS`] becomes the nearest
    /// within. The world stands still only while it is asked for pose and angles, not while the picture is drawn.
    #[must_use]
    pub fn frame(&self, width: u16, height: u16) -> Frame {
        let mut frame = Frame::default();
        self.frame_into(&mut frame, width, height);
        frame
    }

    /// The same into a picture that is there, whose memory is used again.
    pub fn frame_into(&self, frame: &mut Frame, width: u16, height: u16) {
        frame.of = None;
        self.renew(frame, width, height);
    }

    /// The same, but drawn only if it would be another picture: that of a car which stands is there already. Whether
    /// it was drawn.
    pub fn renew(&self, frame: &mut Frame, width: u16, height: u16) -> bool {
        let (view, now) = {
            let engine = self.engine.lock();
            (engine.view(), engine.clock.now())
        };
        let (width, height) =
            (width.clamp(*WIDTHS.start(), *WIDTHS.end()), height.clamp(*HEIGHTS.start(), *HEIGHTS.end()));
        let of = Some(View { at: 0, ..view });
        let other = (frame.of, frame.width, frame.height) != (of, width, height);
        (frame.of, frame.width, frame.height) = (of, width, height);
        frame.at = Duration::from_nanos(view.at);
        frame.age = Duration::from_nanos(now.saturating_sub(view.at));
        if other {
            draw::draw(&self.surfaces, &view, (width, height), &mut frame.rgb);
        }
        other
    }
}

impl Frame {
    /// Dots in a row.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.height
    }

    /// The virtual time at which this was seen.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.at
    }

    /// How long ago that was when the picture was asked for, in virtual time: nothing, but for a camera that froze.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Red, green and blue of each dot, from left to right and from the top down.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture as a JPEG file, with colours at half the resolution, as cameras do. `quality` is 1 to 100; what
    /// is beyond becomes the nearest of these.
    #[must_use]
    pub fn jpeg(&self, quality: u8) -> Vec<u8> {
        let mut file = Vec::with_capacity(self.rgb.len() / 8);
        let mut encoder = Encoder::new(&mut file, quality.clamp(1, 100));
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        // A picture has as many dots as it says, and memory takes every byte: nothing is left that fails. One that
        // was never drawn has no file.
        if encoder.encode(&self.rgb, self.width, self.height, ColorType::Rgb).is_err() {
            file.clear();
        }
        file
    }
}

/// A camera on its car.
#[derive(Debug)]
pub(crate) struct Mount {
    surfaces: Arc<Surfaces>,
    ahead_m: f64,
    up_m: f64,
    fov_rad: f64,
    /// What it saw when it froze.
    pub(crate) frozen: Option<View>,
}

impl Mount {
    pub(crate) fn new(model: &ModelSpec, world: &World) -> Self {
        let [ahead_m, up_m] = model.camera_m;
        let fov_rad = model.camera_fov_deg.to_radians();
        Self { surfaces: Arc::new(Surfaces::new(world)), ahead_m, up_m, fov_rad, frozen: None }
    }

    /// What it sees from a car there, turned by its servos.
    pub(crate) fn view(&self, at: u64, motion: &Motion, pan_rad: f64, tilt_rad: f64) -> View {
        let Motion { x_m, y_m, heading_rad, .. } = *motion;
        let (sin, cos) = (libm::sin(heading_rad), libm::cos(heading_rad));
        View {
            at,
            eye: [x_m + self.ahead_m * cos, y_m + self.ahead_m * sin, self.up_m],
            heading_rad: heading_rad + pan_rad,
            tilt_rad,
            fov_rad: self.fov_rad,
        }
    }
}
