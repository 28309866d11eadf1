//! A run of one shard, from its records alone.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use zonda_riscv_emu::record::Records;

use super::{Boundary, ProgramUse, count_uses};
use crate::{
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{End, Execution, Image, Part, Statement, ZeroedRange},
    system::{
        boundary::{Held, Left},
        zeroed::{NotZeroed, Opening, is_zeroed, openings},
    },
};

/// Everything that the tables of a run of one shard are filled from, beside its records: the part
/// that has all roles.
#[derive(Clone, Debug)]
pub struct OneShard {
    /// The part's statement.
    pub part: Part,
    /// The places that the shard holds.
    pub held: Vec<Held>,
    /// The pcs of the instructions that it executes.
    pub pcs: Vec<u32>,
    /// How many shards execute each instruction of the image's text: one or none.
    pub uses: Vec<u32>,
    /// The final state of all that it touches.
    pub left: Vec<Left>,
    /// The zeroed words that it touches.
    pub openings: Vec<Opening>,
}

impl OneShard {
    /// The whole run of `image` that left `records` and of which `statement` is true.
    ///
    /// # Errors
    /// [`NotZeroed`] if the run touches a word in a hole: it is no run of `image`.
    pub fn new(image: &Image, records: &Records, statement: &Statement) -> Result<Self, NotZeroed> {
        let initial = |address: u32| {
            let found = image.words.binary_search_by_key(&address, |word| word.0);
            found.map_or(0, |index| image.words[index].1)
        };
        let place = |space, address, before, after| Held {
            space,
            address,
            before,
            owner: 0,
            after,
        };
        let registers = (0..).zip(&records.registers);
        let mut held: Vec<Held> = registers
            .map(|(number, register)| place(SPACE_REGISTER, number, 0, register.value))
            .collect();
        let words = records.memory.iter();
        held.extend(words.map(|word| {
            let before = initial(word.address);
            place(SPACE_RAM, word.address, before, word.value)
        }));
        let length = records.output_length.value;
        held.push(place(SPACE_OUTPUT_LENGTH, 0, 0, length));
        let left: Vec<Left> = held
            .iter()
            .map(|held| Left {
                space: held.space,
                address: held.address,
                value: held.after,
                owner: 1,
            })
            .collect();

        let pcs = executed(records);
        let mut uses = vec![0; image.text.len()];
        count_uses(image, &pcs, &mut uses);
        let zeroed = left.iter().filter(|left| is_zeroed(image, left));
        let zeroed: Vec<Left> = zeroed.copied().collect();
        let openings = openings(image, &zeroed)?;
        let to = openings.last().map_or([0, 0], Opening::next);
        Ok(Self {
            part: Part {
                execution: Some(Execution {
                    position: 1,
                    pc: image.entry,
                    end: End::Exit {
                        code: statement.exit_code,
                    },
                    output_start: 0,
                    output: statement.output.clone(),
                }),
                zeroed: Some(ZeroedRange { from: [0, 0], to }),
            },
            held,
            pcs,
            uses,
            left,
            openings,
        })
    }

    /// The data that the part's boundary columns are made from.
    pub fn boundary(&self) -> Boundary<'_> {
        Boundary {
            held: &self.held,
            pcs: &self.pcs,
            program: Some(ProgramUse {
                uses: &self.uses,
                left: &self.left,
            }),
            zeroed: &self.openings,
        }
    }
}

/// The distinct pcs of a run, ascending.
fn executed(records: &Records) -> Vec<u32> {
    let steps = records.steps.iter().flatten().map(|step| step.pc);
    let words = records.load_store_word.iter();
    let subwords = records.load_store_subword.iter();
    let misaligned = records.load_store_misaligned.iter();
    let pcs: BTreeSet<u32> = steps
        .chain(words.chain(subwords).map(|access| access.step.pc))
        .chain(misaligned.map(|access| access.step.pc))
        .chain(records.ecalls.iter().map(|ecall| ecall.pc))
        .collect();
    pcs.into_iter().collect()
}
