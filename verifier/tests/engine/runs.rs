//! Runs of several parts that are not put together as they should be: honest proofs of which
//! something is exchanged, and proofs of false runs.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM},
    system::boundary::Left,
    witness::ProgramUse,
};
use zonda_riscv_emu::{program::Program, record::Family, testing};
use zonda_verifier::{
    ExecutionLinks, Layout, Proof, ProofError, QM31, Scope, Shape, ZeroedRange, verify,
};

use crate::{
    Report,
    run::{Cuts, Duties, INPUT, Run, opened, program, text},
    setup_of_parts, with_body,
};

type Change = fn(&mut Proof);

/// Row of the list, attack, what is changed, and how the error begins.
type Line = (
    &'static str,
    &'static str,
    &'static str,
    Change,
    &'static str,
);

fn execution(proof: &mut Proof, part: usize) -> &mut ExecutionLinks {
    proof.header.parts[part].links.execution.as_mut().unwrap()
}

fn zeroed(proof: &mut Proof, part: usize) -> &mut ZeroedRange {
    proof.header.parts[part].links.zeroed.as_mut().unwrap()
}

fn remove(proof: &mut Proof, part: usize) {
    proof.header.parts.remove(part);
    proof.parts.remove(part);
}

/// Repeats a part, header and body, at another place.
fn repeat(proof: &mut Proof, part: usize, at: usize) {
    let header = proof.header.parts[part].clone();
    proof.header.parts.insert(at, header);
    let body = proof.parts[part].clone();
    proof.parts.insert(at, body);
}

fn swap(proof: &mut Proof, a: usize, b: usize) {
    proof.header.parts.swap(a, b);
    proof.parts.swap(a, b);
}

