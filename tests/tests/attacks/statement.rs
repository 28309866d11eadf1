//! Honest proofs, changed, or checked against something else: A02, A03, A06, A08 to A11, A16, A24, A46
//! and A50.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use p3_field::PrimeCharacteristicRing;
use zonda::{Preset, Proof, Prover, Statement, VerifyError, VerifyingKey, verify};
use zonda_circuits::F;
use zonda_verifier::{
    Claim, Header, KeyError, Layout, Machine, Parameters, QM31, fractions::Fraction, layout::MAIN,
    part::Body,
};

use super::{
    harness::{CHEAP, Forger},
    names::{name, variant},
    victims::{CALLS, FLOW, VALUES, ZEROED, asking},
};

/// An honest proof and what it proves.
pub struct Honest {
    pub key: VerifyingKey,
    pub statement: Statement,
    pub bytes: Vec<u8>,
}

/// A proof with the standard parameters, of one part.
pub static HONEST: LazyLock<Honest> = LazyLock::new(|| Honest::new(1000));

/// The same run in several shards.
pub static SHARDED: LazyLock<Honest> = LazyLock::new(|| Honest::new(20));

/// Changes the body of a part of a proof of the standard preset.
pub fn change_body(proof: &mut Proof, part: usize, change: impl FnOnce(&mut Body<QM31>)) {
    let layout = Layout::new(&proof.header.parts[part].heights);
    let mut body = body(proof, part);
    change(&mut body);
    proof.parts[part] = body.to_bytes(&layout);
}

/// The body of a part of a proof of the standard preset.
pub fn body(proof: &Proof, part: usize) -> Body<QM31> {
    let layout = Layout::new(&proof.header.parts[part].heights);
    Body::from_bytes(&Machine::new(), &layout, &proof.parts[part]).expect("a part")
}

impl Honest {
    fn new(shard_cycles: u64) -> Self {
        let prover = Prover::new(zonda::Options::new().shard_cycles(shard_cycles));
        let input = asking(64, 3, ZEROED, 4);
        let proved = prover.prove(&CALLS.program, &input).unwrap();
        let honest = Self {
            key: prover.verifying_key(&CALLS.program).unwrap(),
            statement: Statement {
                exit_code: 7,
                output: proved.output,
            },
            bytes: proved.proof.to_bytes(),
        };
        honest.check(&honest.bytes).unwrap();
        honest
    }

    pub fn proof(&self) -> Proof {
        Proof::from_bytes(&self.bytes).unwrap()
    }

    /// Reads and verifies, and turns a panic into a failure of the test.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        let read = || match Proof::from_bytes(bytes) {
            Ok(proof) => self.verify(&proof),
            Err(error) => Err(variant(&error)),
        };
        catch_unwind(AssertUnwindSafe(read)).expect("the reader panics")
    }

    /// Verifies, and turns a panic into a failure of the test.
    pub fn verify(&self, proof: &Proof) -> Result<(), String> {
        let verify = || verify(&self.key, &self.statement, proof).map_err(|error| name(&error));
        catch_unwind(AssertUnwindSafe(verify)).expect("the verifier panics")
    }

    /// The verifier's answer to a proof with one part changed.
    fn changed(&self, part: usize, change: impl FnOnce(&mut Body<QM31>)) -> String {
        let mut proof = self.proof();
        change_body(&mut proof, part, change);
        self.verify(&proof).unwrap_err()
    }

    /// The verifier's answer to another header.
    pub fn header(&self, change: impl FnOnce(&mut Header)) -> VerifyError {
        let mut proof = self.proof();
        change(&mut proof.header);
        verify(&self.key, &self.statement, &proof).unwrap_err()
    }
}

/// What the verifier says to a proof of something else than it expects, and what if the proof claims
/// to be of that.
fn refused(key: &VerifyingKey, statement: &Statement, proof: &Proof) -> [String; 2] {
    let mut claiming = proof.clone();
    claiming.header.claim = Claim::new(key, statement);
    [proof, &claiming].map(|proof| name(&verify(key, statement, proof).unwrap_err()))
}

