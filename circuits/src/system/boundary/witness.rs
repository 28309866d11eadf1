//! Filling the table from a shard's boundary and its records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{allocate::OutOfMemory, record::Records};

use super::{Boundary, InBoundary};
use crate::{
    F,
    bus::{SPACE_RAM, SPACE_REGISTER},
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// A place that a shard holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Held {
    /// Space of the memory bus.
    pub space: u32,
    /// Address in that space.
    pub address: u32,
    /// The value before the shard.
    pub before: u32,
    /// The position of the last earlier shard that held it; 0 if no earlier shard did.
    pub owner: u32,
    /// The value after the shard.
    pub after: u32,
}

/// The final state of a place that some shard holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Left {
    /// Space of the memory bus.
    pub space: u32,
    /// Address in that space.
    pub address: u32,
    /// The value at the end.
    pub value: u32,
    /// The position of the last shard that holds it.
    pub owner: u32,
}

/// The clks of a shard's last accesses.
#[derive(Clone, Copy, Debug)]
pub struct LastClks<'a>(pub &'a Records);

impl LastClks<'_> {
    /// The clk of the last access to a place; 0 without an access.
    pub fn of(&self, space: u32, address: u32) -> u32 {
        let records = self.0;
        match space {
            SPACE_REGISTER => {
                let register = records.registers.get(address as usize);
                register.map_or(0, |register| register.previous_clk)
            }
            SPACE_RAM => {
                let memory = &records.memory;
                let found = memory.binary_search_by_key(&address, |word| word.address);
                found.map_or(0, |index| memory[index].clk)
            }
            _ => records.output_length.previous_clk,
        }
    }
}

/// The row of one place.
pub fn row(held: &Held, last_clk: u32) -> (InBoundary<F>, Boundary<F>) {
    let place = InBoundary {
        space: F::from_u32(held.space),
        address: F::from_u32(held.address),
        before: Word::from_u32(held.before),
        owner: F::from_u32(held.owner),
        after: Word::from_u32(held.after),
    };
    let last_clk = F::from_u32(last_clk);
    (place, Boundary { last_clk })
}

/// How many rows there are: one for each place that the shard holds.
pub const fn rows(extent: &Extent) -> usize {
    extent.held
}

/// Adds the columns that are committed before the global challenge.
pub fn fill_boundary<I: At>(
    source: &Source<'_, I>,
    rows: &mut impl Sink,
) -> Result<(), OutOfMemory> {
    rows.add(source.boundary.held, |held| row(held, 0).0)
}

/// Adds the rows when the shard has ended.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    let Some(last) = source.ended() else {
        return Ok(());
    };
    let last_clks = LastClks(last);
    rows.add(source.boundary.held, |held| {
        row(held, last_clks.of(held.space, held.address))
    })
}
