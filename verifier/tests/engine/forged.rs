//! Provers that lie at one step, and what comes of it.

use std::{fmt::Debug, sync::Mutex};

use p3_field::{Field, PrimeCharacteristicRing};
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{
    Challenge, Header, Layout, Proof, QM31, Scope, VerifyError,
    circle::{Point, point_at, vanishing},
    layout::{MAIN, QUOTIENT},
    proof::Opened,
    verify,
};

use crate::{
    Report,
    lax::{self, Flaw},
    prover::Prover,
    run::{Part, Run},
    runs, setup, setup_of_parts,
    spec::Spec,
    tree::Groups,
};

/// Changes what is opened at the out-of-domain points.
type Opening = fn(&Layout, Point<QM31>, &mut Opened<QM31>);

/// A prover with lies. Those that it has not are the honest prover's truths.
#[derive(Clone, Copy, Default)]
struct Liar {
    forgets: Option<&'static str>,
    idle: Option<(&'static str, usize)>,
    commit: Option<fn(usize, &Layout, &mut Groups, &mut Groups)>,
    claim: Option<fn(&Layout, &mut Vec<QM31>)>,
    head: Option<fn(&mut Header)>,
    /// The part that the lies are about: `None` for all.
    at: Option<usize>,
    entered: usize,
    open: Option<Opening>,
    gamma: Option<QM31>,
    compose: Option<fn(&mut [QM31])>,
    end: Option<fn(&mut Vec<QM31>)>,
}

impl Prover<QM31> for Liar {
    fn transcript(&self) -> Spec {
        Spec {
            forget: self.forgets,
            ..Spec::default()
        }
    }

    fn enter(&mut self, part: usize) {
        self.entered = part;
    }

    fn head(&mut self, header: &mut Header) {
        if let Some(lie) = self.head {
            lie(header);
        }
    }

    fn works(&self, at: &'static str, round: usize) -> bool {
        self.idle != Some((at, round))
    }

    fn commit(&mut self, phase: usize, layout: &Layout, known: &mut Groups, told: &mut Groups) {
        if let Some(lie) = self.commit.filter(|_| self.is_here()) {
            lie(phase, layout, known, told);
        }
    }

    fn claim(&mut self, layout: &Layout, claims: &mut Vec<QM31>) {
        if let Some(lie) = self.claim.filter(|_| self.is_here()) {
            lie(layout, claims);
        }
    }

    fn open(&mut self, layout: &Layout, point: Point<QM31>, opened: &mut Opened<QM31>) {
        if let Some(lie) = self.open {
            lie(layout, point, opened);
        }
    }

    fn gamma(&self, drawn: QM31) -> QM31 {
        self.gamma.unwrap_or(drawn)
    }

    fn compose(&mut self, entries: &mut [QM31]) {
        if let Some(lie) = self.compose {
            lie(entries);
        }
    }