/// Changes to the header of the honest proof of four parts: two shards, of which the first opens
/// zeroed words, the program, and the other zeroed words.
fn headers() -> Vec<Line> {
    vec![
        (
            "A44",
            "another number of shards",
            "1",
            |p| p.header.shards = 1,
            "Header(Links(Execution { part: 1, expected: false",
        ),
        (
            "A44",
            "another number of shards",
            "3",
            |p| p.header.shards = 3,
            "Header(Links(Execution { part: 2, expected: true",
        ),
        (
            "A44",
            "another number of shards",
            "0",
            |p| p.header.shards = 0,
            "Header(Shards { got: 0",
        ),
        (
            "A44",
            "another number of shards",
            "2^16 + 1",
            |p| p.header.shards = (1 << 16) + 1,
            "Header(Shards { got: 65537",
        ),
        (
            "A44",
            "more shards than parts",
            "5",
            |p| p.header.shards = 5,
            "Header(Parts { shards: 5, most: 4101, got: 4",
        ),
        (
            "A44",
            "too many parts",
            "2 + 2^12 + 1, the last one repeated",
            |p| {
                let last = p.header.parts[3].clone();
                p.header.parts.resize(2 + (1 << 12) + 1, last);
            },
            "Header(Parts { shards: 2, most: 4098, got: 4099",
        ),
        (
            "A44",
            "shards exchanged",
            "parts 0 and 1",
            |p| swap(p, 0, 1),
            "Header(Links(Entry",
        ),
        (
            "A44",
            "a shard after a closing part",
            "parts 1 and 2",
            |p| swap(p, 1, 2),
            "Header(Links(Execution { part: 1, expected: true",
        ),
        (
            "A44",
            "a shard dropped",
            "the first",
            |p| {
                remove(p, 0);
                p.header.shards = 1;
            },
            "Header(Links(Entry",
        ),
        (
            "A44",
            "a shard dropped",
            "the last",
            |p| {
                remove(p, 1);
                p.header.shards = 1;
            },
            "Header(Links(NoExit { part: 0",
        ),
        (
            "A44",
            "a shard twice",
            "the first",
            |p| {
                repeat(p, 0, 1);
                p.header.shards = 3;
            },
            "Header(Links(Start { part: 1",
        ),
        (
            "A45",
            "a shard twice",
            "the last",
            |p| {
                repeat(p, 1, 2);
                p.header.shards = 3;
            },
            "Header(Links(Exit { part: 1",
        ),
        (
            "A27",
            "the program twice",
            "part 2",
            |p| repeat(p, 2, 3),
            "Header(Links(Program { got: 2",
        ),
        (
            "A27",
            "the program missing",
            "part 2",
            |p| remove(p, 2),
            "Header(Links(Program { got: 0",
        ),
        (
            "A42",
            "zeroed words twice",
            "part 3",
            |p| repeat(p, 3, 4),
            "Header(Links(Zeroed { part: 4",
        ),
        (
            "A44",
            "the first pc changed",
            "+ 4",
            |p| execution(p, 0).pc_start += 4,
            "Header(Links(Entry",
        ),
        (
            "A44",
            "a pc between shards changed",
            "the second start",
            |p| execution(p, 1).pc_start += 4,
            "Header(Links(Start { part: 1",
        ),
        (
            "A44",
            "a pc between shards changed",
            "the first end",
            |p| execution(p, 0).end.as_mut().unwrap().pc += 4,
            "Header(Links(Start { part: 1",
        ),
        (
            "A38",
            "a pc that no instruction has",
            "2^31",
            |p| {
                execution(p, 0).end.as_mut().unwrap().pc = 1 << 31;
                execution(p, 1).pc_start = 1 << 31;
            },
            "Header(Links(Pc { part: 0, got: 2147483648",
        ),
        (
            "A45",
            "an exit before the last shard",
            "part 0",
            |p| execution(p, 0).end = None,
            "Header(Links(Exit { part: 0",
        ),
        (
            "A45",
            "no exit",
            "part 1",
            |p| execution(p, 1).end = execution(p, 0).end,
            "Header(Links(NoExit { part: 1",
        ),
        (
            "A39",
            "a shard of no instructions",
            "part 0",
            |p| execution(p, 0).end.as_mut().unwrap().cycles = 0,
            "Header(Links(Cycles { part: 0, got: 0",
        ),
        (
            "A39",
            "more instructions than the clock counts",
            "2^28 in part 0",
            |p| execution(p, 0).end.as_mut().unwrap().cycles = 1 << 28,
            "Header(Links(Cycles { part: 0, got: 268435456",
        ),
        (
            "A39",
            "as many instructions modulo p",
            "+ p / 4 in part 0",
            |p| execution(p, 0).end.as_mut().unwrap().cycles |= 1 << 31,
            "Header(Links(Cycles { part: 0",
        ),
        (
            "A46",
            "output that begins later",
            "part 0",
            |p| execution(p, 0).output.start = 1,
            "Header(Links(Output { part: 0, expected: 0, got: 1..4",
        ),
        (
            "A46",
            "a byte of two shards",
            "part 1",
            |p| execution(p, 1).output.start = 3,
            "Header(Links(Output { part: 1, expected: 4, got: 3..8",
        ),
        (
            "A46",
            "a byte of no shard",
            "part 0",
            |p| execution(p, 0).output.end = 3,
            "Header(Links(Output { part: 1, expected: 3, got: 4..8",
        ),
        (
            "A46",
            "output that ends before it begins",
            "part 1",
            |p| execution(p, 1).output.end = 3,
            "Header(Links(Output { part: 1, expected: 4, got: 4..3",
        ),
        (
            "A46",
            "less output than is stated",
            "part 1",
            |p| execution(p, 1).output.end = 7,
            "Header(Links(OutputLength { expected: 8, got: 7",
        ),
        (
            "A46",
            "more output than is stated",
            "2^32 - 1 in part 1",
            |p| execution(p, 1).output.end = u32::MAX,
            "Header(Links(OutputLength { expected: 8, got: 4294967295",
        ),
        (
            "A42",
            "a chain of zeroed words that begins later",
            "part 0",
            |p| zeroed(p, 0).from[0] = 1,
            "Header(Links(Zeroed { part: 0, expected: [0, 0], got: [1, 0]",
        ),
        (
            "A42",
            "a chain of zeroed words that breaks off",
            "part 3",
            |p| zeroed(p, 3).from[0] -= 1,
            "Header(Links(Zeroed { part: 3",
        ),
        (
            "A42",
            "a chain of zeroed words that breaks off",
            "part 0",
            |p| zeroed(p, 0).to[1] += 1,
            "Header(Links(Zeroed { part: 3",
        ),
        (
            "A42",
            "limbs that no address has",
            "low, 2^16 + 1",
            |p| zeroed(p, 3).to[0] = (1 << 16) + 1,
            "Header(Links(Address { part: 3, got: [65537",
        ),
        (
            "A42",
            "limbs that no address has",
            "high, 2^14 + 1",
            |p| zeroed(p, 3).to[1] = (1 << 14) + 1,
            "Header(Links(Address { part: 3",
        ),
        (
            "A27",
            "tables of a role without its links",
            "execution, part 1",
            |p| p.header.parts[1].links.execution = None,
            "Header(Links(Role { part: 1, role: Execution",
        ),
        (
            "A27",
            "tables of a role without its links",
            "zeroed, part 3",
            |p| p.header.parts[3].links.zeroed = None,
            "Header(Links(Role { part: 3, role: Zeroed",
        ),
        (
            "A27",
            "links of a role without its tables",
            "zeroed, part 1",
            |p| p.header.parts[1].links.zeroed = Some(ZeroedRange::default()),
            "Header(Links(Role { part: 1, role: Zeroed",
        ),
        (
            "A27",
            "links of a role without its tables",
            "execution, part 2",
            |p| p.header.parts[2].links.execution = p.header.parts[1].links.execution.clone(),
            "Header(Links(Role { part: 2, role: Execution",
        ),
        (
            "A27",
            "no tables",
            "part 1",
            |p| p.header.parts[1].shape = Shape::default(),
            "Header(Shape { part: 1, error: Roles",
        ),
        (
            "A27",
            "a table twice",
            "the first of part 2, at the end",
            |p| {
                let shape = &mut p.header.parts[2].shape.0;
                shape.push(shape[0]);
            },
            "Header(Shape { part: 2, error: Order",
        ),
        (
            "A27",
            "a table of 2^255 rows",
            "part 3",
            |p| p.header.parts[3].shape.0[0].log_height = 255,
            "Header(Shape { part: 3, error: Height",
        ),
        (
            "A27",
            "the program's table of another height",
            "part 2",
            |p| p.header.parts[2].shape.0[0].log_height += 1,
            "Header(Shape { part: 2, error: Fixed",
        ),
        (
            "A16",
            "a root of columns that are not there",
            "part 4, of no zeroed words",
            |p| {
                repeat(p, 3, 4);
                let part = &mut p.header.parts[4];
                let range = part.links.zeroed.as_mut().unwrap();
                range.from = range.to;
                let is_zeroed = |i: &zonda_verifier::Instance| i.table.boundary_width() > 0;
                part.shape.0.retain(|instance| !is_zeroed(instance));
            },
            "Header(Boundary { part: 4",
        ),
        (
            "A20",
            "more global terms than counts can hold",
            "1100 times 2^19 rows of zeroed words",
            |p| {
                let mut last = p.header.parts[3].clone();
                let range = last.links.zeroed.as_mut().unwrap();
                range.from = range.to;
                last.shape.0[0].log_height = 19;
                p.header.parts.resize(1100, last);
            },
            "Header(Security { part: 0, error: LookupTerms",
        ),
    ]
}

