use alloc::{string::String, vec};

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, SINK, Step},
};

use super::{Multiply, row, witness::bytes};
use crate::{
    F,
    bus::SPACE_REGISTER,
    gadgets::product::integer_products,
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

mod statements;

const PC: u32 = 0x1_0000;
const OPCODES: [Opcode; 4] = [Opcode::Mul, Opcode::Mulh, Opcode::Mulhsu, Opcode::Mulhu];
const EDGES: [u32; 12] = [
    0,
    1,
    2,
    0xff,
    0xffff,
    0x1_0000,
    0x00ff_ff00,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_0000,
    u32::MAX,
];

fn step(x: u32, y: u32) -> Step {
    Step {
        pc: PC,
        clk: 41,
        rs1: Access {
            value: x,
            previous_clk: 3,
        },
        rs2: Access {
            value: y,
            previous_clk: 40,
        },
        rd: Access {
            value: 7,
            previous_clk: 0,
        },
        result: 0,
        next_pc: PC + 4,
    }
}

fn instruction(opcode: Opcode) -> Instruction {
    Instruction {
        opcode,
        rd: 10,
        rs1: 11,
        rs2: 12,
        imm: 0,
    }
}

/// The product over the integers, which is what the instruction is about.
fn product(opcode: Opcode, x: u32, y: u32) -> i128 {
    let [signed_x, signed_y] = [x, y].map(|word| i128::from(word as i32));
    let [x, y] = [x, y].map(i128::from);
    match opcode {
        Opcode::Mulh => signed_x * signed_y,
        Opcode::Mulhsu => signed_x * y,
        Opcode::Mulhu => x * y,
        _ => x * signed_y,
    }
}

fn expected(opcode: Opcode, x: u32, y: u32) -> u32 {
    match opcode {
        Opcode::Mul => x.wrapping_mul(y),
        _ => (product(opcode, x, y) >> 32) as u32,
    }
}

fn attempt(opcode: Opcode, row: Multiply<F>) -> Result<Messages, String> {
    evaluate(Table::Multiply, row, PC, &instruction(opcode))
}

fn honest(opcode: Opcode, x: u32, y: u32) -> Multiply<F> {
    row(&step(x, y), &instruction(opcode))
}

fn proves(opcode: Opcode, x: u32, y: u32) {
    let step = step(x, y);
    assert_messages(
        attempt(opcode, honest(opcode, x, y)).unwrap(),
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, step.rs1, x, 41),
            access(SPACE_REGISTER, 12, step.rs2, y, 42),
            access(SPACE_REGISTER, 10, step.rd, expected(opcode, x, y), 44),
        ],
    );
}

/// The best row for the claim that `product` is the product of `x` and `y`: carries that make the
/// lower three equations hold modulo p, however large they become.
fn claim(opcode: Opcode, x: u32, y: u32, product: i128, carry_16_high: bool) -> Multiply<F> {
    let limb = |k: usize| F::from_u32((product >> (16 * k)) as u32 & 0xffff);
    let honest = honest(opcode, x, y);
    let signed = |flag: F| flag == F::ONE;
    let sums = integer_products(
        bytes(x, signed(honest.x_signed)),
        bytes(y, signed(honest.y_signed)),
    )
    .map(F::from_i64);
    let down = F::from_u32(1 << 16).inverse();
    let carry_16 = (sums[0] - limb(0)) * down;
    let carry_32 = (sums[1] + carry_16 - limb(1)) * down;
    let carry_48 = (sums[2] + carry_32 - limb(2)) * down;
    let mut row = honest;
    let [low, high] = match opcode {
        Opcode::Mul => [&mut row.result, &mut row.rest],
        _ => [&mut row.rest, &mut row.result],
    };
    (low.lo, low.hi, high.lo, high.hi) = (limb(0), limb(1), limb(2), limb(3));
    row.carry_16_high = F::from_bool(carry_16_high);
    row.carry_16_low = carry_16 - row.carry_16_high * F::from_u32(1 << 8);
    row.carry_32 = carry_32;
    row.carry_48 = carry_48;
    row.negative = F::from_bool(product < 0);
    row
}

