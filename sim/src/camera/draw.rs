//! A picture, row by row: what is seen in four lines of each row, then how that looks.
//!
//! What must never live here: the car, and how anything looks.

use super::line::{Line, Name, SHADED};
use super::outline::Outlines;
use super::paint::{Canvas, DOTS, Painter, Run, Seen};
use super::pile::Pile;
use super::surfaces::Surfaces;
use super::view::{Lens, View};

/// Lines that are looked along in each row. An edge cuts each at a column that is known to a fraction of a dot, so
/// steep edges are smooth, and flat ones have this many steps.
const LINES: usize = 4;

const SKY: Name = 0;
const FLOOR: Name = 1;
/// Never seen itself.
const SHADOW: Name = 2;
/// Then what lies on the floor, then faces.
const FIRST: Name = 3;

/// Draws what is seen, three bytes for each dot.
pub(crate) fn draw(surfaces: &Surfaces, view: &View, (width, height): (u16, u16), rgb: &mut Vec<u8>) {
    rgb.clear();
    rgb.resize(3 * usize::from(width) * usize::from(height), 0);
    let lens = Lens::new(view, width, height);
    let mut drawing = Drawing::new(surfaces, lens, (width, height));
    let mut sweep = drawing.outlines.sweep();
    for (row, out) in rgb.chunks_exact_mut(3 * usize::from(width)).enumerate() {
        let top = row as f64;
        let shapes = sweep.between(&drawing.outlines, top, top + 1.0);
        drawing.look(top, shapes);
        drawing.colour(top + 0.5);
        drawing.put(out);
    }
}

/// All that may be seen, by its name.
struct Scene<'s> {
    surfaces: &'s Surfaces,
    painter: Painter<'s>,
    /// The faces that show themselves, the nearer ones first.
    faces: Vec<Seen<'s>>,
}

struct Drawing<'s> {
    scene: Scene<'s>,
    outlines: Outlines,
    width: usize,
    lines: [Line; LINES],
    /// Of the line that is looked along: its faces, and from where to where it is in shadow.
    pile: Pile,
    shadows: Vec<(f64, f64)>,
    canvas: Canvas,
    /// One dot.
    sample: Canvas,
}

impl Scene<'_> {
    /// After what lies on the floor.
    fn first_face(&self) -> Name {
        FIRST + self.surfaces.tapes.len() as Name
    }

    fn paint(&mut self, what: Name, run: Run, canvas: &mut Canvas) {
        let shaded = what & SHADED != 0;
        match what & !SHADED {
            SKY => self.painter.sky(run, canvas),
            FLOOR => self.painter.floor(None, shaded, run, canvas),
            other => {
                let index = (other - FIRST) as usize;
                match self.surfaces.tapes.get(index) {
                    Some(tape) => self.painter.floor(Some(tape.colour), shaded, run, canvas),
                    None => {
                        self.painter.face(&self.faces[index - self.surfaces.tapes.len()], run, canvas);
                    }
                }
            }
        }
    }
}

impl<'s> Drawing<'s> {
    fn new(surfaces: &'s Surfaces, lens: Lens, size: (u16, u16)) -> Self {
        let mut outlines = Outlines::default();
        let tapes = surfaces.tapes.iter().zip(FIRST..);
        for (tape, name) in tapes {
            tape.pieces.iter().for_each(|piece| outlines.add(name, piece, &lens, size));
        }
        surfaces.shadows.iter().for_each(|shadow| outlines.add(SHADOW, shadow, &lens, size));
        let mut near: Vec<_> = surfaces
            .faces
            .iter()
            .filter_map(|face| {
                let depths = face.corners().map(|corner| lens.seen(corner)[0]);
                let depth = depths.into_iter().fold(f64::INFINITY, f64::min);
                Some((depth, face, Seen::new(face, &lens)?))
            })
            .collect();
        // What is hidden is then hidden at once.
        near.sort_by(|one, other| one.0.total_cmp(&other.0));
        let first = FIRST + surfaces.tapes.len() as Name;
        for ((_, face, _), name) in near.iter().zip(first..) {
            outlines.add(name, &face.corners(), &lens, size);
        }
        let width = usize::from(size.0);
        let row = || vec![0.0; width];
        Self {
            scene: Scene {
                surfaces,
                painter: Painter::new(surfaces, lens),
                faces: near.into_iter().map(|(_, _, seen)| seen).collect(),
            },
            outlines,
            width,
            lines: Default::default(),
            pile: Pile::default(),
            shadows: Vec::new(),
            canvas: Canvas([row(), row(), row()]),
            sample: Canvas([row(), row(), row()]),
        }
    }

