//! Instructions per second of the three modes, on a synthetic mix and on the committed guests.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute, execute_metered, execute_recorded},
    program::Program,
    testing::*,
};

/// A loop over a buffer of 64 KiB: loads, stores, logic, shifts, sums and a multiplication, in about
/// the proportions of compiled programs.
fn mix(rounds: u32) -> Vec<u8> {
    let mut words = [
        li(5, 0x10_0000),
        li(6, rounds),
        li(7, 0x1234_5678),
        li(8, 0xffff),
    ]
    .concat();
    let body = [
        and(9, 7, 8),
        andi(9, 9, -4),
        add(9, 9, 5),
        lw(11, 9, 0),
        xor(7, 7, 11),
        slli(12, 7, 13),
        xor(7, 7, 12),
        srli(12, 7, 17),
        xor(7, 7, 12),
        slli(12, 7, 5),
        xor(7, 7, 12),
        sw(7, 9, 0),
        lbu(13, 9, 3),
        add(14, 14, 13),
        sltu(15, 14, 13),
        mul(16, 14, 7),
        beq(16, 0, 8),
        addi(18, 18, 1),
        addi(6, 6, -1),
    ];
    words.extend(body);
    words.push(bne(6, 0, -4 * body.len() as i32));
    words.extend(exit(0));
    elf(&words)
}

fn modes(criterion: &mut Criterion, name: &str, program: &Program) {
    let options = Options {
        max_cycles: Some(1 << 24),
        ..Options::default()
    };
    let cycles = match execute(program, &[], &options, &mut Discard) {
        Ok(outcome) => outcome.cycles,
        Err(error) => {
            eprintln!("{name} left out: {error}");
            return;
        }
    };
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .throughput(Throughput::Elements(cycles));
    group.bench_function("silent", |bencher| {
        bencher.iter(|| execute(program, &[], &options, &mut Discard));
    });
    group.bench_function("metered", |bencher| {
        bencher.iter(|| execute_metered(program, &[], &options, &mut Discard));
    });
    if cycles <= 1 << 22 {
        group.bench_function("recorded", |bencher| {
            bencher.iter(|| execute_recorded(program, &[], &options, &mut Discard));
        });
    }
    group.finish();
}

fn benchmarks(criterion: &mut Criterion) {
    for (name, rounds) in [("mix_4m", 200_000), ("mix_16m", 800_000)] {
        match Program::from_elf(&mix(rounds)) {
            Ok(program) => modes(criterion, name, &program),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/elf");
    for entry in std::fs::read_dir(guests).into_iter().flatten().flatten() {
        let path = entry.path();
        let file = if path.extension().is_some_and(|end| end == "elf") {
            std::fs::read(&path).unwrap_or_default()
        } else {
            continue;
        };
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match Program::from_elf(&file) {
            Ok(program) => modes(criterion, &name, &program),
            Err(error) => eprintln!("{name} left out: {error}"),
        }
    }
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
