//! Cells between the last row of a table and the end of its page, which are committed to, and which no check but that
//! of constraints looks at: A26.

use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use zonda::verify;
use zonda_circuits::{
    F,
    bus::Bus,
    checker::visit,
    evaluate::Listener,
    machine::{Image, Part, Table, airs},
};
use zonda_verifier::Heights;

use super::{
    harness::{Forger, Victim},
    names::said,
    victims::{CALLS, FLOW, VALUES, ZEROED, asking},
};

/// The verifier's answer to the tables, of which those in `free` have so many rows fewer by their heights. Their last
/// rows are cells that no row has. The tree of fractions has them or not.
fn without(forger: &Forger<'_>, free: &[(Table, u32)], in_tree: bool) -> String {
    let proof = forger.run().prove_told(|_, told| {
        let all = told.heights;
        told.heights = Heights::new(|table| {
            let own = free.iter().find(|(other, _)| *other == table);
            all.of(table) - own.map_or(0, |(_, rows)| *rows)
        });
        told.leaves = if in_tree { all } else { told.heights };
    });
    said(&verify(&forger.victim.key, &forger.statement, &proof))
}

fn honest(victim: &'static Victim) -> Forger<'static> {
    Forger::honest(victim, &asking(64, 3, ZEROED, 4))
}

/// What a row beyond the height says is not counted, and what a prover counts all the same is not said.
#[test]
fn a_row_beyond_the_height_says_nothing() {
    let unbalanced = "part 0: Tree.Unbalanced";
    for (victim, table, refused) in [
        (&FLOW, Table::AddImmediate, unbalanced),
        (&FLOW, Table::LoadStoreWord, unbalanced),
        (&CALLS, Table::Ecall, unbalanced),
        (&CALLS, Table::Transfer, unbalanced),
        (&CALLS, Table::Instructions, unbalanced),
        (&CALLS, Table::Boundary, unbalanced),
        (&CALLS, Table::Zeroed, unbalanced),
        (&VALUES, Table::Divide, unbalanced),
    ] {
        let forger = honest(victim);
        assert_eq!(without(&forger, &[], false), "nothing");
        assert_eq!(without(&forger, &[(table, 1)], false), refused, "{table:?}");
        let counted = without(&forger, &[(table, 1)], true);
        assert_eq!(counted, "part 0: Rows.Skip", "{table:?}");
    }
}

/// The same of a row that says something between parts only: an instruction that is listed and not executed.
#[test]
fn a_row_beyond_the_height_says_nothing_between_parts() {
    let table = Table::Instructions;
    let mut forger = honest(&FLOW);
    let row = forger.append(table);
    forger.copy_row(table, 0, row).recount();
    assert_eq!(*forger.cell(table, row, "multiplicity"), F::ZERO);
    assert_eq!(without(&forger, &[], false), "nothing");
    assert_eq!(without(&forger, &[(table, 1)], true), "part 0: Rows.Skip");
    // The program counts it all the same.
    forger.shorten(table).append(table);
    assert_eq!(without(&forger, &[(table, 1)], false), "GlobalBalance");
}

/// Rows of the key's tables that there are not, and rows of lookup tables beyond their end.
#[test]
fn a_count_beyond_the_height_is_not_one() {
    let (skip, unbalanced) = ("part 0: Rows.Skip", "part 0: Tree.Unbalanced");
    for (table, column, in_tree) in [
        (Table::Program, "multiplicity", skip),
        (Table::Image, "touched", skip),
        (Table::Gaps, "multiplicity", unbalanced),
        (Table::PowersOfTwo, "multiplicity", unbalanced),
    ] {
        let mut forger = honest(&FLOW);
        let row = forger.append(table);
        let free = [(table, 1)];
        assert_eq!(without(&forger, &free, false), "nothing", "{table:?}");
        *forger.cell(table, row, column) = F::ONE;
        assert_eq!(without(&forger, &free, false), skip, "{table:?}");
        assert_eq!(without(&forger, &free, true), in_tree, "{table:?}");
        // By the height as well, it is a row that the table does not have.
        if table != Table::PowersOfTwo {
            assert_eq!(without(&forger, &[], false), "Heights.Fixed", "{table:?}");
        }
    }
}

/// A message: its bus, count and fields.
type Message = (Bus, F, Vec<F>);

/// What the rows of a table with nothing but `cells` say: messages, and the values of constraints.
fn says(table: Table, cells: &[(usize, F)]) -> (Vec<Message>, Vec<F>) {
    struct Heard(Vec<Message>, Vec<F>);
    impl Listener for &mut Heard {
        fn constraint(&mut self, value: F) {
            self.1.push(value);
        }

        fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
            self.0.push((bus, count, fields.to_vec()));
        }
    }
    let air = &airs(&Image::default(), &Part::default(), true)[table as usize];
    let mut row = RowMajorMatrix::new(F::zero_vec(table.trace_width()), table.trace_width());
    for (column, value) in cells {
        row.values[*column] = *value;
    }
    let mut heard = Heard(Vec::new(), Vec::new());
    visit(air, &row, 0, &mut heard);
    (heard.0, heard.1)
}

/// Cells that no message has, and with which constraints are what they are on a row of zeros, can be anything. A row
/// of zeros does not hold.
#[test]
fn a_cell_that_is_free_does_no_harm() {
    let table = Table::Divide;
    let free = |cells: &[(usize, F)]| {
        let mut forger = honest(&VALUES);
        let row = forger.append(table);
        let width = table.trace_width();
        for (column, value) in cells {
            forger.traces[table as usize].values[row * width + column] = *value;
        }
        without(&forger, &[(table, 1)], false)
    };
    let silent = says(table, &[]);
    assert!(silent.1.iter().any(|value| *value != F::ZERO));
    let mut found = [0; 3];
    for column in 0..table.trace_width() {
        let cells = [(column, F::TWO)];
        let (messages, constraints) = says(table, &cells);
        let (kind, expected) = match (messages == silent.0, constraints == silent.1) {
            (true, true) => (0, "nothing"),
            (true, false) => (1, "part 0: Rows.Values"),
            (false, _) => (2, "part 0: Rows.Skip"),
        };
        found[kind] += 1;
        if found[kind] < 3 {
            assert_eq!(free(&cells), expected, "column {column}");
        }
    }
    assert!(found.iter().all(|found| *found > 0), "{found:?}");
}
