//! Every platform against Plonky3's scalar field, on random and edge values.

use std::{any, env};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_mersenne_31::Mersenne31;
use proptest::prelude::*;

use crate::{Kernel, LINE, Lanes, P, Platform};

/// Generates one suite per platform; one that the machine lacks passes vacuously, unless the
/// environment variable `ZONDA_REQUIRE_PLATFORM` names it.
macro_rules! platform_suite {
    ($($name:ident $(: $arch:literal)?),*) => {
        $(
            $(#[cfg(target_arch = $arch)])?
            #[allow(non_snake_case)]
            mod $name {
                use super::*;

                proptest! {
                    #![proptest_config(ProptestConfig::with_cases(2000))]

                    #[test]
                    fn is_the_field(a in elements(), b in elements(), c in elements()) {
                        if Platform::available().contains(&Platform::$name) {
                            Platform::$name.run(Field { a, b, c });
                        }
                    }

                    #[test]
                    fn words_are_words(a in words(), b in words()) {
                        if Platform::available().contains(&Platform::$name) {
                            Platform::$name.run(Words { a, b });
                        }
                    }
                }

                #[test]
                fn runs_on_its_lanes() {
                    if Platform::available().contains(&Platform::$name) {
                        let lanes = Platform::$name.run(NameOfLanes);
                        assert_eq!(lanes.rsplit("::").next(), Some(stringify!($name)));
                    }
                }

                #[test]
                fn largest_sums_of_products_fit() {
                    if Platform::available().contains(&Platform::$name) {
                        Platform::$name.run(Largest);
                    }
                }

                #[test]
                fn streams_are_stores() {
                    if Platform::available().contains(&Platform::$name) {
                        Platform::$name.run(Streams);
                    }
                }

                #[test]
                fn columns_are_transposed_lines() {
                    if Platform::available().contains(&Platform::$name) {
                        Platform::$name.run(Columns);
                    }
                }
            }
        )*
    };
}

platform_suite!(Portable, Avx2: "x86_64", Avx512: "x86_64", Neon: "aarch64");

#[test]
fn the_required_platform_is_here() {
    if let Ok(name) = env::var("ZONDA_REQUIRE_PLATFORM") {
        assert!(
            Platform::available().iter().any(|p| p.name() == name),
            "no {name}"
        );
    }
}

/// NEON belongs to the target, so that nothing but the configuration keeps it from being chosen.
#[cfg(target_arch = "aarch64")]
#[test]
fn aarch64_chooses_neon() {
    assert_eq!(Platform::available(), [Platform::Portable, Platform::Neon]);
    let portable = cfg!(zonda_platform = "portable");
    assert_eq!(Platform::detect() == Platform::Portable, portable);
}

fn elements() -> impl Strategy<Value = [u32; LINE]> {
    prop::array::uniform16(prop_oneof![
        1 => Just(0), 1 => Just(1), 1 => Just(P - 1), 1 => Just((P - 1) / 2), 6 => 0..P
    ])
}

fn words() -> impl Strategy<Value = [u32; LINE]> {
    prop::array::uniform16(prop_oneof![Just(0), Just(u32::MAX), any::<u32>()])
}

/// Which lanes a kernel is given.
struct NameOfLanes;

impl Kernel for NameOfLanes {
    type Output = &'static str;

    #[inline(always)]
    fn run<L: Lanes>(self) -> &'static str {
        any::type_name::<L>()
    }
}

struct Field {
    a: [u32; LINE],
    b: [u32; LINE],
    c: [u32; LINE],
}

impl Kernel for Field {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let [a, b, c] = [L::load(&self.a), L::load(&self.b), L::load(&self.c)];
        for i in 0..L::WIDTH {
            let [x, y, z] = [self.a[i], self.b[i], self.c[i]].map(Mersenne31::new);
            let same = |packed: L, scalar: Mersenne31| {
                assert_eq!(packed.lane(i), scalar.as_canonical_u32());
            };
            same(a + b, x + y);
            same(a - b, x - y);
            same(a * b, x * y);
            same(-a, -x);
            same(a.double(), x.double());
            same(a.halve(), x.halve());
            same(a.square(), x.square());
            same(a.cube(), x.cube());
            same(a.exp_u64(1234), x.exp_u64(1234));
            same(a.mul_2exp_u64(33), x.mul_2exp_u64(33));
            same(a.div_2exp_u64(31), x);
            same(a.div_2exp_u64(5), x.div_2exp_u64(5));
            same(a.mul_twice(b.word_add(b)), x * y);
            same(
                L::dot_product(&[a, b, c], &[b, c, a]),
                x * y + y * z + z * x,
            );
            let many = [a, b, c, a, a, b, b, c, c, c, c, a];
            let scalars = [x, y, z, x, x, y, y, z, z, z, z, x];
            same(
                L::dot_product(&many, &many),
                Mersenne31::dot_product(&scalars, &scalars),
            );
            same(
                L::sum_array::<12>(&many),
                Mersenne31::sum_array::<12>(&scalars),
            );
            same(L::from_i32(-7), -Mersenne31::new(7));
            let difference = L::mul_add_wide(L::wide_zero(), a, b.negate_for_wide());
            same(L::reduce_wide(difference), -(x * y));
        }
    }
}

