//! Layers of transforms, up to three at a time in registers.
//!
//! All functions take the number of the part that their lines are, and the table of twiddles.

use crate::{LINE, Lanes};

/// A row of a block.
pub type Line = [u32; LINE];

/// Which lines a tree of layers combines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tree {
    /// Consecutive lines, from the layer of `y` on.
    Circle,
    /// Runs of `2^log_run` lines, above the layers that combine the lines of a run.
    Line {
        /// Binary logarithm of a run's length.
        log_run: usize,
    },
}

impl Tree {
    /// Binary logarithm of the lines of a leaf: a run, or the lowest three layers.
    #[inline(always)]
    fn log_leaf(self) -> usize {
        match self {
            Self::Circle => 3,
            Self::Line { log_run } => log_run,
        }
    }
}

/// How many layers each pass above the leaves does, from the lowest.
struct Schedule {
    layers: [usize; 16],
    len: usize,
}

impl Schedule {
    /// Passes of three layers, the rest in passes of two; one layer alone only if there is no other.
    #[inline(always)]
    fn new(mut layers: usize) -> Self {
        let mut schedule = Self {
            layers: [0; 16],
            len: 0,
        };
        while layers > 0 {
            let pass = match layers {
                1 => 1,
                _ if layers.is_multiple_of(3) => 3,
                _ => 2,
            };
            schedule.layers[schedule.len] = pass;
            schedule.len += 1;
            layers -= pass;
        }
        schedule
    }
}

/// Coefficients to evaluations, from the highest layers, every part down to its leaves before the next one, while it
/// is in the cache.
#[inline(always)]
pub fn forward<L: Lanes>(lines: &mut [Line], tree: Tree, part: usize, twiddles: &[u32]) {
    let log_leaf = tree.log_leaf();
    let layers = lines.len().ilog2() as usize - log_leaf;
    let schedule = Schedule::new(layers);
    for leaf in 0..1usize << layers {
        let mut level = layers;
        for pass in (0..schedule.len).rev() {
            let layers_here = schedule.layers[pass];
            if leaf & ((1 << level) - 1) == 0 {
                let stride = 1 << (log_leaf + level - layers_here);
                let lines = &mut lines[leaf << log_leaf..][..stride << layers_here];
                let part = (part << (layers - level)) + (leaf >> level);
                match layers_here {
                    3 => forward8::<L>(lines, stride, part, twiddles),
                    2 => forward4::<L>(lines, stride, part, twiddles),
                    _ => forward2::<L>(lines, stride, part, twiddles),
                }
            }
            level -= layers_here;
        }
        if tree == Tree::Circle {
            let lines = &mut lines[8 * leaf..][..8];
            forward_leaf::<L>(lines, (part << layers) + leaf, twiddles);
        }
    }
}

/// The lowest three layers. The four factors `y` of the lowest one are, up to sign, the two
/// twiddles above them, because a quarter turn takes `x` to `y`: `v1`, `-v1`, `-v0`, `v0`. A negative
/// factor is an exchange of the two lines.
#[inline(always)]
fn forward_leaf<L: Lanes>(lines: &mut [Line], part: usize, twiddles: &[u32]) {
    let [w, v0, v1] = [twiddles[part], twiddles[2 * part], twiddles[2 * part + 1]];
    let [w, v0, v1] = [L::splat_words(w), L::splat_words(v0), L::splat_words(v1)];
    for k in 0..LINE / L::WIDTH {
        let mut a = load::<L, 8>(lines, 1, 0, k);
        (a[0], a[4]) = forward_butterfly(a[0], a[4], w);
        (a[1], a[5]) = forward_butterfly(a[1], a[5], w);
        (a[2], a[6]) = forward_butterfly(a[2], a[6], w);
        (a[3], a[7]) = forward_butterfly(a[3], a[7], w);
        (a[0], a[2]) = forward_butterfly(a[0], a[2], v0);
        (a[1], a[3]) = forward_butterfly(a[1], a[3], v0);
        (a[4], a[6]) = forward_butterfly(a[4], a[6], v1);
        (a[5], a[7]) = forward_butterfly(a[5], a[7], v1);
        (a[0], a[1]) = forward_butterfly(a[0], a[1], v1);
        (a[3], a[2]) = forward_butterfly(a[2], a[3], v1);
        (a[5], a[4]) = forward_butterfly(a[4], a[5], v0);
        (a[6], a[7]) = forward_butterfly(a[6], a[7], v0);
        store::<L, 8>(a, lines, 1, 0, k);
    }
}