#[test]
fn another_statement_is_refused() {
    let honest = &HONEST;
    let proof = honest.proof();
    let refused = |change: &dyn Fn(&mut Statement)| {
        let mut statement = honest.statement.clone();
        change(&mut statement);
        let [alone, claiming] = refused(&honest.key, &statement, &proof);
        (alone, claiming)
    };
    let named = |alone: &str, claiming: &str| (alone.to_owned(), claiming.to_owned());
    let exit_code = named("Claim.ExitCode", "GlobalWork");
    let length = named("Claim.OutputLength", "Links.OutputLength");
    let bytes = named("Claim.Output", "GlobalWork");
    let output = &honest.statement.output;
    assert_eq!(refused(&|s| s.exit_code = 0), exit_code);
    assert_eq!(refused(&|s| s.exit_code ^= 1 << 31), exit_code);
    for index in 0..output.len() {
        assert_eq!(refused(&|s| s.output[index] ^= 1), bytes);
    }
    assert_eq!(refused(&|s| s.output.push(0)), length);
    assert_eq!(refused(&|s| s.output.extend([0; 100])), length);
    assert_eq!(refused(&|s| s.output.truncate(3)), length);
    assert_eq!(refused(&|s| s.output.clear()), length);
    assert_eq!(refused(&|s| s.output.reverse()), bytes);
    assert_eq!(refused(&|s| s.output[4..].rotate_left(4)), bytes);
    let too_long = refused(&|s| s.output = vec![0; (1 << 22) + 1]);
    assert_eq!(too_long, named("Output", "Output"));
    // The output of another input.
    let other = asking(64, 3, ZEROED + 16, 4);
    let other = Prover::default().execute(&CALLS.program, &other).unwrap();
    assert_eq!(refused(&|s| s.output = other.output.clone()), bytes);
}

/// A50: of another program, under its own key and under one that says that it is this one's.
#[test]
fn another_program_is_refused() {
    let honest = &HONEST;
    let proof = honest.proof();
    for program in [&FLOW.program, &VALUES.program] {
        let key = Prover::default().verifying_key(program).unwrap();
        let [alone, claiming] = refused(&key, &honest.statement, &proof);
        assert_eq!(alone, "Claim.Program");
        assert!(
            matches!(&*claiming, "Heights.Fixed" | "GlobalWork"),
            "{claiming}"
        );
        let roots = *key.fixed_roots();
        let (id, heights) = (*honest.key.program_id(), *key.heights());
        let key = VerifyingKey::from_roots(id, key.entry(), key.preset(), heights, roots);
        let [alone, claiming] = refused(&key, &honest.statement, &proof);
        assert_eq!(alone, "Claim.Key");
        assert!(
            matches!(&*claiming, "Heights.Fixed" | "GlobalWork"),
            "{claiming}"
        );
    }
}

/// A50: a key that differs in one number of it.
#[test]
fn another_key_is_refused() {
    let (honest, key) = (&HONEST, &HONEST.key);
    let (id, entry, roots) = (*key.program_id(), key.entry(), *key.fixed_roots());
    let refused = |id, entry, heights, roots| {
        let other = VerifyingKey::from_roots(id, entry, key.preset(), heights, roots);
        refused(&other, &honest.statement, &honest.proof())
    };
    let heights = *key.heights();
    assert_eq!(
        VerifyingKey::from_roots(id, entry, key.preset(), heights, roots),
        *key
    );
    let mut others = [heights; 3];
    others[0].program += 1;
    others[1].image -= 1;
    others[2].gaps += 1;
    for other in others {
        let said = refused(id, entry, other, roots);
        assert_eq!(said, ["Claim.Key", "Heights.Fixed"]);
    }
    for phase in 0..2 {
        let mut other = roots;
        other[phase][31] ^= 1;
        assert_eq!(
            refused(id, entry, heights, other),
            ["Claim.Key", "GlobalWork"]
        );
    }
    let [program, gaps] = roots;
    let said = refused(id, entry, heights, [gaps, program]);
    assert_eq!(said, ["Claim.Key", "GlobalWork"]);
    let said = refused(id, entry + 4, heights, roots);
    assert_eq!(said, ["Claim.Key", "Links.Entry"]);
    let mut other = id;
    other[0] ^= 1;
    let said = refused(other, entry, heights, roots);
    assert_eq!(said, ["Claim.Program", "GlobalWork"]);
}

