//! Sums over the rows of real tables: the verifier accepts what is proved on every platform, and no lie.

use std::fs;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use zonda_circuits::{
    F,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{Image, Part, Role, Statement, Table, TableAir, airs},
    tape::Plan,
    witness::{OneShard, traces},
};
use zonda_kernels::{Platform, Pool};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
};
use zonda_verifier::{
    Machine, Operations, QM31, Sextic,
    fractions::{Claim, Fraction},
    heights::Heights,
    layout::{Layout, given as given_width},
    lookup,
    multilinear::table as eq_table,
    point::RowPoint,
    rows::{self, RowsError},
    transcript::Transcript,
};

use super::{Known, Proved, prove};
use crate::{
    cancel::Cancel,
    engine::{
        EngineError,
        challenge::ProverChallenge,
        columns::{AllColumns, TableRows},
        lookup::{Fingerprints, Lookups},
        pages::PAGE,
        tree,
    },
};

/// The tables of a part, with as many rows as a test wants: real ones, again and again.
struct Tables {
    part: Part,
    airs: Vec<TableAir>,
    heights: Heights,
    /// By table: cells of the trace, row-major.
    traces: Vec<Vec<F>>,
    /// By table: preprocessed cells, row-major.
    fixed: Vec<Vec<F>>,
}

/// The tables of a run. `height` says how many rows a table has that is not given, from how many the run needs.
fn tables(guest: &str, input: &[u8], height: impl Fn(Table, usize) -> usize) -> Tables {
    let path = format!("{}/../guests/elf/{guest}.elf", env!("CARGO_MANIFEST_DIR"));
    let program = Program::from_elf(&fs::read(path).unwrap()).unwrap();
    let (outcome, records) =
        execute_recorded(&program, input, &Options::default(), &mut Discard).unwrap();
    let image = Image::from(&program);
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    let run = OneShard::new(&image, &records, &statement).unwrap();
    let instruction = |pc| program.instruction(pc).unwrap().unwrap();
    let boundary = run.boundary();
    let instances = traces(&image, &run.part, &boundary, &records, instruction);
    let airs = airs(&image, &run.part, true);
    let mut tables = Tables {
        traces: vec![Vec::new(); Table::ALL.len()],
        fixed: vec![Vec::new(); Table::ALL.len()],
        heights: Heights::default(),
        part: run.part.clone(),
        airs,
    };
    let mut heights = [0; Table::ALL.len()];
    for instance in instances {
        let table = instance.table;
        let index = table as usize;
        let fixed = tables.airs[index].fixed.as_ref();
        let real = instance.trace.height();
        if real == 0 {
            continue;
        }
        let rows = match table {
            _ if given_width(table) > 0 => real,
            _ => height(table, real),
        };
        heights[index] = rows as u32;
        let repeated = |cells: &[F], width: usize| -> Vec<F> {
            cells[..real * width]
                .iter()
                .copied()
                .cycle()
                .take(rows * width)
                .collect()
        };
        tables.traces[index] = repeated(&instance.trace.values, table.trace_width());
        if let Some(fixed) = fixed {
            tables.fixed[index] = repeated(&fixed.values, table.fixed_width());
        }
    }
    tables.heights = Heights::new(|table| heights[table as usize]);
    tables
}

fn canonical(cells: &[F]) -> Vec<u32> {
    cells.iter().map(|cell| cell.as_canonical_u32()).collect()
}

/// The columns of all phases, with given ones of this statement.
fn columns(platform: Platform, pool: &Pool, tables: &Tables, part: &Part) -> AllColumns {
    let [fixed, traces] = [&tables.fixed, &tables.traces]
        .map(|all| all.iter().map(|cells| canonical(cells)).collect::<Vec<_>>());
    let rows = tables.heights.tables().map(|(table, height)| TableRows {
        table,
        height: height as usize,
        fixed: &fixed[table as usize],
        trace: &traces[table as usize],
    });
    let (rows, layout) = (rows.collect::<Vec<_>>(), Layout::new(&tables.heights));
    AllColumns::fill(platform, pool, &layout, part, &rows).unwrap()
}

fn element<E: ProverChallenge>(seed: usize) -> E {
    E::from_coordinates_fn(|k| F::from_usize(1_000_003 * (seed + 1) * (seed + 7) + 77 * k + 5))
}

fn lookups<E: ProverChallenge>() -> Lookups<E> {
    Lookups {
        local: Fingerprints::new(element(1), element(2), 12),
        global: Fingerprints::new(element(3), element(4), 12),
    }
}

/// Adds up a row's messages, weighted.
struct Sum<'a, E> {
    lookups: &'a Lookups<E>,
    weights: core::slice::Iter<'a, E>,
    row: E,
    value: &'a mut Fraction<E>,
}

