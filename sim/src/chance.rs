//! All chance of a run: draws that the seed decides, each by which stream it is of and by its number there.
//!
//! There is no state. A draw is the same whoever asks for it, when, and how often, so nothing that is looked at
//! changes what happens next. What must never live here: what a draw is for, and a clock.

use std::f64::consts::TAU;

/// What has chance of its own. A new row at the end leaves all others as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// How long an echo takes.
    Sonar,
    /// A sensor that looks at the floor, by its number.
    Line,
    /// What a chip adds to what it measures, by its number on the board.
    Chip,
    /// How a chip is off from its making, the same.
    Making,
    /// How motors differ, by their number.
    Motor,
    /// What a sensor that is mad says, by its kind.
    Mad,
}

/// The draws of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chance {
    key: u64,
}

/// Of SplitMix64: the odd integer nearest to 2⁶⁴ over the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// Of a stream, and of one of its members, in the run of a seed.
    pub(crate) fn new(seed: u64, stream: Stream, member: usize) -> Self {
        let stream = (stream as u64) << 32 | (member as u64 & 0xffff_ffff);
        // Mixed twice, so that neighbours in seed or stream have nothing in common.
        Self { key: mix(mix(seed.wrapping_add(GAMMA)) ^ mix(!stream)) }
    }

    /// The draw of this number, 64 even bits: that of SplitMix64 (Steele, Lea, Flood: Fast splittable
    /// pseudorandom number generators, OOPSLA 2014, figure 17) at that place of its sequence.
    pub(crate) fn bits(self, number: u64) -> u64 {
        mix(self.key.wrapping_add(number.wrapping_add(1).wrapping_mul(GAMMA)))
    }

    /// The draw of this number as a fraction: even, from 0 to below 1.
    pub(crate) fn fraction(self, number: u64) -> f64 {
        // 53 bits are what a double holds.
        (self.bits(number) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The draw of this number on a bell curve: mean 0, standard deviation 1, never beyond 6.7 (Box and
    /// Muller, on the halves of the draw).
    pub(crate) fn normal(self, number: u64) -> f64 {
        let bits = self.bits(number);
        let half = |bits: u64| ((bits & 0xffff_ffff) as f64 + 0.5) / (1_u64 << 32) as f64;
        libm::sqrt(-2.0 * libm::log(half(bits >> 32))) * libm::cos(TAU * half(bits))
    }
}

fn mix(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_published_splitmix64() {
        // The sequence of seed 1234567, as Rosetta Code and the generator's own C source have it.
        let known = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let chance = Chance { key: 1_234_567 };
        assert_eq!([0, 1, 2, 3, 4].map(|number| chance.bits(number)), known);
    }

    /// The same on every machine: a change here changes every recorded run.
    #[test]
    fn a_draw_depends_on_seed_stream_member_and_number_and_on_nothing_else() {
        let draw = |seed, stream, member, number| Chance::new(seed, stream, member).bits(number);
        let known = draw(7, Stream::Line, 2, 40);
        assert_eq!(known, draw(7, Stream::Line, 2, 40));
        let others = [
            draw(8, Stream::Line, 2, 40),
            draw(7, Stream::Sonar, 2, 40),
            draw(7, Stream::Line, 3, 40),
            draw(7, Stream::Line, 2, 41),
        ];
        assert!(!others.contains(&known));
    }

    #[test]
    fn fractions_are_even_and_normal_draws_have_mean_0_and_deviation_1() {
        let count = 100_000;
        let chance = Chance::new(0, Stream::Sonar, 0);
        let moments = |draw: &dyn Fn(u64) -> f64| {
            let all: Vec<f64> = (0..count).map(draw).collect();
            let mean = all.iter().sum::<f64>() / count as f64;
            let square = all.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count as f64;
            (mean, square.sqrt())
        };
        let (mean, deviation) = moments(&|number| chance.fraction(number));
        assert!((mean - 0.5).abs() < 0.005 && (deviation - (1.0 / 12.0_f64).sqrt()).abs() < 0.005);
        let (mean, deviation) = moments(&|number| chance.normal(number));
        assert!(mean.abs() < 0.015 && (deviation - 1.0).abs() < 0.015, "{mean} {deviation}");
        // 4.55 % are beyond two deviations.
        let beyond = (0..count).filter(|number| chance.normal(*number).abs() > 2.0).count();
        assert!(beyond.abs_diff(4_550) < 300, "{beyond}");
    }

    #[test]
    fn neighbouring_streams_have_nothing_in_common() {
        let count = 100_000;
        for (one, other) in [
            (Chance::new(1, Stream::Line, 0), Chance::new(1, Stream::Line, 1)),
            (Chance::new(1, Stream::Line, 0), Chance::new(2, Stream::Line, 0)),
        ] {
            let common = (0..count).map(|number| one.normal(number) * other.normal(number)).sum::<f64>();
            assert!((common / count as f64).abs() < 0.015, "{common}");
        }
    }
}
