//! How rough surfaces are: a tile of even noise without seams, and the same ever smoother for who looks from afar.
//!
//! What must never live here: chance. The noise is the same in each world and each run.

use std::sync::LazyLock;

use super::paint::DOTS;

/// Of the finest tile, its cells along an edge: a power of two.
const CELLS: usize = 256;
/// The edge of a cell of the finest tile, metres.
const CELL_M: f32 = 0.004;
/// From where on it is the same again, metres.
pub(crate) const ROUND_M: f64 = 1.024;
/// Where a dot sees less than this, metres, there is more to see, so many times finer.
const NEAR_M: f32 = 0.0016;
const FINER: f32 = 8.0;
/// What is told apart between two cells.
const PARTS: u32 = 16;
/// Each with half the cells of the one before.
const LEVELS: usize = 6;
/// Sizes of the spots that the noise is a sum of, in cells, and how strong each is.
const SPOTS: [(usize, i32); 4] = [(64, 60), (16, 46), (4, 34), (1, 16)];

/// One for all.
pub(crate) static GRAIN: LazyLock<Grain> = LazyLock::new(Grain::new);

/// The tiles, from fine to smooth.
#[derive(Debug)]
pub(crate) struct Grain {
    levels: Vec<Tile>,
}

#[derive(Debug)]
struct Tile {
    /// Of the cells along an edge, less 1.
    mask: usize,
    cell_m: f32,
    /// Each cell with those to its right, below, and both, lowest byte first: what lies between four cells is then
    /// one look.
    cells: Vec<u32>,
}

impl Grain {
    fn new() -> Self {
        let values: Vec<i32> = (0..CELLS * CELLS).map(|i| noise(i % CELLS, i / CELLS)).collect();
        // So that a rough surface is neither brighter nor darker than a smooth one.
        let mean = values.iter().sum::<i32>() / values.len() as i32;
        let mut values: Vec<i32> = values.into_iter().map(|value| value - mean).collect();
        let mut levels = Vec::new();
        for level in 0..LEVELS {
            let edge = CELLS >> level;
            levels.push(Tile::new(&values, edge, CELL_M * (1 << level) as f32));
            values = halve(&values, edge);
        }
        Self { levels }
    }

    /// Multiplies `tint` with the noise at each place (metres, counted on from `from`), as it is to who sees
    /// `footprint_m` in one dot; at most by 1 ± `strength`, from quite near the square of that. No more places than [`DOTS`].
    pub(crate) fn roughen(
        &self,
        tint: &mut [f32],
        (xs, ys): (&[f32], &[f32]),
        from: (f32, f32),
        footprint_m: f32,
        strength: f32,
    ) {
        // Cells of no less than three quarters of what a dot sees.
        if let Some(tile) = self.levels.iter().find(|tile| tile.cell_m > footprint_m * 0.75) {
            tile.roughen(tint, (xs, ys), from, 1.0 / tile.cell_m, strength);
        }
        // From quite near all of that is a blur: there is the same once more, smaller.
        let near = 1.0 - footprint_m / NEAR_M;
        if near > 0.0 {
            let fine = &self.levels[0];
            fine.roughen(tint, (xs, ys), from, FINER / fine.cell_m, strength * near);
        }
    }
}

impl Tile {
    fn new(values: &[i32], edge: usize, cell_m: f32) -> Self {
        let mask = edge - 1;
        let value = |x: usize, y: usize| values[(y & mask) * edge + (x & mask)].clamp(-127, 127) as i8;
        let cell = |i: usize| {
            let (x, y) = (i % edge, i / edge);
            let four = [value(x, y), value(x + 1, y), value(x, y + 1), value(x + 1, y + 1)];
            u32::from_le_bytes(four.map(i8::cast_unsigned))
        };
        Self { mask, cell_m, cells: (0..edge * edge).map(cell).collect() }
    }

    fn roughen(
        &self,
        tint: &mut [f32],
        (xs, ys): (&[f32], &[f32]),
        from: (f32, f32),
        cells_per_m: f32,
        strength: f32,
    ) {
        let parts_per_m = cells_per_m * PARTS as f32;
        let part = |at: f32, from: f32| whole((at + from) * parts_per_m);
        // Apart, as a compiler does several at once of each but the looking up.
        let (mut x, mut y, mut cells) = ([0; DOTS], [0; DOTS], [0; DOTS]);
        let places = xs.iter().zip(ys).zip(x.iter_mut().zip(&mut y));
        places.for_each(|((at_x, at_y), (x, y))| (*x, *y) = (part(*at_x, from.0), part(*at_y, from.1)));
        let looks = cells.iter_mut().zip(x.iter().zip(&y)).take(xs.len());
        looks.for_each(|(cell, (x, y))| *cell = self.cell(*x, *y));
        let strength = strength / (127.0 * (PARTS * PARTS) as f32);
        for (tint, (cell, (x, y))) in tint.iter_mut().zip(cells.iter().zip(x.iter().zip(&y))) {
            *tint *= 1.0 + strength * between(*cell, *x, *y);
        }
    }

