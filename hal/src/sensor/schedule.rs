//! Which sensor is next, and what becomes of one that fails. A transfer that noise may have spoilt is tried
//! again at the next call, so that whoever drives looks between the tries too.
//!
//! What must never live here: what a sensor measures.

use std::time::Duration;

use super::Readings;
use crate::error::TRIES;
use crate::{HardwareError, IoError};

/// How long one that failed is left alone, at first; twice as long after each further failure.
const REST: Duration = Duration::from_millis(200);
/// The longest that it is left alone: a plug that is put back shows before anybody wonders.
const LONGEST_REST: Duration = Duration::from_secs(3);
/// How long one must answer before that is worth a line in a log: a loose wire would fill it.
const SETTLED: Duration = Duration::from_secs(5);
/// Where there is nothing to sense, there is no need to come back.
const NEVER: Duration = Duration::MAX;

/// How far a sensor is, and when it wants its next step: a time on the caller's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// In the midst of a sample.
    Goes(Duration),
    /// Its reading is new.
    Done(Duration),
}

/// A sensor that is asked in turns.
pub(super) trait Sensor: Send {
    /// What it is of the car: `battery`.
    fn part(&self) -> &str;

    /// `ads7830@0x48`; empty where its errors say where they happened.
    fn chip(&self) -> &str {
        ""
    }

    /// How often a transfer is tried; one where what is below tries again itself.
    fn tries(&self) -> usize {
        TRIES
    }

    /// Whether the next write to what drives would spoil the sample in whose midst it is.
    fn is_spoilt_by_writes(&self) -> bool {
        false
    }

    /// The next step of a sample: one transfer over a bus at most. After an error the sample begins anew.
    fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError>;

    /// Whatever it said is not known any more.
    fn lose(&mut self, readings: &mut Readings);
}

/// Something to tell people about a sensor.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It does not answer. Said once, until it has answered for some seconds.
    Fails(HardwareError),
    /// It answers again: its part of the car.
    Answers(String),
}

struct Slot {
    sensor: Box<dyn Sensor>,
    due: Duration,
    /// Of the sample that is under way, without success.
    tried: usize,
    /// In a row.
    failures: u32,
    /// People know that it fails.
    told: bool,
    /// Since when it has answered.
    good_since: Option<Duration>,
}

/// Every sensor that is asked in turns.
#[derive(Default)]
pub(super) struct Schedule {
    slots: Vec<Slot>,
    news: Vec<News>,
}

impl Schedule {
    /// Takes a sensor in, which is due at once.
    pub(super) fn add(&mut self, sensor: impl Sensor + 'static) {
        self.slots.push(Slot {
            sensor: Box::new(sensor),
            due: Duration::ZERO,
            tried: 0,
            failures: 0,
            told: false,
            good_since: None,
        });
    }

    /// Lets the sensor that has been due for longest do one step, if any is due. Answers when this is to
    /// be called again.
    pub(super) fn sense(&mut self, now: Duration, readings: &mut Readings) -> Duration {
        if let Some(slot) = self.slots.iter_mut().filter(|slot| slot.due <= now).min_by_key(|slot| slot.due) {
            self.news.extend(slot.step(now, readings));
        }
        self.slots.iter().map(|slot| slot.due).min().unwrap_or(NEVER)
    }

    /// Before what drives is written: takes what that would spoil, if its time has come. One step at most.
    pub(super) fn save(&mut self, now: Duration, readings: &mut Readings) {
        let spoilt = |slot: &&mut Slot| slot.due <= now && slot.sensor.is_spoilt_by_writes();
        if let Some(slot) = self.slots.iter_mut().find(spoilt) {
            self.news.extend(slot.step(now, readings));
        }
    }

    pub(super) fn tell(&mut self, news: Vec<News>) {
        self.news.extend(news);
    }

    /// What there is to tell since the last call. There is no more than two of each sensor.
    pub(super) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }
}

