//! Filling the table from execution records.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::record::{Access, FinalWord, Records};

use super::Image;
use crate::{F, machine, word::Word};

/// The rows, in the order of the preprocessed ones.
pub fn rows(image: &machine::Image, records: &Records) -> Vec<Image<F>> {
    let place = |touched: bool, value: u32, clk: u32| Image {
        touched: F::from_bool(touched),
        last: Word::from_u32(value),
        last_clk: F::from_u32(clk),
    };
    let register = |last: &Access| place(last.previous_clk != 0, last.value, last.previous_clk);
    let length = &records.output_length;

    // Both lists are in ascending order.
    let mut memory = records.memory.as_slice();
    let word = |(address, _): &(u32, u32)| {
        while let [first, rest @ ..] = memory
            && first.address < *address
        {
            memory = rest;
        }
        match memory.first() {
            Some(FinalWord {
                address: a,
                value,
                clk,
            }) if a == address => place(true, *value, *clk),
            _ => Image::default(),
        }
    };

    let registers = records.registers.iter().map(register);
    let output_length = place(true, length.value, length.previous_clk);
    let words = image.words.iter().map(word);
    registers.chain([output_length]).chain(words).collect()
}
