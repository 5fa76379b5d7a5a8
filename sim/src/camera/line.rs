//! What is seen along a line across the picture: which face from which column to which.
//!
//! What must never live here: how it looks.

/// What is seen: its number in the picture's list.
pub(crate) type Name = u32;

/// The mark of what has less light.
pub(crate) const SHADED: Name = 1 << 31;

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) to: f64,
    pub(crate) what: Name,
}

/// From the left edge to the right one, without a gap.
#[derive(Debug, Default)]
pub(crate) struct Line {
    spans: Vec<Span>,
}

impl Line {
    /// Sees one thing all along.
    pub(crate) fn fill(&mut self, what: Name, width: f64) {
        self.spans.clear();
        self.spans.push(Span { to: width, what });
    }

    /// From left to right; each begins where the one before ends.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Lays something over all that is there.
    pub(crate) fn cover(&mut self, from: f64, to: f64, what: Name) {
        let (from, to) = (from.max(0.0), to.min(self.width()));
        if from < to {
            self.put(self.index_at(from), from, to, what);
        }
    }

    /// Marks what is there.
    pub(crate) fn shade(&mut self, from: f64, to: f64) {
        let (mut from, to) = (from.max(0.0), to.min(self.width()));
        while from < to {
            let index = self.index_at(from);
            let Span { to: end, what } = self.spans[index];
            let end = end.min(to);
            if what & SHADED == 0 {
                self.put(index, from, end, what | SHADED);
            }
            from = end;
        }
    }

    /// Puts something where it is nearer than what is there. `nearness` is of something at a column: the more,
    /// the nearer; along a line it grows evenly.
    pub(crate) fn insert(&mut self, from: f64, to: f64, what: Name, nearness: impl Fn(Name, f64) -> f64) {
        let (mut from, to) = (from.max(0.0), to.min(self.width()));
        let mut index = if from < to { self.index_at(from) } else { return };
        while from < to {
            let Span { to: end, what: there } = self.spans[index];
            let end = end.min(to);
            let lead = |column: f64| nearness(what, column) - nearness(there, column);
            let (first, last) = (lead(from), lead(end));
            // Where both are equally near.
            let even = || (from + (end - from) * first / (first - last)).clamp(from, end);
            let (seen_from, seen_to) = match (first > 0.0, last > 0.0) {
                (true, true) => (from, end),
                (true, false) => (from, even()),
                (false, true) => (even(), end),
                (false, false) => (end, end),
            };
            if seen_from < seen_to {
                index = self.put(index, seen_from, seen_to, what);
            }
            while index < self.spans.len() && self.spans[index].to <= end {
                index += 1;
            }
            from = end;
        }
    }

    fn width(&self) -> f64 {
        self.spans.last().map_or(0.0, |span| span.to)
    }

    fn index_at(&self, column: f64) -> usize {
        self.spans.partition_point(|span| span.to <= column)
    }

    /// Replaces a part that begins in the span `index`; says in which span what it put is then.
    fn put(&mut self, index: usize, from: f64, to: f64, what: Name) -> usize {
        let begin = index.checked_sub(1).map_or(0.0, |before| self.spans[before].to);
        let mut last = index;
        while self.spans[last].to < to {
            last += 1;
        }
        let before = (begin < from).then_some(Span { to: from, what: self.spans[index].what });
        let rest = (to < self.spans[last].to).then_some(self.spans[last]);
        let new = Span { to, what };
        match (before, rest) {
            (None, None) if last == index => self.spans[index] = new,
            _ => {
                let parts = before.into_iter().chain([new]).chain(rest);
                self.spans.splice(index..=last, parts);
            }
        }
        self.join(index + usize::from(before.is_some()))
    }

    /// Makes one of neighbours that see the same.
    fn join(&mut self, mut index: usize) -> usize {
        if self.spans.get(index + 1).is_some_and(|next| next.what == self.spans[index].what) {
            self.spans.remove(index);
        }
        if index > 0 && self.spans[index - 1].what == self.spans[index].what {
            index -= 1;
            self.spans.remove(index);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: &Line) -> Vec<(f64, Name)> {
        line.spans().iter().map(|span| (span.to, span.what)).collect()
    }

    fn line() -> Line {
        let mut line = Line::default();
        line.fill(0, 10.0);
        line
    }

    #[test]
    fn what_is_laid_over_others_hides_them_and_neighbours_alike_are_one() {
        let mut line = line();
        line.cover(2.0, 4.0, 1);
        line.cover(3.5, 6.0, 1);
        assert_eq!(seen(&line), [(2.0, 0), (6.0, 1), (10.0, 0)]);
        line.cover(-5.0, 3.0, 2);
        line.cover(9.0, 50.0, 2);
        assert_eq!(seen(&line), [(3.0, 2), (6.0, 1), (9.0, 0), (10.0, 2)]);
        line.cover(-1.0, 11.0, 7);
        assert_eq!(seen(&line), [(10.0, 7)]);
        line.cover(20.0, 30.0, 8);
        line.cover(5.0, 5.0, 8);
        assert_eq!(seen(&line), [(10.0, 7)]);
    }

    #[test]
    fn shadows_fall_on_all_that_is_there_and_two_of_them_are_no_darker() {
        let mut line = line();
        line.cover(2.0, 4.0, 1);
        line.shade(3.0, 6.0);
        line.shade(5.0, 7.0);
        line.shade(9.0, 30.0);
        let dark = |what: Name| what | SHADED;
        assert_eq!(
            seen(&line),
            [(2.0, 0), (3.0, 1), (4.0, dark(1)), (7.0, dark(0)), (9.0, 0), (10.0, dark(0))]
        );
    }

    #[test]
    fn the_nearer_is_seen_in_whatever_order_they_come() {
        let nearness = |what: Name, _: f64| f64::from(what);
        for order in
            [[(1, 1.0, 8.0), (2, 3.0, 5.0), (3, 4.0, 9.0)], [(3, 4.0, 9.0), (2, 3.0, 5.0), (1, 1.0, 8.0)]]
        {
            let mut line = line();
            for (what, from, to) in order {
                line.insert(from, to, what, nearness);
            }
            assert_eq!(seen(&line), [(1.0, 0), (3.0, 1), (4.0, 2), (9.0, 3), (10.0, 0)]);
        }
    }

    #[test]
    fn of_two_that_cut_each_other_each_is_seen_on_its_side() {
        let nearness = |what: Name, column: f64| match what {
            1 => column,
            2 => 8.0 - column,
            _ => -1.0,
        };
        for order in [[1, 2], [2, 1]] {
            let mut line = line();
            order.iter().for_each(|&what| line.insert(0.0, 10.0, what, nearness));
            assert_eq!(seen(&line), [(4.0, 2), (10.0, 1)]);
        }
    }
}