impl Slot {
    fn step(&mut self, now: Duration, readings: &mut Readings) -> Option<News> {
        match self.sensor.step(now, readings) {
            Ok(Step::Goes(due)) => {
                self.due = due;
                None
            }
            Ok(Step::Done(due)) => {
                (self.due, self.tried, self.failures) = (due, 0, 0);
                let since = *self.good_since.get_or_insert(now);
                let settled = self.told && now.saturating_sub(since) >= SETTLED;
                self.told &= !settled;
                settled.then(|| News::Answers(self.sensor.part().to_owned()))
            }
            Err(error) if error.kind.may_pass() && self.tried + 1 < self.sensor.tries() => {
                self.tried += 1;
                self.due = now;
                None
            }
            Err(error) => {
                let error = error.after(std::mem::take(&mut self.tried) + 1);
                self.sensor.lose(readings);
                self.due = now.saturating_add(rest(self.failures));
                self.failures = self.failures.saturating_add(1);
                self.good_since = None;
                let first = !std::mem::replace(&mut self.told, true);
                first.then(|| News::Fails(self.explain(error)))
            }
        }
    }

    fn explain(&self, error: IoError) -> HardwareError {
        let chip = self.sensor.chip();
        let place = match error.place.starts_with(chip) {
            true => error.place,
            false => format!("{chip} ({})", error.place),
        };
        HardwareError { part: self.sensor.part().to_owned(), source: IoError { place, ..error } }
    }
}

fn rest(failures: u32) -> Duration {
    REST.saturating_mul(1 << failures.min(8)).min(LONGEST_REST)
}

