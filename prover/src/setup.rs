//! The data that proving runs of a program needs beside the engine.

use zonda_circuits::machine::Image;
use zonda_riscv_emu::{instruction::Instruction, program::Program};
use zonda_verifier::{Heights, KeyHeights, Preset, VerifyingKey};

use crate::{
    engine::{Engine, EngineError, Fixed},
    error::ProveError,
    pipeline::{Options, in_pool},
    task::{Task, TaskError},
};

/// A program, its key, and the preprocessed columns that the prover keeps.
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
    /// Commits to a program's preprocessed columns, and so derives its key, unless the engine knows it: on the threads
    /// of the caller's pool.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn new(engine: &Engine, program: &'a Program, preset: Preset) -> Result<Self, ProveError> {
        let image = Image::of(program)?;
        let id = program.id();
        let (roots, fixed) = engine.fixed_roots(&id, &image)?;
        let heights = KeyHeights::of(&image);
        let key = VerifyingKey::from_roots(id, image.entry, preset, heights, roots);
        Ok(Self {
            program,
            image,
            key,
            fixed,
        })
    }

    /// With the key of this digest, if it is the program's under some preset: nothing is kept.
    ///
    /// # Errors
    /// If it is another program's, or memory is refused.
    pub fn with_digest(
        engine: &Engine,
        program: &'a Program,
        digest: &[u8; 32],
    ) -> Result<Self, ProveError> {
        let mut keys = keys(engine, program, &Preset::ALL)?.into_iter();
        let key = keys.find(|key| key.digest() == *digest);
        Self::with_key(program, key.ok_or(TaskError::Key)?)
    }

    /// With a key that is known to be the program's: nothing is committed to before a part needs it.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn with_key(program: &'a Program, key: VerifyingKey) -> Result<Self, ProveError> {
        Ok(Self {
            program,
            image: Image::of(program)?,
            key,
            fixed: None,
        })
    }

    /// Drops the preprocessed columns: they are made again for the parts that need them.
    pub fn forget_fixed(&mut self) {
        self.fixed = None;
    }

    /// The preprocessed columns that parts of these heights have.
    ///
    /// # Errors
    /// If memory is refused.
    pub(crate) fn fixed(&self, engine: &Engine, heights: &Heights) -> Result<Fixed, EngineError> {
        match &self.fixed {
            Some(fixed) => Ok(fixed.clone()),
            None => engine.fix(&self.image, |role| heights.has(role)),
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

/// [`Setup::new`] on the threads of the options.
///
/// # Errors
/// If the threads cannot be started, or memory is refused.
pub fn prepare<'a>(
    engine: &Engine,
    program: &'a Program,
    options: &Options<'_>,
) -> Result<Setup<'a>, ProveError> {
    in_pool(options, || Setup::new(engine, program, options.preset))?
}

/// The setup to prove a task: [`Setup::with_digest`] on the threads of the options.
///
/// # Errors
/// If the task is another program's or for another key, the threads cannot be started, or memory is
/// refused.
pub fn prepare_for<'a>(
    engine: &Engine,
    program: &'a Program,
    task: &Task,
    options: &Options<'_>,
) -> Result<Setup<'a>, ProveError> {
    if task.program_id != program.id() {
        return Err(TaskError::Program.into());
    }
    in_pool(options, || {
        Setup::with_digest(engine, program, &task.key_digest)
    })?
}

/// The key of a program. It takes about 200 bytes of memory for each instruction, each word that the file fills, and
/// each gap between those.
///
/// # Errors
/// If the threads cannot be started, or memory is refused.
pub fn verifying_key(
    engine: &Engine,
    program: &Program,
    options: &Options<'_>,
) -> Result<VerifyingKey, ProveError> {
    let mut keys = in_pool(options, || keys(engine, program, &[options.preset]))??;
    Ok(keys.swap_remove(0))
}

/// The keys of a program under some presets.
fn keys(
    engine: &Engine,
    program: &Program,
    presets: &[Preset],
) -> Result<Vec<VerifyingKey>, ProveError> {
    let image = Image::of(program)?;
    let (id, entry, heights) = (program.id(), image.entry, KeyHeights::of(&image));
    let (roots, _) = engine.fixed_roots(&id, &image)?;
    let key = |preset: &Preset| VerifyingKey::from_roots(id, entry, *preset, heights, roots);
    Ok(presets.iter().map(key).collect())
}
