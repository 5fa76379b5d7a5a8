//! The chaos, over enough seeds to notice what is broken, and few enough to wait for. `.ci/run` plays
//! thousands; a million is a command: see CONTRIBUTING.md.

use tests::chaos::{self, Season};

/// How many seeds: some seconds of them in a debug build.
const SEEDS: u64 = 300;

#[test]
fn whatever_clients_do_on_whatever_links_the_car_keeps_its_contract() {
    let Season { played, tally, failed, .. } = chaos::many(0..SEEDS);
    assert!(failed.is_none(), "{}", failed.map(|outcome| outcome.verdict()).unwrap_or_default());
    assert_eq!(played, SEEDS);
    // What proves nothing must not pass.
    assert!(tally.sessions > 4 * SEEDS, "{tally:?}");
    assert!(tally.messages > 100 * SEEDS, "{tally:?}");
    assert!(tally.refused > SEEDS && tally.breakages > SEEDS / 10, "{tally:?}");
    assert!(tally.driven > tally.looks / 10 && tally.driven < tally.looks * 9 / 10, "{tally:?}");
}

#[test]
fn the_same_seed_is_the_same_play_to_the_last_bit() {
    for seed in [1, 7, 42, 1_000_003] {
        let [first, again] = [chaos::run(seed, false), chaos::run(seed, true)];
        assert_eq!(first.hash, again.hash, "seed {seed}");
        assert_eq!(first.tally, again.tally, "seed {seed}");
        assert!(!again.lines.is_empty());
    }
    // However many were played before it on the same thread, and whatever was at the same time.
    assert_eq!(chaos::many(0..20).hash, chaos::many(0..20).hash);
    assert_ne!(chaos::run(1, false).hash, chaos::run(2, false).hash);
}
