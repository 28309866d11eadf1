//! Speed of row hashing and of grinding, on one thread.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use zonda_kernels::{Group, LINE, Platform, Pool, Tree, grind};

/// Some nonce of this work is the smallest: every search takes the same steps.
const STATE: [u8; 32] = [1; 32];
const LABEL: [u8; 12] = *b"bench\0\0\0\0\0\0\0";

fn value(row: usize, column: usize) -> u32 {
    (row as u32)
        .wrapping_mul(0x9e37_79b9)
        .wrapping_add(column as u32)
        >> 1
}

fn rows(c: &mut Criterion) {
    for (log_height, width) in [(16, 16_usize), (16, 64), (16, 256), (14, 600)] {
        let height = 1 << log_height;
        let pool = Pool::new();
        let blocks = (0..width.div_ceil(LINE)).map(|block| {
            let mut words = pool.take_zeroed(LINE * height).unwrap();
            for (row, line) in words.chunks_exact_mut(LINE).enumerate() {
                let columns = LINE * block..width.min(LINE * (block + 1));
                for (word, column) in line.iter_mut().zip(columns) {
                    *word = value(row, column);
                }
            }
            words
        });
        let group = Group::from_blocks(height, width, blocks.collect());
        let mut bench = c.benchmark_group(format!("rows of {width}"));
        bench.throughput(Throughput::BytesDecimal((4 * width * height) as u64));
        for platform in Platform::available() {
            bench.bench_function(BenchmarkId::from_parameter(platform.name()), |b| {
                b.iter(|| {
                    Tree::of_rows(platform, &pool, black_box(&group))
                        .unwrap()
                        .root()
                });
            });
        }
        // The crate has no vertical form for short messages.
        let bytes: Vec<u8> = (0..4 * width * height).map(|i| value(i, 0) as u8).collect();
        bench.bench_function("blake3 crate, each row", |b| {
            b.iter(|| {
                bytes
                    .chunks_exact(4 * width)
                    .fold(0, |sum, r| sum ^ blake3::hash(r).as_bytes()[0])
            });
        });
        bench.bench_function("blake3 crate, one message", |b| {
            b.iter(|| blake3::hash(black_box(&bytes)));
        });
        bench.finish();
    }
}

fn grinding(c: &mut Criterion) {
    let mut bench = c.benchmark_group("grind");
    for platform in Platform::available() {
        let nonce = grind(platform, &STATE, &LABEL, 20);
        bench.throughput(Throughput::Elements(nonce));
        bench.bench_function(BenchmarkId::from_parameter(platform.name()), |b| {
            b.iter(|| grind(platform, black_box(&STATE), &LABEL, 20));
        });
    }
    bench.finish();
}

fn one_thread(c: &mut Criterion) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread();
    pool.build_global().expect("the first pool");
    rows(c);
    grinding(c);
}

criterion_group!(benches, one_thread);
criterion_main!(benches);