impl<E: ProverChallenge> Listener for Sum<'_, E> {
    fn constraint(&mut self, _value: F) {}

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let own = if bus.is_global() {
            &self.lookups.global
        } else {
            &self.lookups.local
        };
        let start = own.offset + E::from_base(F::from_u8(bus as u8));
        let fields = own.powers.iter().zip(fields);
        let denominator = fields.fold(start, |sum, (power, field)| sum + power.mul_base(field));
        let weight = *self.weights.next().unwrap() * self.row;
        self.value.numerator += weight.mul_base(count);
        self.value.denominator += weight * (denominator - E::ONE);
    }
}

/// The claim on the leaves of these tables, from the leaves.
fn claim<E: ProverChallenge>(tables: &Tables) -> Claim<E> {
    let plans: Vec<Plan> = Table::ALL.into_iter().map(Plan::of).collect();
    let slots = tree::Slots::new(&tables.heights, &plans);
    let point: Vec<E> = (0..slots.depth() as usize)
        .map(|i| element(i + 10))
        .collect();
    let slots_end = 5 + slots.slot_bits as usize;
    let of_slots: Vec<E> = point[5..slots_end].iter().rev().copied().collect();
    let of_slots = eq_table(&of_slots);
    let of_rows = point[1..5]
        .iter()
        .rev()
        .chain(point[slots_end..].iter().rev());
    let of_rows = eq_table(&of_rows.copied().collect::<Vec<E>>());
    let mut value = Fraction::ZERO;
    let lookups = lookups::<E>();
    for (table, height) in tables.heights.tables() {
        let air = &tables.airs[table as usize];
        let own = slots
            .all
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.table == table);
        let own = own.map(|(index, _)| match index.checked_sub(slots.local) {
            None => (E::ONE - point[0]) * of_slots[index],
            Some(global) => point[0] * of_slots[global],
        });
        let weights: Vec<E> = own.collect();
        for (row, of_row) in of_rows.iter().enumerate().take(height as usize) {
            let cells = |cells: &[F], width: usize| cells[row * width..][..width].to_vec();
            let main = cells(&tables.traces[table as usize], table.trace_width());
            let fixed = cells(&tables.fixed[table as usize], table.fixed_width());
            let periodic: Vec<F> = air.periodic.iter().map(|column| column[row]).collect();
            let sum = Sum {
                lookups: &lookups,
                weights: weights.iter(),
                row: *of_row,
                value: &mut value,
            };
            let mut row = Row::new(&main, &fixed, &periodic, &air.public, sum);
            table.evaluate(&mut row);
        }
    }
    Claim { value, point }
}

fn prove_on<E: ProverChallenge>(
    platform: Platform,
    tables: &Tables,
    claim: &Claim<E>,
) -> (Proved<E>, [u8; 32]) {
    let pool = Pool::new();
    let columns = columns(platform, &pool, tables, &tables.part);
    prove_columns(platform, &pool, tables, &columns, claim, &Cancel::new()).unwrap()
}

/// What is proved, and the state of the transcript after it.
fn prove_columns<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    tables: &Tables,
    columns: &AllColumns,
    claim: &Claim<E>,
    cancel: &Cancel,
) -> Result<(Proved<E>, [u8; 32]), EngineError> {
    let mut transcript = Transcript::new();
    let known = Known {
        machine: &Machine::new(),
        heights: &tables.heights,
        part: &tables.part,
        tables: &columns.part().tables(&tables.heights),
        lookups: &lookups::<E>(),
        claim,
    };
    let proved = prove(platform, pool, &known, &mut transcript, cancel)?;
    Ok((proved, *transcript.state()))
}

fn check<E: ProverChallenge>(
    heights: &Heights,
    part: &Part,
    claim: &Claim<E>,
    proved: &Proved<E>,
) -> (Result<RowPoint<E>, RowsError>, [u8; 32]) {
    let own = lookups::<E>();
    let [local, global] = [&own.local, &own.global]
        .map(|own| lookup::Lookup::new(own.offset, own.powers[0], own.powers.len()));
    let lookups = lookup::Lookups {
        local: &local,
        global: &global,
    };
    let mut transcript = Transcript::new();
    let operations = &mut Operations::default();
    let known = rows::Known {
        layout: &Layout::new(heights),
        machine: &Machine::new(),
        part,
        lookups,
        claim,
    };
    let result = rows::check(
        &known,
        &proved.proof,
        &proved.values,
        &mut transcript,
        operations,
    );
    (result, *transcript.state())
}

