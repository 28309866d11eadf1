//! The columns that the program fixes, committed to.

use std::sync::{Arc, OnceLock};

use p3_field::PrimeField32;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use zonda_circuits::{
    F,
    fixed::FixedRows,
    machine::{Image, Role, Table},
};
use zonda_kernels::{AllocationError, Group, Half, HalfLayer, LINE, Transform, Twiddles};
use zonda_riscv_emu::allocate;
use zonda_verifier::{
    Instance,
    layout::{Phase, fixed_phase},
    proof::Digest,
};

use super::{
    commit::{self, Commitment, Rows},
    prove::{Engine, EngineError},
};
use crate::cancel::Cancel;

/// The preprocessed columns of the tables of one phase, and the commitment to them.
pub struct Preprocessed {
    /// The tables, the logarithms of their heights, and their cells, row-major, canonical.
    pub tables: Vec<(Table, usize, Vec<u32>)>,
    /// The extended columns and their tree.
    pub(crate) commitment: Commitment,
}

/// The commitments to the preprocessed columns of a program, as its key has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FixedRoots {
    /// The tables, in order.
    pub instances: Vec<Instance>,
    /// The roots of their phases.
    pub roots: [Digest; 3],
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
    ///
    /// # Errors
    /// If memory is refused.
    pub fn fix(
        &self,
        image: &Image,
        roles: impl IntoIterator<Item = Role>,
    ) -> Result<Fixed, EngineError> {
        static LOOKUP: OnceLock<Arc<Preprocessed>> = OnceLock::new();
        let mut fixed = Fixed::default();
        for role in roles {
            let preprocess = || Ok::<_, EngineError>(Arc::new(self.preprocess(role, image)?));
            if let Some(phase) = fixed_phase(role) {
                fixed.0[phase] = Some(match (role, LOOKUP.get()) {
                    (Role::Lookup, Some(lookup)) => lookup.clone(),
                    (Role::Lookup, None) => {
                        let lookup = preprocess()?;
                        LOOKUP.get_or_init(|| lookup).clone()
                    }
                    _ => preprocess()?,
                });
            }
        }
        Ok(fixed)
    }

    /// The tables with preprocessed columns, by table, with the logarithms of their heights, and the
    /// roots of [`Self::fix`] for all roles, with the memory of half of their columns at most: nothing
    /// is kept.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn fixed_roots(&self, image: &Image) -> Result<FixedRoots, EngineError> {
        let mut instances = Vec::new();
        let mut roots = [Digest::default(); 3];
        for role in [Role::Lookup, Role::Program, Role::Zeroed] {
            let tables: Vec<_> = fixed_rows(role, image).collect();
            let heights = tables.iter().map(|(table, rows)| Instance {
                table: *table,
                log_height: rows.height().ilog2() as u8,
            });
            instances.extend(heights);
            if let Some(root) = fixed_phase(role).and_then(|phase| roots.get_mut(phase)) {
                *root = self.root(&tables)?;
            }
        }
        instances.sort_by_key(|instance| instance.table);
        Ok(FixedRoots { instances, roots })
    }

    /// The root of the phase of these tables.
    fn root(&self, tables: &[(Table, FixedRows<'_>)]) -> Result<Digest, EngineError> {
        let widths = tables.iter();
        let widths = widths.map(|(_, rows)| (rows.height().ilog2(), rows.width()));
        let phase = Phase::new(&widths.collect::<Vec<_>>(), 0);
        let twiddles = Twiddles::new(phase.log_size() as usize)?;
        let [first, second] = Half::BOTH.map(|half| self.half(tables, &phase, &twiddles, half));
        Ok(HalfLayer::root(self.platform, &[first?, second?]))
    }

    /// The two nodes over half of the rows of a phase.
    fn half(
        &self,
        tables: &[(Table, FixedRows<'_>)],
        phase: &Phase,
        twiddles: &Twiddles,
        half: Half,
    ) -> Result<HalfLayer, EngineError> {
        let mut layer = None;
        for (number, columns) in phase.groups.iter().enumerate() {
            let log_height = columns.log_height as usize;
            let blocks = (0..columns.width.div_ceil(LINE)).map(|block| {
                let mut lines = self.pool.take(LINE << log_height)?;
                fill_block(tables, phase, number, block, &mut lines);
                let transform = Transform::new(self.platform, twiddles).parallel();
                transform.extend_half(&mut lines, log_height, half);
                Ok(lines)
            });
            let blocks = blocks.collect::<Result<_, AllocationError>>()?;
            let group = Group::from_blocks(1 << log_height, columns.width, blocks);
            // Up to the layer below the next group's rows, or to the top.
            let next = phase.groups.get(number + 1);
            let top = next.map_or(1, |next| next.log_height + 1);
            let levels = columns.log_height - top;
            let below = layer.as_ref();
            layer = Some(HalfLayer::new(
                self.platform,
                &self.pool,
                &group,
                below,
                levels,
            )?);
        }
        Ok(layer.expect("every role has preprocessed columns"))
    }

    fn preprocess(&self, role: Role, image: &Image) -> Result<Preprocessed, EngineError> {
        let mut tables = Vec::new();
        for (table, rows) in fixed_rows(role, image) {
            let (height, width) = (rows.height(), rows.width());
            let mut cells = allocate::filled(0, height * width)?;
            const ROWS_PER_TASK: usize = 1 << 10;
            let tasks = cells.par_chunks_mut(ROWS_PER_TASK * width).enumerate();
            tasks.for_each(|(task, cells)| {
                rows.fill_canonical(ROWS_PER_TASK * task, cells.chunks_exact_mut(width));
            });
            tables.push((table, height.ilog2() as usize, cells));
        }
        let widths: Vec<_> = tables
            .iter()
            .map(|(table, log_height, _)| (*log_height as u32, table.fixed_width()))
            .collect();
        let phase = Phase::new(&widths, 0);
        let twiddles = Twiddles::new(phase.log_size() as usize)?;
        let mut groups = commit::groups(&self.pool, &phase)?;
        commit::fill_all(&mut groups, &phase, |index, width| {
            Rows::whole(&tables[index].2, width)
        });
        // Other proofs use the result too, so it must be whole: this work ignores cancellation.
        let cancel = &Cancel::new();
        let commitment = Commitment::of(self.platform, &self.pool, &twiddles, groups, cancel)?;
        Ok(Preprocessed { tables, commitment })
    }
}

/// Fills a block of 16 columns of a group, of all its rows.
fn fill_block(
    tables: &[(Table, FixedRows<'_>)],
    phase: &Phase,
    group: usize,
    block: usize,
    lines: &mut [u32],
) {
    const ROWS_PER_TASK: usize = 1 << 10;
    let width = phase.groups[group].width;
    let own = || {
        let tables = tables.iter().zip(&phase.spans);
        tables.filter(|(_, span)| span.group == group)
    };
    let columns = LINE * block..width.min(LINE * (block + 1));
    let tasks = lines.par_chunks_mut(LINE * ROWS_PER_TASK).enumerate();
    tasks.for_each_init(Vec::new, |rows, (task, lines)| {
        rows.resize(lines.len() / LINE * width, 0);
        for ((_, fixed), span) in own() {
            let rows = rows.chunks_exact_mut(width);
            let rows = rows.map(|row| &mut row[span.offset..]);
            fixed.fill_canonical(ROWS_PER_TASK * task, rows);
        }
        for (line, row) in lines.chunks_exact_mut(LINE).zip(rows.chunks_exact(width)) {
            let (filled, unused) = line.split_at_mut(columns.len());
            filled.copy_from_slice(&row[columns.clone()]);
            unused.fill(0);
        }
    });
}

/// The tables of a role that have preprocessed columns, and these.
fn fixed_rows(role: Role, image: &Image) -> impl Iterator<Item = (Table, FixedRows<'_>)> {
    let tables = Table::ALL.into_iter();
    let tables = tables.filter(move |table| table.role() == role);
    tables.filter_map(|table| Some((table, FixedRows::new(table, image)?)))
}

/// The cells of a matrix as canonical numbers.
pub(crate) fn canonical(matrix: RowMajorMatrix<F>) -> Vec<u32> {
    // Collecting a vector's own elements, of equal size, takes no new memory.
    let cells = matrix.values.into_iter();
    cells.map(|cell| cell.as_canonical_u32()).collect()
}

#[cfg(test)]
mod tests {
    use zonda_riscv_emu::{
        hole::Hole,
        instruction::{Instruction, Opcode},
    };

    use super::*;

    /// A program of so many instructions, in an image of so many words.
    fn image(instructions: u32, words: u32) -> Image {
        let instruction = |index: u32| Instruction {
            opcode: Opcode::Addi,
            rd: index as u8 % 32,
            rs1: 1,
            rs2: 0,
            imm: index as i32 % 2048,
        };
        Image {
            entry: 0x1_0000,
            text: (0..instructions)
                .map(|index| (0x1_0000 + 4 * index, instruction(index)))
                .collect(),
            words: (0..words).map(|word| (3 * word, word * word)).collect(),
            holes: Hole::ALL[1..].iter().map(|hole| hole.words()).collect(),
        }
    }

    #[test]
    fn roots_without_columns_are_those_of_the_columns() {
        let engine = Engine::default();
        // Tables of one height, and of heights that differ by one or more powers of two.
        for (instructions, words) in [(1, 0), (20, 100), (3000, 10), (40, 5000), (2000, 2000)] {
            let image = image(instructions, words);
            let fixed = engine.fix(&image, [Role::Lookup, Role::Program, Role::Zeroed]);
            let fixed = fixed.unwrap();
            let FixedRoots { instances, roots } = engine.fixed_roots(&image).unwrap();
            assert_eq!(roots, fixed.roots(), "{instructions} {words}");
            let heights = instances.iter();
            let heights = heights.map(|i| (i.table, usize::from(i.log_height)));
            let mut expected: Vec<_> = fixed.tables().collect();
            expected.sort_unstable_by_key(|(table, _)| *table);
            assert_eq!(heights.collect::<Vec<_>>(), expected);
        }
    }
}
