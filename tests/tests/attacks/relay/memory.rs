//! Attacks on the memory that goes from shard to shard, and on where it starts and ends.

use zonda_circuits::system::zeroed::{is_zeroed, openings};
use zonda_riscv_emu::shard::BoundaryWord;
use zonda_verifier::ZeroedRange;

use super::{cases::UNUSED, *};
use crate::{common, victims};

/// Word addresses: the sum, the word read, the first and the second of the results.
const SUM: u32 = common::DATA / 4;
const READ: u32 = victims::ZEROED / 4;
const FIRST_RESULT: u32 = common::RESULTS / 4;
const SECOND_RESULT: u32 = FIRST_RESULT + 1;

const RAM: u32 = 1;
const OUTPUT_LENGTH: (u32, u32) = (2, 0);

/// A shard finds a word with this value and owner; it and all after it are executed from there.
fn found(s: &mut Sharded, shard: usize, address: u32, before: u32, owner: u32) {
    let word = word(s, shard, address);
    (word.before, word.owner) = (before, owner);
    s.execute(shard).follow(shard + 1);
}

fn word(s: &mut Sharded, shard: usize, address: u32) -> &mut BoundaryWord {
    let words = &mut s.shards[shard].0.words;
    let found = words.iter_mut().find(|word| word.address == address);
    found.expect("the shard holds it")
}

/// The sum after a round.
fn sum(s: &Sharded, shard: usize) -> u32 {
    word(&mut s.clone(), shard, SUM).after
}

/// Opens a word once more in the last part, as zero; the run leaves `last` there. The chain comes to
/// it from `from`. Returns its row.
fn open(run: &mut Run<'static>, address: u32, (last, owner): (u32, u32), from: [u32; 2]) -> usize {
    let [lo, hi, last_lo, last_hi] =
        [address & 0xffff, address >> 16, last & 0xffff, last >> 16].map(i64::from);
    let [from_lo, from_hi] = from.map(i64::from);
    let like = run.find(ZEROED, Table::Zeroed, [("address.hi", READ >> 16)]);
    run.add(
        ZEROED,
        Table::Zeroed,
        like,
        &[
            ("address.lo", lo),
            ("address.hi", hi),
            ("last.lo", last_lo),
            ("last.hi", last_hi),
            ("owner", i64::from(owner)),
            ("from.lo", from_lo),
            ("from.hi", from_hi),
            ("borrow_from", i64::from(lo < from_lo)),
        ],
    )
}

