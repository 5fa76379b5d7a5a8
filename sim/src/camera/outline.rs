//! Flat shapes as the picture has them: where their edges are in each row.
//!
//! What must never live here: what hides what, and colours.

use std::ops::Range;

use super::view::{Lens, Vector};

/// What is nearer than this the camera does not see, metres.
pub(crate) const NEAREST_M: f64 = 0.005;

/// Convex shapes on the picture, all edges in one place.
#[derive(Debug, Default)]
pub(crate) struct Outlines {
    edges: Vec<Edge>,
    shapes: Vec<Shape>,
    /// Where the corners of the shape that is being added are.
    places: Vec<(f64, f64)>,
}

#[derive(Debug)]
struct Shape {
    /// What its maker calls it.
    name: u32,
    edges: Range<usize>,
    /// Rows.
    top: f64,
    bottom: f64,
}

/// From its upper end to its lower one.
#[derive(Debug)]
struct Edge {
    top: f64,
    bottom: f64,
    /// The column of its upper end.
    column: f64,
    /// Columns for each row.
    slope: f64,
}

/// A way down the picture, which meets each shape once.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// What begins further down: the highest is last.
    below: Vec<usize>,
    here: Vec<usize>,
}

impl Sweep {
    /// The shapes that have a part between two rows, in the order in which they were added. Each call is for rows
    /// below those of the call before.
    pub(crate) fn between(&mut self, outlines: &Outlines, top: f64, bottom: f64) -> &[usize] {
        let shape = |index: usize| &outlines.shapes[index];
        let before = self.here.len();
        while let Some(next) = self.below.pop_if(|next| shape(*next).top < bottom) {
            self.here.push(next);
        }
        if self.here.len() > before {
            self.here.sort_unstable();
        }
        self.here.retain(|&index| shape(index).bottom > top);
        &self.here
    }
}

impl Outlines {
    /// Adds what is seen of a shape in a picture of that size.
    pub(crate) fn add(&mut self, name: u32, corners: &[Vector], lens: &Lens, size: (u16, u16)) {
        self.clip(corners, lens);
        let first = self.edges.len();
        let (mut top, mut bottom) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for (i, &(column, row)) in self.places.iter().enumerate() {
            (left, right) = (left.min(column), right.max(column));
            (top, bottom) = (top.min(row), bottom.max(row));
            let next = self.places[(i + 1) % self.places.len()];
            self.edges.extend(Edge::between((column, row), next));
        }
        if right <= 0.0 || left >= f64::from(size.0) || bottom <= 0.0 || top >= f64::from(size.1) {
            self.edges.truncate(first);
        } else {
            self.shapes.push(Shape { name, edges: first..self.edges.len(), top, bottom });
        }
    }

    /// To go down the picture once.
    pub(crate) fn sweep(&self) -> Sweep {
        let mut below: Vec<usize> = (0..self.shapes.len()).collect();
        below.sort_by(|&one, &other| self.shapes[other].top.total_cmp(&self.shapes[one].top));
        Sweep { below, here: Vec::new() }
    }

    /// What the maker called one.
    pub(crate) fn name(&self, shape: usize) -> u32 {
        self.shapes[shape].name
    }

    /// Finds the places of what is ahead of a shape.
    fn clip(&mut self, corners: &[Vector], lens: &Lens) {
        self.places.clear();
        let Some(mut before) = corners.last().map(|&corner| lens.seen(corner)) else { return };
        for &corner in corners {
            let here = lens.seen(corner);
            if (before[0] >= NEAREST_M) != (here[0] >= NEAREST_M) {
                self.places.push(lens.place(at_nearest(before, here)));
            }
            if here[0] >= NEAREST_M {
                self.places.push(lens.place(here));
            }
            before = here;
        }
    }

    /// From which column to which a shape is at a row; nothing if the first is not the lesser.
    pub(crate) fn reach(&self, shape: usize, row: f64) -> (f64, f64) {
        let mut reach = (f64::INFINITY, f64::NEG_INFINITY);
        for edge in &self.edges[self.shapes[shape].edges.clone()] {
            if edge.top <= row && row < edge.bottom {
                let column = edge.column + edge.slope * (row - edge.top);
                reach = (reach.0.min(column), reach.1.max(column));
            }
        }
        reach
    }
}

impl Edge {
    /// `None` along a row.
    fn between(one: (f64, f64), other: (f64, f64)) -> Option<Self> {
        let (upper, lower) = if one.1 < other.1 { (one, other) } else { (other, one) };
        let slope = (lower.0 - upper.0) / (lower.1 - upper.1);
        (upper.1 < lower.1).then_some(Self { top: upper.1, bottom: lower.1, column: upper.0, slope })
    }
}

/// Where the way between two points is as deep as the nearest that is seen.
fn at_nearest(from: Vector, to: Vector) -> Vector {
    let share = (NEAREST_M - from[0]) / (to[0] - from[0]);
    [NEAREST_M, from[1] + share * (to[1] - from[1]), from[2] + share * (to[2] - from[2])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_down_the_picture_meets_in_each_row_what_has_a_part_there_in_its_order() {
        let mut outlines = Outlines::default();
        for i in 0..200_u32 {
            let top = f64::from(i * 37 % 113) * 0.9 - 5.0;
            let bottom = top + f64::from(i * 11 % 17) + 0.1;
            outlines.shapes.push(Shape { name: i, edges: 0..0, top, bottom });
        }
        let mut sweep = outlines.sweep();
        for row in (0..100).map(f64::from) {
            let reaches = |&i: &usize| outlines.shapes[i].top < row + 1.0 && outlines.shapes[i].bottom > row;
            let all: Vec<usize> = (0..200).filter(reaches).collect();
            assert_eq!(sweep.between(&outlines, row, row + 1.0), all, "row {row}");
        }
    }
}
