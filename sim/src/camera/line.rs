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

    /// Marks what is there, from each column to each; puts them in order.
    pub(crate) fn shade(&mut self, shadows: &mut [(f64, f64)]) {
        shadows.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let mut done = 0.0;
        for &(from, to) in &*shadows {
            // No part twice: many shadows on many things would be many times many.
            self.shade_one(from.max(done), to);
            done = to.max(done);
        }
    }

    fn shade_one(&mut self, mut from: f64, to: f64) {
        let to = to.min(self.width());
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
            let (seen_from, seen_to) = ahead((from, end), (lead(from), lead(end)));
            if seen_from < seen_to {
                index = self.put(index, seen_from, seen_to, what);
            }
            while index < self.spans.len() && self.spans[index].to <= end {
                index += 1;
            }
            from = end;
        }
    }

    /// Takes over what is nearer in another line; `spare` is for the work.
    pub(crate) fn merge(&mut self, other: &Self, spare: &mut Self, nearness: impl Fn(Name, f64) -> f64) {
        spare.spans.clear();
        let (mut from, mut at) = (0.0, [0, 0]);
        while let (Some(ours), Some(theirs)) = (self.spans.get(at[0]), other.spans.get(at[1])) {
            let end = ours.to.min(theirs.to);
            let lead = |column: f64| nearness(theirs.what, column) - nearness(ours.what, column);
            let (seen_from, seen_to) = ahead((from, end), (lead(from), lead(end)));
            if seen_from < seen_to {
                spare.append(seen_from, ours.what);
                spare.append(seen_to, theirs.what);
            }
            spare.append(end, ours.what);
            at[0] += usize::from(ours.to <= end);
            at[1] += usize::from(theirs.to <= end);
            from = end;
        }
        std::mem::swap(self, spare);
    }

    /// Goes on to a column, if it is not there yet.
    fn append(&mut self, to: f64, what: Name) {
        if to <= self.width() {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.what == what => last.to = to,
            _ => self.spans.push(Span { to, what }),
        }
    }

    pub(crate) fn width(&self) -> f64 {
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

/// Where something is the nearer, that leads by so much at both ends of a part; nowhere if both columns are one.
fn ahead((from, to): (f64, f64), (first, last): (f64, f64)) -> (f64, f64) {
    // Where both are equally near.
    let even = || (from + (to - from) * first / (first - last)).clamp(from, to);
    match (first > 0.0, last > 0.0) {
        (true, true) => (from, to),
        (true, false) => (from, even()),
        (false, true) => (even(), to),
        (false, false) => (to, to),
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
        line.shade(&mut [(5.0, 7.0), (9.0, 30.0), (3.0, 6.0), (4.0, 5.0), (1.0, 0.5)]);
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

    #[test]
    fn lines_that_are_merged_are_as_if_all_had_been_put_into_one() {
        let nearness = |what: Name, column: f64| match what {
            0 => 0.0,
            odd if odd % 2 == 1 => 3.0 + 0.13 * f64::from(odd) + column * 0.4,
            even => 7.0 + 0.13 * f64::from(even) - column * 0.6,
        };
        let (mut whole, mut parts, mut spare) = (line(), [line(), line()], Line::default());
        for what in 1..20 {
            let from = f64::from(what * 37 % 100) / 10.0;
            let to = from + 0.6 + 0.9 * f64::from(what % 4);
            whole.insert(from, to, what, nearness);
            parts[what as usize % 2].insert(from, to, what, nearness);
        }
        let [mut one, other] = parts;
        one.merge(&other, &mut spare, nearness);
        assert!(whole.spans().len() > 5);
        assert_eq!(one.spans().len(), whole.spans().len());
        for (one, other) in one.spans().iter().zip(whole.spans()) {
            assert!(one.what == other.what && (one.to - other.to).abs() < 1e-9, "{one:?}, {other:?}");
        }
    }
}
