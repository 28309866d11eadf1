//! The links between the parts of a run: where each shard begins and ends, which bytes of the output it
//! makes, and which zeroed words each part opens.
//!
//! Section 3 of the protocol. The links are public values of a part's tables, so that a part shows
//! exactly its links; this module compares the links with each other.

use alloc::vec::Vec;
use core::ops::Range;

use zonda_circuits::machine::{self, Execution, Part, Role, Statement, ZeroedRange};
use zonda_riscv_emu::record::{CLK_PER_STEP, INITIAL_CLK};

use crate::{
    header::PartHeader,
    heights::{CLK_BOUND, Heights},
};

/// No pc is as great.
const PC_BOUND: u32 = 1 << 30;

/// The greatest limbs of a word address, or of the one after the last.
const MAX_LIMBS: [u32; 2] = [1 << 16, 1 << 14];

/// How a part is linked to others: by what it executes, and by the zeroed words that it opens.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Links {
    /// Of a part that executes a shard.
    pub execution: Option<ExecutionLinks>,
    /// Of a part that opens zeroed words: of those that it may open, the first, and the first that
    /// the next part may open. Both are word addresses as limbs, low before high.
    pub zeroed: Option<ZeroedRange>,
}

/// Where a shard begins and ends.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExecutionLinks {
    /// The address of its first instruction.
    pub pc_start: u32,
    /// Where it ends, unless it exits.
    pub end: Option<End>,
    /// The numbers of the bytes of output that it makes.
    pub output: Range<u32>,
}

/// Where a shard ends that does not exit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct End {
    /// The address of the instruction after its last.
    pub pc: u32,
    /// How many instructions it has.
    pub cycles: u32,
}

impl End {
    /// The clk at which the shard ends, if there is such a clk.
    pub fn clk(&self) -> Option<u32> {
        let clk = self.cycles.checked_mul(CLK_PER_STEP)?;
        let clk = clk.checked_add(INITIAL_CLK)?;
        (u64::from(clk) < CLK_BOUND).then_some(clk)
    }
}

/// Links that do not make one run of the parts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinksError {
    /// A part has links of a role that its tables do not have, or lacks links of one that they have.
    #[error("part {part}: tables and links do not agree on whether it {}", does(*role))]
    Role {
        /// The part.
        part: usize,
        /// The role.
        role: Role,
    },
    /// One of the first parts executes no shard, or one of the others does.
    #[error("part {part} {}", if *expected { "does not execute its shard" } else { "executes, after the last shard" })]
    Execution {
        /// The part.
        part: usize,
        /// Whether it should execute.
        expected: bool,
    },
    /// A pc at which no instruction can be.
    #[error("part {part}: no instruction is at {got:#x}")]
    Pc {
        /// The part.
        part: usize,
        /// The pc.
        got: u32,
    },
    /// The run does not start where the program does.
    #[error("the run starts at {got:#x}, the program at {expected:#x}")]
    Entry {
        /// The key's entry point.
        expected: u32,
        /// Where the first shard starts.
        got: u32,
    },
    /// A shard does not start where the one before ends.
    #[error("part {part} starts at {got:#x}, the part before ends at {expected:#x}")]
    Start {
        /// The part.
        part: usize,
        /// Where the part before ends.
        expected: u32,
        /// Where it starts.
        got: u32,
    },
    /// A shard before the last exits.
    #[error("part {part} exits, before the last shard")]
    Exit {
        /// The part.
        part: usize,
    },
    /// The last shard does not exit.
    #[error("part {part} is the last shard, and does not exit")]
    NoExit {
        /// The part.
        part: usize,
    },
    /// A shard without instructions, or with more than the clock can count.
    #[error("part {part} has {got} instructions; the clock counts from 1 to fewer than 2^28")]
    Cycles {
        /// The part.
        part: usize,
        /// How many it has.
        got: u32,
    },
    /// A shard's output does not begin where that of the shards before ends, or ends before it
    /// begins.
    #[error(
        "part {part} makes bytes {got:?} of the output; the parts before it make {expected} bytes"
    )]
    Output {
        /// The part.
        part: usize,
        /// How many bytes the parts before make.
        expected: u32,
        /// The numbers of its bytes.
        got: Range<u32>,
    },
    /// The shards make more or less output than is stated.
    #[error("the shards make {got} bytes of output; the statement has {expected}")]
    OutputLength {
        /// How many bytes are stated.
        expected: usize,
        /// How many the shards make.
        got: u32,
    },
    /// Limbs that no word address has.
    #[error("part {part}: no zeroed word has the limbs {got:?}")]
    Address {
        /// The part.
        part: usize,
        /// The limbs.
        got: [u32; 2],
    },
    /// A part's zeroed words do not begin where those of the parts before end.
    #[error("part {part} opens zeroed words from {got:?} on, those before go up to {expected:?}")]
    Zeroed {
        /// The part.
        part: usize,
        /// Where those of the parts before end: at first, zero.
        expected: [u32; 2],
        /// Where its own begin.
        got: [u32; 2],
    },
    /// No part has the role of zeroed words.
    #[error("no part opens the zeroed words")]
    NoZeroed,
    /// The program is in no part, or in several.
    #[error("the program is in {got} parts, and must be in one")]
    Program {
        /// In how many.
        got: usize,
    },
}