#[inline(always)]
fn forward8<L: Lanes>(lines: &mut [Line], stride: usize, part: usize, twiddles: &[u32]) {
    let w = L::splat_words(twiddles[part]);
    let v = splat::<L, 2>(twiddles, 2 * part);
    let u = splat::<L, 4>(twiddles, 4 * part);
    let lines = &mut lines[..8 * stride];
    for i in 0..stride {
        for k in 0..LINE / L::WIDTH {
            let mut a = load::<L, 8>(lines, stride, i, k);
            (a[0], a[4]) = forward_butterfly(a[0], a[4], w);
            (a[1], a[5]) = forward_butterfly(a[1], a[5], w);
            (a[2], a[6]) = forward_butterfly(a[2], a[6], w);
            (a[3], a[7]) = forward_butterfly(a[3], a[7], w);
            (a[0], a[2]) = forward_butterfly(a[0], a[2], v[0]);
            (a[1], a[3]) = forward_butterfly(a[1], a[3], v[0]);
            (a[4], a[6]) = forward_butterfly(a[4], a[6], v[1]);
            (a[5], a[7]) = forward_butterfly(a[5], a[7], v[1]);
            (a[0], a[1]) = forward_butterfly(a[0], a[1], u[0]);
            (a[2], a[3]) = forward_butterfly(a[2], a[3], u[1]);
            (a[4], a[5]) = forward_butterfly(a[4], a[5], u[2]);
            (a[6], a[7]) = forward_butterfly(a[6], a[7], u[3]);
            store::<L, 8>(a, lines, stride, i, k);
        }
    }
}

#[inline(always)]
fn forward4<L: Lanes>(lines: &mut [Line], stride: usize, part: usize, twiddles: &[u32]) {
    let w = L::splat_words(twiddles[part]);
    let v = splat::<L, 2>(twiddles, 2 * part);
    let lines = &mut lines[..4 * stride];
    for i in 0..stride {
        for k in 0..LINE / L::WIDTH {
            let mut a = load::<L, 4>(lines, stride, i, k);
            (a[0], a[2]) = forward_butterfly(a[0], a[2], w);
            (a[1], a[3]) = forward_butterfly(a[1], a[3], w);
            (a[0], a[1]) = forward_butterfly(a[0], a[1], v[0]);
            (a[2], a[3]) = forward_butterfly(a[2], a[3], v[1]);
            store::<L, 4>(a, lines, stride, i, k);
        }
    }
}

#[inline(always)]
fn forward2<L: Lanes>(lines: &mut [Line], stride: usize, part: usize, twiddles: &[u32]) {
    let w = L::splat_words(twiddles[part]);
    let lines = &mut lines[..2 * stride];
    for i in 0..stride {
        for k in 0..LINE / L::WIDTH {
            let a = load::<L, 2>(lines, stride, i, k);
            let (b, c) = forward_butterfly(a[0], a[1], w);
            store::<L, 2>([b, c], lines, stride, i, k);
        }
    }
}

/// `(a + bw, a - bw)`, given `2w`.
#[inline(always)]
pub fn forward_butterfly<L: Lanes>(a: L, b: L, twice: L) -> (L, L) {
    let t = b.mul_twice(twice);
    (a + t, a - t)
}

#[inline(always)]
fn splat<L: Lanes, const N: usize>(twiddles: &[u32], at: usize) -> [L; N] {
    let words = &twiddles[at..at + N];
    let mut result = [L::ZERO; N];
    let mut j = 0;
    while j < N {
        result[j] = L::splat_words(words[j]);
        j += 1;
    }
    result
}

/// Part `k` of the lines `i`, `i + stride`, ...
#[inline(always)]
fn load<L: Lanes, const N: usize>(lines: &[Line], stride: usize, i: usize, k: usize) -> [L; N] {
    let mut result = [L::ZERO; N];
    let mut j = 0;
    while j < N {
        result[j] = L::load_part(&lines[j * stride + i], k);
        j += 1;
    }
    result
}

#[inline(always)]
fn store<L: Lanes, const N: usize>(
    values: [L; N],
    lines: &mut [Line],
    stride: usize,
    i: usize,
    k: usize,
) {
    let mut j = 0;
    while j < N {
        values[j].store_part(&mut lines[j * stride + i], k);
        j += 1;
    }
}
