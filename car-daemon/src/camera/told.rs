//! What the log was told of a source's troubles: each kind once, until pictures come.
//!
//! What must never live here: the log.

use super::sources::NoPicture;

/// Kinds that are told without a picture in between. A program may say something else each time.
const KINDS: usize = 8;

/// What was told since the last picture.
#[derive(Debug, Default)]
pub(super) struct Told(Vec<NoPicture>);

/// What the log does not have yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Trouble(NoPicture),
    /// There were so many kinds that the next are no news.
    Unsteady,
}

impl Told {
    /// Something is wrong: what to tell of it.
    pub(super) fn news(&mut self, why: &NoPicture) -> Option<News> {
        if self.0.len() > KINDS || self.0.iter().any(|told| told.is_like(why)) {
            return None;
        }
        self.0.push(why.clone());
        Some(if self.0.len() > KINDS { News::Unsteady } else { News::Trouble(why.clone()) })
    }

    /// A picture came; whether anything was wrong before.
    pub(super) fn pictured(&mut self) -> bool {
        !std::mem::take(&mut self.0).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> NoPicture {
        NoPicture(text.to_owned())
    }

    #[test]
    fn troubles_that_alternate_are_told_once_each_until_a_picture_comes() {
        let (mut told, troubles) = (Told::default(), [why("does not answer"), why("has ended 7 times")]);
        for round in 0..100 {
            for trouble in &troubles {
                let news = (round == 0).then(|| News::Trouble(trouble.clone()));
                assert_eq!(told.news(trouble), news, "{round}");
            }
        }
        assert_eq!(told.news(&why("has ended 8 times")), None, "but for numbers");
        assert!(told.pictured() && !told.pictured());
        assert!(told.news(&troubles[0]).is_some());
    }

    #[test]
    fn a_source_that_says_something_else_each_time_is_told_as_that_once() {
        let mut told = Told::default();
        let words = (1..=1_000).map(|length| why(&"x".repeat(length)));
        let news: Vec<News> = words.filter_map(|word| told.news(&word)).collect();
        assert_eq!(news.len(), KINDS + 1);
        assert_eq!(news.last(), Some(&News::Unsteady));
        assert!(told.pictured());
    }
}