const fn does(role: Role) -> &'static str {
    match role {
        Role::Zeroed => "opens zeroed words",
        _ => "executes",
    }
}

impl Links {
    /// How many bytes [`Self::to_bytes`] gives.
    pub const BYTES: usize = 39;

    /// The links' bytes, as transcripts and proofs hold them. Absent numbers are zero.
    pub fn to_bytes(&self) -> Vec<u8> {
        let execution = self.execution.clone().unwrap_or_default();
        let end = execution.end.unwrap_or_default();
        let zeroed = self.zeroed.unwrap_or_default();
        let mut bytes = Vec::with_capacity(Self::BYTES);
        let mut put = |is_there: Option<bool>, numbers: &[u32]| {
            bytes.extend(is_there.map(u8::from));
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        };
        put(Some(self.execution.is_some()), &[execution.pc_start]);
        put(Some(execution.end.is_some()), &[end.pc, end.cycles]);
        put(None, &[execution.output.start, execution.output.end]);
        put(Some(self.zeroed.is_some()), &zeroed.from);
        put(None, &zeroed.to);
        bytes
    }

    /// The statement about the tables of the part at `position`, in a proof of `statement`: their
    /// public values and periodic columns are made from it.
    pub fn part(&self, position: usize, statement: &Statement) -> Part {
        let execution = self.execution.as_ref().map(|links| {
            let output = links.output.start as usize..links.output.end as usize;
            Execution {
                position: (position as u32).saturating_add(1),
                pc: links.pc_start,
                end: match links.end {
                    Some(End { pc, cycles }) => machine::End::Next { pc, cycles },
                    None => machine::End::Exit {
                        code: statement.exit_code,
                    },
                },
                output_start: links.output.start,
                output: statement
                    .output
                    .get(output)
                    .map(Vec::from)
                    .unwrap_or_default(),
            }
        });
        Part {
            execution,
            zeroed: self.zeroed,
        }
    }

    /// The inverse of [`Self::to_bytes`]: `None` if the bytes encode no links.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let mut rest = &bytes[..];
        let executes = flag(&mut rest)?;
        let pc_start = number(&mut rest)?;
        let ends = flag(&mut rest)?;
        let end = End {
            pc: number(&mut rest)?,
            cycles: number(&mut rest)?,
        };
        let execution = ExecutionLinks {
            pc_start,
            end: ends.then_some(end),
            output: number(&mut rest)?..number(&mut rest)?,
        };
        let opens = flag(&mut rest)?;
        let zeroed = ZeroedRange {
            from: [number(&mut rest)?, number(&mut rest)?],
            to: [number(&mut rest)?, number(&mut rest)?],
        };
        let links = Self {
            execution: executes.then_some(execution),
            zeroed: opens.then_some(zeroed),
        };
        // Absent numbers are zero.
        (links.to_bytes() == bytes).then_some(links)
    }
}