struct Words {
    a: [u32; LINE],
    b: [u32; LINE],
}

impl Kernel for Words {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let [a, b] = [L::load(&self.a), L::load(&self.b)];
        for i in 0..L::WIDTH {
            let [x, y] = [self.a[i], self.b[i]];
            assert_eq!(a.word_add(b).lane(i), x.wrapping_add(y));
            assert_eq!(a.word_xor(b).lane(i), x ^ y);
            assert_eq!(a.rotate_right::<16>().lane(i), x.rotate_right(16));
            assert_eq!(a.rotate_right::<12>().lane(i), x.rotate_right(12));
            assert_eq!(a.rotate_right::<8>().lane(i), x.rotate_right(8));
            assert_eq!(a.rotate_right::<7>().lane(i), x.rotate_right(7));
        }
    }
}

/// Four products of the largest operands on top of the largest folded sum.
struct Largest;

impl Kernel for Largest {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let p = L::ZERO.negate_for_wide();
        let mut sum = L::wide_zero();
        for _ in 0..50 {
            for _ in 0..4 {
                sum = L::mul_add_wide(sum, p, p);
            }
            assert_eq!(L::reduce_wide(sum).lane(0), 0);
            sum = L::fold_wide(sum);
        }
        for i in 0..L::WIDTH {
            assert_eq!(L::reduce_wide(L::wide_splat(P - 1)).lane(i), P - 1);
        }
        // Every part of a sum at its largest.
        let [one, two_62] = [L::ONE, L::splat_words(1 << 31)];
        for high in 0..3 {
            let mut sum = L::mul_add_wide(L::wide_splat(P - 1), one, one);
            for _ in 0..high {
                sum = L::mul_add_wide(sum, two_62, two_62);
            }
            sum = L::mul_add_wide(sum, p, two_62);
            assert_eq!(L::reduce_wide(sum).lane(0), high % P);
        }
        let (a, x) = (L::NEG_ONE, P - 1);
        let mut sum = L::wide_zero();
        for k in 1..50u32 {
            for _ in 0..4 {
                sum = L::mul_add_wide(sum, a, a);
            }
            assert_eq!(L::reduce_wide(sum).lane(1), 4 * k, "{x}");
            sum = L::fold_wide(sum);
        }
    }
}

struct Streams;

impl Kernel for Streams {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let words: [u32; LINE] = core::array::from_fn(|i| 100 + i as u32);
        let x = L::load(&words);
        // Every alignment of a line, whole lines among them.
        for first in 0..=LINE {
            let (mut stored, mut streamed) = ([7; 3 * LINE], [7; 3 * LINE]);
            x.store(&mut stored[first..]);
            x.stream(&mut streamed[first..]);
            assert_eq!(stored, streamed);
        }
    }
}

struct Columns;

impl Kernel for Columns {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for stride in [16, 19, 32] {
            let words: Vec<u32> = (0..LINE * stride).map(|i| i as u32).collect();
            let columns = L::load_columns(&words, stride);
            for (c, column) in columns.iter().enumerate() {
                for r in 0..L::WIDTH {
                    assert_eq!(column.lane(r) as usize, r * stride + c);
                }
            }
            let mut again = vec![0; words.len()];
            L::store_columns(&columns, &mut again, stride);
            for (i, (&word, &back)) in words.iter().zip(&again).enumerate() {
                let stored = i / stride < L::WIDTH && i % stride < LINE;
                assert_eq!(back, if stored { word } else { 0 });
            }
            for (first, end) in [(0, 16), (3, 3), (0, 4), (5, 16), (6, 12)] {
                let mut some = vec![0; words.len()];
                L::store_columns_between(&columns, &mut some, stride, first, end);
                for (i, (&back, &part)) in again.iter().zip(&some).enumerate() {
                    let stored = (first..end).contains(&(i % stride));
                    assert_eq!(part, if stored { back } else { 0 });
                }
            }
        }
    }
}
