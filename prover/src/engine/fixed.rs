//! The columns that the program fixes, committed to.

use std::sync::{Arc, OnceLock};

use p3_field::PrimeField32;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    machine::{Image, Role, Table},
};
use zonda_kernels::Twiddles;
use zonda_verifier::layout::{Phase, fixed_phase};

use super::{
    commit::{self, Commitment, Rows},
    prove::Engine,
};
use crate::cancel::Cancel;

/// The preprocessed columns of the tables of one phase, and the commitment to them.
pub struct Preprocessed {
    /// The tables, the logarithms of their heights, and their cells, row-major, canonical.
    pub tables: Vec<(Table, usize, Vec<u32>)>,
    /// The extended columns and their tree.
    pub(crate) commitment: Commitment,
}

/// The preprocessed columns of the tables of some roles, for one program.
#[derive(Clone, Default)]
pub struct Fixed([Option<Arc<Preprocessed>>; 3]);

impl Fixed {
    /// The preprocessed columns of a phase, one of the first three, if they are there.
    pub(crate) fn phase(&self, phase: usize) -> Option<&Preprocessed> {
        self.0[phase].as_deref()
    }

    /// The cells of a table's preprocessed columns, row-major, canonical; `None` without such columns.
    pub(crate) fn cells(&self, table: Table) -> &[u32] {
        let phase = fixed_phase(table.role()).and_then(|phase| self.phase(phase));
        let mut tables = phase.into_iter().flat_map(|phase| &phase.tables);
        tables
            .find(|(fixed, ..)| *fixed == table)
            .map_or(&[], |(.., cells)| cells)
    }

    /// All tables that have preprocessed columns, and the logarithms of their heights.
    pub fn tables(&self) -> impl Iterator<Item = (Table, usize)> + '_ {
        let tables = self.0.iter().flatten().flat_map(|phase| &phase.tables);
        tables.map(|(table, log_height, _)| (*table, *log_height))
    }

    /// The roots of the phases; zeros for those that are not there.
    pub fn roots(&self) -> [[u8; 32]; 3] {
        let root = |phase: &Option<Arc<Preprocessed>>| {
            phase
                .as_ref()
                .map_or([0; 32], |phase| phase.commitment.root())
        };
        self.0.each_ref().map(root)
    }
}

impl Engine {
    /// Commits to the preprocessed columns of the tables of some roles. Those of the lookup tables
    /// are the same for every program: they are committed to once in the life of the process.
    pub fn fix(&self, image: &Image, roles: impl IntoIterator<Item = Role>) -> Fixed {
        static LOOKUP: OnceLock<Arc<Preprocessed>> = OnceLock::new();
        let mut fixed = Fixed::default();
        for role in roles {
            let preprocess = || Arc::new(self.preprocess(role, image));
            if let Some(phase) = fixed_phase(role) {
                fixed.0[phase] = Some(match role {
                    Role::Lookup => LOOKUP.get_or_init(preprocess).clone(),
                    _ => preprocess(),
                });
            }
        }
        fixed
    }

    fn preprocess(&self, role: Role, image: &Image) -> Preprocessed {
        let tables = Table::ALL.into_iter().filter(|table| table.role() == role);
        let tables: Vec<_> = tables
            .filter_map(|table| {
                let fixed = table.fixed(image)?;
                let log_height = fixed.height().ilog2() as usize;
                Some((table, log_height, canonical(fixed)))
            })
            .collect();
        let widths: Vec<_> = tables
            .iter()
            .map(|(table, log_height, _)| (*log_height as u32, table.fixed_width()))
            .collect();
        let phase = Phase::new(&widths, 0);
        let twiddles = Twiddles::new(phase.log_size() as usize);
        let mut groups = commit::groups(&self.pool, &phase);
        commit::fill_all(&mut groups, &phase, |index, width| {
            Rows::whole(&tables[index].2, width)
        });
        // Other proofs use the result too, so it must be whole: this work ignores cancellation.
        let cancel = &Cancel::new();
        let commitment = Commitment::of(self.platform, &self.pool, &twiddles, groups, cancel);
        Preprocessed {
            tables,
            commitment: commitment.expect("nobody cancels"),
        }
    }
}

/// The cells of a matrix as canonical numbers.
pub(crate) fn canonical(matrix: RowMajorMatrix<F>) -> Vec<u32> {
    // Collecting a vector's own elements, of equal size, takes no new memory.
    let cells = matrix.values.into_iter();
    cells.map(|cell| cell.as_canonical_u32()).collect()
}
