//! The tables of a whole run, filled, for measurements of single steps.

use std::{error::Error, fs};

use p3_field::PrimeField32;
use p3_matrix::Matrix;
use zonda_circuits::{
    F,
    machine::{Image, Part, Statement, Table},
    tape::Plan,
    witness::{OneShard, traces},
};
use zonda_kernels::{Platform, Pool};
use zonda_prover::engine::{
    Fingerprints, Lookups,
    columns::{AllColumns, TableColumns, TableRows},
};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
};
use zonda_verifier::{Challenge, QM31, heights::Heights, layout::Layout};

/// A run that is one part.
pub struct Run {
    /// Its statement.
    pub part: Part,
    /// Its layout.
    pub layout: Layout,
    /// The messages of all tables.
    pub plans: Vec<Plan>,
    columns: AllColumns,
}

impl Run {
    /// Runs a guest on an input file, and fills all tables.
    pub fn new(
        platform: Platform,
        pool: &Pool,
        guest: &str,
        input: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/elf");
        let program = Program::from_elf(&fs::read(format!("{guests}/{guest}.elf"))?)?;
        let input = fs::read(input)?;
        let (outcome, records) =
            execute_recorded(&program, &input, &Options::default(), &mut Discard)?;
        let image = Image::from(&program);
        let statement = Statement {
            exit_code: outcome.exit_code,
            output: outcome.output,
        };
        let run = OneShard::new(&image, &records, &statement)?;
        let instruction = |pc| match program.instruction(pc) {
            Some(Ok(instruction)) => instruction,
            _ => unreachable!("{pc:#x} was executed, so it is an instruction"),
        };
        let (part, boundary) = (&run.part, run.boundary());
        let instances = traces(&image, part, &boundary, &records, instruction);
        let filled = instances.into_iter().map(|instance| {
            let fixed = instance.table.fixed(&image);
            (
                instance.table,
                instance.trace.height(),
                fixed.map_or_else(Vec::new, |fixed| canonical(fixed.values)),
                canonical(instance.trace.values),
            )
        });
        let filled: Vec<_> = filled.collect();
        let rows = filled
            .iter()
            .map(|(table, height, fixed, trace)| TableRows {
                table: *table,
                height: *height,
                fixed,
                trace,
            });
        let rows: Vec<TableRows<'_>> = rows.collect();
        let layout = Layout::new(&Heights::new(|table| {
            let own = rows.iter().find(|rows| rows.table == table);
            own.map_or(0, |rows| rows.height as u32)
        }));
        Ok(Self {
            columns: AllColumns::fill(platform, pool, &layout, part, &rows)?,
            part: part.clone(),
            layout,
            plans: Table::ALL.into_iter().map(Plan::of).collect(),
        })
    }

    /// The tables that have rows.
    pub fn tables(&self) -> Vec<TableColumns<'_>> {
        self.columns.part().tables(&self.layout.heights)
    }

    /// How many messages their rows have.
    pub fn messages(&self) -> usize {
        let tables = self.layout.heights.tables();
        tables
            .map(|(table, height)| height as usize * self.plans[table as usize].messages.len())
            .sum()
    }
}

/// Arbitrary challenges of all messages.
pub fn lookups() -> Lookups<QM31> {
    let element = |seed: u32| QM31::from_coordinates_fn(|k| F::new(seed * 77 + k as u32));
    Lookups {
        local: Fingerprints::new(element(1_000_001), element(2_000_003), 12),
        global: Fingerprints::new(element(3_000_005), element(4_000_007), 12),
    }
}

fn canonical(elements: Vec<F>) -> Vec<u32> {
    elements.iter().map(F::as_canonical_u32).collect()
}