proptest! {
    #[test]
    fn multiplies_any_words(x: u32, y: u32) {
        for opcode in OPCODES {
            proves(opcode, x, y);
        }
    }
}

#[test]
fn multiplies_at_the_edges() {
    for x in EDGES {
        for y in EDGES {
            for opcode in OPCODES {
                proves(opcode, x, y);
            }
        }
    }
}

#[test]
fn x0_is_not_written() {
    for opcode in OPCODES {
        let instruction = Instruction {
            rd: 0,
            ..instruction(opcode)
        };
        let step = step(0xdead_beef, u32::MAX);
        let emitted =
            evaluate(Table::Multiply, row(&step, &instruction), PC, &instruction).unwrap();
        let result = expected(opcode, 0xdead_beef, u32::MAX);
        assert_messages(
            emitted,
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.rs1, 0xdead_beef, 41),
                access(SPACE_REGISTER, 12, step.rs2, u32::MAX, 42),
                access(SPACE_REGISTER, SINK.into(), step.rd, result, 44),
            ],
        );
    }
}

#[test]
fn one_register_may_be_everything() {
    let instruction = Instruction {
        rd: 9,
        rs1: 9,
        rs2: 9,
        ..instruction(Opcode::Mulhu)
    };
    let at = |previous_clk| Access {
        value: u32::MAX,
        previous_clk,
    };
    let step = Step {
        rs1: at(5),
        rs2: at(41),
        rd: at(42),
        ..step(0, 0)
    };
    let emitted = evaluate(Table::Multiply, row(&step, &instruction), PC, &instruction).unwrap();
    assert_messages(
        emitted,
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 9, at(5), u32::MAX, 41),
            access(SPACE_REGISTER, 9, at(41), u32::MAX, 42),
            access(SPACE_REGISTER, 9, at(42), u32::MAX - 1, 44),
        ],
    );
}

#[test]
fn every_changed_cell_is_noticed() {
    for opcode in OPCODES {
        for (x, y) in [(0x9234_8765, 0xffff_0001), (0, 0), (u32::MAX, u32::MAX)] {
            let row = cells(honest(opcode, x, y));
            assert_eq!(
                unnoticed(Table::Multiply, &row, PC, &instruction(opcode)),
                [""; 0]
            );
        }
    }
}

/// A30: 2^31 is 1 modulo p, so a limb may lend 1 to a carry of 2^15 without any equation noticing.
#[test]
fn a30_a_carry_of_2_to_the_15_is_refused() {
    // The lowest carry is below 2^8, and the product so small that no alias wraps.
    let (x, y) = (0x1234_4321, 0x2345_1234);
    for opcode in OPCODES {
        let product = product(opcode, x, y);
        assert!(attempt(opcode, claim(opcode, x, y, product, false)).is_ok());
        for (bit, refused) in [
            (0, "difference_high.old.carry_16_low"),
            (16, "carry_32"),
            (32, "carry_48"),
        ] {
            let alias = product + (i128::from(F::ORDER_U32) << bit);
            let row = claim(opcode, x, y, alias, false);
            assert_eq!(attempt(opcode, row), Err(refused.into()), "{opcode:?}");
        }
    }
}

/// A30: the high word off by one, with any carries.
#[test]
fn a30_a_high_word_off_by_one_is_refused() {
    for opcode in OPCODES {
        for (x, y) in [(0x1234_4321, 0xa345_1234), (u32::MAX, 1), (0, 0)] {
            let product = product(opcode, x, y);
            assert!(attempt(opcode, claim(opcode, x, y, product, false)).is_ok());
            for wrong in [product + (1 << 32), product - (1 << 32)] {
                let row = claim(opcode, x, y, wrong, false);
                assert!(attempt(opcode, row).is_err(), "{opcode:?} {x:#x} {y:#x}");
            }
        }
    }
    let mut row = honest(Opcode::Mulhu, 0x1234_5678, 0x9abc_def0);
    row.result.hi += F::ONE;
    assert_eq!(attempt(Opcode::Mulhu, row), Err("limb_3".into()));
}

