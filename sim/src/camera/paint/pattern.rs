//! Patterns as a dot sees them: its share of a stripe, an edge or a chessboard, so that none of them shimmers.
//!
//! What must never live here: what has which pattern.

/// What of a dot at `at` is beyond 0; so many dots are a metre.
#[inline]
pub(super) fn beyond(at: f32, per_m: f32) -> f32 {
    least(most(at * per_m + 0.5, 0.0), 1.0)
}

/// What of a dot that is `off` the middle of a stripe lies on the stripe.
#[inline]
pub(super) fn stripe(off: f32, half: f32, per_m: f32) -> f32 {
    least(beyond(half - off.abs(), per_m), 2.0 * half * per_m)
}

/// What f32::min does in more steps, as it has to think of what is no number.
#[inline]
pub(super) fn least(one: f32, other: f32) -> f32 {
    if one < other { one } else { other }
}

#[inline]
pub(super) fn most(one: f32, other: f32) -> f32 {
    if one > other { one } else { other }
}

/// From the nearest multiple of a grid, of which so many are a metre.
#[inline]
pub(super) fn off_grid(at: f32, grid: f32, per_m: f32) -> f32 {
    at - round(at * per_m) * grid
}

/// The mean, over a dot that is `wide`, of what is 1 and -1 by turns; so many dots, and so many turns, are a metre.
#[inline]
pub(super) fn alternate(at: f32, wide: f32, per_m: f32, turns_per_m: f32) -> f32 {
    let sum = |at: f32| (at - round(at)).abs();
    let (from, to) = ((at - wide * 0.5) * turns_per_m * 0.5, (at + wide * 0.5) * turns_per_m * 0.5);
    (sum(to) - sum(from)) * (2.0 * per_m / turns_per_m)
}

/// To the nearest whole number, of what is below 4 million; quicker than by the library where a processor has no
/// instruction for it.
#[inline]
pub(super) fn round(value: f32) -> f32 {
    const BIG: f32 = 12_582_912.0;
    (value + BIG) - BIG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_too_small_for_a_dot_is_its_mean() {
        for at in [0.1, 0.3, 17.77] {
            assert!(alternate(at, 7.0, 1.0 / 7.0, 2.0).abs() < 0.08);
            assert!((stripe(off_grid(at, 1.0, 1.0), 0.002, 0.25) - 0.001).abs() < 1e-6);
        }
        for (at, which) in [(3.25, 1.0), (3.75, -1.0), (-3.75, 1.0), (-3.25, -1.0)] {
            assert!((alternate(at, 0.01, 100.0, 2.0) - which).abs() < 1e-3, "{at}");
        }
        assert!(alternate(3.5, 0.01, 100.0, 2.0).abs() < 1e-3, "the dot is half here and half there");
    }
}
