//! Parts without which nothing false is accepted, and why not: what is left out here is refused by
//! others, or is a second row for a step that did happen.

use zonda_circuits::machine::Table;

use crate::attack::Kind;

/// A part that is not needed for soundness.
pub struct Implied {
    pub table: Table,
    pub part: &'static str,
    /// The kind of row that a machine without it accepts.
    pub accepts: Option<Kind>,
    pub reason: &'static str,
}

/// The parts of a table that are not needed for soundness.
pub fn implied(table: Table) -> impl Iterator<Item = Implied> {
    let all = [(UNIQUE, Some(Kind::Second), FREE)];
    let shared = all.into_iter().flat_map(|(parts, accepts, reason)| {
        parts
            .iter()
            .map(move |(table, part)| (*table, *part, accepts, reason))
    });
    let own = [(OTHERS, None), (FORMS, Some(Kind::False))];
    let own = own.into_iter().flat_map(|(parts, accepts)| {
        let parts = parts.iter();
        parts.map(move |(table, part, reason)| (*table, *part, accepts, *reason))
    });
    let implied = shared
        .chain(own)
        .map(|(table, part, accepts, reason)| Implied {
            table,
            part,
            accepts,
            reason,
        });
    implied.filter(move |implied| implied.table == table)
}

const FREE: &str = "it fixes cells that nothing depends on";
const UNIQUE: &[(Table, &str)] = &[
    (Table::Branch, "equality.aid.equal_0"),
    (Table::Branch, "equality.aid.equal_1"),
    (Table::Branch, "equality.aid.low_first"),
    (Table::Branch, "equality.aid.one"),
    (Table::Jump, "jal.x.previous_clk"),
    (Table::Jump, "jal.x.difference_low"),
    (Table::Divide, "divisor_inverse.zero"),
    (Table::Ecall, "output_end.lo.unused"),
    (Table::Ecall, "output_end.hi.unused"),
    (Table::Ecall, "output_length.lo.unused"),
    (Table::Ecall, "output_length.hi.unused"),
    (Table::Ecall, "output_length.clk.unused"),
    (Table::Ecall, "output_length.difference.unused"),
    (Table::Transfer, "carry.unused"),
];

const NUMBERS: &str =
    "two flags at once contradict each other: each wants its own number or descriptor";
const LIMBS: &str = "the length is the sum of its limbs, whatever they are: no table sees them but \
    through the sum";
/// Those that let one number be written in two ways.
const FORMS: &[(Table, &str, &str)] = &[(Table::Ecall, "output_end.lo on range16", LIMBS)];
const OTHERS: &[(Table, &str, &str)] = &[
    (
        Table::ShiftImmediate,
        "is_arithmetic",
        "the program's direction and operation imply it",
    ),
    (
        Table::ShiftImmediate,
        "arithmetic_left",
        "the program's direction and operation imply it",
    ),
    (Table::ShiftImmediate, "wide", "the program has it"),
    (
        Table::Branch,
        "is_equality",
        "with both others 1 it is -1 and the words are equal, so that `order.margin` is -1, which the \
         lookup refuses",
    ),
    (
        Table::Branch,
        "is_unsigned",
        "with both others 1 the operation is that of a jump, which has a link value that is not zero",
    ),
    (
        Table::Branch,
        "holds",
        "if it is neither 0 nor 1, the target is the next instruction",
    ),
    (
        Table::Jump,
        "is_jalr",
        "the operation would be another, and the program has no link value with it",
    ),
    (
        Table::Jump,
        "target.multiple_of_four on range16",
        "a wrong target would not be a multiple of four mod p, where the program has nothing, unless \
         `target.high` refuses it",
    ),
    (
        Table::Jump,
        "target.high on range16",
        "a wrong target would not be a multiple of four mod p, where the program has nothing, unless \
         `target.multiple_of_four` refuses it",
    ),
    (
        Table::Divide,
        "divisor_zero",
        "it asks for a quotient of 2^32 - 1, whose product with a divisor that is not 0 has limbs above \
         2^32, but for 2^32 - 1 by 1, where the slack would be 2^32",
    ),
    (Table::Ecall, "is_read", NUMBERS),
    (Table::Ecall, "is_output", NUMBERS),
    (Table::Ecall, "is_debug", NUMBERS),
    (Table::Ecall, "is_exit", NUMBERS),
    (
        Table::Ecall,
        "transfers",
        "`transfers.some` and `transfers.none` fix it unless no byte is moved; \
         nobody receives a transfer of 0 bytes",
    ),
    (
        Table::Ecall,
        "transfers.none",
        "`transfers.some` refuses it unless no byte is moved; nobody \
         receives a transfer of 0 bytes",
    ),
    (
        Table::Ecall,
        "result on range16",
        "but for `read` it is a limit or a limb; a `read` of less than \
         0 bytes would be a transfer that does not end",
    ),
    (Table::Ecall, "output_end.lo", LIMBS),
    (Table::Ecall, "output_end.hi on range16", LIMBS),
    (
        Table::Transfer,
        "is_output",
        "the ECALL that asks for the transfer has it, and there it is 0 or 1",
    ),
    (
        Table::Transfer,
        "goes_on",
        "if it is neither 0 nor 1, no byte remains, and nobody receives a transfer of 0 bytes",
    ),
    (
        Table::Transfer,
        "goes_on.last_byte",
        "the next row would access the same word at the same clk",
    ),
];
