//! The contract of `guests/inputs/evm-arithmetic.bin`, by hand: from x = 3, x becomes x^2 + i for
//! i = n .. 1; then it is stored in slot 0 and returned. Gas is that of the Yellow Paper's appendix G
//! with EIP-2929 and EIP-3529.

/// Code and gas of instructions.
type Instructions = &'static [(&'static [u8], u64)];

const BEFORE: Instructions = &[
    (&[0x60, 32], 3), // PUSH1
    (&[0x35], 3),     // CALLDATALOAD: x
    (&[0x5f], 2),     // PUSH0
    (&[0x35], 3),     // CALLDATALOAD: i, x
];
const TEST: Instructions = &[
    (&[0x5b], 1),        // JUMPDEST
    (&[0x80], 3),        // DUP1
    (&[0x15], 3),        // ISZERO
    (&[0x61, 0, 26], 3), // PUSH2
    (&[0x57], 10),       // JUMPI
];
const ROUND: Instructions = &[
    (&[0x90], 3),       // SWAP1: x, i
    (&[0x80], 3),       // DUP1
    (&[0x02], 5),       // MUL
    (&[0x81], 3),       // DUP2
    (&[0x01], 3),       // ADD
    (&[0x90], 3),       // SWAP1: i, x
    (&[0x60, 1], 3),    // PUSH1
    (&[0x90], 3),       // SWAP1
    (&[0x03], 3),       // SUB
    (&[0x61, 0, 5], 3), // PUSH2
    (&[0x56], 8),       // JUMP
];
const AFTER: Instructions = &[
    (&[0x5b], 1),            // JUMPDEST
    (&[0x50], 2),            // POP: x
    (&[0x80], 3),            // DUP1
    (&[0x5f], 2),            // PUSH0
    (&[0x55], 2100 + 20000), // SSTORE: a slot not accessed before, from zero
    (&[0x5f], 2),            // PUSH0
    (&[0x52], 3 + 3),        // MSTORE: the first word of memory
    (&[0x60, 32], 3),        // PUSH1
    (&[0x5f], 2),            // PUSH0
    (&[0xf3], 0),            // RETURN
];

const GAS_LIMIT: u64 = 1 << 24;
const CALLER: u32 = 0xca11e;
const CONTRACT: u32 = 0xc0de;

/// Input and output of the guest for so many rounds.
pub fn arithmetic(rounds: u32) -> (Vec<u8>, Vec<u8>) {
    let code: Vec<u8> = [BEFORE, TEST, ROUND, AFTER]
        .into_iter()
        .flatten()
        .flat_map(|(code, _)| *code)
        .copied()
        .collect();
    let calldata = [word(rounds), word(3)].concat();
    let input = [
        varint(GAS_LIMIT),
        prefixed(&code),
        prefixed(&calldata),
        varint(0), // no storage
    ]
    .concat();

    let n = u64::from(rounds);
    let bytes: u64 = calldata
        .iter()
        .map(|byte| if *byte == 0 { 4 } else { 16 })
        .sum();
    let gas_used = 21_000 + bytes + gas(BEFORE) + (n + 1) * gas(TEST) + n * gas(ROUND) + gas(AFTER);
    let x = (1..=rounds)
        .rev()
        .fold(Number::from(3), |x, i| x.squared_plus(i));
    let output = [
        keccak256(&input).to_vec(),
        varint(0), // success
        varint(gas_used),
        prefixed(&x.to_be_bytes()),
        keccak256(&effects(&code, x)).to_vec(),
    ]
    .concat();
    (input, output)
}

fn gas(instructions: Instructions) -> u64 {
    instructions.iter().map(|(_, gas)| gas).sum()
}

/// The changes: the contract's slot 0 and the caller's nonce.
fn effects(code: &[u8], x: Number) -> Vec<u8> {
    let count = |number: u64| number.to_be_bytes().to_vec();
    let address = |address| word(address)[12..].to_vec();
    let account = |code: &[u8]| [count(1), word(0), keccak256(code).to_vec()].concat();
    [
        count(2),
        address(CONTRACT),
        account(code),
        count(1),
        word(0),
        x.to_be_bytes(),
        address(CALLER),
        account(&[]),
        count(0),
        count(0), // no logs
    ]
    .concat()
}

/// A number modulo 2^256: words, the lowest first.
#[derive(Clone, Copy)]
struct Number([u32; 8]);

impl From<u32> for Number {
    fn from(low: u32) -> Self {
        Self([low, 0, 0, 0, 0, 0, 0, 0])
    }
}

impl Number {
    /// x^2 + i.
    fn squared_plus(self, i: u32) -> Self {
        let mut sum = Self::from(i);
        for shift in 0..8 {
            let mut carry = 0;
            for at in shift..8 {
                let product = u64::from(self.0[shift]) * u64::from(self.0[at - shift]);
                let total = product + u64::from(sum.0[at]) + carry;
                sum.0[at] = total as u32;
                carry = total >> 32;
            }
        }
        sum
    }

    fn to_be_bytes(self) -> Vec<u8> {
        self.0
            .iter()
            .rev()
            .flat_map(|word| word.to_be_bytes())
            .collect()
    }
}

fn word(low: u32) -> Vec<u8> {
    Number::from(low).to_be_bytes()
}

/// An unsigned integer in postcard format.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&varint(bytes.len() as u64), bytes].concat()
}

/// Keccak-256 with the padding of 2011, step by step as the specification has it.
fn keccak256(data: &[u8]) -> [u8; 32] {
    let mut padded = data.to_vec();
    padded.push(1);
    padded.resize(padded.len().next_multiple_of(136), 0);
    *padded.last_mut().unwrap() |= 0x80;
    let mut a = [[0_u64; 5]; 5]; // a[y][x]
    for block in padded.chunks_exact(136) {
        for (i, bytes) in block.chunks_exact(8).enumerate() {
            a[i / 5][i % 5] ^= u64::from_le_bytes(bytes.try_into().unwrap());
        }
        permute(&mut a);
    }
    let digest: Vec<u8> = a[0][..4]
        .iter()
        .flat_map(|lane| lane.to_le_bytes())
        .collect();
    digest.try_into().unwrap()
}

fn permute(a: &mut [[u64; 5]; 5]) {
    let mut register = 1_u8;
    for _ in 0..24 {
        let parity: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |sum, y| sum ^ a[y][x]));
        for row in a.iter_mut() {
            for x in 0..5 {
                row[x] ^= parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1);
            }
        }
        let (mut x, mut y, mut lane) = (1, 0, a[0][1]);
        for t in 1..=24_u32 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            (a[y][x], lane) = (lane.rotate_left(t * (t + 1) / 2 % 64), a[y][x]);
        }
        for row in a.iter_mut() {
            *row = std::array::from_fn(|x| row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]));
        }
        for j in 0..7 {
            a[0][0] ^= u64::from(register & 1) << ((1 << j) - 1);
            register = register << 1 ^ if register & 0x80 == 0 { 0 } else { 0x71 };
        }
    }
}

#[test]
fn keccak256_is_that_of_ethereum() {
    let hex = |digest: [u8; 32]| digest.map(|byte| format!("{byte:02x}")).concat();
    assert_eq!(
        hex(keccak256(b"")),
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
    assert_eq!(
        hex(keccak256(b"Transfer(address,address,uint256)")),
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    );
}
