//! Whether a camera gives one picture again and again while the car moves: a state machine that is told the time.
//!
//! The noise of a sensor makes no two pictures of a live camera the same to the byte. One under a cap, or a test card,
//! may repeat itself: so only time counts in which the car moves, when no camera can see the same.
//!
//! What must never live here: how the car is known to move, and what is told.

use std::time::{Duration, Instant};

use bytes::Bytes;

/// So long the car moves before a picture that stays the same is held against the camera: many pictures at any usual
/// rate, and less than anybody drives by one on purpose.
const LIMIT: Duration = Duration::from_secs(3);

/// The eye on one source.
#[derive(Debug, Default)]
pub(super) struct Frozen(Option<Last>);

#[derive(Debug)]
struct Last {
    jpeg: Bytes,
    at: Instant,
    moves: bool,
    /// For how long the car has moved since this picture came first.
    moved: Duration,
}

impl Frozen {
    /// A picture came, and the car moves or not; whether the camera stands still.
    pub(super) fn saw(&mut self, jpeg: &Bytes, moves: bool, now: Instant) -> bool {
        let moved = match &self.0 {
            Some(last) if last.jpeg == *jpeg => {
                let passed = now.saturating_duration_since(last.at);
                last.moved + if last.moves && moves { passed } else { Duration::ZERO }
            }
            _ => Duration::ZERO,
        };
        self.0 = Some(Last { jpeg: jpeg.clone(), at: now, moves, moved });
        moved >= LIMIT
    }

    /// The source is another one, or was opened anew.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of pictures that come each 100 ms: what is on each, and whether the car moves.
    fn said(pictures: impl IntoIterator<Item = (u8, bool)>) -> Vec<bool> {
        let (mut frozen, began) = (Frozen::default(), Instant::now());
        let times = (0..).map(|tenth| began + Duration::from_millis(100) * tenth);
        let said = |((shown, moves), now)| frozen.saw(&Bytes::from(vec![shown; 9]), moves, now);
        pictures.into_iter().zip(times).map(said).collect()
    }

    #[test]
    fn a_picture_that_stays_while_the_car_moves_for_three_seconds_is_frozen() {
        let said = said((0..40).map(|_| (7, true)));
        assert_eq!(said.iter().position(|frozen| *frozen), Some(30));
        assert!(said[30..].iter().all(|frozen| *frozen));
    }

    #[test]
    fn a_car_that_stands_may_see_the_same_for_ever() {
        assert!(!said((0..10_000).map(|_| (7, false))).contains(&true));
        let in_turns = (0..2_000).map(|tenth| (7, tenth % 2 == 0));
        assert!(!said(in_turns).contains(&true), "nobody knows that it moved in between");
    }

    #[test]
    fn time_in_which_it_moves_adds_up_and_a_stop_takes_nothing_back() {
        let moves = |tenth: u32| tenth % 20 < 10;
        let said = said((0..200).map(|tenth| (7, moves(tenth))));
        // Nine tenths of a second of every two.
        assert_eq!(said.iter().position(|frozen| *frozen), Some(63));
        assert!(said[63..].iter().all(|frozen| *frozen));
    }

    #[test]
    fn one_other_picture_is_life() {
        let once = |tenth| if tenth % 30 == 29 { 8 } else { 7 };
        assert!(!said((0..1_000).map(|tenth| (once(tenth), true))).contains(&true));
        let frozen_then_not = said((0..60).map(|tenth| (if tenth < 50 { 7 } else { 8 }, true)));
        assert_eq!(frozen_then_not[49..51], [true, false]);
    }

    #[test]
    fn what_is_opened_anew_is_judged_anew() {
        let (mut frozen, now) = (Frozen::default(), Instant::now());
        let jpeg = Bytes::from_static(b"picture");
        assert!(!frozen.saw(&jpeg, true, now));
        assert!(frozen.saw(&jpeg, true, now + LIMIT));
        frozen.forget();
        assert!(!frozen.saw(&jpeg, true, now + LIMIT * 2));
    }
}
