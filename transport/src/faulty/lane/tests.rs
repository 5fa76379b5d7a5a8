//! In virtual time: a clock that each test moves by hand.

use super::*;

const MILLI: Duration = Duration::from_millis(1);

/// What arrives of `count` numbered frames that leave one millisecond apart, and when.
fn carried(direction: &Direction, seed: u64, count: u8) -> Vec<(u32, Vec<u8>)> {
    let begun = Instant::now();
    let mut lane = Lane::new(direction, seed);
    let mut arrived = Vec::new();
    for at in 0..u32::from(count) + 100 {
        let now = begun + MILLI * at;
        if let Ok(n) = u8::try_from(at)
            && n < count
        {
            lane.push(Frame::binary(vec![n, 0xAA, n]), now);
        }
        arrived.extend(std::iter::from_fn(|| lane.pop(now)).map(|arrival| (at, arrival.frame.data.to_vec())));
    }
    assert_eq!(lane.next_due(), None);
    arrived
}

fn firsts(arrived: &[(u32, Vec<u8>)]) -> Vec<u8> {
    arrived.iter().map(|(_, data)| data[0]).collect()
}

#[test]
fn without_faults_every_frame_is_there_at_once() {
    let arrived = carried(&Direction::default(), 1, 50);
    assert!(arrived.iter().map(|(at, _)| *at).eq(0..50));
    assert!(firsts(&arrived).into_iter().eq(0..50));
}

#[test]
fn delayed_frames_keep_their_order_and_their_bounds() {
    let arrived = carried(&Direction { delay: MILLI * 2..=MILLI * 20, ..Direction::default() }, 1, 50);
    assert!(firsts(&arrived).into_iter().eq(0..50));
    let delays: Vec<_> = arrived.iter().map(|(at, data)| at - u32::from(data[0])).collect();
    assert!(delays.iter().all(|delay| (2..=20).contains(delay)), "{delays:?}");
    assert_ne!(delays.iter().min(), delays.iter().max());
}

#[test]
fn the_same_seed_gives_the_same_faults_and_another_seed_others() {
    let direction =
        Direction { loss: 0.3, duplication: 0.3, reordering: 0.3, corruption: 0.3, ..Direction::default() };
    assert_eq!(carried(&direction, 7, 100), carried(&direction, 7, 100));
    assert_ne!(carried(&direction, 7, 100), carried(&direction, 8, 100));
    assert_ne!(seed_for(7, 0), seed_for(7, 1));
}

#[test]
fn chances_come_true_about_as_often_as_they_say() {
    let lost = Direction { loss: 0.25, ..Direction::default() };
    let twice = Direction { duplication: 0.25, ..Direction::default() };
    assert!((130..=170).contains(&carried(&lost, 3, 200).len()));
    assert!((230..=270).contains(&carried(&twice, 3, 200).len()));
}

#[test]
fn reordered_frames_all_arrive_once() {
    let arrived = carried(&Direction { reordering: 0.3, ..Direction::default() }, 1, 50);
    let mut order = firsts(&arrived);
    assert!(!order.is_sorted());
    order.sort_unstable();
    assert!(order.into_iter().eq(0..50));
}

#[test]
fn a_corrupted_frame_differs_in_one_bit() {
    for (n, (_, data)) in
        carried(&Direction { corruption: 1.0, ..Direction::default() }, 1, 50).iter().enumerate()
    {
        let sent = [n as u8, 0xAA, n as u8];
        let flipped: u32 = data.iter().zip(sent).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!((data.len(), flipped), (3, 1));
    }
}

#[test]
fn a_text_cut_inside_a_character_is_called_binary() {
    let mut lane = Lane::new(&Direction { truncation: 1.0, ..Direction::default() }, 1);
    let now = Instant::now();
    for _ in 0..ROOM {
        lane.push(Frame::text("😀"), now);
    }
    let mut lengths = [0; 4];
    while let Some(Arrival { frame, intact }) = lane.pop(now) {
        assert!(!intact);
        assert_eq!(frame.kind == Kind::Text, frame.data.is_empty());
        lengths[frame.data.len()] += 1;
    }
    assert!(lengths.iter().all(|&count| count > 0), "{lengths:?}");
}

#[test]
fn an_empty_frame_has_nothing_to_spoil() {
    let mut lane = Lane::new(&Direction { corruption: 1.0, truncation: 1.0, ..Direction::default() }, 1);
    let now = Instant::now();
    lane.push(Frame::text(""), now);
    assert_eq!(lane.pop(now), Some(Arrival { frame: Frame::text(""), intact: true }));
}
