//! Provers that lie once, and are honest with the challenges that follow. Each lie is refused by one
//! check, which nothing else implies: a verifier without that check accepts it.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{QM31, part::Body};

use crate::{
    WORKED,
    checker::Refusal,
    machine::say,
    proof::{RunProof, name},
    prover::{Input, Prover},
    run::{Part, Run, one_part, small},
};

/// Changes a message, given the weights of the sum of it that is checked.
type Lie = fn(&[QM31], &mut [QM31]);

/// A prover with lies. Those that it has not are the honest prover's truths.
#[derive(Default)]
struct Liar {
    /// Label, round, and what becomes of the message.
    message: Option<(&'static str, usize, Lie)>,
    idle: Option<(&'static str, usize)>,
    /// A phase whose rows are all others than the columns'.
    commit: Option<usize>,
    /// A round whose word is another.
    word: Option<usize>,
    /// How often it has lied.
    lies: usize,
}

impl Liar {
    fn lies_somewhere(&self) -> bool {
        let about_words = self.commit.or(self.word).is_some();
        about_words || self.message.is_some() || self.idle.is_some()
    }
}

impl Prover<QM31> for Liar {
    fn message(&mut self, label: &'static str, round: usize, weights: &[QM31], told: &mut [QM31]) {
        match self.message {
            Some((own, at, lie)) if (own, at) == (label, round) => {
                self.lies += 1;
                lie(weights, told);
            }
            _ => {}
        }
    }

    fn works(&mut self, label: &'static str, round: usize) -> bool {
        let works = self.idle != Some((label, round));
        self.lies += usize::from(!works);
        works
    }

    fn commit(&mut self, phase: usize, rows: &mut [Vec<F>]) {
        if self.commit == Some(phase) {
            self.lies += 1;
            rows.iter_mut().for_each(|row| row[0] += F::ONE);
        }
    }

    fn word(&mut self, round: usize, values: &mut [QM31]) {
        if self.word == Some(round) {
            self.lies += 1;
            values.iter_mut().for_each(|value| *value += QM31::ONE);
        }
    }
}

/// A false proof.
struct Case {
    what: String,
    run: fn() -> Run,
    liar: Liar,
    /// Changes the filled tables.
    tables: fn(&mut Run),
    /// Changes what has been sent.
    body: fn(&mut Body<QM31>),
    /// The check that refuses it.
    refusal: Refusal,
    /// Those that would refuse it as well.
    others: &'static [Refusal],
}

fn case(what: &str, refusal: Refusal) -> Case {
    Case {
        what: what.into(),
        run: small,
        liar: Liar::default(),
        tables: |_| {},
        body: |_| {},
        refusal,
        others: &[],
    }
}

/// A lie in a message.
fn lie(label: &'static str, round: usize, lie: Lie, refusal: Refusal) -> Case {
    let mut case = case(&format!("message {label} {round}"), refusal);
    case.liar.message = Some((label, round, lie));
    case
}

/// Changes the first element.
fn first(_: &[QM31], told: &mut [QM31]) {
    told[0] += QM31::ONE;
}

/// Changes the last element.
fn last(_: &[QM31], told: &mut [QM31]) {
    *told.last_mut().unwrap() += QM31::ONE;
}

/// Changes two elements so that the sum that is checked stays.
fn keep(weights: &[QM31], told: &mut [QM31]) {
    told[0] += weights[1];
    told[1] -= weights[0];
}

/// Changes two nodes of local messages, or of global ones, so that the sum of all stays.
fn keep_nodes<const FIRST: usize>(_: &[QM31], told: &mut [QM31]) {
    told[FIRST] += told[32 + FIRST];
    let other = told[33 + FIRST];
    told[FIRST + 1] -= other;
}

/// Makes a node 0 / 0: then that is the sum of all, and balances.
fn no_fraction<const NODE: usize>(_: &[QM31], told: &mut [QM31]) {
    (told[NODE], told[32 + NODE]) = (QM31::ZERO, QM31::ZERO);
}

/// Changes both children so that their sum stays.
fn keep_children(_: &[QM31], told: &mut [QM31]) {
    let [_, q0, _, q1] = [told[0], told[1], told[2], told[3]];
    told[0] += q0;
    told[2] -= q1;
}

/// How many depths are proved: those of the nodes from 5 on, for 26 bits of leaves.
const LAYERS: usize = 21;

/// A02 (tree), A03 (values), A04 (last coefficients), A05 (words).
fn messages() -> Vec<Case> {
    vec![
        lie("nodes", 0, keep_nodes::<0>, "children"),
        lie("nodes", 0, keep_nodes::<16>, "children"),
        lie("tree", 0, first, "children"),
        lie("tree", 100, last, "children"),
        lie("children", 0, keep_children, "children"),
        lie("children", LAYERS - 1, keep_children, "skip"),
        lie("skip", 0, last, "values"),
        lie("skip", 0, keep, "values"),
        lie("row", 0, first, "values"),
        lie("row", 12, last, "values"),
        lie("low", 0, first, "phases"),
        lie("low", 9, last, "phases"),
        lie("page", 0, first, "phases"),
        lie("page", 4, last, "phases"),
        lie("phases", 0, keep, "words"),
        lie("point", 0, first, "words"),
        lie("point", 10, last, "words"),
        lie("words", 0, keep, "halves"),
        lie("halves", 0, keep, "halves"),
        lie("halves", 3, keep, "halves"),
        lie("halves", 4, keep, "final"),
        lie("final", 0, keep, "last leaf"),
        Case {
            others: &["children"],
            ..lie("nodes", 0, no_fraction::<0>, "denominator")
        },
        Case {
            others: &["children"],
            ..lie("nodes", 0, no_fraction::<16>, "denominator")
        },
        Case {
            others: &["phases"],
            ..lie("values", 0, first, "values")
        },
    ]
}

/// A table of a part.
pub fn input_of(part: &mut Part, table: Table) -> &mut Input {
    let mut inputs = part.inputs.iter_mut();
    inputs.find(|input| input.table == table).unwrap()
}

/// Changes a cell that no message has, so that a constraint fails.
fn break_a_constraint(run: &mut Run) {
    let input = input_of(&mut run.parts[0], Table::Multiply);
    let speak = |cells: &[F]| {
        let cells: Vec<QM31> = cells.iter().map(|cell| QM31::from(*cell)).collect();
        say(input.table, &cells, &[])
    };
    let messages = |cells: &[F]| format!("{:?}", speak(cells).messages);
    let honest = input.rows[0].clone();
    let changed = (0..honest.len()).map(|column| {
        let mut changed = honest.clone();
        changed[column] += F::ONE;
        changed
    });
    let is_silent = |changed: &Vec<F>| messages(changed) == messages(&honest);
    let fails = |changed: &Vec<F>| speak(changed).constraints.iter().any(|c| *c != QM31::ZERO);
    let broken = changed.into_iter().find(|row| is_silent(row) && fails(row));
    input.rows[0] = broken.expect("a cell that no message has");
}

/// A20 and A21, in one row.
fn tables() -> Vec<Case> {
    vec![
        Case {
            run: one_part,
            tables: |run| input_of(&mut run.parts[0], Table::Range16).rows[1 << 15][1] += F::ONE,
            ..case("a row of a lookup table is taken once more", "balance")
        },
        Case {
            run: one_part,
            tables: break_a_constraint,
            ..case("a constraint fails", "skip")
        },
    ]
}

/// A13 (trees), A12 (works), and words that are not what rows combine to.
fn words() -> Vec<Case> {
    let mut cases = vec![
        Case {
            run: one_part,
            liar: Liar {
                commit: Some(3),
                ..Liar::default()
            },
            ..case("the main columns are others", "first leaf")
        },
        Case {
            liar: Liar {
                word: Some(0),
                ..Liar::default()
            },
            others: &["leaf"],
            ..case("the first word is another", "first leaf")
        },
        Case {
            liar: Liar {
                word: Some(1),
                ..Liar::default()
            },
            others: &["last leaf"],
            ..case("the second word is another", "leaf")
        },
        Case {
            body: |body| body.words.rows[1].siblings[0][0] ^= 1,
            ..case("a sibling of rows", "root of rows")
        },
        Case {
            body: |body| body.words.rounds[0].opening.siblings[0][0] ^= 1,
            ..case("a sibling of entries", "root of fold")
        },
        Case {
            body: |body| body.words.rounds[1].opening.siblings[0][0] ^= 1,
            ..case("a sibling of entries", "root of fold")
        },
    ];
    let works = [
        ("lookup", 0, "lookup work"),
        ("columns", 0, "columns work"),
        ("columns", 3, "columns work"),
        ("words", 0, "words work"),
        ("fold", 0, "fold work"),
        ("fold", 4, "fold work"),
        ("query", 0, "query work"),
    ];
    for (label, round, refusal) in works {
        let mut case = case(&format!("no work {label} {round}"), refusal);
        case.liar.idle = Some((label, round));
        cases.push(case);
    }
    cases
}

/// Both verifiers refuse it for one reason, and a verifier that does not check that accepts it.
fn must_be_refused(mut case: Case) {
    let what = &case.what;
    let mut run = (case.run)();
    (case.tables)(&mut run);
    let has_lies = case.liar.lies_somewhere();
    let proof = RunProof::<QM31>::new(&run, WORKED, &mut case.liar);
    assert_eq!(case.liar.lies, usize::from(has_lies), "{what}: lies");
    let mut body = proof.parts[0].body.clone();
    (case.body)(&mut body);
    let error = proof.check(0, &body).expect_err(what);
    assert_eq!(name(&error), case.refusal, "{what}: the verifier");
    let plainly = |flaws: &[Refusal]| proof.check_plainly(0, &body, flaws);
    assert_eq!(
        plainly(&[]),
        Err(case.refusal),
        "{what}: the plain verifier"
    );
    let others = plainly(case.others);
    assert_eq!(others, Err(case.refusal), "{what}: without other checks");
    let flawed = plainly(&[&[case.refusal], case.others].concat());
    assert!(flawed.is_ok(), "{what}: without the check: {flawed:?}");
}

#[test]
fn false_messages_are_refused_by_one_check() {
    messages().into_iter().for_each(must_be_refused);
}

#[test]
fn false_tables_and_words_are_refused_by_one_check() {
    let cases = tables().into_iter().chain(words());
    cases.for_each(must_be_refused);
}

/// The control: who lies about nothing is believed.
#[test]
fn the_liar_without_lies_is_believed() {
    RunProof::new(&one_part(), WORKED, &mut Liar::default()).must_hold();
    let small = RunProof::new(&small(), WORKED, &mut Liar::default());
    let body = &small.parts[0].body;
    let sum = small.check(0, body).unwrap();
    assert_eq!(small.check_plainly(0, body, &[]), Ok(sum));
}
