//! With the vectors, and with whatever else may come.

use proptest::prelude::*;

use super::super::vectors;
use super::*;

const IDLE: Duration = Duration::from_secs(10);

fn sealed(epoch: u64, count: usize) -> Vec<Bytes> {
    let mut dialler = guard(End::Dialler, epoch, IDLE);
    (0..count).map(|n| dialler.sealer.seal(n.to_string().into())).collect()
}

fn listener() -> Box<dyn Opener> {
    guard(End::Listener, 1, IDLE).opener
}

fn entrance() -> Entrance {
    Entrance::new(|| 1, IDLE)
}

fn somebody() -> SocketAddr {
    "192.0.2.1:4000".parse().unwrap()
}

#[test]
fn the_checksum_is_the_one_of_rfc_3720() {
    // Appendix B.4, and the check value of every catalogue.
    assert_eq!(CRC32C.checksum(&[0; 32]).to_le_bytes(), [0xAA, 0x36, 0x91, 0x8A]);
    assert_eq!(CRC32C.checksum(b"123456789"), 0xE306_9283);
}

#[test]
fn every_vector_is_written_and_read_so() {
    for row in vectors::rows(&vectors::file()["crc32c"]["datagrams"]) {
        let (from, frame) = (vectors::sender(row), vectors::bytes(row, "frame"));
        let (epoch, next) = (vectors::number(row, "epoch"), vectors::number(row, "counter"));
        let datagram = Send { from, epoch, next }.seal(frame.clone().into());
        assert_eq!(datagram, vectors::bytes(row, "datagram"), "{row}");
        let whole = parse(from, &datagram).unwrap();
        assert_eq!((whole.epoch, whole.counter, whole.frame), (epoch, next, &frame[..]));
    }
}

#[test]
fn a_listener_hears_every_vector_as_it_says() {
    let mut opener = listener();
    vectors::hears(&mut *opener, &vectors::file()["crc32c"]["heard_by_listener"]);
    assert_eq!(opener.lost(), 2);
}

#[test]
fn who_begins_anew_enters_again_and_its_earlier_session_is_over() {
    let (old, new) = (sealed(5, 2), sealed(6, 1));
    let mut door = entrance();
    let Knock::Enter(b"0", mut first) = door.knock(somebody(), &old[0], Instant::now()) else { panic!() };
    assert_eq!(first.opener.open(&new[0]), Err(Refused::Anew));
    let Knock::Enter(b"0", mut second) = door.knock(somebody(), &new[0], Instant::now()) else { panic!() };
    assert_eq!(second.opener.open(&old[1]), Err(Refused::Late));
}

#[test]
fn a_listener_that_begins_anew_is_noticed_by_its_dialler() {
    let mut dialler = guard(End::Dialler, 1, IDLE);
    let say = |epoch| guard(End::Listener, epoch, IDLE).sealer.seal(Bytes::from_static(b"x"));
    assert_eq!(dialler.opener.open(&say(10)), Ok(&b"x"[..]));
    assert_eq!(dialler.opener.open(&say(11)), Err(Refused::Anew));
    assert_eq!(dialler.opener.open(&say(9)), Err(Refused::Late));
}

#[test]
fn the_largest_counter_is_taken_once_and_breaks_nothing() {
    let mut opener = listener();
    let last = [1_u64.to_be_bytes(), u64::MAX.to_be_bytes()].concat();
    let body = [&[MAGIC, kind(End::Dialler)], &last[..]].concat();
    let datagram = [&body[..], &CRC32C.checksum(&body).to_be_bytes()].concat();
    opener.open(&sealed(1, 1)[0]).unwrap();
    assert_eq!(opener.open(&datagram), Ok(&b""[..]));
    assert_eq!(opener.open(&datagram), Err(Refused::Late));
    assert_eq!(opener.lost(), u64::MAX - 1);
}

proptest! {
    #[test]
    fn any_damage_of_up_to_three_bits_is_noticed(
        frame in prop::collection::vec(any::<u8>(), 0..300),
        bits in prop::collection::vec(any::<prop::sample::Index>(), 1..=3),
    ) {
        let mut dialler = guard(End::Dialler, 7, IDLE);
        let whole = dialler.sealer.seal(frame.into());
        let mut damaged = whole.to_vec();
        let bits: std::collections::BTreeSet<_> = bits.iter().map(|bit| bit.index(whole.len() * 8)).collect();
        for bit in bits {
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        prop_assert_eq!(listener().open(&damaged), Err(Refused::Corrupt));
    }

    #[test]
    fn what_is_cut_short_is_noticed(frame in prop::collection::vec(any::<u8>(), 0..100), cut in any::<prop::sample::Index>()) {
        let whole = guard(End::Dialler, 7, IDLE).sealer.seal(frame.into());
        prop_assert_eq!(listener().open(&whole[..cut.index(whole.len())]), Err(Refused::Corrupt));
    }

    #[test]
    fn frames_come_in_order_and_once_whatever_the_network_does(
        picks in prop::collection::vec(0..40_usize, 1..200)
    ) {
        let datagrams = sealed(3, 40);
        let mut opener = listener();
        let came: Vec<usize> = picks
            .iter()
            .filter_map(|&n| opener.open(&datagrams[n]).ok().map(|frame| str::from_utf8(frame).unwrap().parse().unwrap()))
            .collect();
        prop_assert!(came.is_sorted_by(|a, b| a < b), "{:?}", came);
        let (first, last) = (came[0], came[came.len() - 1]);
        prop_assert_eq!(first, picks[0]);
        prop_assert_eq!(Some(&last), picks.iter().max().filter(|max| **max >= first));
        prop_assert_eq!(opener.lost() as usize, last + 1 - first - came.len());
    }

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let framed = [&[MAGIC, 0x10][..], &bytes].concat();
        for datagram in [&bytes, &framed] {
            prop_assert_eq!(listener().open(datagram), Err(Refused::Corrupt));
            let knock = entrance().knock(somebody(), datagram, Instant::now());
            prop_assert!(matches!(knock, Knock::Refuse(_)));
        }
    }
}
