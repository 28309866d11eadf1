//! Instructions per second of all modes, on a synthetic mix and on committed guests.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute, execute_metered, execute_recorded},
    program::Program,
    record::{Family, Records, Service},
    shard::{Costs, Cut, Replay, Shard, Sharder},
    testing::*,
};

/// Shards of about a million instructions.
const CUT: Cut = Cut {
    max_cycles: 1 << 20,
    capacity: 70 << 20,
    costs: Costs {
        instructions: [65; Family::ALL.len()],
        services: [60; Service::ALL.len()],
        output_byte: 15,
        touched_word: 40,
        distinct_instruction: 20,
    },
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

/// Instructions of a replay that are recorded at a time.
const PIECE: u64 = 1 << 15;

fn modes(criterion: &mut Criterion, name: &str, program: &Program, input: &[u8]) {
    let options = Options::default();
    let cycles = match execute(program, input, &options, &mut Discard) {
        Ok(outcome) => outcome.cycles,
        Err(error) => panic!("{name}: {error}"),
    };
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .throughput(Throughput::Elements(cycles));
    group.bench_function("silent", |bencher| {
        bencher.iter(|| execute(program, input, &options, &mut Discard));
    });
    group.bench_function("metered", |bencher| {
        bencher.iter(|| execute_metered(program, input, &options, &mut Discard));
    });
    group.bench_function("sharded", |bencher| {
        bencher.iter(|| shards(program, input).for_each(drop));
    });
    let shards: Vec<_> = shards(program, input).collect();
    // Piece by piece, as a prover takes them: into the same memory again and again.
    let mut records = Records::default();
    group.bench_function("replayed", |bencher| {
        bencher.iter(|| {
            for shard in &shards {
                let shard = shard.replay_input();
                let replay = Replay::new(program, shard, options.max_memory);
                let whole = replay.and_then(|mut replay| {
                    while replay.next(&mut records, PIECE)? {}
                    replay.finish(&mut records)
                });
                assert!(whole.is_ok());
            }
        });
    });
    if cycles <= 1 << 22 {
        group.bench_function("recorded", |bencher| {
            bencher.iter(|| execute_recorded(program, input, &options, &mut Discard));
        });
    }
    group.finish();
}

fn shards<'a>(program: &'a Program, input: &'a [u8]) -> impl Iterator<Item = Shard> + 'a {
    let mut sharder = Sharder::new(program, input, &Options::default(), CUT).ok();
    std::iter::from_fn(move || sharder.as_mut()?.next(&mut Discard).ok()?)
}

fn benchmarks(criterion: &mut Criterion) {
    for (name, rounds) in [("mix_4m", 200_000), ("mix_16m", 800_000)] {
        match Program::from_elf(&mix(rounds)) {
            Ok(program) => modes(criterion, name, &program, &[]),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests");
    // They are no part of the package.
    let read = |name: &str| std::fs::read(format!("{guests}/{name}")).ok();
    for (name, input) in [
        ("sha256", Some(vec![0; 200_000])),
        ("secp256k1", read("inputs/secp256k1-1.bin")),
        ("json", read("inputs/canada-like.json")),
        ("c_checksum", Some(vec![0; 200_000])),
    ] {
        let (Some(elf), Some(input)) = (read(&format!("elf/{name}.elf")), input) else {
            eprintln!("{name} left out: no guests in {guests}");
            continue;
        };
        match Program::from_elf(&elf) {
            Ok(program) => modes(criterion, name, &program, &input),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
