//! Heights that are no powers of two, heights at the edges of pages, all tables, and free cells.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    machine::{Role, Table},
};
use zonda_riscv_emu::testing;
use zonda_verifier::{Links, QM31};

use crate::{
    PARAMETERS,
    checker::Refusal,
    honest,
    machine::{say, width},
    proof::{RunProof, name},
    prover::Honest,
    run::{INPUT, Run, four_parts, one_part, program, run_of, text},
};

/// How often a program does what, before it is the program of all runs.
#[derive(Clone, Copy, Default)]
struct Work {
    /// Additions, one and the same instruction.
    additions: usize,
    /// Instructions that are executed once.
    instructions: usize,
    /// Words that are stored to.
    words: usize,
    /// Words of input that are read.
    transfers: usize,
    /// Instructions that are not executed.
    unused: usize,
}

/// Instructions that are executed `count` times.
fn repeated(count: usize, body: &[u32]) -> Vec<u32> {
    if count == 0 {
        return Vec::new();
    }
    let mut words = testing::li(10, count as u32).to_vec();
    words.extend(body);
    words.push(testing::addi(10, 10, -1));
    words.push(testing::bne(10, 0, -4 * (body.len() as i32 + 1)));
    words
}

/// The words of input that one call reads at most.
const CALL: usize = 1024;

impl Work {
    fn run(self) -> Run {
        let mut words = repeated(self.additions, &[testing::add(11, 10, 10)]);
        words.extend(vec![testing::xor(12, 11, 10); self.instructions]);
        words.extend(testing::li(11, 0x3000_0000));
        words.extend(repeated(
            self.words,
            &[testing::sw(10, 11, 0), testing::addi(11, 11, 4)],
        ));
        for first in (0..self.transfers).step_by(CALL) {
            let count = CALL.min(self.transfers - first) as u32;
            words.extend(testing::call(63, 0, 0x4000_0000, 4 * count));
        }
        words.extend(text());
        words.extend(vec![testing::addi(0, 0, 0); self.unused]);
        let input = [&vec![7; 4 * self.transfers], INPUT].concat();
        run_of(&program(&words), &input)
    }
}

fn heights_of(run: &Run) -> impl Fn(Table) -> usize {
    |table| {
        let inputs = run.parts.iter().flat_map(|part| &part.inputs);
        let own = inputs.into_iter().find(|input| input.table == table);
        own.map_or(0, |input| input.height)
    }
}

/// A run whose tables have these heights. There is a number that each of them grows with.
fn with_heights(heights: &[(Table, usize)]) -> Run {
    let mut work = Work::default();
    // Each repetition takes other instructions, once.
    for _ in 0..3 {
        let run = work.run();
        for (table, height) in heights {
            let number = match table {
                Table::AddSub => &mut work.additions,
                Table::Instructions => &mut work.instructions,
                Table::Boundary | Table::Zeroed => &mut work.words,
                Table::Transfer => &mut work.transfers,
                Table::Program => &mut work.unused,
                other => panic!("{}", other.name()),
            };
            *number = (*number + height).saturating_sub(heights_of(&run)(*table));
        }
    }
    let run = work.run();
    for (table, height) in heights {
        assert_eq!(heights_of(&run)(*table), *height, "{}", table.name());
    }
    run
}

#[test]
fn tables_end_at_the_edges_of_pages() {
    let edges: [&[(Table, usize)]; 3] = [
        &[
            (Table::AddSub, 1025),
            (Table::Instructions, 1023),
            (Table::Boundary, 1024),
            (Table::Program, 1025),
        ],
        &[
            (Table::AddSub, 1023),
            (Table::Instructions, 1024),
            (Table::Zeroed, 2049),
            (Table::Transfer, (7 << 10) - 1),
        ],
        &[
            (Table::AddSub, 5000),
            (Table::Instructions, 1025),
            (Table::Boundary, 1023),
            (Table::Program, 2048),
        ],
    ];
    for heights in edges {
        honest::<QM31>(&with_heights(heights));
    }
}

#[test]
fn a_table_has_more_rows_than_lookup_tables() {
    let proof = honest::<QM31>(&with_heights(&[(Table::Program, (1 << 16) + 1)]));
    assert_eq!(proof.parts[0].layout.n, 17);
}

/// A program that has rows in all tables.
fn text_of_all() -> Vec<u32> {
    let mut words = Vec::new();
    words.extend(testing::li(5, 0x2000_0000));
    words.extend(testing::li(6, 0x8765_4321));
    words.extend([
        testing::sub(7, 6, 5),
        testing::andi(8, 7, 0x7f),
        testing::sll(9, 6, 8),
        testing::srai(9, 6, 5),
        testing::slt(13, 6, 5),
        testing::sltiu(14, 6, 77),
        testing::blt(6, 5, 8),
        testing::addi(0, 0, 0),
        testing::jal(15, 8),
        testing::addi(0, 0, 0),
        testing::sw(6, 5, 1),
        testing::lh(16, 5, 3),
        testing::sb(6, 5, 9),
        testing::lw(18, 5, 8),
        testing::mulhsu(19, 6, 5),
        testing::div(20, 6, 8),
        testing::remu(21, 6, 8),
    ]);
    words.extend(text());
    words
}