/// Changes that only the works notice, or what follows from other challenges.
fn unlinked() -> Vec<(&'static str, &'static str, &'static str, Change)> {
    vec![
        ("A44", "closing parts exchanged", "parts 2 and 3", |p| {
            swap(p, 2, 3)
        }),
        ("A44", "a closing part dropped", "the last", |p| {
            remove(p, 3)
        }),
        ("A46", "a byte moved from shard to shard", "4", |p| {
            execution(p, 0).output.end = 5;
            execution(p, 1).output.start = 5;
        }),
        ("A44", "a pc between shards changed", "both", |p| {
            execution(p, 0).end.as_mut().unwrap().pc += 4;
            execution(p, 1).pc_start += 4;
        }),
        ("A39", "an instruction more", "part 0", |p| {
            execution(p, 0).end.as_mut().unwrap().cycles += 1;
        }),
        ("A42", "the end of the zeroed words", "part 3", |p| {
            zeroed(p, 3).to[0] += 1;
        }),
        ("A43", "a root of boundary columns", "part 1", |p| {
            p.header.parts[1].boundary_root[0] ^= 1;
        }),
        ("A43", "roots of boundary columns exchanged", "0, 1", |p| {
            let [a, b] = [0, 1].map(|part| p.header.parts[part].boundary_root);
            p.header.parts[0].boundary_root = b;
            p.header.parts[1].boundary_root = a;
        }),
    ]
}

