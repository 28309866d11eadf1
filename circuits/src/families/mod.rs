//! One folder per instruction family, each with the same files: `mod`, `columns`, `constraints`,
//! `witness`, `tests`.

pub mod add_immediate;
pub mod add_sub;
pub mod bitwise;
pub mod bitwise_immediate;
pub mod branch;
pub mod divide;
pub mod ecall;
pub mod jump;
pub mod load_store_misaligned;
pub mod load_store_subword;
pub mod load_store_word;
pub mod multiply;
pub mod set_less_than;
pub mod set_less_than_immediate;
pub mod shift;
pub mod shift_immediate;
