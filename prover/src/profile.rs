//! Profiles of runs, with the cells that a proof commits to.

use zonda_circuits::machine::Table;
use zonda_riscv_emu::{
    error::ExecuteError,
    execute::{self, Host, execute_profiled},
    profile::{CellCosts, Profile},
    program::Program,
    record::{Family, Service},
};
use zonda_verifier::layout::committed_in_all;

use crate::pipeline::{Execution, Options};

/// Runs a program and counts where its instructions and cells go. Of the options, the limit counts.
///
/// # Errors
/// If the guest traps or goes past a limit.
pub fn profile(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<(Execution, Profile), ExecuteError> {
    let limits = execute::Options {
        max_cycles: options.max_cycles,
        ..Default::default()
    };
    let (outcome, meter, profile) = execute_profiled(program, input, &limits, &costs(), host)?;
    let execution = Execution {
        exit_code: outcome.exit_code,
        output: outcome.output,
        cycles: outcome.cycles,
        meter,
    };
    Ok((execution, profile))
}

/// The committed cells of each thing's row.
fn costs() -> CellCosts {
    let cells = |table| committed_in_all(table) as u32;
    CellCosts {
        instructions: Family::ALL.map(|family| cells(Table::of_family(family))),
        services: Service::ALL.map(|service| cells(Table::of_service(service))),
        touched_word: cells(Table::Boundary),
        zeroed_word: cells(Table::Zeroed),
        distinct_instruction: cells(Table::Instructions),
    }
}

#[cfg(test)]
mod tests {
    use zonda_riscv_emu::{execute::Discard, testing};

    use super::*;
    use crate::{engine::Engine, prove};

    /// The profile has the cells of a proof but those of tables that do not depend on the run.
    #[test]
    fn cells_are_those_of_a_proof() {
        let program = testing::exit(7);
        let program = Program::from_elf(&testing::elf(&program)).unwrap();
        let (execution, profile) =
            profile(&program, b"", &Options::default(), &mut Discard).unwrap();
        assert_eq!(profile.total.instructions, execution.cycles);
        let engine = Engine::default();
        let proved = prove(&engine, &program, b"", &Options::default(), &mut Discard).unwrap();
        let tables = proved.report.cells.tables.iter();
        let by_run = |name: &str| {
            let others = [Table::Boundary, Table::Instructions].map(Table::name);
            let families = Family::ALL.map(|family| Table::of_family(family).name());
            families.contains(&name) || others.contains(&name)
        };
        let cells: u64 = tables
            .filter(|cells| by_run(cells.table))
            .map(|cells| {
                // Registers and the length of the output are at every boundary.
                let rows = match cells.table == Table::Boundary.name() {
                    true => execution.meter.touched_words,
                    false => cells.rows,
                };
                rows * (cells.boundary + cells.main)
            })
            .sum();
        assert_eq!(profile.total.cells, cells);
    }
}