/// Changes to the bodies of parts, and to their number.
fn bodies() -> Vec<Line> {
    vec![
        (
            "A44",
            "bodies exchanged",
            "parts 0 and 1",
            |p| p.parts.swap(0, 1),
            "Part { part: 0, error: Encoding",
        ),
        (
            "A44",
            "a body more than the header says",
            "the last again",
            |p| p.parts.push(p.parts[3].clone()),
            "Surplus { expected: 4",
        ),
        (
            "A44",
            "a body fewer than the header says",
            "the last",
            |p| p.parts.truncate(3),
            "Missing { expected: 4, got: 3",
        ),
        (
            "A44",
            "no bodies",
            "all",
            |p| p.parts.clear(),
            "Missing { expected: 4, got: 0",
        ),
        (
            "A44",
            "an empty body",
            "part 2",
            |p| p.parts[2].clear(),
            "Part { part: 2, error: Encoding(Truncated",
        ),
        (
            "A16",
            "bytes after the end of a part",
            "part 1",
            |p| p.parts[1].push(0),
            "Part { part: 1, error: Encoding(Trailing { count: 1",
        ),
        (
            "A16",
            "a byte moved to the next part",
            "parts 0 and 1",
            |p| {
                let byte = p.parts[0].pop().unwrap();
                p.parts[1].insert(0, byte);
            },
            "Part { part: 0, error: Encoding(Truncated",
        ),
        (
            "A02",
            "a global claim changed",
            "part 3",
            |p| move_claim(p, 3, 3),
            "Part { part: 3, error: Constraints",
        ),
        (
            "A02",
            "global claims changed, their sum kept",
            "parts 2 and 3",
            |p| move_claim(p, 2, 3),
            "Part { part: 2, error: Constraints",
        ),
        (
            "A02",
            "a claim moved from a local to a global sum",
            "part 0",
            |p| {
                *p = with_body(p, 0, |body| {
                    body.claims[0] += QM31::ONE;
                });
                move_claim(p, 0, 0);
            },
            "Part { part: 0, error: Balance",
        ),
    ]
}

/// Moves a claim of one part on a global bus to another part's.
fn move_claim(proof: &mut Proof, from: usize, to: usize) {
    let mut add = |part: usize, more: QM31| {
        let layout = Layout::new(&proof.header.parts[part].shape, 4);
        let global = layout
            .running_sums()
            .position(|sum| sum.scope == Scope::Global);
        *proof = with_body(proof, part, |body| body.claims[global.unwrap()] += more);
    };
    add(from, -QM31::ONE);
    if to != from {
        add(to, QM31::ONE);
    }
}

pub fn report(report: &mut Report) {
    let setup = setup_of_parts();
    let statement = &setup.run.statement;
    let (key, honest) = &setup.free;
    for (id, attack, changed, change, expected) in headers().into_iter().chain(bodies()) {
        let mut proof = honest.clone();
        change(&mut proof);
        assert!(&proof != honest, "{id} {attack}: {changed}");
        let result = verify(key, statement, &proof);
        report.line(id, attack, changed, &result, expected, "");
    }
    for (id, attack, changed, change) in unlinked() {
        for ((key, honest), expected) in [
            (&setup.worked, "GlobalWork"),
            (&setup.free, "Part { part: 0, error: "),
        ] {
            let mut proof = honest.clone();
            change(&mut proof);
            assert!(&proof != honest, "{id} {attack}: {changed}");
            let result = verify(key, statement, &proof);
            report.line(id, attack, changed, &result, expected, "");
        }
    }
    spliced(report);
    bytes(report);
}

