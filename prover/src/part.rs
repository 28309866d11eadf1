//! The work of a part of a run: a shard, the program, zeroed memory, or several of these.

use zonda_circuits::{
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{self, Execution, Image, Part, Role, ZeroedRange},
    system::{
        boundary::{Held, Left},
        zeroed::{NotZeroed, openings},
    },
    witness::{Boundary, Extent, ProgramUse},
};
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    record::{Family, REGISTERS, Service},
    shard::{BoundaryWord, End, ReplayInput, Shard, Start},
};
use zonda_verifier::{
    Heights,
    links::{self, ExecutionLinks, Links},
};

/// The work of one part of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Work {
    /// The shard that it executes.
    pub shard: Option<ShardWork>,
    /// The run's program, and the memory that its file fills.
    pub program: Option<ProgramWork>,
    /// Memory that starts as zero.
    pub zeroed: Option<ZeroedWork>,
}

/// A shard, as executing the run leaves it: see [`Shard`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShardWork {
    /// Its place in the run, from 1.
    pub position: u32,
    /// The machine before its first instruction.
    pub start: Start,
    /// The words of RAM that it touches, by strictly ascending address.
    pub words: Vec<BoundaryWord>,
    /// The registers after its last instruction.
    pub registers_after: [u32; REGISTERS],
    /// The length of the run's public output after its last instruction.
    pub output_length_after: u32,
    /// The addresses of the instructions that it executes, strictly ascending.
    pub pcs: Vec<u32>,
    /// The bytes of input that it reads.
    pub input: Vec<u8>,
    /// The bytes of public output that it writes.
    pub output: Vec<u8>,
    /// How it ends.
    pub end: End,
    /// How many instructions of each family it executes.
    pub instructions: [u32; Family::ALL.len()],
    /// How many records each service leaves.
    pub services: [u32; Service::ALL.len()],
}

/// How a run uses its program.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProgramWork {
    /// Which instructions are in the tables of shards, by their number in the program, and in how
    /// many rows; by strictly ascending number.
    pub uses: Vec<(u32, u32)>,
    /// The final state of registers, output length, and words that the program file fills, as far
    /// as the run touches them; by ascending space and address.
    pub left: Vec<Left>,
}

/// A range of the chain of zeroed words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ZeroedWork {
    /// Where it begins and ends.
    pub range: ZeroedRange,
    /// The final state of the words, by ascending address.
    pub left: Vec<Left>,
}

impl From<Shard> for ShardWork {
    fn from(shard: Shard) -> Self {
        Self {
            position: shard.position,
            start: shard.start,
            words: shard.words,
            registers_after: shard.registers_after,
            output_length_after: shard.output_length_after,
            pcs: shard.pcs,
            input: shard.input,
            output: shard.output,
            end: shard.end,
            // A shard has at most 2^22 instructions, and as many records of a service.
            instructions: shard.meter.instructions.map(|count| count as u32),
            services: shard.meter.services.map(|count| count as u32),
        }
    }
}

impl ShardWork {
    /// How many instructions it executes.
    pub fn cycles(&self) -> u64 {
        self.replay_input().cycles()
    }

    /// All that its execution alone needs.
    pub fn replay_input(&self) -> ReplayInput<'_> {
        ReplayInput {
            start: self.start,
            words: &self.words,
            input: &self.input,
            instructions: self.instructions,
            services: self.services,
        }
    }

    /// How many bytes of memory it takes.
    pub fn bytes(&self) -> u64 {
        let words = size_of_val(&self.words[..]) + size_of_val(&self.pcs[..]);
        (size_of::<Self>() + words + self.input.len() + self.output.len()) as u64
    }

    /// The places that the shard holds, by ascending space and address.
    fn held(&self) -> Result<Vec<Held>, OutOfMemory> {
        let Start {
            registers,
            output_length,
            ..
        } = &self.start;
        // Registers and output length pass from shard to shard.
        let owner = self.position - 1;
        let registers = registers.iter().zip(&self.registers_after);
        let registers = (0..).zip(registers).map(|(address, (before, after))| Held {
            space: SPACE_REGISTER,
            address,
            before: *before,
            owner,
            after: *after,
        });
        let words = self.words.iter().map(|word| Held {
            space: SPACE_RAM,
            address: word.address,
            before: word.before,
            owner: word.owner,
            after: word.after,
        });
        let output_length = Held {
            space: SPACE_OUTPUT_LENGTH,
            address: 0,
            before: *output_length,
            owner,
            after: self.output_length_after,
        };
        allocate::collect(registers.chain(words).chain([output_length]))
    }
}

