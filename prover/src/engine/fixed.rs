//! The columns that the program fixes, committed to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use rayon::prelude::*;
use zonda_circuits::{
    fixed::FixedRows,
    machine::{Image, Role, Table},
};
use zonda_riscv_emu::allocate;
use zonda_verifier::{
    KeyHeights, Layout,
    layout::{FIXED_GAPS, FIXED_PROGRAM},
    proof::Digest,
};

use super::{Engine, EngineError, pages::Source, part::Committed};
use crate::cancel::Cancel;

/// The phases of preprocessed columns, and the role of their tables.
const PHASES: [(usize, Role); 2] = [(FIXED_PROGRAM, Role::Program), (FIXED_GAPS, Role::Zeroed)];

/// The preprocessed columns of the tables of some roles, for one program.
#[derive(Clone, Default)]
pub struct Fixed([Option<Arc<Committed>>; PHASES.len()]);

impl Fixed {
    /// The phases, as far as they are there.
    pub fn phases(&self) -> [Option<&Committed>; PHASES.len()] {
        self.0.each_ref().map(|phase| phase.as_deref())
    }

    /// The roots of the phases; zeros for those that are not there.
    pub fn roots(&self) -> [Digest; PHASES.len()] {
        let phases = self.phases();
        phases.map(|phase| phase.map_or([0; 32], |phase| phase.commitment.root()))
    }
}

/// The roots of both phases, by the program's id.
#[derive(Clone, Default)]
pub(super) struct KnownRoots(Arc<Mutex<BTreeMap<Digest, [Digest; PHASES.len()]>>>);

impl Engine {
    /// The roots of the preprocessed columns of the program of this id; and the columns, if this is the first time
    /// that its roots are asked for.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn fixed_roots(
        &self,
        id: &Digest,
        image: &Image,
    ) -> Result<([Digest; PHASES.len()], Option<Fixed>), EngineError> {
        let known = || self.known.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(roots) = known().get(id) {
            return Ok((*roots, None));
        }
        let fixed = self.fix(image, |_| true)?;
        let roots = fixed.roots();
        known().insert(*id, roots);
        Ok((roots, Some(fixed)))
    }

    /// Commits to the preprocessed columns of the tables of the roles for which `wanted` says so.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn fix(&self, image: &Image, wanted: impl Fn(Role) -> bool) -> Result<Fixed, EngineError> {
        let layout = Layout::new(&KeyHeights::of(image).heights());
        let mut fixed = Fixed::default();
        for ((phase, role), place) in PHASES.into_iter().zip(&mut fixed.0) {
            if wanted(role) {
                *place = Some(Arc::new(self.fix_phase(image, &layout, phase, role)?));
            }
        }
        Ok(fixed)
    }

    fn fix_phase(
        &self,
        image: &Image,
        layout: &Layout,
        phase: usize,
        role: Role,
    ) -> Result<Committed, EngineError> {
        let own = Table::ALL.into_iter().filter(|table| table.role() == role);
        let own = own.filter_map(|table| Some((table, FixedRows::new(table, image)?)));
        let mut tables = Vec::new();
        for (table, rows) in own {
            let (height, width) = (rows.height(), rows.width());
            let mut cells = allocate::filled(0, height * width)?;
            const ROWS_PER_TASK: usize = 1 << 10;
            let tasks = cells.par_chunks_mut(ROWS_PER_TASK * width).enumerate();
            tasks.for_each(|(task, cells)| {
                rows.fill_canonical(ROWS_PER_TASK * task, cells.chunks_exact_mut(width));
            });
            tables.push((table, height, cells));
        }
        let rows = tables.iter().map(|(table, height, cells)| Source {
            table: *table,
            cells,
            stride: table.fixed_width(),
            height: *height,
        });
        // The result outlives this proof, so it must be whole: this work ignores cancellation.
        let cancel = &Cancel::new();
        self.commit(layout, phase, &rows.collect::<Vec<_>>(), cancel)
    }
}

#[cfg(test)]
mod tests {
    use zonda_riscv_emu::{
        hole::Hole,
        instruction::{Instruction, Opcode},
    };
    use zonda_verifier::{Preset, VerifyingKey};

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

    /// The verifier's definition is another one, and slow.
    #[test]
    fn roots_are_those_of_the_definition() {
        let engine = Engine::default();
        for (instructions, words) in [(1, 0), (20, 100), (3000, 10), (1024, 5000)] {
            let image = image(instructions, words);
            let fixed = engine.fix(&image, |_| true).unwrap();
            let key = VerifyingKey::new([7; 32], &image, Preset::Standard);
            assert_eq!(&fixed.roots(), key.fixed_roots(), "{instructions} {words}");
        }
    }

    #[test]
    fn columns_are_committed_to_once() {
        let engine = Engine::default();
        let (one, other) = (image(20, 100), image(21, 100));
        let (roots, columns) = engine.fixed_roots(&[1; 32], &one).unwrap();
        assert_eq!(roots, columns.unwrap().roots());
        let (again, columns) = engine.clone().fixed_roots(&[1; 32], &one).unwrap();
        assert_eq!(again, roots);
        assert!(columns.is_none());
        let (others, columns) = engine.fixed_roots(&[2; 32], &other).unwrap();
        assert_ne!(others, roots);
        assert!(columns.is_some());
    }
}