    /// That at a place in parts of a cell.
    #[inline]
    fn cell(&self, x: u32, y: u32) -> u32 {
        let (column, row) = ((x / PARTS) as usize & self.mask, (y / PARTS) as usize & self.mask);
        self.cells[row * (self.mask + 1) + column]
    }
}

/// Between the four values of a cell: -127 to 127, times the square of the parts.
#[inline]
fn between(cell: u32, x: u32, y: u32) -> f32 {
    let value = |shift: u32| ((cell << shift).cast_signed() >> 24) as f32;
    let [right, below] = [x, y].map(|at| (at % PARTS).cast_signed() as f32);
    let upper = value(24) * (PARTS as f32 - right) + value(16) * right;
    let lower = value(8) * (PARTS as f32 - right) + value(0) * right;
    upper * (PARTS as f32 - below) + lower * below
}

/// To the nearest whole number, and that in the lower 22 bits, in two's complement: of what is below 2 million it is
/// what a sum with a number that has no digits behind the point leaves.
#[inline]
fn whole(value: f32) -> u32 {
    (value + 12_582_912.0).to_bits() & 0x3f_ffff
}

/// The mean of each four cells.
fn halve(values: &[i32], edge: usize) -> Vec<i32> {
    let half = edge / 2;
    let mean = |i: usize| {
        let (x, y) = (i % half * 2, i / half * 2);
        let sum = |y: usize| values[y * edge + x] + values[y * edge + x + 1];
        (sum(y) + sum(y + 1) + 2) >> 2
    };
    (0..half * half).map(mean).collect()
}

/// Spots of all sizes, smooth between their middles.
fn noise(x: usize, y: usize) -> i32 {
    let spot = |(size, strength): (usize, i32)| {
        let around = CELLS / size;
        let (column, row) = (x / size, y / size);
        let (right, below) = ((x % size) as i32, (y % size) as i32);
        let value = |column: usize, row: usize| any((column % around, row % around), size);
        let size = size as i32;
        let mix = |row: usize| value(column, row) * (size - right) + value(column + 1, row) * right;
        (mix(row) * (size - below) + mix(row + 1) * below) / (size * size) * strength / 128
    };
    SPOTS.iter().map(|&spots| spot(spots)).sum()
}

/// Any number of -128 to 127 for a place; the mixing is that of SplitMix64.
fn any(at: (usize, usize), of: usize) -> i32 {
    let mut mixed = ((at.0 as u64) << 40) ^ ((at.1 as u64) << 20) ^ of as u64;
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    i32::from((mixed >> 56) as u8) - 128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_has_no_seams_is_even_and_smooths_out_with_distance() {
        let fine = &GRAIN.levels[0];
        let parts = CELLS as u32 * PARTS;
        for (x, y) in [(100, 200), (2_000, 3_333), (3_077, 3)] {
            for (by_x, by_y) in [(parts, 0), (parts, parts), (0, 3 * parts)] {
                assert_eq!(fine.cell(x, y), fine.cell(x + by_x, y + by_y));
            }
        }
        assert_eq!((whole(7.4), whole(-1.0) % parts), (7, parts - 1));
        let value = |cell: u32| (cell as u8).cast_signed();
        let mean = |tile: &Tile| {
            let sum: f64 = tile.cells.iter().map(|&cell| f64::from(value(cell))).sum();
            sum / tile.cells.len() as f64
        };
        let means: Vec<f64> = GRAIN.levels.iter().map(mean).collect();
        assert!(means.iter().all(|mean| (mean - means[0]).abs() < 2.0), "{means:?}");
        assert!(means[0].abs() < 2.0, "neither bright nor dark on the whole: {means:?}");
        let steps = |tile: &Tile| {
            let step = |cell: u32| i32::from(value(cell)) - i32::from(value(cell >> 8));
            let sum: i32 = tile.cells.iter().map(|&cell| step(cell).abs()).sum();
            sum / tile.cells.len() as i32
        };
        assert!(steps(fine) > 3, "it can be seen: {}", steps(fine));
        let mut tint = [1.0; 3];
        GRAIN.roughen(&mut tint, (&[0.1, 0.2, 0.3], &[0.5, 0.6, 0.7]), (0.0, 0.0), 1.0, 0.1);
        assert_eq!(tint, [1.0; 3], "nothing of it from far away");
        GRAIN.roughen(&mut tint, (&[0.1, 0.2, 0.3], &[0.5, 0.6, 0.7]), (0.0, 0.0), 0.001, 0.1);
        assert!(tint.iter().all(|tint| (0.8..=1.22).contains(tint)) && tint[0] != tint[1]);
    }
}