impl Work {
    /// How many bytes of memory it takes.
    pub fn bytes(&self) -> u64 {
        let shard = self.shard.as_ref().map_or(0, ShardWork::bytes);
        let program = self.program.as_ref().map_or(0, |program| {
            size_of_val(&program.uses[..]) + size_of_val(&program.left[..])
        });
        let zeroed = self.zeroed.as_ref();
        let zeroed = zeroed.map_or(0, |zeroed| size_of_val(&zeroed.left[..]));
        shard + (program + zeroed) as u64
    }

    /// The part's statement.
    ///
    /// # Errors
    /// If the system refuses memory for the output.
    pub fn stated(&self) -> Result<Part, OutOfMemory> {
        let execution = |shard: &ShardWork| {
            Ok(Execution {
                position: shard.position,
                pc: shard.start.pc,
                end: match shard.end {
                    End::Next { pc } => machine::End::Next {
                        pc,
                        cycles: shard.cycles() as u32,
                    },
                    End::Exit { code } => machine::End::Exit { code },
                },
                output_start: shard.start.output_length,
                output: allocate::copied(&shard.output)?,
            })
        };
        Ok(Part {
            execution: self.shard.as_ref().map(execution).transpose()?,
            zeroed: self.zeroed.as_ref().map(|zeroed| zeroed.range),
        })
    }

    /// How the part is linked to others.
    pub fn links(&self) -> Links {
        let execution = self.shard.as_ref().map(|shard| ExecutionLinks {
            pc_start: shard.start.pc,
            end: match shard.end {
                End::Next { pc } => Some(links::End {
                    pc,
                    cycles: shard.cycles() as u32,
                }),
                End::Exit { .. } => None,
            },
            output: shard.start.output_length..shard.output_length_after,
        });
        let zeroed = self.zeroed.as_ref().map(|zeroed| zeroed.range);
        Links { execution, zeroed }
    }

    /// How much there is of all that the part's rows are made of.
    pub fn extent<'a>(&self, image: &'a Image) -> Extent<'a> {
        let mut extent = Extent::of_nothing(image);
        if let Some(shard) = &self.shard {
            extent.instructions = shard.instructions.map(|count| count as usize);
            extent.services = shard.services.map(|count| count as usize);
            extent.pcs = shard.pcs.len();
            extent.held = REGISTERS + shard.words.len() + 1;
            extent.output = shard.output.len();
        }
        let zeroed = self.zeroed.as_ref();
        extent.zeroed = zeroed.map_or(0, |zeroed| zeroed.left.len());
        extent
    }

    /// How many rows the part's tables have.
    pub fn heights(&self, image: &Image) -> Heights {
        let extent = self.extent(image);
        Heights::new(|table| {
            let rows = if self.has(table.role()) {
                table.rows(&extent)
            } else {
                0
            };
            u32::try_from(rows).unwrap_or(u32::MAX)
        })
    }

    /// Hands out everything that the part's boundary columns are made from.
    ///
    /// # Errors
    /// [`NotZeroed`] for a word to be opened as zeroed that the image fills or that lies in a hole; if the
    /// system refuses memory; and what `work` returns.
    pub fn with_boundary<R, E: From<NotZeroed> + From<OutOfMemory>>(
        &self,
        image: &Image,
        work: impl FnOnce(&Boundary<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let held = self.shard.as_ref().map(ShardWork::held).transpose()?;
        let held = held.unwrap_or_default();
        let mut uses = Vec::new();
        if let Some(program) = &self.program {
            uses = allocate::filled(0, image.text.len())?;
            for (number, rows) in &program.uses {
                if let Some(place) = uses.get_mut(*number as usize) {
                    *place = *rows;
                }
            }
        }
        let mut zeroed = Vec::new();
        if let Some(ZeroedWork { range, left }) = &self.zeroed {
            zeroed = openings(image, left)?;
            if let Some(first) = zeroed.first_mut() {
                first.from = range.from;
            }
        }
        work(&Boundary {
            held: &held,
            pcs: self.shard.as_ref().map_or(&[], |shard| &shard.pcs),
            program: self.program.as_ref().map(|program| ProgramUse {
                uses: &uses,
                left: &program.left,
            }),
            zeroed: &zeroed,
        })
    }

    fn has(&self, role: Role) -> bool {
        match role {
            Role::Execution => self.shard.is_some(),
            Role::Program => self.program.is_some(),
            Role::Zeroed => self.zeroed.is_some(),
            Role::Lookup => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use zonda_circuits::machine::Table;

    use super::*;

    #[test]
    fn families_and_services_have_tables() {
        for family in Family::ALL {
            assert_eq!(Table::of_family(family).name(), family.name());
        }
        for service in Service::ALL {
            assert_eq!(Table::of_service(service).name(), service.name());
        }
    }
}
