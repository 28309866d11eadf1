//! The buses: named multisets of messages that must balance, over all tables of a part of a run or,
//! if they are global, of the run.

/// A bus. A message is a tuple of field elements; each bus has one width.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Bus {
    /// `(pc, clk)`: the machine's thread through the rows.
    State,
    /// `(pc, operation, rd, rs1, rs2, constants[4])`: the decoded program.
    Program,
    /// `(space, address, lo, hi, clk)`: registers (space 0, by number), RAM (space 1, by word
    /// address), the length of the public output (space 2, address 0).
    Memory,
    /// `(value)`: a value below 2^16.
    Range16,
    /// `(a, b)`: two values below 2^8.
    BytePair,
    /// `(a, b, a AND b)`: two bytes and their conjunction.
    And,
    /// `(exponent, 2^exponent)` for exponents 0 to 7.
    PowerOfTwo,
    /// `(clk, is_output, lo, hi, remaining, output_end)`: an unfinished transfer of bytes: the byte
    /// address it has come to, `lo + 2^16 hi`, how many bytes remain, and the length of the public
    /// output after it (zero for input): the next byte has index `output_end - remaining`.
    Transfer,
    /// `(index, byte)`: public output.
    Output,
    /// `(lo, hi)`: the exit code, sent once.
    Exit,
    /// `(lo, hi)`: the smallest word address that may still be opened as zeroed memory, `lo + 2^16
    /// hi`; lo may be 2^16.
    ZeroedFrom,
    /// `(start lo, start hi, end lo, end hi)`: the word addresses `start..end` are not in the image,
    /// and in no hole.
    Gap,
    /// Global. `(space, address, lo, hi, owner)`: the value of a place of [`Bus::Memory`] between
    /// shards, and the position of the last shard that held it: 0 for the initial memory.
    Boundary,
    /// Global. [`Bus::Program`]'s message: an instruction that some shard executes.
    Instruction,
}

impl Bus {
    /// All buses, in the order of their discriminants.
    pub const ALL: [Self; 14] = [
        Self::State,
        Self::Program,
        Self::Memory,
        Self::Range16,
        Self::BytePair,
        Self::And,
        Self::PowerOfTwo,
        Self::Transfer,
        Self::Output,
        Self::Exit,
        Self::ZeroedFrom,
        Self::Gap,
        Self::Boundary,
        Self::Instruction,
    ];

    /// The bus's name, by which the lookup argument distinguishes buses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Program => "program",
            Self::Memory => "memory",
            Self::Range16 => "range16",
            Self::BytePair => "byte_pair",
            Self::And => "and",
            Self::PowerOfTwo => "power_of_two",
            Self::Transfer => "transfer",
            Self::Output => "output",
            Self::Exit => "exit",
            Self::ZeroedFrom => "zeroed_from",
            Self::Gap => "gap",
            Self::Boundary => "boundary",
            Self::Instruction => "instruction",
        }
    }

    /// Whether the bus balances over all parts of a run, rather than in each part.
    ///
    /// Its messages, counts included, are made of preprocessed columns and of those that are
    /// committed before the global challenge, and of nothing else.
    #[inline(always)]
    pub const fn is_global(self) -> bool {
        matches!(self, Self::Boundary | Self::Instruction)
    }

    /// The bus of this name, if there is one.
    #[inline(always)]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bus| bus.name() == name)
    }
}

/// Space of [`Bus::Memory`]: registers.
pub const SPACE_REGISTER: u32 = 0;
/// Space of [`Bus::Memory`]: RAM words.
pub const SPACE_RAM: u32 = 1;
/// Space of [`Bus::Memory`]: the length of the public output.
pub const SPACE_OUTPUT_LENGTH: u32 = 2;