/// A user who expects something else is told what the proof states.
#[test]
fn what_differs_is_said() {
    let honest = &HONEST;
    let proof = honest.proof();
    let said = |key: &VerifyingKey, change: &dyn Fn(&mut Statement)| {
        let mut statement = honest.statement.clone();
        change(&mut statement);
        verify(key, &statement, &proof).unwrap_err().to_string()
    };
    let exit_code = said(&honest.key, &|s| s.exit_code = 0);
    assert_eq!(exit_code, "the proof states exit code 7, you expect 0");
    let length = honest.statement.output.len();
    let output = said(&honest.key, &|s| s.output.truncate(8));
    let expected = format!("the proof states {length} bytes of output, you expect 8");
    assert_eq!(output, expected);
    let output = said(&honest.key, &|s| s.output[0] ^= 1);
    let start = format!("the proof states {length} bytes of output with the BLAKE3 digest ");
    assert!(output.starts_with(&start), "{output}");
    let key = Prover::default().verifying_key(&FLOW.program).unwrap();
    let program = said(&key, &|_| ());
    let hex = |program: &zonda::Program| program.id().map(|byte| format!("{byte:02x}")).concat();
    let [got, expected] = [&CALLS.program, &FLOW.program].map(hex);
    let expected = format!("the proof is of program {got}, the key is of {expected}");
    assert_eq!(program, expected);
}

#[test]
fn another_preset_or_other_parameters_are_refused() {
    let honest = &HONEST;
    let proof = honest.proof();
    let says = |key: &VerifyingKey, proof: &Proof| verify(key, &honest.statement, proof);
    let wrong = |expected, got| Err(VerifyError::Preset { expected, got });
    let mut high = honest.proof();
    high.header.preset = Preset::High;
    assert_eq!(
        says(&honest.key, &high),
        wrong(Preset::Standard, Preset::High)
    );
    let high = Prover::new(zonda::Options::new().preset(Preset::High));
    let key = high.verifying_key(&CALLS.program).unwrap();
    assert_eq!(says(&key, &proof), wrong(Preset::High, Preset::Standard));
    // The same bytes under the other preset's number.
    let mut bytes = honest.bytes.clone();
    bytes[7] = Preset::High.byte();
    assert!(honest.check(&bytes).is_err());

    // A key that asks for anything else: more, less, or what no key can ask for.
    let standard = honest.key.parameters().to_array();
    for index in 0..standard.len() {
        for (change, expected) in [
            (1, ["Claim.Key", "GlobalWork"]),
            (u32::MAX, ["Claim.Key", "GlobalWork"]),
            (1 << 20, ["Key.Parameters"; 2]),
        ] {
            let mut parameters = standard;
            parameters[index] = parameters[index].wrapping_add(change);
            let parameters = Parameters::from_array(parameters);
            let key = honest.key.clone().with_parameters(parameters);
            let errors = refused(&key, &honest.statement, &proof);
            assert_eq!(errors, expected, "{parameters:?}");
        }
    }
    let none = Parameters {
        queries: 0,
        ..*honest.key.parameters()
    };
    let key = honest.key.clone().with_parameters(none);
    let error = KeyError::Parameters {
        preset: Preset::Standard,
    };
    assert_eq!(says(&key, &proof), Err(VerifyError::Key(error)));
}

/// A change of a part, and the checks that refuse it.
struct Change {
    what: &'static str,
    /// Where works come before challenges.
    with_works: &'static str,
    /// What the argument itself refuses.
    without: &'static str,
    change: fn(&mut Body<QM31>),
}

const fn change(
    what: &'static str,
    with_works: &'static str,
    without: &'static str,
    change: fn(&mut Body<QM31>),
) -> Change {
    Change {
        what,
        with_works,
        without,
        change,
    }
}

/// A change that any verifier refuses by the same check.
const fn plain(what: &'static str, refused: &'static str, change: fn(&mut Body<QM31>)) -> Change {
    self::change(what, refused, refused, change)
}