fn flag(rest: &mut &[u8]) -> Option<bool> {
    match rest.split_off_first()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}

/// Checks that parts of well-formed shapes, of which the first `shards` execute, make one run of
/// the program that starts at `entry`, with the stated output.
///
/// # Errors
/// The first link that does not hold.
pub fn check(
    parts: &[PartHeader],
    shards: usize,
    entry: u32,
    statement: &Statement,
) -> Result<(), LinksError> {
    check_roles(parts, shards)?;
    check_execution(parts, shards, entry)?;
    check_output(parts, statement)?;
    check_zeroed(parts)
}

/// Which parts execute, open zeroed words, have the program.
fn check_roles(parts: &[PartHeader], shards: usize) -> Result<(), LinksError> {
    let has = |heights: &Heights, role| heights.has(role);
    for (part, PartHeader { heights, links, .. }) in parts.iter().enumerate() {
        let roles = [
            (Role::Execution, links.execution.is_some()),
            (Role::Zeroed, links.zeroed.is_some()),
        ];
        for (role, is_linked) in roles {
            if has(heights, role) != is_linked {
                return Err(LinksError::Role { part, role });
            }
        }
        let expected = part < shards;
        if links.execution.is_some() != expected {
            return Err(LinksError::Execution { part, expected });
        }
    }
    let program = parts
        .iter()
        .filter(|part| has(&part.heights, Role::Program));
    match program.count() {
        1 => Ok(()),
        got => Err(LinksError::Program { got }),
    }
}

/// Each shard starts where the one before ends; the last one exits, and no other.
fn check_execution(parts: &[PartHeader], shards: usize, entry: u32) -> Result<(), LinksError> {
    let mut before = None;
    for (part, links) in executions(parts) {
        let pcs = [Some(links.pc_start), links.end.map(|end| end.pc)];
        if let Some(got) = pcs.into_iter().flatten().find(|pc| *pc >= PC_BOUND) {
            return Err(LinksError::Pc { part, got });
        }
        let got = links.pc_start;
        match before {
            None if got != entry => {
                return Err(LinksError::Entry {
                    expected: entry,
                    got,
                });
            }
            Some(expected) if got != expected => {
                return Err(LinksError::Start {
                    part,
                    expected,
                    got,
                });
            }
            _ => {}
        }
        let is_last = part.saturating_add(1) == shards;
        match links.end {
            None if !is_last => return Err(LinksError::Exit { part }),
            Some(_) if is_last => return Err(LinksError::NoExit { part }),
            Some(end) if end.cycles == 0 || end.clk().is_none() => {
                let got = end.cycles;
                return Err(LinksError::Cycles { part, got });
            }
            end => before = end.map(|end| end.pc),
        }
    }
    Ok(())
}

/// Each byte of the output is made by one shard, in order.
fn check_output(parts: &[PartHeader], statement: &Statement) -> Result<(), LinksError> {
    let mut made = 0;
    for (part, links) in executions(parts) {
        let got = links.output.clone();
        if got.start != made || got.end < made {
            return Err(LinksError::Output {
                part,
                expected: made,
                got,
            });
        }
        made = got.end;
    }
    let expected = statement.output.len();
    if made as usize == expected {
        Ok(())
    } else {
        Err(LinksError::OutputLength {
            expected,
            got: made,
        })
    }
}

/// The parts that open zeroed words make one chain, from zero on.
fn check_zeroed(parts: &[PartHeader]) -> Result<(), LinksError> {
    let mut before = None;
    let links = parts.iter().map(|part| part.links.zeroed).enumerate();
    for (part, links) in links.filter_map(|(part, links)| Some((part, links?))) {
        for got in [links.from, links.to] {
            if got.iter().zip(&MAX_LIMBS).any(|(limb, most)| limb > most) {
                return Err(LinksError::Address { part, got });
            }
        }
        let expected = before.unwrap_or_default();
        if links.from != expected {
            return Err(LinksError::Zeroed {
                part,
                expected,
                got: links.from,
            });
        }
        before = Some(links.to);
    }
    match before {
        Some(_) => Ok(()),
        None => Err(LinksError::NoZeroed),
    }
}