/// The values are those of the columns at the point, one by one.
fn values_are_those_of_the_columns<E: ProverChallenge>(tables: &Tables, proved: &Proved<E>) {
    let (low, pages) = (proved.point.low_weights(), eq_table(proved.point.pages()));
    let mut values = proved.values.iter();
    for (table, height) in tables.heights.tables() {
        let sources = [
            (&tables.fixed[table as usize], table.fixed_width()),
            (&tables.traces[table as usize], table.trace_width()),
        ];
        let is_given = given_width(table) > 0;
        // Given are the preprocessed columns, or all of the statement's.
        let first = usize::from(is_given) + usize::from(table == Table::Statement);
        for (cells, width) in sources.into_iter().skip(first) {
            for column in 0..width {
                let rows = (0..height as usize).map(|row| {
                    let weight = low[row % PAGE] * pages[row / PAGE];
                    weight.mul_base(cells[row * width + column])
                });
                let expected: E = rows.sum();
                assert_eq!(values.next(), Some(&expected), "{} {column}", table.name());
            }
        }
    }
    assert_eq!(values.next(), None);
}

/// The tables are proved on every platform, to the same proof, which the verifier accepts.
fn is_proved<E: ProverChallenge>(tables: &Tables) -> (Claim<E>, Proved<E>) {
    let claim = claim::<E>(tables);
    let platforms = Platform::available();
    let proofs = platforms
        .iter()
        .map(|platform| prove_on(*platform, tables, &claim));
    let mut proofs: Vec<(Proved<E>, [u8; 32])> = proofs.collect();
    assert!(proofs.windows(2).all(|pair| pair[0] == pair[1]));
    let (proved, state) = proofs.pop().unwrap();
    let checked = check(&tables.heights, &tables.part, &claim, &proved);
    assert_eq!(checked, (Ok(proved.point.clone()), state));
    values_are_those_of_the_columns(tables, &proved);
    (claim, proved)
}

fn refused<E: ProverChallenge>(tables: &Tables, claim: &Claim<E>, lie: &Proved<E>) -> RowsError {
    check(&tables.heights, &tables.part, claim, lie)
        .0
        .unwrap_err()
}

/// Every number that is sent matters.
fn lies_are_found<E: ProverChallenge>(tables: &Tables, claim: &Claim<E>, proof: &Proved<E>) {
    for node in 0..proof.proof.skip.len() {
        let mut lie = proof.clone();
        lie.proof.skip[node] += E::ONE;
        // Beyond the real nodes, it is another polynomial with the same sum.
        let expected = if node < 8 {
            RowsError::Skip
        } else {
            RowsError::Values
        };
        assert_eq!(refused(tables, claim, &lie), expected);
    }
    let mut lie = proof.clone();
    lie.proof.skip.swap(2, 3);
    assert_eq!(refused(tables, claim, &lie), RowsError::Skip);
    for round in 0..proof.proof.rounds.len() {
        for coefficient in 0..3 {
            let mut lie = proof.clone();
            lie.proof.rounds[round][coefficient] += E::ONE;
            assert_eq!(refused(tables, claim, &lie), RowsError::Values);
        }
    }
    for value in 0..proof.values.len() {
        let mut lie = proof.clone();
        lie.values[value] += E::ONE;
        assert_eq!(refused(tables, claim, &lie), RowsError::Values, "{value}");
    }
    let forms: [fn(&mut Proved<E>); 6] = [
        |proof| proof.proof.skip.truncate(proof.proof.skip.len() - 1),
        |proof| proof.proof.skip.push(E::ZERO),
        |proof| proof.proof.rounds.truncate(proof.proof.rounds.len() - 1),
        |proof| proof.proof.rounds.push([E::ZERO; 3]),
        |proof| proof.values.truncate(proof.values.len() - 1),
        |proof| proof.values.push(E::ZERO),
    ];
    for form in forms {
        let mut lie = proof.clone();
        form(&mut lie);
        let refused = refused(tables, claim, &lie);
        assert!(matches!(refused, RowsError::Length(_)));
    }
}

/// Nothing that the verifier knows by itself may differ.
fn claims_are_bound<E: ProverChallenge>(tables: &Tables, claim: &Claim<E>, proof: &Proved<E>) {
    let Tables { heights, part, .. } = tables;
    for (numerator, denominator) in [(E::ONE, E::ZERO), (E::ZERO, E::ONE)] {
        let mut lie = claim.clone();
        lie.value.numerator += numerator;
        lie.value.denominator += denominator;
        assert_eq!(check(heights, part, &lie, proof).0, Err(RowsError::Skip));
    }
    let mut longer = claim.clone();
    longer.point.push(E::ONE);
    assert!(matches!(
        check(heights, part, &longer, proof).0,
        Err(RowsError::Length(_))
    ));
    let mut other = claim.clone();
    other.point.swap(6, 7);
    assert_eq!(check(heights, part, &other, proof).0, Err(RowsError::Skip));
    // One row more or less of any table.
    for (table, height) in heights.tables() {
        for got in [height - 1, height + 1] {
            let height = |other| {
                if other == table {
                    got
                } else {
                    heights.of(other)
                }
            };
            let other = Heights::new(height);
            // Rows of zeros are messages too. The heights of given columns are checked before.
            let result = check(&other, part, claim, proof).0;
            let is_fixed = matches!(table.role(), Role::Lookup);
            assert!(is_fixed || result.is_err(), "{} {got}", table.name());
        }
    }
    let mut other = part.clone();
    if let Some(execution) = &mut other.execution {
        execution.output_start += 1;
    }
    assert_eq!(
        check(heights, &other, claim, proof).0,
        Err(RowsError::Values)
    );
}