/// Lists of a part that are too short or too long.
#[rustfmt::skip] // One line each.
const COUNTS: [Change; 24] = [
    plain("a node too few", "Encoding", |p| { p.tree.nodes.pop(); }),
    plain("a node too many", "Encoding", |p| p.tree.nodes.push(Fraction::ZERO)),
    plain("a depth too few", "Encoding", |p| { p.tree.layers.pop(); }),
    plain("a depth too many", "Encoding", |p| p.tree.layers.extend(p.tree.layers.last().cloned())),
    plain("a round of the tree too few", "Encoding", |p| { p.tree.layers[3].rounds.pop(); }),
    plain("a value of the first round too few", "Encoding", |p| { p.rows.skip.pop(); }),
    plain("a value of the first round too many", "Encoding", |p| p.rows.skip.push(QM31::ZERO)),
    plain("a round over rows too few", "Encoding", |p| { p.rows.rounds.pop(); }),
    plain("a round over rows too many", "Encoding", |p| p.rows.rounds.push([QM31::ZERO; 3])),
    plain("a value too few", "Encoding", |p| { p.values.pop(); }),
    plain("a value too many", "Encoding", |p| p.values.push(QM31::ZERO)),
    plain("a round over rows of pages too few", "Encoding", |p| { p.opening.low.pop(); }),
    plain("a round over pages too few", "Encoding", |p| { p.opening.pages.pop(); }),
    plain("a phase too few", "Encoding", |p| { p.opening.phases.pop(); }),
    plain("a round of the point too many", "Encoding", |p| p.opening.point.push([QM31::ZERO; 2])),
    plain("a word too many", "Encoding", |p| p.opening.words.push(QM31::ZERO)),
    plain("a round of folding too few", "Encoding", |p| { p.words.rounds.pop(); }),
    plain("a round of folding too many", "Encoding", |p| p.words.rounds.extend(p.words.rounds.last().cloned())),
    plain("a halving too few", "Encoding", |p| { p.words.rounds[0].halves.pop(); }),
    plain("a work of a halving too few", "Encoding", |p| { p.words.rounds[0].nonces.pop(); }),
    plain("no last coefficients", "Encoding", |p| p.words.last.clear()),
    plain("one last coefficient too few", "Encoding", |p| p.words.last.truncate(63)),
    plain("twice as many last coefficients", "Encoding", |p| p.words.last.extend([QM31::ZERO; 64])),
    plain("a cell too few", "Encoding", |p| { p.words.rows[1].cells.pop(); }),
];

/// Openings of too few positions, or of too many; and of others.
#[rustfmt::skip] // One line each.
const OPENINGS: [Change; 11] = [
    plain("no rows", "Words.Rows first Cells", |p| p.words.rows[0].cells.clear()),
    plain("a digest of rows too few", "Words.Rows first Siblings", |p| { p.words.rows[0].siblings.pop(); }),
    plain("a digest of rows too many", "Words.Rows last Siblings", |p| p.words.rows.last_mut().unwrap().siblings.push([0; 32])),
    plain("two digests of rows exchanged", "Words.Rows first Root", |p| p.words.rows[0].siblings.swap(0, 1)),
    plain("a cell changed", "Words.Rows first Root", |p| p.words.rows[0].cells[0] += F::ONE),
    plain("no leaves", "Words.Entries", |p| p.words.rounds[1].opening.entries.clear()),
    plain("a leaf too few", "Words.Entries", |p| {
        let entries = &mut p.words.rounds[0].opening.entries;
        entries.truncate(entries.len() - 16);
    }),
    plain("two leaves exchanged", "Words.Opening", |p| p.words.rounds[0].opening.entries.rotate_left(16)),
    plain("an entry changed that no position needs", "Words.Opening", |p| p.words.rounds.last_mut().unwrap().opening.entries.iter_mut().for_each(|entry| *entry += QM31::ONE)),
    plain("a digest of leaves too few", "Words.Opening", |p| { p.words.rounds[0].opening.siblings.pop(); }),
    plain("a digest of leaves too many", "Words.Opening", |p| p.words.rounds[1].opening.siblings.push([0; 32])),
];

/// A node in which a global message is.
const GLOBAL: usize = 16;

/// Adds `delta` to a fraction.
fn add(node: &mut Fraction<QM31>, delta: QM31) {
    node.numerator += delta * node.denominator;
}

