//! Which of a camera's formats, sizes and rates is taken.
//!
//! What must never live here: a device.

use hal::platform::linux::video::{FourCc, Offer, Rates, Size, Sizes};

use super::RIBBON;
use super::raw::{FORMATS, Kind};

/// What a camera is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) format: FourCc,
    pub(super) kind: Kind,
    pub(super) size: Size,
    pub(super) rate_hz: f64,
}

/// Pictures that the camera has compressed before all others: they cost nothing here, and it has more of them a
/// second over USB. Then the nearest size, counted in columns and rows; then the nearest rate, the greater of two;
/// then the order of the table.
///
/// # Errors
/// It has no format that is known here; in words.
pub(super) fn choose(
    offers: &[Offer],
    wanted: Size,
    rate_hz: f64,
    rates: impl Fn(FourCc, Size) -> Rates,
) -> Result<Choice, String> {
    let known = offers.iter().filter_map(|offer| {
        let place = FORMATS.iter().position(|(format, _)| *format == offer.format)?;
        let size = nearest_size(&offer.sizes, wanted)?;
        Some((place, FORMATS[place].1, size))
    });
    let known: Vec<_> = known.collect();
    let rank = |kind: Kind, size: Size| (kind != Kind::Compressed, off(size, wanted));
    let best = known.iter().map(|(_, kind, size)| rank(*kind, *size)).min();
    // Only of those a driver is asked for its rates.
    let best = known.iter().filter(|(_, kind, size)| Some(rank(*kind, *size)) == best);
    let rated = best.map(|(place, kind, size)| {
        let rate_hz = nearest_rate(&rates(FORMATS[*place].0, *size), rate_hz);
        (*place, Choice { format: FORMATS[*place].0, kind: *kind, size: *size, rate_hz })
    });
    let order =
        |(place, choice): &(usize, Choice)| ((choice.rate_hz - rate_hz).abs(), -choice.rate_hz, *place);
    let nearest = rated.min_by(|a, b| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal));
    nearest.map(|(_, choice)| choice).ok_or_else(|| none(offers))
}

fn none(offers: &[Offer]) -> String {
    let list = |formats: Vec<String>| formats.join(", ");
    let has = list(offers.iter().map(|offer| offer.format.to_string()).collect());
    let known = list(FORMATS.iter().map(|(format, _)| format.to_string()).collect());
    match offers.is_empty() {
        true => "it gives no pictures: a camera has often several devices, take another one".to_owned(),
        false => format!("it gives only {has}, and known are {known}; {RIBBON}"),
    }
}

/// Columns and rows that a size is away from another.
fn off(size: Size, wanted: Size) -> u32 {
    size.0.abs_diff(wanted.0).saturating_add(size.1.abs_diff(wanted.1))
}

fn nearest_size(sizes: &Sizes, wanted: Size) -> Option<Size> {
    let in_steps = |wanted: u32, least: u32, most: u32, step: u32| {
        let above = wanted.clamp(least, most.max(least)) - least;
        let down = least + above / step * step;
        let up = down.saturating_add(step);
        if above % step * 2 > step && up <= most { up } else { down }
    };
    // As JPEG counts them.
    let fits = |size: &Size| [size.0, size.1].iter().all(|length| (1..=u32::from(u16::MAX)).contains(length));
    match sizes {
        Sizes::These(sizes) => sizes.iter().copied().filter(fits).min_by_key(|size| off(*size, wanted)),
        Sizes::Between { least, most, step } => Some((
            in_steps(wanted.0, least.0, most.0, step.0.max(1)),
            in_steps(wanted.1, least.1, most.1, step.1.max(1)),
        ))
        .filter(fits),
        Sizes::Unknown => Some(wanted),
    }
}