    fn end(&mut self, last: &mut Vec<QM31>) {
        if let Some(lie) = self.end {
            lie(last);
        }
    }
}

impl Liar {
    fn is_here(&self) -> bool {
        self.at.is_none_or(|at| at == self.entered)
    }
}

/// A forged proof.
struct Case {
    id: &'static str,
    attack: &'static str,
    changed: String,
    /// Under the key with works.
    worked: bool,
    liar: Liar,
    /// Changes the filled tables.
    tables: Option<fn(&mut Vec<Part>)>,
    /// The run, if it is not the honest one in one part.
    run: Option<fn() -> Run>,
    expected: String,
    flaw: Flaw<QM31>,
}

fn case(
    id: &'static str,
    attack: &'static str,
    changed: &str,
    liar: Liar,
    expected: &str,
    flaw: Flaw<QM31>,
) -> Case {
    Case {
        id,
        attack,
        changed: changed.into(),
        worked: false,
        liar,
        tables: None,
        run: None,
        expected: expected.into(),
        flaw,
    }
}

/// The values absorbed under one label only, and the work that comes next.
const ABSORBED: [(&str, &str); 14] = [
    ("zonda", ""),
    ("statement", ""),
    ("shards", ""),
    ("shape", ""),
    ("boundary", ""),
    ("links", ""),
    ("position", "lookup"),
    ("main", "lookup"),
    ("sums", "constraints"),
    ("claims", "constraints"),
    ("quotient", "point"),
    ("opened", "batch"),
    ("fold", "fold"),
    ("final", "query"),
];

const SITES: [(&str, usize); 8] = [
    ("global", 0),
    ("lookup", 0),
    ("constraints", 0),
    ("point", 0),
    ("batch", 0),
    ("fold", 0),
    ("fold", 3),
    ("query", 0),
];

fn refused_at(site: &str) -> String {
    match site {
        "" | "global" => "GlobalWork".into(),
        site => format!("Work {{ at: {site:?} }}"),
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (label, next) in ABSORBED {
        cases.push(Case {
            worked: true,
            ..case(
                "A01",
                "an item is not absorbed",
                label,
                Liar {
                    forgets: Some(label),
                    ..Liar::default()
                },
                &refused_at(next),
                Flaw::Forgets(label),
            )
        });
    }
    for (site, round) in SITES {
        cases.push(Case {
            worked: true,
            ..case(
                "A12",
                "one work is not done",
                &format!("{site} {round}"),
                Liar {
                    idle: Some((site, round)),
                    ..Liar::default()
                },
                &refused_at(site),
                Flaw::Skips(site),
            )
        });
    }
    let lie = Liar::default();
    cases.extend([
        Case {
            tables: Some(|parts| *cell(parts, Table::Range16, 0) += F::ONE),
            ..case(
                "A02",
                "tables that do not balance",
                "a multiplicity",
                lie,
                "Balance",
                Flaw::Skips("balance"),
            )
        },
        case(
            "A02",
            "claims that add up to zero",
            "claims 0 and 1",
            Liar {
                claim: Some(|_, claims| {
                    claims[0] += QM31::ONE;
                    claims[1] -= QM31::ONE;
                }),
                ..lie
            },
            "Constraints",
            Flaw::Skips("identity"),
        ),
        Case {
            tables: Some(|parts| *cell(parts, Table::Range16, 0) += F::ONE),
            ..case(
                "A02",
                "tables that do not balance, and a claim that makes up for them",
                "a multiplicity, claim 0",
                Liar {
                    claim: Some(|layout, claims| {
                        let total = claimed(layout, claims, Scope::Local);
                        claims[0] -= total;
                    }),
                    ..lie
                },
                "Constraints",
                Flaw::Skips("identity"),
            )
        },
        Case {
            tables: Some(|parts| *cell(parts, Table::Multiply, 2) += F::ONE),
            ..case(
                "A02",
                "a row that does not hold, and a claim that makes up for its messages",
                "a cell of multiply, claim 0",
                Liar {
                    claim: Some(|layout, claims| {
                        let total = claimed(layout, claims, Scope::Local);
                        claims[0] -= total;
                    }),
                    ..lie
                },
                "Constraints",
                Flaw::Skips("identity"),
            )
        },
        case(
            "A03",
            "another value at the point",
            "opened value 50",
            Liar {
                open: Some(|_, _, opened| opened.at_point[50] += QM31::ONE),
                ..lie
            },
            "Constraints",
            Flaw::None,
        ),
        case(
            "A03",
            "other values at the point, with which the constraints hold",
            "both halves of the quotient",
            Liar {
                open: Some(|layout, point, opened| {
                    let first = layout.quotient().groups[0].first;
                    opened.at_point[first] += vanishing(layout.log_height, point.x);
                    opened.at_point[first + 4] -= QM31::ONE;
                }),
                ..lie
            },
            "Folding(Last)",
            Flaw::Skips("folding"),
        ),
        case(
            "A03",
            "other values with which constraints and batch hold, for a gamma known beforehand",
            "both halves of the quotient",
            Liar {
                gamma: Some(gamma()),
                open: Some(keep_batch),
                ..lie
            },
            "Folding(",
            Flaw::Gamma(gamma()),
        ),
        case(
            "A04",
            "a function of too many coefficients",
            "F + v_n",
            Liar {
                compose: Some(|entries| {
                    let n = entries.len().ilog2() - 1;
                    for (w, entry) in entries.iter_mut().enumerate() {
                        let t = zonda_verifier::circle::position(n + 1, w);
                        *entry += QM31::from_base(vanishing(n, point_at(n + 1, t).x));
                    }
                }),
                ..lie
            },
            "Folding(Folded { round: 0 })",
            Flaw::Skips("folding"),
        ),
        case(
            "A04",
            "another last polynomial",
            "its highest coefficient",
            Liar {
                end: Some(|last| last[63] += QM31::ONE),
                ..lie
            },
            "Folding(Last)",
            Flaw::Skips("folding"),
        ),
        case(
            "A05",
            "words of different heights whose errors cancel, for a gamma known beforehand",
            "rows of six main columns",
            Liar {
                gamma: Some(gamma()),
                commit: Some(cancel),
                ..lie
            },
            "Folding(Folded { round: 0 })",
            Flaw::Gamma(gamma()),
        ),
        case(
            "A18",
            "a column of too many coefficients",
            "y v_n added to a main column",
            Liar {
                commit: Some(|phase, layout, _, told| {
                    if phase == MAIN {
                        let n = layout.log_height;
                        for (t, cell) in told[0][0].iter_mut().enumerate() {
                            let at = point_at(n + 1, t);
                            *cell += at.y * vanishing(n, at.x);
                        }
                    }
                }),
                ..lie
            },
            "Folding(Last)",
            Flaw::Skips("folding"),
        ),
        case(
            "A18",
            "a sign of y",
            "conjugate entries of F exchanged",
            Liar {
                compose: Some(|entries| entries.chunks_mut(2).for_each(<[QM31]>::reverse)),
                ..lie
            },
            "Folding(Folded { round: 0 })",
            Flaw::Skips("folding"),
        ),
        case(
            "A18",
            "words that are not codewords",
            "a quarter of the rows of a quotient column",
            Liar {
                commit: Some(|phase, _, _, told| {
                    if phase == QUOTIENT {
                        told[0][0].iter_mut().step_by(4).for_each(|x| *x += F::ONE);
                    }
                }),
                ..lie
            },
            "Folding(Last)",
            Flaw::Skips("folding"),
        ),
    ]);
    cases.extend(cases_of_parts());
    cases
}

/// Runs in four parts.
fn cases_of_parts() -> [Case; 11] {
    let lie = Liar::default();
    let case = |id, attack, changed: &str, liar, expected: &str, flaw| Case {
        run: Some(crate::run::four_parts),
        ..case(id, attack, changed, liar, expected, flaw)
    };
    [
        Case {
            run: Some(runs::other_entry),
            ..case(
                "A45",
                "a run that starts elsewhere",
                "at the second instruction",
                lie,
                "Header(Links(Entry",
                Flaw::Skips("header"),
            )
        },
        Case {
            run: Some(runs::skipped_instruction),
            ..case(
                "A39",
                "an instruction left out between shards",
                "the first of the second shard",
                lie,
                "Header(Links(Start { part: 1",
                Flaw::Skips("header"),
            )
        },
        Case {
            run: Some(runs::forgotten_word),
            ..case(
                "A42",
                "a word that is opened twice, and so forgets what was written",
                "by parts 0 and 3",
                lie,
                "Header(Links(Zeroed { part: 3",
                Flaw::Skips("header"),
            )
        },
        Case {
            run: Some(runs::forgotten_register),
            ..case(
                "A42",
                "a register that forgets what was written",
                "the program in parts 2 and 3",
                lie,
                "Header(Links(Program { got: 2",
                Flaw::Skips("header"),
            )
        },
        Case {
            run: Some(runs::after_exit),
            ..case(
                "A45",
                "a run that goes on after its exit",
                "four bytes of output more",
                lie,
                "Header(Links(Exit { part: 0",
                Flaw::Skips("header"),
            )
        },
        Case {
            run: Some(runs::left_out),
            ..case(
                "A27",
                "words that are touched and never opened",
                "the last part left out",
                lie,
                "GlobalBalance",
                Flaw::Skips("global balance"),
            )
        },
        Case {
            tables: Some(|parts| *cell(parts, Table::Program, 0) += F::ONE),
            ..case(
                "A20",
                "parts that do not balance",
                "how many hold an instruction",
                lie,
                "GlobalBalance",
                Flaw::Skips("global balance"),
            )
        },
        Case {
            // The high limb of the value of x0 before the second shard.
            tables: Some(|parts| *cell(&mut parts[1..], Table::Boundary, 4) += F::ONE),
            ..case(
                "A43",
                "a register that changes between shards",
                "x0",
                lie,
                "Balance",
                Flaw::None,
            )
        },
        case(
            "A02",
            "global claims that add up to zero",
            "parts 2 and 3",
            Liar {
                claim: Some(|layout, claims| {
                    let sum = layout
                        .running_sums()
                        .position(|sum| sum.scope == Scope::Global);
                    let is_program = layout.instances[0].table == Table::Program;
                    let is_zeroed = layout.instances[0].table == Table::Zeroed;
                    claims[sum.unwrap()] += match (is_program, is_zeroed) {
                        (true, _) => QM31::ONE,
                        (_, true) => -QM31::ONE,
                        _ => QM31::ZERO,
                    };
                }),
                ..lie
            },
            "Constraints",
            Flaw::Skips("identity"),
        ),
        Case {
            worked: true,
            ..case(
                "A12",
                "one work is not done",
                "global 0",
                Liar {
                    idle: Some(("global", 0)),
                    ..lie
                },
                "GlobalWork",
                Flaw::Skips("global"),
            )
        },
        case(
            "A44",
            "a part's number is not absorbed",
            "part 2",
            Liar {
                forgets: Some("position"),
                ..lie
            },
            "Constraints",
            Flaw::Forgets("position"),
        ),
    ]
}

/// A cell of the first row of the first instance of a table.
fn cell(parts: &mut [Part], table: Table, column: usize) -> &mut F {
    let mut inputs = parts.iter_mut().flat_map(|part| &mut part.inputs);
    let input = inputs.find(|input| input.table == table);
    &mut input.unwrap().trace.values[column]
}

fn claimed(layout: &Layout, claims: &[QM31], scope: Scope) -> QM31 {
    let sums = layout.running_sums().zip(claims);
    let sums = sums.filter(|(sum, _)| sum.scope == scope);
    sums.map(|(_, claim)| *claim).sum()
}

fn gamma() -> QM31 {
    QM31::from_coordinates_fn(|i| F::from_u32(0x0123_4567 * (i as u32 + 1)))
}

/// A vector other than zero that a linear map takes to zero.
fn kernel<const N: usize>(map: impl Fn([F; N]) -> Vec<F>) -> [F; N] {
    let unit = |i| core::array::from_fn(|j| F::from_bool(i == j));
    // Images of unit vectors, each with the combination that it is of.
    let mut reduced: Vec<(Vec<F>, [F; N])> = Vec::new();
    for i in 0..N {
        let mut from = unit(i);
        let mut image = map(from);
        for (other, other_from) in &reduced {
            let pivot = other.iter().position(|x| *x != F::ZERO).unwrap();
            let factor = image[pivot] * other[pivot].inverse();
            for (x, y) in image.iter_mut().zip(other) {
                *x -= factor * *y;
            }
            for (x, y) in from.iter_mut().zip(other_from) {
                *x -= factor * *y;
            }
        }
        if image.iter().all(|x| *x == F::ZERO) {
            return from;
        }
        reduced.push((image, from));
    }
    panic!("the map takes nothing to zero")
}

/// Changes values so that the constraints hold and the batch, for the known gamma, stays the same.
fn keep_batch(layout: &Layout, point: Point<QM31>, opened: &mut Opened<QM31>) {
    let first = layout.quotient().groups[0].first;
    let v = vanishing(layout.log_height, point.x);
    let elements = |d: [F; 16]| -> [QM31; 4] {
        core::array::from_fn(|j| QM31::from_coordinates_fn(|c| d[4 * j + c]))
    };
    let map = |d| {
        let [a, b, c, e] = elements(d);
        let places = [first, first + 1, first + 4, first + 5].into_iter();
        let weights: Vec<QM31> = places.map(|j| gamma().exp_u64(j as u64)).collect();
        let batch = |conjugate: bool| -> QM31 {
            let values = [a, b, c, e].into_iter().zip(&weights);
            values
                .map(|(d, w)| *w * if conjugate { d.conjugate() } else { d })
                .sum()
        };
        let i = QM31::from_coordinates_fn(|c| F::from_bool(c == 1));
        let identity = a + i * b + v * (c + i * e);
        let sums = [batch(false), batch(true), identity];
        sums.iter().flat_map(Challenge::coordinates).collect()
    };
    let [a, b, c, e] = elements(kernel(map));
    assert!(a != QM31::ZERO || b != QM31::ZERO);
    opened.at_point[first] += a;
    opened.at_point[first + 1] += b;
    opened.at_point[first + 4] += c;
    opened.at_point[first + 5] += e;
}

/// Changes the committed columns of different heights, so that with the known gamma all is as it
/// was.
fn cancel(phase: usize, layout: &Layout, _: &mut Groups, told: &mut Groups) {
    if phase != MAIN {
        return;
    }
    let groups = &layout.main().groups;
    let lowest = groups.len() - 1;
    assert!(groups[0].log_height > groups[lowest].log_height);
    let places = [
        (0, 0),
        (0, 1),
        (0, 2),
        (lowest, 0),
        (lowest, 1),
        (lowest, 2),
    ];
    let errors = kernel(|errors: [F; 6]| {
        let terms = places.iter().zip(errors).map(|((group, column), error)| {
            let j = groups[*group].first + column;
            gamma().exp_u64(j as u64).mul_base(error)
        });
        terms.sum::<QM31>().coordinates().collect()
    });
    assert!(errors[0] != F::ZERO && errors[4] != F::ZERO);
    for ((group, column), error) in places.into_iter().zip(errors) {
        // Everywhere above the lowest rows 3, 6, 9, ...
        let shift = groups[group].log_height - groups[lowest].log_height;
        for (t, cell) in told[group][column].iter_mut().enumerate() {
            if (t >> shift).is_multiple_of(3) {
                *cell += error;
            }
        }
    }
}

/// The proof, the verifier's answer, and that of a flawed one.
fn run(case: &Case) -> (Result<(), Box<dyn Debug + Send>>, bool) {
    let setup = match case.run {
        None => setup(),
        Some(_) => setup_of_parts(),
    };
    let (key, _) = if case.worked {
        &setup.worked
    } else {
        &setup.free
    };
    let mut run = case.run.map_or_else(|| setup.run.clone(), |run| run());
    if let Some(change) = case.tables {
        change(&mut run.parts);
    }
    let mut liar = case.liar;
    let proof = run.prove_by::<QM31>(key, &mut liar);
    let accepts = |flaw| lax::verify(key, &run.statement, &proof, flaw).accepted;
    assert!(!accepts(Flaw::None), "{}: {}", case.id, case.attack);
    let by_flawed = accepts(case.flaw);
    let result = verify(key, &run.statement, &proof).map_err(|error| match error {
        VerifyError::Part { error, .. } => Box::new(error) as Box<dyn Debug + Send>,
        error => Box::new(error),
    });
    (result, by_flawed)
}

pub fn report(report: &mut Report) {
    setup();
    setup_of_parts();
    let cases = cases();
    let results: Vec<_> = cases.iter().map(|_| Mutex::new(None)).collect();
    let next = Mutex::new(0..cases.len());
    let take = || next.lock().unwrap().next();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(4) {
            scope.spawn(|| {
                while let Some(index) = take() {
                    *results[index].lock().unwrap() = Some(run(&cases[index]));
                }
            });
        }
    });
    for (case, result) in cases.iter().zip(results) {
        let (result, by_flawed) = result.into_inner().unwrap().unwrap();
        let without = match case.flaw {
            Flaw::None => String::new(),
            Flaw::Forgets(label) => format!("forgets {label}"),
            Flaw::Skips(check) => format!("skips {check}"),
            Flaw::Gamma(_) => String::from("takes a known gamma"),
        };
        let Case {
            id,
            attack,
            changed,
            expected,
            ..
        } = case;
        report.line(id, attack, changed, &result, expected, &without);
        if by_flawed != (case.flaw != Flaw::None) {
            let line = format!("{id} {attack}: {changed}: a verifier that {without} refuses it");
            report.wrong.push(line);
        }
    }
}