/// Numbers that the transcript absorbs, changed afterwards: A02, A03, A23 and A24 among them.
#[rustfmt::skip] // One line each.
const VALUES_SENT: [Change; 42] = [
    change("the root", "Work", "Tree.Children", |p| p.main[0] ^= 1),
    plain("the work of the lookups", "Work", |p| p.lookup_nonce ^= 1 << 63),
    plain("a local sum", "Tree.Children", |p| add(&mut p.tree.nodes[0], QM31::ONE)),
    plain("two local sums that still add up to zero", "Tree.Children", |p| {
        add(&mut p.tree.nodes[0], QM31::ONE);
        add(&mut p.tree.nodes[1], -QM31::ONE);
    }),
    plain("all local sums zero", "Tree.Children", |p| p.tree.nodes[..GLOBAL].iter_mut().for_each(|node| node.numerator = QM31::ZERO)),
    plain("two local nodes exchanged", "Tree.Children", |p| p.tree.nodes.swap(0, 1)),
    plain("a local and a global node exchanged", "Tree.Children", |p| p.tree.nodes.swap(0, GLOBAL)),
    plain("a node that is not reduced", "Tree.Children", |p| {
        let node = &mut p.tree.nodes[0];
        node.numerator = node.numerator.double();
        node.denominator = node.denominator.double();
    }),
    plain("a global sum", "Tree.Children", |p| add(&mut p.tree.nodes[GLOBAL], QM31::ONE)),
    plain("all global sums zero", "Tree.Children", |p| p.tree.nodes[GLOBAL..].iter_mut().for_each(|node| node.numerator = QM31::ZERO)),
    plain("a local node 0 / 0", "Tree.Denominator", |p| p.tree.nodes[0] = Fraction::default()),
    plain("a global node 0 / 0", "Tree.Denominator", |p| p.tree.nodes[GLOBAL] = Fraction::default()),
    plain("a global node 1 / 0", "Tree.Denominator", |p| p.tree.nodes[GLOBAL].denominator = QM31::ZERO),
    plain("the global sum 0 / 0", "Tree.Denominator", |p| p.tree.nodes[GLOBAL..].fill(Fraction::default())),
    plain("a tree of 0 / 0", "Tree.Denominator", |p| {
        p.tree.nodes.fill(Fraction::default());
        for layer in &mut p.tree.layers {
            layer.rounds.fill([QM31::ZERO; 2]);
            layer.children = [Fraction::default(); 2];
        }
    }),
    plain("a round of the tree", "Tree.Children", |p| p.tree.layers[0].rounds[0][0] += QM31::ONE),
    plain("the last round of the tree", "Tree.Children", |p| p.tree.layers.last_mut().unwrap().rounds.last_mut().unwrap()[1] += QM31::ONE),
    plain("a child", "Tree.Children", |p| p.tree.layers[0].children[0].numerator += QM31::ONE),
    plain("two children exchanged", "Tree.Children", |p| p.tree.layers[5].children.swap(0, 1)),
    plain("two children of the leaves exchanged", "Rows.Skip", |p| p.tree.layers.last_mut().unwrap().children.swap(0, 1)),
    plain("a denominator of the leaves", "Tree.Children", |p| p.tree.layers.last_mut().unwrap().children[1].denominator += QM31::ONE),
    plain("two depths exchanged", "Tree.Children", |p| p.tree.layers.swap(0, 1)),
    plain("a value of the first round", "Rows.Skip", |p| p.rows.skip[0] += QM31::ONE),
    plain("a value of the first round beyond the rows", "Rows.Values", |p| p.rows.skip[21] += QM31::ONE),
    plain("a round over rows", "Rows.Values", |p| p.rows.rounds[0][0] += QM31::ONE),
    plain("two rounds over rows exchanged", "Rows.Values", |p| p.rows.rounds.swap(0, 1)),
    plain("a value", "Rows.Values", |p| p.values[9] += QM31::ONE),
    plain("two values exchanged", "Rows.Values", |p| p.values.swap(0, 1)),
    plain("all values zero", "Rows.Values", |p| p.values.fill(QM31::ZERO)),
    change("a round over rows of pages", "Opening.Work", "Opening.Phases", |p| p.opening.low[0][0] += QM31::ONE),
    change("a round over pages", "Opening.Work", "Opening.Phases", |p| p.opening.pages[0][1] += QM31::ONE),
    plain("the work of a column", "Opening.Work", |p| p.opening.column_nonces[1] ^= 1 << 63),
    plain("a phase", "Opening.Phases", |p| p.opening.phases[0] += QM31::ONE),
    plain("a round of the point", "Opening.Words", |p| p.opening.point[0][0] += QM31::ONE),
    plain("a word", "Opening.Words", |p| p.opening.words[0] += QM31::ONE),
    plain("the work of words", "Words.Work", |p| p.words.nonce ^= 1 << 63),
    change("a root of folding", "Words.Work", "Words.Halves", |p| p.words.rounds[0].root[0] ^= 1),
    plain("a half", "Words.Halves", |p| p.words.rounds[0].halves[0][0] += QM31::ONE),
    plain("two halves exchanged", "Words.Halves", |p| p.words.rounds[1].halves[0].swap(0, 1)),
    plain("the work of a halving", "Words.Work", |p| p.words.rounds[0].nonces[2] ^= 1 << 63),
    plain("a last coefficient", "Words.Value", |p| p.words.last[63] += QM31::ONE),
    plain("the work of queries", "Words.Work", |p| p.words.query_nonce += 1),
];