/// A30: an operand taken with the other sign, and everything else worked out from there.
#[test]
fn a30_wrong_sign_bits_are_refused() {
    for (opcode, flags) in [
        (Opcode::Mul, [false, true]),
        (Opcode::Mulh, [true, true]),
        (Opcode::Mulhsu, [true, false]),
        (Opcode::Mulhu, [false, false]),
    ] {
        let (x, y) = (0x8765_4321, 0xfedc_ba98);
        // A row of the instruction whose signs are the ones wanted, under this one's flags.
        for (other, wrong) in [
            (Opcode::Mul, [false, true]),
            (Opcode::Mulh, [true, true]),
            (Opcode::Mulhsu, [true, false]),
            (Opcode::Mulhu, [false, false]),
        ] {
            let mut row = honest(other, x, y);
            if (other == Opcode::Mul) != (opcode == Opcode::Mul) {
                core::mem::swap(&mut row.result, &mut row.rest);
            }
            row.x_signed = F::from_bool(flags[0]);
            row.y_signed = F::from_bool(flags[1]);
            let expected = if wrong[0] != flags[0] {
                Some("x_bytes.hi")
            } else if wrong[1] != flags[1] {
                Some("y_bytes.hi")
            } else {
                None
            };
            let refused = attempt(opcode, row).err();
            assert_eq!(refused.as_deref(), expected, "{other:?} as {opcode:?}");
        }
    }
}

#[test]
fn a_sign_is_boolean() {
    let mut row = honest(Opcode::Mulh, 0x8765_4321, 2);
    row.x_bytes.byte_3 -= F::from_u32(1 << 8);
    assert_eq!(
        attempt(Opcode::Mulh, row),
        Err("x_bytes.sign".into()),
        "neither 0 nor 1"
    );
}

#[test]
fn the_other_instructions_flags_are_refused() {
    for opcode in OPCODES {
        for other in OPCODES {
            let row = honest(other, 0x8765_4321, 0xfedc_ba98);
            assert_eq!(attempt(opcode, row).is_ok(), opcode == other);
        }
    }
    let row = honest(Opcode::Mulhsu, 1, 2);
    assert_eq!(attempt(Opcode::Mulh, row), Err("fetch".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Every product that the equations cannot distinguish from the right one modulo p, and many more,
    /// with the carries that serve it best.
    #[test]
    fn a30_no_other_product_is_proved(x: u32, y: u32, noise: u64) {
        for opcode in OPCODES {
            let product = product(opcode, x, y);
            let p = i128::from(F::ORDER_U32);
            let mut wrong = vec![product ^ 1, product ^ i128::from(noise | 1)];
            for bit in 0..64 {
                wrong.push(product ^ (1 << bit));
            }
            for k in (-5..=5_i128).filter(|k| *k != 0) {
                for bit in [0, 8, 16, 24, 32, 40, 48] {
                    wrong.extend([product + (k << bit), product + ((k * p) << bit)]);
                    wrong.push(product + k * ((p << bit) + (p << 16)));
                }
            }
            for carry_16_high in [false, true] {
                for wrong in &wrong {
                    if (product - wrong) % (1 << 64) != 0 {
                        for negative in [F::ZERO, F::ONE] {
                            let mut row = claim(opcode, x, y, *wrong, carry_16_high);
                            row.negative = negative;
                            prop_assert!(attempt(opcode, row).is_err());
                        }
                    }
                }
            }
            let accepted = [false, true]
                .map(|high| attempt(opcode, claim(opcode, x, y, product, high)).is_ok());
            prop_assert!(accepted[0] != accepted[1]);
        }
    }
}
