//! Honest proofs of a run in four parts whose header or parts are not put together as they should be, and
//! honest proofs of something else than is expected: both verifiers refuse them at the same check.

use zonda_circuits::machine::{Role, Table, ZeroedRange};
use zonda_verifier::{
    Claim, ExecutionLinks, Heights, KeyHeights, Parameters, Preset, Proof, QM31, Statement,
    VerifyError, VerifyingKey, verify,
};

use crate::{
    checker::Refusal,
    free,
    proof::{RunProof, name_of_whole, verify_plainly},
    prover::Honest,
    run::{CYCLES, Cuts, INPUT, one_part, program, text},
    worked,
};

type Change = fn(&mut Proof);

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

/// Makes a table of a part as high.
fn set(proof: &mut Proof, part: usize, table: Table, height: u32) {
    let heights = &mut proof.header.parts[part].heights;
    let honest = *heights;
    *heights = Heights::new(|own| if own == table { height } else { honest.of(own) });
}

/// Makes the tables of a part that executes as high as any can be, but for one and the statement's.
fn fill(proof: &mut Proof, part: usize, but: Table) {
    let is_full = |table: &Table| {
        let is_other = ![but, Table::Statement].contains(table);
        is_other && table.role() == Role::Execution
    };
    for table in Table::ALL.into_iter().filter(is_full) {
        set(proof, part, table, 1 << 22);
    }
}

/// Adds parts that open no words, with so many rows of opened words each.
fn open_nothing(proof: &mut Proof, parts: usize, height: u32) {
    for _ in 0..parts {
        repeat(proof, 3, 4);
        let range = zeroed(proof, 4);
        range.from = range.to;
        set(proof, 4, Table::Zeroed, height);
    }
}