fn nearest_rate(rates: &Rates, wanted: f64) -> f64 {
    let nearer = |a: f64, b: f64| {
        let (near_a, near_b) = ((a - wanted).abs(), (b - wanted).abs());
        if near_a < near_b || (near_a == near_b && a > b) { a } else { b }
    };
    match rates {
        Rates::These(rates) => rates.iter().copied().reduce(nearer).unwrap_or(wanted),
        Rates::Between(least, most) => wanted.min(*most).max(*least),
        Rates::Unknown => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(format: &[u8; 4], sizes: &[Size]) -> Offer {
        Offer { format: FourCc(*format), sizes: Sizes::These(sizes.to_vec()) }
    }

    fn chosen(offers: &[Offer], wanted: Size, rates: &[(&[u8; 4], &[f64])]) -> (String, Size, f64) {
        let rates = |format: FourCc, _| {
            let row = rates.iter().find(|(name, _)| **name == format.0);
            row.map_or(Rates::Unknown, |(_, rates)| Rates::These(rates.to_vec()))
        };
        let choice = choose(offers, wanted, 30.0, rates).unwrap();
        (choice.format.to_string(), choice.size, choice.rate_hz)
    }

    #[test]
    fn what_the_camera_has_compressed_goes_before_what_would_have_to_be_encoded() {
        let offers = [
            offer(b"YUYV", &[(640, 480), (320, 240)]),
            offer(b"MJPG", &[(320, 240), (800, 600), (1920, 1080)]),
            offer(b"H264", &[(640, 480)]),
        ];
        assert_eq!(chosen(&offers, (640, 480), &[]), ("MJPG".into(), (800, 600), 30.0));
        assert_eq!(chosen(&offers, (4000, 4000), &[]), ("MJPG".into(), (1920, 1080), 30.0));
    }

    #[test]
    fn of_raw_formats_the_nearest_size_counts_then_the_rate_then_the_order() {
        let offers = [
            offer(b"GREY", &[(640, 480)]),
            offer(b"RGB3", &[(640, 480), (1280, 720)]),
            offer(b"YUYV", &[(640, 480), (1280, 720)]),
        ];
        let rates: &[(&[u8; 4], &[f64])] = &[(b"YUYV", &[10.0, 15.0]), (b"RGB3", &[25.0, 35.0, 60.0])];
        assert_eq!(chosen(&offers, (1280, 800), rates), ("RGB3".into(), (1280, 720), 35.0));
        assert_eq!(chosen(&offers, (640, 480), &[]), ("YUYV".into(), (640, 480), 30.0));
        assert_eq!(chosen(&offers, (600, 480), rates), ("GREY".into(), (640, 480), 30.0));
    }

    #[test]
    fn a_range_of_sizes_and_rates_is_kept_to() {
        let sizes = Sizes::Between { least: (320, 200), most: (1920, 1080), step: (16, 8) };
        for (wanted, got) in [
            ((640, 480), (640, 480)),
            ((650, 485), (656, 488)),
            ((10, 10), (320, 200)),
            ((9000, 9000), (1920, 1080)),
        ] {
            assert_eq!(nearest_size(&sizes, wanted), Some(got), "{wanted:?}");
        }
        assert_eq!(
            nearest_size(&Sizes::Between { least: (9, 9), most: (1, 1), step: (0, 0) }, (5, 5)),
            Some((9, 9))
        );
        assert_eq!(nearest_size(&Sizes::These(vec![(0, 0), (70_000, 2)]), (5, 5)), None);
        assert_eq!(nearest_rate(&Rates::Between(1.0, 25.0), 30.0), 25.0);
        assert_eq!(nearest_rate(&Rates::These(vec![]), 30.0), 30.0);
    }

    #[test]
    fn a_device_without_a_known_format_is_told_with_the_way_that_is_left() {
        let none = |offers: &[Offer]| choose(offers, (640, 480), 30.0, |_, _| Rates::Unknown).unwrap_err();
        let said = none(&[offer(b"pRAA", &[(640, 480)]), offer(b"RG10", &[(640, 480)])]);
        assert!(said.starts_with("it gives only pRAA, RG10, and known are MJPG"), "{said}");
        assert!(said.contains("rpicam-vid"), "{said}");
        assert!(none(&[]).contains("it gives no pictures"));
    }
}
