//! What proving runs of a program needs beside the engine.

use zonda_circuits::machine::{Image, Role};
use zonda_riscv_emu::{instruction::Instruction, program::Program};
use zonda_verifier::{Instance, Preset, Shape, VerifyingKey};

use crate::engine::{Engine, Fixed};

/// A program, its key, and what the prover keeps of its preprocessed columns.
pub struct Setup<'a> {
    /// The program.
    pub program: &'a Program,
    /// The program as the circuits need it.
    pub image: Image,
    /// The key.
    pub key: VerifyingKey,
    /// The preprocessed columns, if they are kept.
    fixed: Option<Fixed>,
}

impl<'a> Setup<'a> {
    /// Commits to a program's preprocessed columns, and so derives its key.
    pub fn new(engine: &Engine, program: &'a Program, preset: Preset) -> Self {
        let image = Image::from(program);
        let fixed = engine.fix(&image, ROLES);
        let mut instances: Vec<_> = fixed
            .tables()
            .map(|(table, log_height)| Instance {
                table,
                log_height: log_height as u8,
            })
            .collect();
        instances.sort_by_key(|instance| instance.table);
        let roots = fixed.roots();
        let key = VerifyingKey::from_roots(program.id(), image.entry, preset, instances, roots);
        Self {
            program,
            image,
            key,
            fixed: Some(fixed),
        }
    }

    /// With the key of this digest, if it is the program's under some preset.
    pub fn with_digest(engine: &Engine, program: &'a Program, digest: &[u8; 32]) -> Option<Self> {
        let mut setup = Self::new(engine, program, Preset::default());
        let fixed = setup.fixed.as_ref()?;
        let key = |preset| {
            let instances = setup.key.fixed().to_vec();
            VerifyingKey::from_roots(
                program.id(),
                setup.image.entry,
                preset,
                instances,
                fixed.roots(),
            )
        };
        let mut keys = Preset::ALL.into_iter().map(key);
        setup.key = keys.find(|key| key.digest() == *digest)?;
        Some(setup)
    }

    /// With a key that is known to be the program's: nothing is committed to before a part needs it.
    pub fn with_key(program: &'a Program, key: VerifyingKey) -> Self {
        Self {
            program,
            image: program.into(),
            key,
            fixed: None,
        }
    }

    /// Drops the preprocessed columns: they are made again for the parts that need them.
    pub fn forget_fixed(&mut self) {
        self.fixed = None;
    }

    /// The preprocessed columns that parts of this shape have.
    pub(crate) fn fixed(&self, engine: &Engine, shape: &Shape) -> Fixed {
        let has = |role: &Role| shape.0.iter().any(|i| i.table.role() == *role);
        match &self.fixed {
            Some(fixed) => fixed.clone(),
            None => engine.fix(&self.image, ROLES.into_iter().filter(has)),
        }
    }

    /// The instruction at a pc that was executed.
    pub(crate) fn instruction_at(&self, pc: u32) -> Instruction {
        match self.program.instruction(pc) {
            Some(Ok(instruction)) => instruction,
            _ => unreachable!("the run executed {pc:#010x}, so it is an instruction"),
        }
    }
}

/// The roles of tables with preprocessed columns.
const ROLES: [Role; 3] = [Role::Lookup, Role::Program, Role::Zeroed];