/// Wrong cells, beside a claim on the right or on the wrong leaves.
fn wrong_cells_are_found<E: ProverChallenge>(tables: &mut Tables, honest: &Claim<E>) {
    let platform = Platform::detect();
    let table = Table::AddSub;
    let width = table.trace_width();
    for row in [0, tables.heights.of(table) as usize - 1] {
        for column in 0..width {
            let at = row * width + column;
            tables.traces[table as usize][at] += F::ONE;
            let (proved, _) = prove_on(platform, tables, honest);
            let result = check(&tables.heights, &tables.part, honest, &proved).0;
            assert!(result.is_err(), "row {row} column {column}");
            tables.traces[table as usize][at] -= F::ONE;
        }
    }
    // A constraint fails, and the leaves are those of the wrong row.
    let flag = table
        .column_names()
        .iter()
        .position(|name| name == "is_add");
    let flag = flag.expect("a column of the table");
    tables.traces[table as usize][flag] += F::TWO;
    let own = claim::<E>(tables);
    let (proved, _) = prove_on(platform, tables, &own);
    assert!(
        check(&tables.heights, &tables.part, &own, &proved)
            .0
            .is_err()
    );
    tables.traces[table as usize][flag] -= F::TWO;
    let (proved, _) = prove_on(platform, tables, honest);
    assert!(
        check(&tables.heights, &tables.part, honest, &proved)
            .0
            .is_ok()
    );
}

/// A given cell that is not what the verifier evaluates.
fn wrong_given_cells_are_found<E: ProverChallenge>(tables: &Tables, honest: &Claim<E>) {
    let platform = Platform::detect();
    let pool = Pool::new();
    let mut other = tables.part.clone();
    if let Some(execution) = &mut other.execution {
        execution.output[0] ^= 1;
    }
    let columns = columns(platform, &pool, tables, &other);
    let proved = prove_columns(platform, &pool, tables, &columns, honest, &Cancel::new());
    let (proved, _) = proved.unwrap();
    assert!(
        check(&tables.heights, &tables.part, honest, &proved)
            .0
            .is_err()
    );
}

fn cancelled_work_stops<E: ProverChallenge>(tables: &Tables, claim: &Claim<E>) {
    let (platform, pool, cancel) = (Platform::detect(), Pool::new(), Cancel::new());
    cancel.cancel();
    let columns = columns(platform, &pool, tables, &tables.part);
    let proved = prove_columns(platform, &pool, tables, &columns, claim, &cancel);
    assert!(matches!(proved, Err(EngineError::Cancelled(_))));
}

/// Heights of all sorts.
fn various(table: Table, real: usize) -> usize {
    match table {
        Table::AddSub => 1037,
        Table::AddImmediate => 1 << 16,
        Table::Bitwise => 1,
        Table::Branch => 128,
        Table::LoadStoreWord => 3 * 1024,
        Table::Jump => 129,
        Table::Shift => 17,
        Table::Multiply => 127,
        Table::LoadStoreSubword => 5000,
        _ => real,
    }
}

#[test]
fn real_tables_are_proved_over_both_fields() {
    let tables = tables("fibonacci", &100_u32.to_le_bytes(), |_, real| real);
    is_proved::<QM31>(&tables);
    is_proved::<Sextic>(&tables);
}

#[test]
fn tables_of_all_heights_are_proved_and_no_lie_is() {
    let mut tables = tables("sha256", b"some input", various);
    let (claim, proved) = is_proved::<QM31>(&tables);
    lies_are_found(&tables, &claim, &proved);
    claims_are_bound(&tables, &claim, &proved);
    wrong_given_cells_are_found(&tables, &claim);
    cancelled_work_stops(&tables, &claim);
    wrong_cells_are_found(&mut tables, &claim);
}

#[test]
fn more_rows_than_range16_has_take_more_variables() {
    let height = |table, real| match table {
        Table::AddSub => (1 << 17) + 3,
        _ => real,
    };
    let tables = tables("sha256", b"more", height);
    assert_eq!(tables.heights.log_rows(), 18);
    is_proved::<Sextic>(&tables);
}
