//! How the car's time goes beside the wall's: a simulated one may stand, or run. Pure: the time is an argument.

use std::time::Duration;

/// How far back is looked.
const SPAN: Duration = Duration::from_secs(2);

/// Less than this is not told apart from a slow link.
const LEAST: Duration = Duration::from_millis(900);

/// What was answered later says too little of when: the answer may have waited on the way there, or back.
const PROMPT: Duration = Duration::from_millis(200);

/// What the car said of its clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    from: Option<(f64, Duration)>,
    last: Option<(f64, Duration)>,
    pace: Option<f64>,
}

impl Pace {
    /// Its clock was at `t` seconds when it answered, which took so long.
    pub(super) fn told(&mut self, t: f64, took: Duration, now: Duration) {
        if took > PROMPT {
            return;
        }
        self.last = Some((t, now));
        let (then, at) = *self.from.get_or_insert((t, now));
        let passed = now.saturating_sub(at);
        if passed >= LEAST {
            self.pace = Some(((t - then) / passed.as_secs_f64()).max(0.0));
        }
        if passed >= SPAN {
            self.from = self.last;
        }
    }

    /// Seconds of the car in one of the wall's; 1 while that is not known.
    pub(super) fn pace(&self) -> f64 {
        self.pace.unwrap_or(1.0)
    }

    /// What to say of it, where it is not the wall's.
    pub(super) fn words(&self) -> Option<String> {
        match self.pace? {
            pace if pace < 0.02 => Some(
                "the car's time stands (--sim-speed step, or max): nothing moves until somebody says \
                 `carctl sim step`"
                    .to_owned(),
            ),
            pace if !(0.5..=1.5).contains(&pace) => {
                Some(format!("simulated: the car's time runs {pace:.1} times as fast"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: f64, pace: f64) -> Pace {
        let mut told = Pace::default();
        for half in 0..=(seconds * 2.0) as u32 {
            let now = f64::from(half) * 0.5;
            told.told(100.0 + now * pace, Duration::ZERO, Duration::from_secs_f64(now));
        }
        told
    }

    #[test]
    fn a_time_that_stands_or_runs_is_told_and_the_walls_is_not() {
        assert!(after(3.0, 0.0).words().is_some_and(|words| words.contains("stands")));
        assert!(after(3.0, 10.0).words().is_some_and(|words| words.contains("10.0 times")));
        assert_eq!((after(3.0, 1.0).words(), after(3.0, 1.0).pace()), (None, 1.0));
        assert_eq!((after(0.0, 0.0).words(), after(0.0, 0.0).pace()), (None, 1.0), "not known yet");
    }

    #[test]
    fn an_answer_that_waited_on_its_way_changes_no_pace() {
        let mut pace = after(3.0, 1.0);
        for (t, took, now) in [(103.0, 1_300, 4_300), (104.4, 50, 4_450), (105.0, 50, 5_050)] {
            pace.told(t, Duration::from_millis(took), Duration::from_millis(now));
            assert!((0.9..1.1).contains(&pace.pace()), "{}", pace.pace());
        }
    }

    #[test]
    fn a_clock_that_is_set_back_is_no_pace() {
        let mut pace = after(3.0, 1.0);
        pace.told(0.0, Duration::ZERO, Duration::from_secs(4));
        assert!(pace.pace() >= 0.0);
    }
}