/// Parts of proofs of other runs of the same program.
fn spliced(report: &mut Report) {
    let setup = setup_of_parts();
    let statement = &setup.run.statement;
    let other_input = Cuts::new(&program(), b"on", 28).in_four_parts(1);
    assert_eq!(&other_input.statement, statement);
    // The same input, and other parts of it.
    let other_parts = Cuts::new(&program(), INPUT, 28).in_four_parts(2);
    for (what, run) in [("another input", other_input), ("other parts", other_parts)] {
        let (key, honest) = &setup.worked;
        let other = run.prove::<QM31>(key);
        assert_eq!(verify(key, statement, &other), Ok(()), "the control");
        for part in 0..4 {
            let id = "A44";
            let mut proof = honest.clone();
            proof.parts[part] = other.parts[part].clone();
            let result = verify(key, statement, &proof);
            let changed = format!("body {part} of a run with {what}");
            let expected = format!("Part {{ part: {part}, error: ");
            report.line(id, "a part spliced in", &changed, &result, &expected, "");
            if proof.header.parts[part] == other.header.parts[part] {
                continue;
            }
            proof.header.parts[part] = other.header.parts[part].clone();
            let result = verify(key, statement, &proof);
            let changed = format!("part {part} of a run with {what}");
            let expected = match proof.header.parts[3].links.zeroed.unwrap().from {
                from if from == proof.header.parts[0].links.zeroed.unwrap().to => "GlobalWork",
                _ => "Header(Links(Zeroed",
            };
            report.line(id, "a part spliced in", &changed, &result, expected, "");
        }
    }
    // The same statement, proved in one part.
    let (key, one) = &crate::setup().worked;
    let mut proof = setup.worked.1.clone();
    proof.parts[0] = one.parts[0].clone();
    let result = verify(key, statement, &proof);
    let expected = "Part { part: 0, error: Encoding";
    let changed = "body 0 of the run in one part";
    report.line("A44", "a part spliced in", changed, &result, expected, "");
    proof.header = one.header.clone();
    let result = verify(key, statement, &proof);
    let changed = "header and body 0 of the run in one part";
    let expected = "Surplus { expected: 1";
    report.line("A44", "a part spliced in", changed, &result, expected, "");
}

/// Bytes of headers that ask for more than there is.
fn bytes(report: &mut Report) {
    let (_, honest) = &setup_of_parts().free;
    let honest = honest.to_bytes();
    let mut read = |changed, at: usize, number: u32, rest: usize, expected| {
        let mut bytes = honest[..rest].to_vec();
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        let result: Result<(), ProofError> = Proof::from_bytes(&bytes).map(drop);
        let attack = "a header that asks for more than there is";
        report.line("A07", attack, changed, &result, expected, "");
    };
    // After magic, version, preset and claim: how many shards, and how many parts.
    let (shards, parts, rest) = (112, 116, 120);
    read("2^32 - 1 shards", shards, u32::MAX, rest, "Header(Shards");
    read("2^32 - 1 parts", parts, u32::MAX, rest, "Header(Parts");
    let changed = "2^12 + 2 parts, none there";
    read(changed, parts, 4098, rest, "Truncated");
    let header = setup_of_parts().free.1.header.to_bytes().len();
    let length = header + 4;
    read(
        "a part of 2^32 - 1 bytes",
        header,
        u32::MAX,
        length,
        "Length",
    );
    read(
        "a part of 2^26 bytes, none there",
        header,
        1 << 26,
        length,
        "Truncated",
    );
}

/// A run that starts at the second instruction of the program.
pub fn other_entry() -> Run {
    let words = text();
    // The skipped instruction loads the high half of an address, so that the run differs.
    let elf = testing::Builder::new(testing::TEXT + 4).text(testing::TEXT, &words);
    let program = Program::from_elf(&elf.build()).unwrap();
    Cuts::new(&program, INPUT, 28).in_four_parts(1)
}