/// When a sensor is next due that keeps a rate: a period after it was due, or at once where it is late.
pub(super) fn after(due: Duration, period: Duration, now: Duration) -> Duration {
    due.saturating_add(period).max(now)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::IoKind;

    const MS: Duration = Duration::from_millis(1);

    fn noise() -> IoError {
        let (place, reason) = ("there".to_owned(), "made to fail".to_owned());
        IoError { place, reason, kind: IoKind::NoAcknowledge }
    }

    /// Fails at some of its calls, counted from 1.
    struct Noisy {
        calls: u32,
        spoilt: [u32; 4],
    }

    impl Sensor for Noisy {
        fn part(&self) -> &str {
            "noisy"
        }

        fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
            self.calls += 1;
            if self.spoilt.contains(&self.calls) {
                return Err(noise());
            }
            readings.range_m = Some(1.0);
            Ok(Step::Done(now + 100 * MS))
        }

        fn lose(&mut self, readings: &mut Readings) {
            readings.range_m = None;
        }
    }

    /// Keeps a diary of its steps; fails at the calls that it is told.
    struct Fake {
        name: &'static str,
        period: Duration,
        fails: fn(Duration) -> bool,
        diary: Arc<Mutex<Vec<(Duration, &'static str)>>>,
    }

    impl Sensor for Fake {
        fn part(&self) -> &str {
            self.name
        }

        fn step(&mut self, now: Duration, readings: &mut Readings) -> Result<Step, IoError> {
            self.diary.lock().unwrap().push((now, self.name));
            if (self.fails)(now) {
                return Err(noise());
            }
            readings.range_m = Some(1.0);
            Ok(Step::Done(now + self.period))
        }

        fn lose(&mut self, readings: &mut Readings) {
            readings.range_m = None;
        }
    }

    /// A name, a period, and when it fails.
    type Said = (&'static str, Duration, fn(Duration) -> bool);

    /// Comes back whenever it is told to, for so long; what it did, what it read last, and the news.
    fn run(sensors: &[Said], to: Duration) -> Ran {
        let diary = Arc::default();
        let mut schedule = Schedule::default();
        for &(name, period, fails) in sensors {
            schedule.add(Fake { name, period, fails, diary: Arc::clone(&diary) });
        }
        let (mut readings, mut news, mut now) = (Readings::default(), Vec::new(), Duration::ZERO);
        while now <= to {
            now = now.max(schedule.sense(now, &mut readings));
            news.extend(schedule.take_news());
        }
        let diary = std::mem::take(&mut *diary.lock().unwrap());
        Ran { diary, readings, news }
    }

    struct Ran {
        diary: Vec<(Duration, &'static str)>,
        readings: Readings,
        news: Vec<News>,
    }

    #[test]
    fn each_call_is_one_step_of_whoever_has_waited_longest() {
        let ran = run(&[("a", 10 * MS, |_| false), ("b", 15 * MS, |_| false)], 30 * MS);
        let at = [0, 0, 10, 15, 20, 30, 30].map(|ms| ms * MS);
        assert_eq!(ran.diary.iter().map(|(now, _)| *now).collect::<Vec<_>>(), at);
        assert_eq!(ran.diary.iter().map(|(_, name)| *name).collect::<String>(), "ababaab");
    }

    #[test]
    fn without_sensors_there_is_no_need_to_come_back() {
        assert_eq!(Schedule::default().sense(MS, &mut Readings::default()), Duration::MAX);
    }

    #[test]
    fn one_that_fails_is_told_once_reads_nothing_and_is_left_alone_for_longer_and_longer() {
        let ran = run(&[("a", 10 * MS, |_| true)], 10_000 * MS);
        let at: Vec<u128> = ran.diary.iter().map(|(now, _)| now.as_millis()).collect();
        assert_eq!(at, [0, 200, 600, 1_400, 3_000, 6_000, 9_000].map(|at| [at; TRIES]).as_flattened());
        assert_eq!(ran.readings.range_m, None);
        let [News::Fails(error)] = &ran.news[..] else { panic!("{:?}", ran.news) };
        assert_eq!(error.to_string(), "a: there: made to fail; tried 3 times");
    }

    #[test]
    fn noise_that_spoils_two_transfers_in_a_row_is_not_noticed() {
        // Each 100 ms, and at once again after a failure.
        let mut schedule = Schedule::default();
        schedule.add(Noisy { calls: 0, spoilt: [3, 4, 7, 8] });
        let (mut readings, mut now) = (Readings::default(), Duration::ZERO);
        for _ in 0..12 {
            now = now.max(schedule.sense(now, &mut readings));
            assert_eq!(readings.range_m, Some(1.0));
        }
        assert_eq!((schedule.take_news(), now), (vec![], 800 * MS));
    }

    #[test]
    fn a_sample_that_gets_no_further_than_its_first_transfer_is_given_up() {
        struct Half(bool);
        impl Sensor for Half {
            fn part(&self) -> &str {
                "half"
            }
            fn step(&mut self, now: Duration, _: &mut Readings) -> Result<Step, IoError> {
                self.0 = !self.0;
                if self.0 { Ok(Step::Goes(now + MS)) } else { Err(noise()) }
            }
            fn lose(&mut self, readings: &mut Readings) {
                readings.range_m = None;
            }
        }
        let (mut schedule, mut now) = (Schedule::default(), Duration::ZERO);
        schedule.add(Half(false));
        for _ in 0..6 {
            now = now.max(schedule.sense(now, &mut Readings::default()));
        }
        assert_eq!((schedule.take_news().len(), now), (1, 203 * MS));
    }

    #[test]
    fn one_that_answers_again_reads_at_once_and_is_told_when_it_has_settled() {
        let ran = run(&[("a", 100 * MS, |now| now < 300 * MS)], 600 * MS);
        assert_eq!((ran.readings.range_m, ran.news.len()), (Some(1.0), 1));
        let ran = run(&[("a", 100 * MS, |now| now < 300 * MS)], 6_000 * MS);
        assert_eq!(ran.news[1..], [News::Answers("a".to_owned())]);
    }

    #[test]
    fn a_loose_wire_does_not_fill_the_log() {
        let loose = |now: Duration| now.as_millis() % 1_000 < 300;
        let ran = run(&[("a", 100 * MS, loose)], 60_000 * MS);
        assert_eq!(ran.news.len(), 1);
    }
}
