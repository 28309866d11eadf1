//! Times the extension of a block.
use std::time::Instant;
use zonda_kernels::{Platform, Twiddles, transform};
fn main() {
    let threads: usize = std::env::args().nth(1).map_or(1, |x| x.parse().unwrap());
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().unwrap();
    for log in [10, 14, 16, 18, 20] {
        let tw = Twiddles::new(log + 1);
        let mut lines = vec![1u32; 16 << (log + 1)];
        for platform in Platform::available() {
            let mut best = f64::MAX;
            for _ in 0..5 {
                let t = Instant::now();
                transform::extend(platform, &mut lines, log, &tw, |rows, lines| {
                    for (i, x) in lines.iter_mut().enumerate() { *x = (rows.start * 16 + i) as u32 & 0x3fffffff; }
                });
                best = best.min(t.elapsed().as_secs_f64());
            }
            println!("{log} {} {:.2} ns/cell", platform.name(), best * 1e9 / (16 << log) as f64);
        }
    }
}