/// The run in which round 2 finds the sum as zero, of which round 1's is left over; and the word of
/// the file, opened as zero where its place in the chain is.
fn opened_of_file(change: impl FnOnce(&mut Run<'static>, usize)) -> Forged {
    let mut s = HONEST.clone();
    let left = (sum(&s, R1), R1 as u32 + 1);
    found(&mut s, R2, SUM, 0, 0);
    let mut run = run(&s);
    let after = run.find(ZEROED, Table::Zeroed, [("address.hi", READ >> 16)]);
    let from = ["from.lo", "from.hi"];
    let from = from.map(|name| {
        run.cell(ZEROED, Table::Zeroed, after, name)
            .as_canonical_u32()
    });
    let row = open(&mut run, SUM, left, from);
    let [lo, hi] = [SUM & 0xffff, SUM >> 16].map(i64::from);
    let cells = [("from.lo", lo + 1), ("from.hi", hi), ("borrow_from", 1)];
    run.set(ZEROED, Table::Zeroed, after, &cells);
    change(&mut run, row);
    run.recount();
    Forged::Tables(run)
}

/// The run in which round 3 finds a word that was opened before as zero once more, and the word,
/// opened once more.
fn opened_again(part: impl FnOnce(&mut Run<'static>, u32)) -> Forged {
    let mut s = HONEST.clone();
    let left = word(&mut s, R2, READ).after;
    found(&mut s, R3, READ, 0, 0);
    let mut run = run(&s);
    part(&mut run, left);
    run.recount();
    Forged::Tables(run)
}

/// Parts whose zeroed words are in these chunks, of words from all that the run leaves.
fn chunks(chunks: impl FnOnce(&[u32]) -> Vec<Vec<u32>>) -> Forged {
    let mut left = HONEST.left();
    left.retain(|left| is_zeroed(&HONEST.image, left));
    let opened: Vec<u32> = left.iter().map(|left| left.address).collect();
    parts(|works| {
        let mut from = [0, 0];
        works.truncate(ZEROED);
        works[PROGRAM].zeroed = None;
        for chunk in chunks(&opened) {
            let left = left.iter().filter(|left| chunk.contains(&left.address));
            let left: Vec<_> = left.copied().collect();
            let openings = openings(&HONEST.image, &left).expect("zeroed words");
            let to = openings.last().map_or(from, |last| last.next());
            let zeroed = zonda_prover::ZeroedWork {
                range: ZeroedRange { from, to },
                left,
            };
            works.push(Work {
                zeroed: Some(zeroed),
                ..Work::default()
            });
            from = to;
        }
    })
}

fn zeroed<'a>(run: &'a mut Run<'static>, part: usize) -> &'a mut ZeroedRange {
    run.parts[part]
        .links
        .zeroed
        .as_mut()
        .expect("the part opens words")
}

#[rustfmt::skip] // One row of the printed table each.
pub fn cases() -> Vec<Case> {
    vec![
        case("A41", "a stale read across shards", "round 3 finds the sum and the owner that round 1 left, though round 2 wrote; executed from there", || shards(|s| {
            let stale = sum(s, R1);
            found(s, R3, SUM, stale, R1 as u32 + 1);
        }), "GlobalBalance", &["bus boundary"]),
        case("A41", "a stale value across shards", "round 3 finds the sum that round 1 left, with round 2's owner", || shards(|s| {
            let stale = sum(s, R1);
            found(s, R3, SUM, stale, R2 as u32 + 1);
        }), "GlobalBalance", &["bus boundary"]),
        case("A41", "a read from the future, across shards", "round 3 finds the sum that round 1 leaves, and round 2 the one that round 3 leaves; executed from there", || {
            let mut s = HONEST.clone();
            let first = sum(&s, R1);
            found(&mut s, R3, SUM, first, R1 as u32 + 1);
            let third = sum(&s, R3);
            found(&mut s, R2, SUM, third, R3 as u32 + 1);
            found(&mut s, R3, SUM, first, R1 as u32 + 1);
            let second = i64::from(sum(&s, R2));
            let mut run = run(&s);
            let row = run.find(PROGRAM, Table::Image, [("owner", R3 as u32 + 1)]);
            run.set(PROGRAM, Table::Image, row, &[("last.lo", second), ("owner", R2 as i64 + 1)]);
            run.recount();
            Forged::Tables(run)
        }, "part 2: Tree.Unbalanced", &["bus range16"]),
        case("A41", "an owner that is the shard itself", "round 2 holds a register as it likes, from and to itself; round 3 takes it from round 1", || tables(|run| {
            run.hold(R2, UNUSED, &[("owner", 3), ("before.lo", 77), ("after.lo", 77)]);
            run.hold(R3, UNUSED, &[("owner", 2)]);
        }), "part 2: Tree.Unbalanced", &["bus range16"]),
        case("A41", "owners in a circle", "rounds 2 and 3 hold a register as they like, from each other; the last shard takes it from round 1", || tables(|run| {
            run.hold(R2, UNUSED, &[("owner", 4), ("before.lo", 77), ("after.lo", 77)]);
            run.hold(R3, UNUSED, &[("owner", 3), ("before.lo", 77), ("after.lo", 77)]);
            run.hold(LAST, UNUSED, &[("owner", 2)]);
        }), "part 2: Tree.Unbalanced", &["bus range16"]),
        case("A41", "an owner that is negative modulo p", "round 2 takes a register from shard -1", || tables(|run| {
            run.hold(R2, UNUSED, &[("owner", -1), ("before.lo", 77), ("after.lo", 77)]);
            run.hold(R3, UNUSED, &[("owner", 2)]);
        }), "GlobalBalance", &["bus boundary"]),
        case("A41", "an owner further back than there are shards", "round 2 takes a register from shard 2 - 2^16", || tables(|run| {
            run.hold(R2, UNUSED, &[("owner", 2 - (1 << 16))]);
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus range16"]),
        case("A42", "a word of the file that starts as another", "round 1 finds 1 as the first sum; executed from there", || shards(|s| {
            found(s, R1, SUM, 1, 0);
        }), "GlobalBalance", &["bus boundary"]),
        case("A42", "memory that starts as zero starts as 7", "round 1 finds 7 where it puts its result", || shards(|s| {
            found(s, R1, FIRST_RESULT, 7, 0);
        }), "GlobalBalance", &["bus boundary"]),
        case("A42", "a word starts once more", "round 3 finds the word that it reads to as zero, which round 2 left", || opened_again(|_, _| ()), "GlobalBalance", &["bus boundary"]),
        case("A42", "a word opened in two chunks", "the same, with a second opening, in the other chunk", || opened_again(|run, left| {
            open(run, READ, (left, R2 as u32 + 1), [(READ & 0xffff) + 1, READ >> 16]);
        }), "part 6: Tree.Unbalanced", &["bus range16"]),
        case("A42", "a word of the file opened as zero", "round 2 finds 0 as the sum; the word is opened in its place, in the next gap", || opened_of_file(|_, _| ()), "part 6: Tree.Unbalanced", &["bus range16"]),
        case("A42", "a word of the file opened as zero, in a gap that there is not", "the same; the gap is the word", || opened_of_file(|run, row| {
            let [lo, hi] = [SUM & 0xffff, SUM >> 16].map(i64::from);
            run.set(ZEROED, Table::Zeroed, row, &[
                ("start.lo", lo), ("start.hi", hi), ("end.lo", lo + 1), ("end.hi", hi), ("borrow_start", 0), ("borrow_end", 0),
            ]);
        }), "part 6: Tree.Unbalanced", &["bus gap"]),
        case("A42", "a word opened in no chunk", "the last chunk without its last word", || chunks(|words| vec![words[..2].to_vec(), vec![words[2]]]), "GlobalBalance", &["bus boundary"]),
        case("A42", "two chunks exchanged", "the higher words first; each chunk begins where the one before ends", || chunks(|words| vec![words[2..].to_vec(), words[..2].to_vec()]), "part 7: Tree.Unbalanced", &["bus range16"]),
        case("A42", "two chunks that overlap", "the second has a word of the first too", || chunks(|words| vec![words[..2].to_vec(), words[1..].to_vec()]), "part 7: Tree.Unbalanced", &["bus boundary", "bus range16"]),
        case("A42", "a chunk that begins before the one before ends", "the second chunk's links", || tables(|run| zeroed(run, ZEROED).from[0] -= 1), "Links.Zeroed", &["bus zeroed_from"]),
        case("A42", "a chunk that ends before its last word", "both chunks' links", || tables(|run| {
            zeroed(run, PROGRAM).to[0] -= 1;
            zeroed(run, ZEROED).from[0] -= 1;
        }), "part 5: Tree.Unbalanced", &["bus zeroed_from"]),
        case("A42", "a chain that does not begin at zero", "the first chunk's links", || tables(|run| zeroed(run, PROGRAM).from[0] += 1), "Links.Zeroed", &["bus zeroed_from"]),
        case("A42", "two chunks exchanged, with their links", "the parts of an honest proof", || tables(|run| {
            let [first, second] = [PROGRAM, ZEROED].map(|part| *zeroed(run, part));
            (*zeroed(run, PROGRAM), *zeroed(run, ZEROED)) = (second, first);
        }), "Links.Zeroed", &["bus zeroed_from"]),
        case("A42", "an address past the end of memory", "the last chunk's links", || tables(|run| zeroed(run, ZEROED).to = [0, (1 << 14) + 1]), "Links.Address", &["bus zeroed_from"]),
        case("A43", "another last value of a word of the file", "the image's row of the sum", || tables(|run| {
            let row = run.find(PROGRAM, Table::Image, [("owner", R3 as u32 + 1)]);
            *run.cell(PROGRAM, Table::Image, row, "last.lo") += F::ONE;
        }), "GlobalBalance", &["bus boundary"]),
        case("A43", "an older last value of a word of the file", "the image's row of the sum: what round 2 left", || tables(|run| {
            let row = run.find(PROGRAM, Table::Image, [("owner", R3 as u32 + 1)]);
            let older = i64::from(sum(&HONEST, R2));
            run.set(PROGRAM, Table::Image, row, &[("last.lo", older), ("owner", R2 as i64 + 1)]);
        }), "GlobalBalance", &["bus boundary"]),
        case("A43", "another last value of a zeroed word", "the first result", || tables(|run| {
            let row = run.find(PROGRAM, Table::Zeroed, [("owner", R1 as u32 + 1)]);
            *run.cell(PROGRAM, Table::Zeroed, row, "last.lo") += F::ONE;
        }), "GlobalBalance", &["bus boundary"]),
        case("A43", "a word of the file said not to be touched", "the image's row of the sum", || tables(|run| {
            let row = run.find(PROGRAM, Table::Image, [("owner", R3 as u32 + 1)]);
            run.set(PROGRAM, Table::Image, row, &[("touched", 0)]);
        }), "GlobalBalance", &["bus boundary"]),
        case("A43", "a register started twice", "touched 2", || tables(|run| {
            run.set(PROGRAM, Table::Image, 1, &[("touched", 2)]);
        }), "part 5: Rows.Values", &["bus boundary", "image: touched"]),
        case("A44", "a register changed between shards", "x20, from which the last shard takes the exit code, of the last shard; executed from there", || shards(|s| {
            s.shards[LAST].0.start.registers[20] = 77;
            s.execute(LAST);
            assert_eq!(s.statement().exit_code, 77);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "the output length changed between shards", "round 2 puts its bytes 4 further; the header says that it does not", || {
            let mut s = HONEST.clone();
            s.shards[R2].0.start.output_length = 8;
            s.execute(R2);
            s.shards[R2].0.output_length_after -= 4;
            s.shards[R2].0.start.output_length -= 4;
            Forged::Tables(run(&s))
        }, "part 2: Tree.Unbalanced", &["bus memory", "bus output"]),
        case("A44", "the output length changed between shards, as found", "the same; the shard finds and leaves the length", || tables(|run| {
            run.hold(R2, OUTPUT_LENGTH, &[("before.lo", 8), ("after.lo", 12)]);
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus memory"]),
        case("A44", "what a shard finds, in its row alone", "the sum that round 2 finds", || tables(|run| {
            run.hold(R2, (RAM, SUM), &[("before.lo", 1)]);
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus memory"]),
        case("A44", "what a shard leaves, in its row alone", "the sum that round 2 leaves", || tables(|run| {
            run.hold(R2, (RAM, SUM), &[("after.lo", 1)]);
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus memory"]),
        case("A44", "a row of the boundary left out", "the sum in round 2", || tables(|run| {
            run.release(R2, (RAM, SUM));
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus memory"]),
        case("A44", "a row of the boundary left out that nobody accesses", "x1 in round 2", || tables(|run| {
            run.release(R2, UNUSED);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "a register changed by a shard that does not access it", "x1 after round 2, and before round 3", || tables(|run| {
            run.hold(R2, UNUSED, &[("after.lo", 77)]);
            run.hold(R3, UNUSED, &[("before.lo", 77), ("after.lo", 77)]);
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus memory"]),
        case("A44", "a row of the boundary added", "round 2 holds the first result, which it does not access, and leaves 77", || tables(|run| {
            let like = run.find(R2, Table::Boundary, [("space", RAM), ("address", SECOND_RESULT)]);
            run.add(R2, Table::Boundary, like, &[
                ("address", i64::from(FIRST_RESULT)), ("owner", 2), ("last_clk", 0), ("before.lo", i64::from(sum(&HONEST, R1))), ("after.lo", 77),
            ]);
            let row = run.find(PROGRAM, Table::Zeroed, [("owner", R1 as u32 + 1)]);
            run.set(PROGRAM, Table::Zeroed, row, &[("last.lo", 77), ("owner", R2 as i64 + 1)]);
        }), "part 2: Tree.Unbalanced", &["bus memory"]),
        case("A44", "a second row of the boundary for a place", "round 2 holds the sum twice, the second time as it found it", || tables(|run| {
            let like = run.find(R2, Table::Boundary, [("space", RAM), ("address", SUM)]);
            let before = i64::from(sum(&HONEST, R1));
            run.add(R2, Table::Boundary, like, &[("after.lo", before), ("last_clk", 0)]);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "a second row of the boundary for a place, from the first", "round 2 holds the sum twice, the second time from itself", || tables(|run| {
            let like = run.find(R2, Table::Boundary, [("space", RAM), ("address", SUM)]);
            let after = i64::from(sum(&HONEST, R2));
            run.add(R2, Table::Boundary, like, &[("before.lo", after), ("owner", R2 as i64 + 1), ("last_clk", 0)]);
        }), "part 2: Tree.Unbalanced", &["bus range16"]),
    ]
}
