//! Nanoseconds per coefficient of an evaluation, and memory bandwidth for comparison.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::ThreadPoolBuilder;
use zonda_kernels::{LINE, P, Platform, Pool, Transform, Twiddles};

fn evaluate(c: &mut Criterion) {
    let twiddles = Twiddles::new(21).unwrap();
    let pool = Pool::new();
    for log_height in [10, 12, 14, 16, 18, 20] {
        let cells = LINE << log_height;
        let mut block = pool.take(2 * cells).unwrap();
        for (i, word) in block.iter_mut().enumerate() {
            *word = (i as u32).wrapping_mul(2654435761) % P;
        }
        let mut group = c.benchmark_group(format!("evaluate/2^{log_height}"));
        group
            .sample_size(10)
            .throughput(Throughput::Elements(cells as u64));
        for platform in Platform::available() {
            let transform = Transform::new(platform, &twiddles);
            let one = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            group.bench_function(platform.name(), |b| {
                one.install(|| b.iter(|| transform.evaluate_extended(&mut block, log_height)));
            });
            if platform == Platform::detect() {
                group.bench_function(format!("{}, all threads", platform.name()), |b| {
                    b.iter(|| transform.evaluate_extended(&mut block, log_height));
                });
            }
        }
    }
}

fn copy(c: &mut Criterion) {
    let pool = Pool::new();
    let words = 1 << 26;
    // Pages that were never written are all the same one.
    let (mut from, mut to) = (pool.take(words).unwrap(), pool.take(words).unwrap());
    from.fill(1);
    to.fill(1);
    let mut group = c.benchmark_group("memory");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(4 * words as u64));
    group.bench_function("copy 256 MiB", |b| {
        b.iter(|| to.copy_from_slice(black_box(&from)));
    });
    group.bench_function("read 256 MiB", |b| {
        b.iter(|| from.iter().fold(0, |a, &b| a ^ b));
    });
}

criterion_group!(benches, evaluate, copy);
criterion_main!(benches);
