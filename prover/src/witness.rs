//! Filling the tables of a part while its shard is executed again.

use std::{mem, ops::DerefMut};

use zonda_circuits::{
    machine::Table,
    witness::{Filled, Filling},
};
use zonda_riscv_emu::{
    allocate::OutOfMemory,
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

/// The part's tables, filled in memory that `cells` gives: room for so many, with any contents.
///
/// # Errors
/// If the shard is not what the program does, the work is to stop, or memory is refused.
pub(crate) fn fill<M: DerefMut<Target = [u32]> + Send>(
    setup: &Setup<'_>,
    work: &Work,
    cells: impl FnMut(usize) -> Result<M, OutOfMemory> + Send,
    cancel: &Cancel,
) -> Result<Vec<Filled<M>>, ProveError> {
    let stated = work.stated()?;
    work.with_boundary(&setup.image, |boundary| {
        let extent = work.extent(&setup.image);
        let at = |pc| setup.instruction_at(pc);
        let mut filling = Filling::new(&setup.image, &stated, boundary, &extent, at, cells)?;
        let Some(shard) = &work.shard else {
            return Ok(filling.finish(&Records::default())?);
        };
        let add = |records: &Records| filling.add(records);
        let last = replay(setup, shard, add, cancel)?;
        let filled = filling.finish(&last)?;
        if executes_all(&filled, shard.cycles()) {
            Ok(filled)
        } else {
            let what = "instructions";
            Err(TaskError::Differs { what }.into())
        }
    })
}

/// Whether exactly the instructions in the table of the shard's instructions are executed. The table
/// counts their executions, and `cycles` are executed in all.
fn executes_all<M: DerefMut<Target = [u32]>>(filled: &[Filled<M>], cycles: u64) -> bool {
    const TIMES: usize = Table::Instructions.boundary_width();
    let tables = filled.iter().filter(|f| f.table == Table::Instructions);
    let rows = tables.flat_map(|f| f.cells.chunks_exact(f.width));
    let mut times = rows.map(|row| u64::from(row[TIMES]));
    let mut sum = 0;
    times.all(|times| {
        sum += times;
        times > 0
    }) && sum == cycles
}

/// Executes a shard again, hands out its records piece by piece, and compares the run with its
/// description, except for the list of executed instructions. Returns the records of the shard's end.
fn replay(
    setup: &Setup<'_>,
    shard: &ShardWork,
    mut add: impl FnMut(&Records) -> Result<(), OutOfMemory> + Send,
    cancel: &Cancel,
) -> Result<Records, ProveError> {
    let input = shard.replay_input();
    let mut replay =
        Replay::new(setup.program, input, max_memory(&input)).map_err(TaskError::from)?;
    let mut output = Output {
        left: &shard.output,
        is_said: true,
    };
    let mut next = |records: &mut Records| replay.next(records, PIECE).map_err(TaskError::from);
    let (mut piece, mut following) = (Records::default(), Records::default());
    let mut is_more = next(&mut piece)?;
    loop {
        cancel.check()?;
        let (more, added) = rayon::join(
            || is_more.then(|| next(&mut following)).transpose(),
            || {
                output.add(&piece);
                add(&piece)
            },
        );
        added?;
        let Some(more) = more? else {
            break;
        };
        is_more = more;
        mem::swap(&mut piece, &mut following);
    }
    replay.finish(&mut piece).map_err(TaskError::from)?;
    check(shard, &piece, &output)?;
    Ok(piece)
}

/// As many pages as there are words suffice, and no run has more than it may have.
fn max_memory(shard: &ReplayInput<'_>) -> u64 {
    const PAGE_BYTES: u64 = 1 << 14;
    let pages = PAGE_BYTES * shard.words.len() as u64;
    pages.min(execute::Options::default().max_memory)
}

/// The public output in the shard's description, compared with what the shard writes.
struct Output<'a> {
    /// The bytes not written yet.
    left: &'a [u8],
    /// Whether all bytes so far were as described.
    is_said: bool,
}

impl Output<'_> {
    fn add(&mut self, records: &Records) {
        let transfers = records.transfers.iter();
        for written in transfers.filter(|transfer| transfer.is_output) {
            let count = usize::from(written.count);
            let bytes = written.word.after.to_le_bytes();
            let bytes = bytes[written.offset.into()..].iter().take(count);
            let (said, left) = self.left.split_at(self.left.len().min(count));
            self.is_said &= bytes.eq(said);
            self.left = left;
        }
    }
}

/// Compares the end of a shard with its description.
fn check(shard: &ShardWork, last: &Records, output: &Output<'_>) -> Result<(), TaskError> {
    let registers = last.registers.iter().map(|register| register.value);
    let length = last.output_length.value;
    let end = match shard.end {
        End::Next { pc } => last.final_pc == Some(pc),
        End::Exit { code } => last.final_pc.is_none() && last.registers[A0].value == code,
    };
    let same = [
        ("registers", registers.eq(shard.registers_after)),
        ("output length", length == shard.output_length_after),
        ("output", output.is_said && output.left.is_empty()),
        ("end", end),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(TaskError::Differs { what }),
        None => Ok(()),
    }
}

/// Register a0: the argument of `exit`.
const A0: usize = 10;

#[cfg(test)]
mod tests {
    use zonda_riscv_emu::{execute::Discard, program::Program};
    use zonda_verifier::Preset;

    use super::*;
    use crate::{
        engine::Engine,
        pipeline::{Options, plan},
    };

    /// Only the table of instructions records which of them a shard executes.
    #[test]
    fn instructions_are_those_that_are_executed() {
        let elf = include_bytes!("../../guests/elf/fibonacci.elf");
        let program = Program::from_elf(elf).unwrap();
        let (engine, input) = (Engine::default(), 100_u32.to_le_bytes());
        let setup = Setup::new(&engine, &program, Preset::default()).unwrap();
        let mut plan = plan(&engine, &setup, &input, &Options::default(), &mut Discard).unwrap();
        let task = plan.tasks(&setup, &input).unwrap().next().unwrap();
        let work = task.unwrap().work;
        let fill = |pcs: &[u32]| {
            let mut work = work.clone();
            let shard = work.shard.as_mut().unwrap();
            shard.pcs = pcs.to_vec();
            shard.pcs.sort_unstable();
            let cells = |count| Ok(vec![0; count]);
            fill(&setup, &work, cells, &Cancel::new()).map(drop)
        };
        let executed = &work.shard.as_ref().unwrap().pcs[..];
        fill(executed).unwrap();
        let mut others = program.text().map(|(pc, _)| pc);
        let other = others.find(|pc| !executed.contains(pc)).unwrap();
        let fewer = &executed[1..];
        for pcs in [
            fewer,
            &[executed, &[other]].concat(),
            &[fewer, &[other]].concat(),
        ] {
            let error = fill(pcs).unwrap_err();
            let what = "instructions";
            assert!(
                matches!(error, ProveError::Task(TaskError::Differs { what: w }) if w == what),
                "{error}"
            );
        }
    }
}