/// A run whose second shard leaves out its first instruction.
pub fn skipped_instruction() -> Run {
    let mut cuts = Cuts::new(&program(), INPUT, 28);
    let shard = &mut cuts.shards[1];
    assert_eq!(shard.pcs[0], shard.start.pc);
    shard.start.pc += 4;
    shard.pcs.remove(0);
    shard.cycles -= 1;
    shard.meter.instructions[Family::AddImmediate as usize] -= 1;
    cuts.in_four_parts(1)
}

/// A run in which a word that the first shard has written is zero again in the second, as if
/// nobody had held it.
pub fn forgotten_word() -> Run {
    let mut cuts = Cuts::new(&program(), INPUT, 28);
    let address = 0x2000_0040 >> 2;
    let shard = &mut cuts.shards[1];
    let word = shard.words.iter_mut().find(|word| word.address == address);
    let word = word.unwrap();
    assert!(word.owner == 1 && word.before != 0);
    let written = word.before;
    (word.before, word.owner, word.after) = (0, 0, 0);
    shard.output = vec![0; 4];
    let index = cuts
        .left
        .iter()
        .position(|left| left.address == address && left.space == 1);
    let last = cuts.left[index.unwrap()];
    let by_first = opened(&cuts.image, &cuts.left);
    let mut first = by_first.clone();
    for opening in &mut first {
        if opening.left.address == address {
            (opening.left.value, opening.left.owner) = (written, 1);
        }
    }
    // The second chain opens this word alone.
    let mut again = last;
    (again.value, again.owner) = (0, 2);
    let count = first.len();
    first.extend(opened(&cuts.image, &[again]));
    cuts.openings = first;
    cuts.in_four_parts(count)
}

/// A run in which a register that the first shard has written is zero again in the second, as if
/// nobody had held it: the program, and with it the registers at reset, is there twice.
pub fn forgotten_register() -> Run {
    const REGISTER: u32 = 9;
    let mut cuts = Cuts::new(&program(), INPUT, 28);
    cuts.fresh = Some(REGISTER);
    let shard = &mut cuts.shards[1];
    let before = &mut shard.start.registers[REGISTER as usize];
    let written = std::mem::take(before);
    assert_ne!(written, 0);
    shard.registers_after[REGISTER as usize] = 0;
    let left = &mut cuts.left[REGISTER as usize];
    (left.value, left.owner) = (written, 1);
    let again = [Left {
        value: 0,
        owner: 2,
        ..*left
    }];
    let uses = cuts.uses();
    let program = |uses, left| Duties {
        program: Some(ProgramUse { uses, left }),
        ..Duties::default()
    };
    let zeroed = Duties {
        zeroed: Some(&cuts.openings),
        ..Duties::default()
    };
    cuts.run(&[
        zeroed,
        Duties::default(),
        program(&uses, &cuts.left),
        program(&vec![0; uses.len()], &again),
    ])
}

/// A run that goes on after its exit, and makes more bytes public.
pub fn after_exit() -> Run {
    let mut cuts = Cuts::new(&program(), INPUT, u64::from(u32::MAX));
    let mut again = Cuts::new(&program(), INPUT, 28).shards.remove(1);
    let exited = &cuts.shards[0];
    again.start.registers = exited.registers_after;
    again.registers_after = exited.registers_after;
    again.start.output_length = exited.output_length_after;
    again.output_length_after = again.start.output_length + 4;
    for word in &mut again.words {
        assert_eq!(word.before, word.after);
        word.owner = 1;
    }
    for left in &mut cuts.left {
        let touched = again.words.iter().any(|word| word.address == left.address);
        match left.space {
            SPACE_RAM if !touched => {}
            SPACE_OUTPUT_LENGTH => (left.value, left.owner) = (again.output_length_after, 2),
            _ => left.owner = 2,
        }
    }
    cuts.shards.push(again);
    cuts.openings = opened(&cuts.image, &cuts.left);
    cuts.in_four_parts(1)
}

/// A run of which the last part, with zeroed words that it touches, is left out.
pub fn left_out() -> Run {
    let mut run = Cuts::new(&program(), INPUT, 28).in_four_parts(1);
    run.parts.pop();
    run
}
