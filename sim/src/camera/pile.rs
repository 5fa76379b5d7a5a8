//! Many faces on one line: few at a time, and then each few with the next, so that n of them take n·log(n) steps and
//! not their square.
//!
//! What must never live here: how two things on a line are told apart, which is `line`.

use super::line::{Line, Name};

/// So many faces are put into one line one by one, which for these is quicker.
const FEW: usize = 32;

/// Of what nothing is nearer than any face.
const NOTHING: Name = 0;

/// The faces of a line beyond the first few.
#[derive(Debug, Default)]
pub(crate) struct Pile {
    /// Those of other lines stay for their memory.
    lines: Vec<Line>,
    count: usize,
    spare: Line,
}

impl Pile {
    /// Puts a face where it is nearer, into the line or onto the pile, of which there is one for each line.
    pub(crate) fn put(
        &mut self,
        line: &mut Line,
        (from, to): (f64, f64),
        what: Name,
        nearness: impl Fn(Name, f64) -> f64,
    ) {
        let into = match (self.count / FEW).checked_sub(1) {
            None => line,
            Some(index) => {
                if index == self.lines.len() {
                    self.lines.push(Line::default());
                }
                let into = &mut self.lines[index];
                if self.count.is_multiple_of(FEW) {
                    into.fill(NOTHING, line.width());
                }
                into
            }
        };
        into.insert(from, to, what, nearness);
        self.count += 1;
    }

    /// Puts all of the pile into the line.
    pub(crate) fn settle(&mut self, line: &mut Line, nearness: impl Fn(Name, f64) -> f64) {
        let count = self.count.div_ceil(FEW).saturating_sub(1);
        let mut lines = &mut self.lines[..count];
        while lines.len() > 1 {
            let (nearer, farther) = lines.split_at_mut(lines.len().div_ceil(2));
            let pairs = nearer.iter_mut().zip(farther);
            pairs.for_each(|(one, other)| one.merge(other, &mut self.spare, &nearness));
            lines = nearer;
        }
        if let Some(all) = lines.first() {
            line.merge(all, &mut self.spare, nearness);
        }
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The number of its name is how far away each is; the further, the wider.
    fn nested(name: Name) -> (f64, f64) {
        (1000.0 - f64::from(name) / 4.0, 1000.0 + f64::from(name) / 4.0)
    }

    fn line() -> Line {
        let mut line = Line::default();
        line.fill(NOTHING, 2000.0);
        line
    }

    #[test]
    fn of_many_each_is_seen_where_it_is_nearest_and_nobody_looks_at_each_beside_each() {
        const MANY: Name = 2000;
        let looks = Cell::new(0);
        let nearness = |what: Name, _: f64| {
            looks.set(looks.get() + 1);
            if what == NOTHING { 0.0 } else { 1.0 / f64::from(what) }
        };
        let (mut line, mut pile) = (line(), Pile::default());
        // Twice, as for the next line.
        for _ in 0..2 {
            line.fill(NOTHING, 2000.0);
            (1..=MANY).for_each(|name| pile.put(&mut line, nested(name), name, nearness));
            pile.settle(&mut line, nearness);
        }
        assert_eq!(line.spans().len(), 2 * MANY as usize + 1);
        for span in line.spans().iter().filter(|span| span.what != NOTHING) {
            let (from, to) = nested(span.what);
            // On the left each ends where the next nearer begins.
            let left = if span.what == 1 { to } else { nested(span.what - 1).0 };
            assert!(span.to == to || span.to == left, "{span:?}, {from} to {to}");
        }
        // Each beside each would be 16 million for both.
        assert!(looks.get() < 1_500_000, "{} looks", looks.get());
    }

    #[test]
    fn a_pile_of_few_and_of_none_leaves_the_line_as_it_is() {
        let nearness = |what: Name, _: f64| f64::from(what);
        let (mut line, mut pile) = (line(), Pile::default());
        pile.settle(&mut line, nearness);
        assert_eq!(line.spans().len(), 1);
        pile.put(&mut line, nested(40), 40, nearness);
        let seen = line.spans().to_vec();
        pile.settle(&mut line, nearness);
        assert_eq!((line.spans(), seen.len()), (&seen[..], 3));
    }
}
