//! The cost of arithmetic: products of vectors in registers, and of extension elements.

use std::{hint::black_box, marker::PhantomData};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use zonda_kernels::{Kernel, Lanes, P, Packed, Packed4, Packed6, Platform};

/// Independent chains, so that no product waits for the one before.
const CHAINS: usize = 8;
const STEPS: usize = 1 << 12;

fn word(i: usize) -> u32 {
    (i as u32 + 1).wrapping_mul(2_654_435_761) % P
}

/// Products in the base field.
struct Products;

impl Kernel for Products {
    type Output = u32;

    #[inline(always)]
    fn run<L: Lanes>(self) -> u32 {
        let mut chains = [L::splat(0); CHAINS];
        for (k, chain) in chains.iter_mut().enumerate() {
            *chain = L::splat(word(black_box(k)));
        }
        for _ in 0..STEPS {
            for chain in &mut chains {
                *chain *= *chain;
            }
        }
        let mut sum = L::splat(0);
        for chain in chains {
            sum += chain;
        }
        sum.lane(0)
    }
}

/// An extension, by its vectors.
trait Extension {
    type Packed<L: Lanes>: Packed<L>;
}

enum Degree4 {}
enum Degree6 {}

impl Extension for Degree4 {
    type Packed<L: Lanes> = Packed4<L>;
}

impl Extension for Degree6 {
    type Packed<L: Lanes> = Packed6<L>;
}

/// Products in an extension.
struct ExtensionProducts<E>(PhantomData<E>);

impl<E: Extension> Kernel for ExtensionProducts<E> {
    type Output = u32;

    #[inline(always)]
    fn run<L: Lanes>(self) -> u32 {
        let mut chains = [E::Packed::<L>::ONE; CHAINS];
        let mut factor = E::Packed::<L>::ONE;
        for (k, lanes) in factor.as_mut().iter_mut().enumerate() {
            *lanes = L::splat(word(black_box(k)));
        }
        for _ in 0..STEPS {
            for chain in &mut chains {
                *chain = *chain * factor;
            }
        }
        let mut sum = E::Packed::<L>::ZERO;
        for chain in chains {
            sum += chain;
        }
        sum.as_ref()[0].lane(0)
    }
}

/// How many elements a vector has.
struct Width;

impl Kernel for Width {
    type Output = usize;

    #[inline(always)]
    fn run<L: Lanes>(self) -> usize {
        L::WIDTH
    }
}

fn products(c: &mut Criterion) {
    for platform in Platform::available() {
        let count = (CHAINS * STEPS * platform.run(Width)) as u64;
        let mut group = c.benchmark_group("product");
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("base", platform.name()), |b| {
            b.iter(|| platform.run(Products));
        });
        group.bench_function(BenchmarkId::new("degree 4", platform.name()), |b| {
            b.iter(|| platform.run(ExtensionProducts::<Degree4>(PhantomData)));
        });
        group.bench_function(BenchmarkId::new("degree 6", platform.name()), |b| {
            b.iter(|| platform.run(ExtensionProducts::<Degree6>(PhantomData)));
        });
    }
}

criterion_group!(benches, products);
criterion_main!(benches);