#[test]
fn all_tables_have_rows() {
    let run = run_of(&program(&text_of_all()), INPUT);
    for table in Table::ALL {
        assert_ne!(heights_of(&run)(table), 0, "{}", table.name());
    }
    honest::<QM31>(&run);
}

/// The run with a row after the last of one of its tables.
fn with_free_row(table: Table, row: impl FnOnce(&mut Vec<F>)) -> Run {
    let mut run = one_part();
    let mut inputs = run.parts[0].inputs.iter_mut();
    let input = inputs.find(|input| input.table == table).unwrap();
    input.rows.push(vec![F::ZERO; width(table)]);
    row(input.rows.last_mut().unwrap());
    run
}

/// What a row of main cells states beside the denominators of its messages.
fn stated(table: Table, cells: &[F]) -> (Vec<QM31>, Vec<QM31>) {
    let cells: Vec<QM31> = cells.iter().map(|cell| QM31::from(*cell)).collect();
    let said = say(table, &cells, &[]);
    let counts = said.messages.iter().flatten().map(|message| message.count);
    (said.constraints, counts.collect())
}

#[test]
fn cells_after_the_last_row_say_nothing() {
    // A copy of a row with messages, whose counts are those of a row of zeros: it holds, and sends none of
    // them, or the thread would be received twice.
    let first = one_part().parts[0].inputs[0].clone();
    assert_eq!(first.table, Table::AddSub);
    let copied = with_free_row(Table::AddSub, |cells| cells.clone_from(&first.rows[0]));
    RunProof::<QM31>::new(&copied, PARAMETERS, &mut Honest).must_hold();
    // A count that is another than on a row of zeros.
    let counted = with_free_row(Table::Instructions, |cells| {
        *cells.last_mut().unwrap() = F::ONE;
    });
    assert_eq!(refused(&counted), "balance");
    // Of cells that are changed one by one, some break a constraint, and some say nothing: those are
    // free.
    let table = Table::AddImmediate;
    let zeros = stated(table, &vec![F::ZERO; width(table)]);
    let with_one = |column: &usize| {
        let mut cells = vec![F::ZERO; width(table)];
        cells[*column] = F::TWO;
        stated(table, &cells)
    };
    let free = (0..width(table)).find(|column| with_one(column) == zeros);
    let free = with_free_row(table, |cells| cells[free.unwrap()] = F::TWO);
    RunProof::<QM31>::new(&free, PARAMETERS, &mut Honest).must_hold();
    let breaks = |column: &usize| {
        let (constraints, counts) = with_one(column);
        constraints != zeros.0 && counts == zeros.1
    };
    let broken = (0..width(table)).find(breaks);
    let broken = with_free_row(table, |cells| cells[broken.unwrap()] = F::TWO);
    assert_eq!(refused(&broken), "skip");
}

/// A row of zeros more, or the last one left out: both are rows that send messages.
#[test]
fn heights_are_those_of_rows() {
    for more in [true, false] {
        let mut run = one_part();
        let mut inputs = run.parts[0].inputs.iter_mut();
        let input = inputs
            .find(|input| input.table == Table::AddImmediate)
            .unwrap();
        if more {
            input.height += 1;
            input.rows.push(vec![F::ZERO; width(Table::AddImmediate)]);
        } else {
            input.height -= 1;
        }
        assert_eq!(refused(&run), "balance");
    }
}

/// The check at which both refuse the first part.
fn refused(run: &Run) -> Refusal {
    let proof = RunProof::<QM31>::new(run, PARAMETERS, &mut Honest);
    let body = &proof.parts[0].body;
    let error = proof.check(0, body).unwrap_err();
    let plainly = proof.check_plainly(0, body, &[]);
    assert_eq!(plainly, Err(name(&error)));
    name(&error)
}

/// One round of folding, and no main columns.
#[test]
fn the_smallest_words_are_folded_once() {
    let mut run = four_parts();
    run.parts.retain(|part| part.links == Links::default());
    let inputs = &mut run.parts[0].inputs;
    inputs.retain(|input| input.table.role() == Role::Program);
    let proof = RunProof::<QM31>::new(&run, PARAMETERS, &mut Honest);
    assert_eq!(proof.parts[0].layout.folds(), [4]);
    let body = &proof.parts[0].body;
    let sum = proof.check(0, body).unwrap();
    assert_eq!(proof.check_plainly(0, body, &[]), Ok(sum));
}
