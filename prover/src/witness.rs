//! Filling the tables of a part while its shard is executed again.

use std::{mem, ops::DerefMut};

use zonda_circuits::{
    instances::several,
    witness::{Filled, Filling},
};
use zonda_riscv_emu::{
    execute,
    record::Records,
    shard::{End, Replay, ReplayInput},
};

use crate::{
    cancel::Cancel,
    error::ProveError,
    part::{ShardWork, Work},
    setup::Setup,
    task::TaskError,
};

/// Instructions whose records are held at a time, twice: those of one piece become rows while the
/// next piece is executed. Few enough to stay in the cache, enough to be worth sharing out.
pub(crate) const PIECE: u64 = 1 << 15;

/// The part's tables, filled in memory that `cells` gives: room for so many, whatever is in it.
///
/// # Errors
/// If the shard is not what the program does, or the work is to stop.
pub(crate) fn fill<M: DerefMut<Target = [u32]> + Send>(
    setup: &Setup<'_>,
    work: &Work,
    cells: impl FnMut(usize) -> M + Send,
    cancel: &Cancel,
) -> Result<Vec<Filled<M>>, ProveError> {
    let stated = work.stated();
    work.with_boundary(&setup.image, |boundary| {
        let rows = |table| work.rows(table);
        let at = |pc| setup.instruction_at(pc);
        let mut filling = Filling::new(&setup.image, &stated, boundary, rows, several, at, cells);
        let mut last = Records::default();
        if let Some(shard) = &work.shard {
            last = execute(setup, shard, |records| filling.add(records), cancel)?;
        }
        Ok(filling.finish(&last))
    })
}

/// Executes a shard again, hands out its records piece by piece, and holds what happens against what
/// is said of it. Returns the records of the shard's end.
fn execute(
    setup: &Setup<'_>,
    shard: &ShardWork,
    mut add: impl FnMut(&Records) + Send,
    cancel: &Cancel,
) -> Result<Records, ProveError> {
    let input = shard.replay_input();
    let mut replay =
        Replay::new(setup.program, input, max_memory(&input)).map_err(TaskError::from)?;
    let mut happened = Happened::new(setup, shard);
    let mut next = |records: &mut Records| replay.next(records, PIECE).map_err(TaskError::from);
    let (mut piece, mut following) = (Records::default(), Records::default());
    let mut is_more = next(&mut piece)?;
    loop {
        cancel.check()?;
        let (more, ()) = rayon::join(
            || is_more.then(|| next(&mut following)).transpose(),
            || {
                happened.add(&piece);
                add(&piece);
            },
        );
        let Some(more) = more? else {
            break;
        };
        is_more = more;
        mem::swap(&mut piece, &mut following);
    }
    replay.finish(&mut piece).map_err(TaskError::from)?;
    happened.check(shard, &piece)?;
    Ok(piece)
}

/// As many pages as there are words suffice, and no run has more than it may have.
fn max_memory(shard: &ReplayInput<'_>) -> u64 {
    const PAGE_BYTES: u64 = 1 << 14;
    let pages = PAGE_BYTES * shard.words.len() as u64;
    pages.min(execute::Options::default().max_memory)
}

/// What is known of a shard from its records.
struct Happened<'a> {
    text: &'a [(u32, zonda_riscv_emu::instruction::Instruction)],
    /// Of each instruction of the text whether it is executed.
    is_executed: Vec<bool>,
    /// The rest of the public output that is said to be written.
    output: &'a [u8],
    /// Whether what was written so far is what is said.
    is_output: bool,
}

impl<'a> Happened<'a> {
    fn new(setup: &'a Setup<'_>, shard: &'a ShardWork) -> Self {
        let text = &setup.image.text;
        Self {
            text,
            is_executed: vec![false; text.len()],
            output: &shard.output,
            is_output: true,
        }
    }

    fn add(&mut self, records: &Records) {
        let transfers = records.transfers.iter();
        for written in transfers.filter(|transfer| transfer.is_output) {
            let bytes = written.word.after.to_le_bytes();
            let bytes = bytes[written.offset.into()..].iter();
            let bytes = bytes.take(written.count.into());
            let (said, rest) = self
                .output
                .split_at(self.output.len().min(written.count.into()));
            self.is_output &= bytes.eq(said);
            self.output = rest;
        }

        let steps = records.steps.iter().flatten().map(|step| step.pc);
        let words = records.load_store_word.iter();
        let subwords = records.load_store_subword.iter();
        let misaligned = records.load_store_misaligned.iter();
        let ecalls = records.ecalls.iter().map(|step| step.pc);
        let mut before = (0, 0);
        let mut execute = |pc: u32| {
            // Text is mostly one range of instructions.
            let ahead = (pc.wrapping_sub(before.0) / 4) as usize;
            let guess = (before.1 + ahead).min(self.text.len() - 1);
            let number = if self.text[guess].0 == pc {
                guess
            } else {
                let found = self.text.binary_search_by_key(&pc, |(pc, _)| *pc);
                found.expect("only instructions are executed")
            };
            before = (pc, number);
            self.is_executed[number] = true;
        };
        steps.for_each(&mut execute);
        words.chain(subwords).for_each(|one| execute(one.step.pc));
        misaligned.for_each(|one| execute(one.step.pc));
        ecalls.for_each(&mut execute);
    }

    /// Holds all of it against what is said of the shard; `last` are the records of its end.
    fn check(&self, shard: &ShardWork, last: &Records) -> Result<(), TaskError> {
        let registers = last.registers.iter().map(|register| register.value);
        let executed = self.text.iter().zip(&self.is_executed);
        let executed = executed.filter(|(_, is_executed)| **is_executed);
        let same = [
            ("registers", registers.eq(shard.registers_after)),
            (
                "output length",
                last.output_length.value == shard.output_length_after,
            ),
            ("output", self.is_output && self.output.is_empty()),
            (
                "end",
                match shard.end {
                    End::Next { pc } => last.final_pc == Some(pc),
                    End::Exit { code } => {
                        last.final_pc.is_none() && last.registers[A0].value == code
                    }
                },
            ),
            (
                "instructions",
                executed
                    .map(|((pc, _), _)| *pc)
                    .eq(shard.pcs.iter().copied()),
            ),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(TaskError::Differs { what }),
            None => Ok(()),
        }
    }
}

/// Register a0: the argument of `exit`.
const A0: usize = 10;
