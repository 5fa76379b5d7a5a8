//! What the car sees with: the configured source, and the cameras of this machine.
//!
//! What must never live here: a stream, a connection to another machine, a start of a program.

use hal::platform::linux::video::{self, About, Camera, Offer, Sizes};

use super::table::{Row, Status};
use super::you::You;
use crate::Config;
use crate::camera::{Prospect, prospect};

/// What there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Eyes {
    /// What the configured source would give, or why it would give nothing.
    pub(super) source: Option<Result<Prospect, String>>,
    /// The kernel's video devices, by their paths.
    pub(super) devices: Vec<(String, Device)>,
}

/// A video device of the kernel.
#[derive(Clone, Debug)]
pub(super) struct Device {
    /// What it says of itself and offers, or why it cannot be asked.
    pub(super) said: Result<(About, Vec<Offer>), String>,
    /// Another process that has it open.
    pub(super) holder: Option<String>,
}

impl Eyes {
    /// Looks. Devices are asked what they are, and not set to work.
    pub(super) fn here(config: &Config) -> Self {
        let source = Some(prospect(config));
        let asked = |path| {
            let said = Camera::open(path).map(|camera| (camera.about().clone(), camera.offers()));
            Device { said: said.map_err(|why| why.to_string()), holder: video::holder(path) }
        };
        let devices = video::devices(&config.linux.dev);
        let devices = devices.iter().map(|path| (path.display().to_string(), asked(path))).collect();
        Self { source, devices }
    }

    /// The source. A car drives without a picture too.
    pub(super) fn row(&self, you: &You) -> Option<Row> {
        let (status, note, todo) = match self.source.as_ref()? {
            Ok(source) => (Status::Ok, source.gives.clone(), self.rival(source)),
            Err(why) => (Status::Advice, "no pictures".to_owned(), Some(why.clone())),
        };
        let status = if todo.is_some() { Status::Advice } else { status };
        let todo = todo.map(|todo| you.named(&todo));
        Some(Row { status, what: "camera".to_owned(), note, users: String::new(), todo })
    }

    /// Who else may take the pictures of the device that would give them: only one program can.
    fn rival(&self, source: &Prospect) -> Option<String> {
        // It may be a link to one.
        let path = source.device.as_ref()?;
        let path = path.canonicalize().unwrap_or_else(|_| path.clone()).display().to_string();
        let (_, device) = self.devices.iter().find(|(other, _)| *other == path)?;
        let holder = device.holder.as_ref().filter(|who| !who.starts_with("car-daemon "))?;
        Some(format!("{path} is open in {holder}: if that takes its pictures, stop it, for only one can"))
    }

    /// A line for each camera, and one for each of its formats.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        let mut others = 0;
        for (path, Device { said, holder }) in &self.devices {
            match said {
                Ok((about, _)) if !about.captures || about.is_stage => others += 1,
                Ok((About { name, driver, .. }, offers)) => {
                    let holder = holder.as_ref().map(|who| format!(", open in {who}")).unwrap_or_default();
                    facts.push(("camera", format!("{path}: {name}, by {driver}{holder}")));
                    facts.extend(offers.iter().map(|offer| ("", offered(offer))));
                }
                Err(why) => facts.push(("camera", why.clone())),
            }
        }
        if others > 0 {
            let plural = if others == 1 { "device that gives" } else { "devices that give" };
            facts.push(("camera", format!("{others} video {plural} no pictures by themselves")));
        }
        facts
    }
}

/// `MJPG: 640x480, 1280x720`
fn offered(Offer { format, sizes }: &Offer) -> String {
    let sizes = match sizes {
        Sizes::These(sizes) => {
            sizes.iter().map(|(width, height)| format!("{width}x{height}")).collect::<Vec<_>>().join(", ")
        }
        Sizes::Between { least, most, step } => {
            format!("{}x{} to {}x{} in steps of {}x{}", least.0, least.1, most.0, most.1, step.0, step.1)
        }
        Sizes::Unknown => "sizes are not told".to_owned(),
    };
    format!("  {format}: {sizes}")
}

#[cfg(test)]
mod tests {
    use hal::platform::linux::video::FourCc;

    use super::*;

    fn you() -> You {
        You { user: "anna".to_owned(), ..You::default() }
    }

    fn webcam() -> Device {
        let about = About {
            name: "C270 HD WEBCAM".to_owned(),
            driver: "uvcvideo".to_owned(),
            captures: true,
            ..About::default()
        };
        let sizes = Sizes::These(vec![(640, 480), (1280, 720)]);
        let mjpg = Offer { format: FourCc(*b"MJPG"), sizes };
        let range = Sizes::Between { least: (32, 32), most: (640, 480), step: (2, 2) };
        let yuyv = Offer { format: FourCc(*b"YUYV"), sizes: range };
        Device { said: Ok((about, vec![mjpg, yuyv])), holder: None }
    }

    fn eyes(device: Device) -> Eyes {
        let gives = "/dev/video0 (C270 HD WEBCAM) gives MJPG 640x480 at 30 Hz".to_owned();
        let source = Some(Ok(Prospect { gives, device: Some("/dev/video0".into()) }));
        Eyes { source, devices: vec![("/dev/video0".to_owned(), device)] }
    }

    #[test]
    fn each_camera_is_told_with_its_formats_and_sizes_and_what_gives_no_pictures_is_counted() {
        let mut eyes = eyes(webcam());
        let codec = About { driver: "bcm2835-codec".to_owned(), ..About::default() };
        let codec = Device { said: Ok((codec, Vec::new())), holder: None };
        eyes.devices.push(("/dev/video10".to_owned(), codec.clone()));
        eyes.devices.push(("/dev/video11".to_owned(), codec));
        let facts = [
            ("camera", "/dev/video0: C270 HD WEBCAM, by uvcvideo"),
            ("", "  MJPG: 640x480, 1280x720"),
            ("", "  YUYV: 32x32 to 640x480 in steps of 2x2"),
            ("camera", "2 video devices that give no pictures by themselves"),
        ];
        assert_eq!(eyes.facts(), facts.map(|(kind, text)| (kind, text.to_owned())));
        let row = eyes.row(&you()).expect("a source");
        assert_eq!((row.status, row.todo), (Status::Ok, None));
    }

    #[test]
    fn who_else_has_the_camera_is_named_and_our_own_daemon_is_no_rival() {
        for (holder, status) in
            [("motion (process 812)", Status::Advice), ("car-daemon (process 9)", Status::Ok)]
        {
            let eyes = eyes(Device { holder: Some(holder.to_owned()), ..webcam() });
            assert!(eyes.facts()[0].1.ends_with(&format!(", open in {holder}")));
            let row = eyes.row(&you()).expect("a source");
            assert_eq!(
                (row.status, row.todo.is_some()),
                (status, status == Status::Advice),
                "{:?}",
                row.todo
            );
            assert!(row.todo.is_none_or(|todo| todo.contains("/dev/video0 is open in motion (process 812)")));
        }
    }

    #[test]
    fn a_camera_that_may_not_be_used_is_told_with_the_group_and_keeps_no_car_from_starting() {
        let why =
            "/dev/video0: permission denied; add the user to the group video (sudo usermod -aG video USER)";
        let mut eyes = eyes(Device { said: Err(why.to_owned()), holder: None });
        eyes.source = Some(Err(why.to_owned()));
        assert_eq!(eyes.facts(), [("camera", why.to_owned())]);
        let row = eyes.row(&you()).expect("a source");
        assert_eq!(row.status, Status::Advice);
        assert!(row.todo.is_some_and(|todo| todo.contains("usermod -aG video anna)")));
    }
}