/// The name of the check that refuses a change, the change, and how the error begins. The first part opens
/// zeroed words, as does the last; the third has the program.
type Line = (Refusal, Change, &'static str);

/// A44 and A45: the numbers of parts, and their order.
const NUMBERS: &[Line] = &[
    ("counts", |p| p.header.shards = 0, "Shards { got: 0"),
    (
        "counts",
        |p| p.header.shards = (1 << 16) + 1,
        "Shards { got: 65537",
    ),
    (
        "counts",
        |p| p.header.shards = 5,
        "Parts { shards: 5, most: 4101, got: 4",
    ),
    (
        "counts",
        |p| {
            let last = p.header.parts[3].clone();
            p.header.parts.resize(2 + (1 << 12) + 1, last);
        },
        "Parts { shards: 2, most: 4098, got: 4099",
    ),
    (
        "roles",
        |p| p.header.shards = 1,
        "Links(Execution { part: 1, expected: false",
    ),
    (
        "roles",
        |p| p.header.shards = 3,
        "Links(Execution { part: 2, expected: true",
    ),
    (
        "roles",
        |p| swap(p, 1, 2),
        "Links(Execution { part: 1, expected: true",
    ),
    ("roles", |p| repeat(p, 2, 3), "Links(Program { got: 2"),
    ("roles", |p| remove(p, 2), "Links(Program { got: 0"),
    ("shards", |p| swap(p, 0, 1), "Links(Entry"),
    (
        "shards",
        |p| {
            remove(p, 0);
            p.header.shards = 1;
        },
        "Links(Entry",
    ),
    (
        "shards",
        |p| {
            remove(p, 1);
            p.header.shards = 1;
        },
        "Links(NoExit { part: 0",
    ),
    (
        "shards",
        |p| {
            repeat(p, 0, 1);
            p.header.shards = 3;
        },
        "Links(Start { part: 1",
    ),
    (
        "shards",
        |p| {
            repeat(p, 1, 2);
            p.header.shards = 3;
        },
        "Links(Exit { part: 1",
    ),
    (
        "zeroed links",
        |p| repeat(p, 3, 4),
        "Links(Zeroed { part: 4",
    ),
    (
        "roles",
        |p| remove(p, 0),
        "Links(Execution { part: 1, expected: true",
    ),
];

/// A38, A39, A42, A44, A45 and A46: what the links say.
const LINKS: &[Line] = &[
    ("shards", |p| execution(p, 0).pc_start += 4, "Links(Entry"),
    (
        "shards",
        |p| execution(p, 1).pc_start += 4,
        "Links(Start { part: 1",
    ),
    (
        "shards",
        |p| execution(p, 0).end.as_mut().unwrap().pc += 4,
        "Links(Start { part: 1",
    ),
    (
        "shards",
        |p| {
            execution(p, 0).end.as_mut().unwrap().pc = 1 << 30;
            execution(p, 1).pc_start = 1 << 30;
        },
        "Links(Pc { part: 0, got: 1073741824",
    ),
    (
        "shards",
        |p| execution(p, 0).end = None,
        "Links(Exit { part: 0",
    ),
    (
        "shards",
        |p| execution(p, 1).end = execution(p, 0).end,
        "Links(NoExit { part: 1",
    ),
    (
        "shards",
        |p| execution(p, 0).end.as_mut().unwrap().cycles = 0,
        "Links(Cycles { part: 0, got: 0",
    ),
    (
        "shards",
        |p| execution(p, 0).end.as_mut().unwrap().cycles = 1 << 28,
        "Links(Cycles { part: 0, got: 268435456",
    ),
    (
        // As many instructions modulo p.
        "shards",
        |p| execution(p, 0).end.as_mut().unwrap().cycles |= 1 << 31,
        "Links(Cycles { part: 0",
    ),
    (
        "output links",
        |p| execution(p, 0).output.start = 1,
        "Links(Output { part: 0, expected: 0, got: 1..4",
    ),
    (
        "output links",
        |p| execution(p, 1).output.start = 3,
        "Links(Output { part: 1, expected: 4, got: 3..8",
    ),
    (
        "output links",
        |p| execution(p, 0).output.end = 3,
        "Links(Output { part: 1, expected: 3, got: 4..8",
    ),
    (
        "output links",
        |p| execution(p, 1).output.end = 3,
        "Links(Output { part: 1, expected: 4, got: 4..3",
    ),
    (
        "output links",
        |p| execution(p, 1).output.end = 7,
        "Links(OutputLength { expected: 8, got: 7",
    ),
    (
        "output links",
        |p| execution(p, 1).output.end = u32::MAX,
        "Links(OutputLength { expected: 8, got: 4294967295",
    ),
    (
        "zeroed links",
        |p| zeroed(p, 0).from[0] = 1,
        "Links(Zeroed { part: 0, expected: [0, 0], got: [1, 0]",
    ),
    (
        "zeroed links",
        |p| zeroed(p, 3).from[0] -= 1,
        "Links(Zeroed { part: 3",
    ),
    (
        "zeroed links",
        |p| zeroed(p, 0).to[1] += 1,
        "Links(Zeroed { part: 3",
    ),
    (
        "zeroed links",
        |p| zeroed(p, 3).to[0] = (1 << 16) + 1,
        "Links(Address { part: 3, got: [65537",
    ),
    (
        "zeroed links",
        |p| zeroed(p, 3).to[1] = (1 << 14) + 1,
        "Links(Address { part: 3",
    ),
    (
        "roles",
        |p| p.header.parts[1].links.execution = None,
        "Links(Role { part: 1, role: Execution",
    ),
    (
        "roles",
        |p| p.header.parts[3].links.zeroed = None,
        "Links(Role { part: 3, role: Zeroed",
    ),
    (
        "roles",
        |p| p.header.parts[1].links.zeroed = Some(ZeroedRange::default()),
        "Links(Role { part: 1, role: Zeroed",
    ),
    (
        "roles",
        |p| p.header.parts[2].links.execution = p.header.parts[1].links.execution.clone(),
        "Links(Role { part: 2, role: Execution",
    ),
    (
        "roles",
        |p| {
            for part in [0, 3] {
                p.header.parts[part].links.zeroed = None;
                set(p, part, Table::Gaps, 0);
                set(p, part, Table::Zeroed, 0);
            }
        },
        "Links(NoZeroed",
    ),
];

/// A16, A20 and A27: the tables.
const TABLES: &[Line] = &[
    (
        // A part of lookup tables alone.
        "heights",
        |p| {
            repeat(p, 3, 4);
            set(p, 4, Table::Gaps, 0);
            set(p, 4, Table::Zeroed, 0);
            p.header.parts[4].links.zeroed = None;
        },
        "Heights { part: 4, error: Roles",
    ),
    (
        "heights",
        |p| set(p, 0, Table::AddSub, (1 << 22) + 1),
        "Heights { part: 0, error: High",
    ),
    (
        "heights",
        |p| set(p, 3, Table::Zeroed, u32::MAX),
        "Heights { part: 3, error: High",
    ),
    ("boundary", |p| open_nothing(p, 1, 0), "Boundary { part: 4"),
    (
        "rows",
        |p| fill(p, 1, Table::Statement),
        "Security { part: 1, error: Range { what: \"variables of a matrix\"",
    ),
    (
        "terms",
        |p| fill(p, 1, Table::LoadStoreMisaligned),
        "Security { part: 1, error: Range { what: \"terms",
    ),
    (
        "terms",
        |p| open_nothing(p, 300, 1 << 22),
        "Security { part: 0, error: Range { what: \"terms",
    ),
];

/// A44: changes to the bodies of parts, and to their number.
const BODIES: &[Line] = &[
    (
        "encoding",
        |p| p.parts.swap(0, 1),
        "Part { part: 0, error: Encoding",
    ),
    (
        "parts",
        |p| p.parts.push(p.parts[3].clone()),
        "Surplus { expected: 4",
    ),
    (
        "parts",
        |p| p.parts.truncate(3),
        "Missing { expected: 4, got: 3",
    ),
    (
        "parts",
        |p| p.parts.clear(),
        "Missing { expected: 4, got: 0",
    ),
    (
        "encoding",
        |p| p.parts[2].clear(),
        "Part { part: 2, error: Encoding(Truncated",
    ),
    (
        "encoding",
        |p| p.parts[1].push(0),
        "Part { part: 1, error: Encoding(Trailing { count: 1",
    ),
    (
        "encoding",
        |p| {
            let byte = p.parts[0].pop().unwrap();
            p.parts[1].insert(0, byte);
        },
        "Part { part: 0, error: Encoding(Truncated",
    ),
    (
        "preset",
        |p| p.header.preset = Preset::High,
        "Preset { expected: Standard, got: High",
    ),
];

/// Changes that the header's checks do not notice: the work does, or the challenges that follow.
const UNLINKED: [Change; 12] = [
    |p| swap(p, 2, 3),
    |p| remove(p, 3),
    |p| open_nothing(p, 1, 1),
    |p| {
        execution(p, 0).output.end = 5;
        execution(p, 1).output.start = 5;
        set(p, 0, Table::Statement, 5);
        set(p, 1, Table::Statement, 3);
    },
    |p| {
        execution(p, 0).end.as_mut().unwrap().pc += 4;
        execution(p, 1).pc_start += 4;
    },
    |p| execution(p, 0).end.as_mut().unwrap().cycles += 1,
    |p| zeroed(p, 3).to[0] += 1,
    |p| {
        zeroed(p, 0).to[0] += 1;
        zeroed(p, 3).from[0] += 1;
    },
    |p| p.header.parts[1].boundary_root[31] ^= 1,
    |p| {
        let [a, b] = [0, 1].map(|part| p.header.parts[part].boundary_root);
        p.header.parts[0].boundary_root = b;
        p.header.parts[1].boundary_root = a;
    },
    |p| p.header.global_nonce += 1,
    |p| p.header.global_nonce = u64::MAX,
];

/// Both verifiers refuse it at this check, the verifier with an error that begins like this.
fn must_be_refused(
    key: &VerifyingKey,
    statement: &Statement,
    proof: &Proof,
    at: Refusal,
    expected: &str,
) {
    let error = verify(key, statement, proof).expect_err(expected);
    let debug = format!("{error:?}");
    let own = debug.strip_prefix("Header(").unwrap_or(&debug);
    assert!(own.starts_with(expected), "{debug}, not {expected}");
    let plainly = verify_plainly::<QM31>(key, statement, proof, &[]);
    assert_eq!(plainly, Err(at), "{debug}");
    assert_eq!(name_of_whole(&error), at, "{debug}");
}

#[test]
fn changed_headers_and_parts_are_refused() {
    let honest = free().proof();
    let lines = [NUMBERS, LINKS, TABLES, BODIES];
    for (at, change, expected) in lines.into_iter().flatten() {
        let mut proof = honest.clone();
        change(&mut proof);
        must_be_refused(&free().key, &free().statement, &proof, at, expected);
    }
}

#[test]
fn headers_decide_the_challenges() {
    let (free, worked) = (free(), worked());
    for change in UNLINKED {
        let mut proof = worked.proof();
        change(&mut proof);
        let (key, statement) = (&worked.key, &worked.statement);
        must_be_refused(key, statement, &proof, "global work", "GlobalWork");
        let mut proof = free.proof();
        let nonce = proof.header.global_nonce;
        change(&mut proof);
        if proof.header.global_nonce != nonce {
            continue;
        }
        let error = verify(&free.key, &free.statement, &proof).unwrap_err();
        assert!(
            matches!(error, VerifyError::Part { part: 0, .. }),
            "{error:?}"
        );
        let plainly = verify_plainly::<QM31>(&free.key, &free.statement, &proof, &[]);
        assert_eq!(plainly, Err(name_of_whole(&error)));
    }
}

#[test]
fn all_heights_are_checked() {
    let worked = worked();
    let honest = worked.proof();
    let mut at_work = 0;
    for part in 0..honest.header.parts.len() {
        for table in Table::ALL {
            let height = honest.header.parts[part].heights.of(table);
            for other in [height.wrapping_sub(1), height + 1, 0] {
                if other == height {
                    continue;
                }
                let mut proof = honest.clone();
                set(&mut proof, part, table, other);
                let error = verify(&worked.key, &worked.statement, &proof).unwrap_err();
                let plainly = verify_plainly::<QM31>(&worked.key, &worked.statement, &proof, &[]);
                assert_eq!(plainly, Err(name_of_whole(&error)), "{}", table.name());
                at_work += usize::from(error == VerifyError::GlobalWork);
            }
        }
    }
    // Heights that are the prover's to choose.
    assert!(at_work > 20, "{at_work}");
}

/// A46 and A50: what is expected, and what is claimed.
#[test]
fn claims_and_statements_are_checked() {
    type Claims = fn(&mut Claim);
    let claims: [(Claims, &str); 6] = [
        (|c| c.program_id[31] ^= 1, "Claim(Program"),
        (|c| c.key_digest[0] ^= 1, "Claim(Key"),
        (|c| c.exit_code ^= 1 << 31, "Claim(ExitCode"),
        (|c| c.output_length += 1, "Claim(OutputLength"),
        (|c| c.output_digest[0] ^= 1, "Claim(Output {"),
        (|c| *c = Claim::default(), "Claim(Program"),
    ];
    for (change, expected) in claims {
        let mut proof = free().proof();
        change(&mut proof.header.claim);
        must_be_refused(&free().key, &free().statement, &proof, "claim", expected);
    }
    // A liar claims what is expected.
    type Expect = fn(&mut Statement);
    let statements: [(Expect, Option<(Refusal, &str)>); 5] = [
        (|s| s.exit_code ^= 1, None),
        (|s| s.exit_code ^= 1 << 31, None),
        (|s| s.output[7] ^= 1, None),
        (
            |s| s.output.push(0),
            Some(("output links", "Links(OutputLength")),
        ),
        (
            |s| s.output.resize((1 << 22) + 1, 0),
            Some(("output", "Output { got: 4194305")),
        ),
    ];
    for (change, refusal) in statements {
        for honest in [free(), worked()] {
            let mut statement = honest.statement.clone();
            change(&mut statement);
            let proof = claiming(&honest.key, &statement, honest);
            let is_worked = honest.key.parameters().global_work_bits > 0;
            let (at, expected) = refusal.unwrap_or(if is_worked {
                ("global work", "GlobalWork")
            } else {
                ("children", "Part { part: 0")
            });
            must_be_refused(&honest.key, &statement, &proof, at, expected);
        }
    }
}

/// The proof, which claims what is expected.
fn claiming(key: &VerifyingKey, statement: &Statement, honest: &RunProof<QM31>) -> Proof {
    let mut proof = honest.proof();
    proof.header.claim = Claim::new(key, statement);
    proof
}

/// A09 and A50: an honest proof under another key, also one that asks for less.
#[test]
fn proofs_are_of_their_key() {
    let key = &free().key;
    let KeyHeights {
        program,
        image,
        gaps,
    } = *key.heights();
    let with = |id: u8, entry: u32, root: Option<usize>, heights: [u32; 3]| {
        let mut program_id = *key.program_id();
        program_id[31] ^= id;
        let mut roots = *key.fixed_roots();
        if let Some(root) = root {
            roots[root][31] ^= 1;
        }
        let [program, image, gaps] = heights;
        let heights = KeyHeights {
            program,
            image,
            gaps,
        };
        let entry = key.entry() + entry;
        let key = VerifyingKey::from_roots(program_id, entry, key.preset(), heights, roots);
        key.with_parameters(*free().key.parameters())
    };
    let own = [program, image, gaps];
    let mut others = vec![
        (with(1, 0, None, own), "children", "Part { part: 0"),
        (with(0, 4, None, own), "shards", "Links(Entry"),
        (with(0, 0, Some(0), own), "children", "Part { part: 0"),
        (with(0, 0, Some(1), own), "children", "Part { part: 0"),
    ];
    for table in 0..3 {
        let mut heights = own;
        heights[table] += 1;
        others.push((with(0, 0, None, heights), "heights", "Heights { part: "));
    }
    // Fewer queries, and works of no bits at all: the bits are sent.
    let mut few = *key.parameters();
    few.queries -= 1;
    let few = key.clone().with_parameters(few);
    others.push((few, "children", "Part { part: 0"));
    for (other, at, expected) in others {
        assert_ne!(other.digest(), key.digest());
        let statement = &free().statement;
        let named = free().proof();
        must_be_refused(&other, statement, &named, "claim", "Claim(");
        let proof = claiming(&other, statement, free());
        must_be_refused(&other, statement, &proof, at, expected);
    }
    // The proof without works, and the preset's key.
    let standard = with(0, 0, None, own).with_parameters(Preset::Standard.parameters());
    let proof = claiming(&standard, &free().statement, free());
    let statement = &free().statement;
    must_be_refused(&standard, statement, &proof, "global work", "GlobalWork");
}

/// A07 and A10: keys with parameters that none can have.
#[test]
fn impossible_parameters_are_refused() {
    for (index, number) in [(0, 0), (0, 513), (0, u32::MAX)]
        .into_iter()
        .chain((1..7).map(|index| (index, 41)))
    {
        let mut parameters = free().key.parameters().to_array();
        parameters[index] = number;
        let key = free().key.clone();
        let key = key.with_parameters(Parameters::from_array(parameters));
        let proof = claiming(&key, &free().statement, free());
        let refused = verify(&key, &free().statement, &proof);
        assert!(matches!(refused, Err(VerifyError::Key(_))), "{refused:?}");
    }
}

/// A44: parts of other proofs of the same program.
#[test]
fn parts_are_of_their_proof() {
    let honest = worked();
    let (key, statement) = (&honest.key, &honest.statement);
    let program = program(&text());
    // The same statement on another input; and other parts of the same run.
    let runs = [
        Cuts::new(&program, b"on", CYCLES).in_four_parts(1),
        Cuts::new(&program, INPUT, CYCLES).in_four_parts(2),
    ];
    for run in runs {
        assert_eq!(&run.statement, statement);
        let other = RunProof::<QM31>::new(&run, *key.parameters(), &mut Honest);
        other.must_hold();
        let other = other.proof();
        for part in 0..4 {
            let mut proof = honest.proof();
            proof.parts[part] = other.parts[part].clone();
            let error = verify(key, statement, &proof).unwrap_err();
            let is_there = matches!(error, VerifyError::Part { part: at, .. } if at == part);
            assert!(is_there, "{error:?}");
            let plainly = verify_plainly::<QM31>(key, statement, &proof, &[]);
            assert_eq!(plainly, Err(name_of_whole(&error)));
            // With its entry in the header.
            proof.header.parts[part] = other.header.parts[part].clone();
            if proof.header == honest.header {
                continue;
            }
            let error = verify(key, statement, &proof).unwrap_err();
            assert!(["global work", "zeroed links"].contains(&name_of_whole(&error)));
            let plainly = verify_plainly::<QM31>(key, statement, &proof, &[]);
            assert_eq!(plainly, Err(name_of_whole(&error)));
        }
    }
    // The same statement, proved in one part.
    let one = RunProof::<QM31>::new(&one_part(), *key.parameters(), &mut Honest).proof();
    let mut proof = honest.proof();
    proof.parts[0].clone_from(&one.parts[0]);
    let expected = "Part { part: 0, error: Encoding";
    must_be_refused(key, statement, &proof, "encoding", expected);
    proof.header = one.header;
    must_be_refused(key, statement, &proof, "parts", "Surplus { expected: 1");
}