/// A part that works come before, one of several, and one without works.
#[test]
fn missing_further_and_changed_pieces_are_refused() {
    let cheap = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    assert_eq!(CALLS.key.parameters(), &CHEAP);
    let cheap = Honest {
        key: CALLS.key.clone(),
        statement: cheap.statement.clone(),
        bytes: cheap.prove().to_bytes(),
    };
    let proofs = [
        (&*HONEST, 0, [0, 3]),
        (&*SHARDED, 1, [2, 3]),
        (&cheap, 0, [0, 3]),
    ];
    for (honest, part, [first, last]) in proofs {
        assert_eq!(honest.verify(&honest.proof()), Ok(()));
        let mut unchanged = honest.proof();
        change_body(&mut unchanged, part, |_| ());
        assert!(unchanged == honest.proof());
        let has_works = honest.key.parameters() != &CHEAP;
        for Change {
            what,
            with_works,
            without,
            change,
        } in COUNTS.iter().chain(&OPENINGS).chain(&VALUES_SENT)
        {
            let got = honest.changed(part, change);
            let expected = if has_works { with_works } else { without };
            let expected = expected.replace("first", &first.to_string());
            let expected = expected.replace("last", &last.to_string());
            assert_eq!(got, expected, "{what}, part {part}");
        }
        let layout = Layout::new(&honest.proof().header.parts[part].heights);
        let width = layout.phases[MAIN].width;
        let rows = |change: &dyn Fn(&mut Vec<F>)| {
            honest.changed(part, |p| {
                change(&mut p.words.rows.last_mut().expect("a phase").cells);
            })
        };
        let fewer = rows(&|cells| cells.truncate(cells.len() - width));
        assert_eq!(fewer, format!("Words.Rows {last} Cells"));
        for shift in [1, width] {
            let exchanged = rows(&|cells| cells.rotate_left(shift));
            assert_eq!(exchanged, format!("Words.Rows {last} Root"));
        }
    }
}

/// All nonces of a part, in order.
fn nonces(body: &mut Body<QM31>) -> Vec<&mut u64> {
    let mut all = vec![&mut body.lookup_nonce];
    all.extend(&mut body.opening.column_nonces);
    all.push(&mut body.words.nonce);
    all.extend(
        body.words
            .rounds
            .iter_mut()
            .flat_map(|round| &mut round.nonces),
    );
    all.push(&mut body.words.query_nonce);
    all
}

/// A11: each work was done at its own place.
#[test]
fn works_of_other_places_are_refused() {
    for (honest, part) in [(&HONEST, 0), (&SHARDED, 2)] {
        let proof = honest.proof();
        let mut own = body(&proof, part);
        let mut all: Vec<u64> = nonces(&mut own).into_iter().map(|nonce| *nonce).collect();
        all.push(proof.header.global_nonce);
        for index in 0..all.len() - 1 {
            let refused = honest.changed(part, |p| *nonces(p)[index] = all[index + 1]);
            assert!(refused.ends_with("Work"), "work {index}: {refused}");
        }
        for nonce in [u64::MAX, 0, all[0], proof.header.global_nonce ^ 1 << 63] {
            let refused = honest.header(|header| header.global_nonce = nonce);
            assert_eq!(refused, VerifyError::GlobalWork);
        }
    }
}