fn executions(parts: &[PartHeader]) -> impl Iterator<Item = (usize, &ExecutionLinks)> {
    let links = parts.iter().map(|part| &part.links.execution).enumerate();
    links.filter_map(|(part, links)| Some((part, links.as_ref()?)))
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::heights::tests::least;

    const ENTRY: u32 = 0x1_0000;

    /// The header of a part with the tables that its links ask for.
    fn part(links: Links, program: bool) -> PartHeader {
        let is_there = |role: Role| match role {
            Role::Execution => links.execution.is_some(),
            Role::Zeroed => links.zeroed.is_some(),
            Role::Program => program,
            Role::Lookup => true,
        };
        let heights = Heights::new(|table| {
            let is_there = is_there(table.role());
            if is_there { least().of(table) } else { 0 }
        });
        PartHeader {
            heights,
            links,
            ..PartHeader::default()
        }
    }

    /// Three shards; the last has the program and opens no zeroed words.
    fn run() -> (Vec<PartHeader>, Statement) {
        let shard = |pc_start, end, output, zeroed| Links {
            execution: Some(ExecutionLinks {
                pc_start,
                end,
                output,
            }),
            zeroed,
        };
        let end = |pc, cycles| Some(End { pc, cycles });
        let range = |from, to| Some(ZeroedRange { from, to });
        let most = MAX_LIMBS;
        let parts = vec![
            part(shard(ENTRY, end(8, 1), 0..3, range([0, 0], [1, 7])), false),
            part(shard(8, end(PC_BOUND - 4, 7), 3..3, None), false),
            part(shard(PC_BOUND - 4, None, 3..5, range([1, 7], most)), true),
        ];
        let statement = Statement {
            output: vec![1; 5],
            ..Statement::default()
        };
        (parts, statement)
    }

    fn error(change: impl FnOnce(&mut Vec<PartHeader>)) -> LinksError {
        let (mut parts, statement) = run();
        change(&mut parts);
        check(&parts, 3, ENTRY, &statement).unwrap_err()
    }

    #[test]
    fn links_make_one_run() {
        let (parts, statement) = run();
        assert_eq!(check(&parts, 3, ENTRY, &statement), Ok(()));
        // Every other error has its line in the table of attacks.
        let none = error(|parts| {
            for part in [0, 2] {
                let links = parts[part].links.clone();
                let links = Links {
                    zeroed: None,
                    ..links
                };
                parts[part] = super::tests::part(links, part == 2);
            }
        });
        assert_eq!(none, LinksError::NoZeroed);
        assert_eq!(
            error(|parts| parts.truncate(2)),
            LinksError::Program { got: 0 }
        );
    }

    #[test]
    fn parts_state_what_their_links_say() {
        let (parts, statement) = run();
        let stated = parts[2].links.part(2, &statement);
        let execution = stated.execution.unwrap();
        assert_eq!((execution.position, execution.output_start), (3, 3));
        assert_eq!(execution.output, [1, 1]);
        assert_eq!(execution.end, machine::End::Exit { code: 0 });
        assert_eq!(stated.zeroed, parts[2].links.zeroed);
        let stated = parts[1].links.part(1, &statement);
        let next = machine::End::Next {
            pc: PC_BOUND - 4,
            cycles: 7,
        };
        assert_eq!(stated.execution.map(|execution| execution.end), Some(next));
    }

    #[test]
    fn clks_end_below_their_bound() {
        let clk = |cycles| End { pc: 0, cycles }.clk();
        assert_eq!(clk(0), Some(INITIAL_CLK));
        assert_eq!(clk((1 << 28) - 1), Some((1 << 30) - 4 + INITIAL_CLK));
        assert_eq!(clk(1 << 28), None);
        assert_eq!(clk(1 << 30), None);
        assert_eq!(clk(u32::MAX), None);
    }
}