/// The column space has one dimension more than the tables: a multiple of `v_n`. It is zero on every
/// row, so a column with it is equivalent (SOUNDNESS.md, section 3, lemma B), and is accepted.
#[test]
fn a_multiple_of_v_n_says_nothing() {
    let setup = setup();
    let (key, honest) = &setup.free;
    let run = &setup.run;
    let mut liar = Liar {
        commit: Some(|phase, layout, known, told| {
            if phase == MAIN {
                for groups in [known, told] {
                    let n = layout.log_height;
                    let column = &mut groups[0][range16(layout)];
                    for (t, cell) in column.iter_mut().enumerate() {
                        *cell += vanishing(n, point_at(n + 1, t).x).double();
                    }
                }
            }
        }),
        open: Some(|layout, point, opened| {
            let column = layout.main().groups[0].first + range16(layout);
            opened.at_point[column] += vanishing(layout.log_height, point.x).double();
        }),
        ..Liar::default()
    };
    let proof = run.prove_by::<QM31>(key, &mut liar);
    let root = |proof: &Proof| proof.body::<QM31>(0).unwrap().roots.main;
    assert_ne!(root(&proof), root(honest));
    assert_eq!(verify(key, &run.statement, &proof), Ok(()));
}

/// The place of the multiplicities of 16-bit values in the highest group.
fn range16(layout: &Layout) -> usize {
    let instances = layout.instances.iter();
    let mut tables = instances.map(|instance| instance.table);
    let index = tables.position(|table| table == Table::Range16).unwrap();
    layout.main().spans[index].offset
}