    /// Finds what is seen along the lines of a row.
    fn look(&mut self, top: f64, shapes: &[usize]) {
        let Self { scene, outlines, pile, shadows, .. } = self;
        let first = scene.first_face();
        let standing = shapes.partition_point(|&shape| outlines.name(shape) < first);
        let (lying, standing) = shapes.split_at(standing);
        for (i, line) in self.lines.iter_mut().enumerate() {
            let row = top + (i as f64 + 0.5) / LINES as f64;
            line.fill(if scene.painter.sees_floor(row) { FLOOR } else { SKY }, self.width as f64);
            shadows.clear();
            for &shape in lying {
                let (from, to) = outlines.reach(shape, row);
                match outlines.name(shape) {
                    SHADOW => shadows.push((from, to)),
                    tape => line.cover(from, to, tape),
                }
            }
            line.shade(shadows);
            let nearness = |what: Name, column: f64| {
                let face = what.checked_sub(first).and_then(|index| scene.faces.get(index as usize));
                face.map_or(0.0, |face| face.nearness.at(column, row))
            };
            for &shape in standing {
                pile.put(line, outlines.reach(shape, row), outlines.name(shape), nearness);
            }
            pile.settle(line, nearness);
        }
    }

    /// Paints a row: where all lines see the same, many dots at once.
    fn colour(&mut self, row: f64) {
        let mut at = [0; LINES];
        let mut column = 0;
        while column < self.width {
            let mut same = self.width;
            let mut first = None;
            let mut alike = true;
            for (line, at) in self.lines.iter().zip(&mut at) {
                let spans = line.spans();
                while spans[*at].to <= column as f64 {
                    *at += 1;
                }
                same = same.min(spans[*at].to as usize);
                alike &= *first.get_or_insert(spans[*at].what) == spans[*at].what;
            }
            match first {
                Some(what) if alike && same > column => {
                    self.paint_run(what, row, column, same);
                    column = same;
                }
                _ => {
                    self.mix(row, column, at);
                    column += 1;
                }
            }
        }
    }

    fn paint_run(&mut self, what: Name, row: f64, mut from: usize, to: usize) {
        while from < to {
            let dots = (to - from).min(DOTS);
            self.scene.paint(what, Run { row, from, dots }, &mut self.canvas);
            from += dots;
        }
    }

    /// Paints a dot of which several things have a part.
    fn mix(&mut self, row: f64, column: usize, at: [usize; LINES]) {
        let (left, right) = (column as f64, column as f64 + 1.0);
        let mut sum = [0.0_f32; 3];
        let mut last: Option<(Name, [f32; 3])> = None;
        for (line, first) in self.lines.iter().zip(at) {
            let mut begin = left;
            for span in &line.spans()[first..] {
                let end = span.to.min(right);
                let share = ((end - begin) / LINES as f64) as f32;
                let colour = match last {
                    Some((what, colour)) if what == span.what => colour,
                    _ => {
                        let run = Run { row, from: column, dots: 1 };
                        self.scene.paint(span.what, run, &mut self.sample);
                        [0, 1, 2].map(|part| self.sample.0[part][column])
                    }
                };
                last = Some((span.what, colour));
                for (sum, colour) in sum.iter_mut().zip(colour) {
                    *sum += share * colour;
                }
                begin = end;
                if span.to >= right {
                    break;
                }
            }
        }
        for (row, sum) in self.canvas.0.iter_mut().zip(sum) {
            row[column] = sum;
        }
    }

    fn put(&self, out: &mut [u8]) {
        let [red, green, blue] = &self.canvas.0;
        let dots = red.iter().zip(green).zip(blue);
        for (out, ((red, green), blue)) in out.chunks_exact_mut(3).zip(dots) {
            out.copy_from_slice(&[byte(*red), byte(*green), byte(*blue)]);
        }
    }
}

/// To the nearest, of what is 0 to 255: the lowest digits of a sum with a number that has none behind the point.
#[inline]
fn byte(value: f32) -> u8 {
    (value + 8_388_608.0).to_bits() as u8
}

#[cfg(test)]
mod tests;
