//! The machine: its list of tables, and the facts about each of them.

use alloc::{string::String, sync::Arc, vec, vec::Vec};
use core::ops::Range;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
#[cfg(feature = "witness")]
use zonda_riscv_emu::allocate::OutOfMemory;
use zonda_riscv_emu::{
    instruction::Instruction,
    record::{Family, Service},
};

#[cfg(feature = "symbolic")]
use crate::columns::Structure;
#[cfg(feature = "witness")]
use crate::witness::source::{At, Extent, Sink, Source};
use crate::{
    F,
    builder::{Builder, Circuit, Names},
    columns::Columns,
    families::{
        add_immediate, add_sub, bitwise, bitwise_immediate, branch, divide, ecall, jump,
        load_store_misaligned, load_store_subword, load_store_word, multiply, set_less_than,
        set_less_than_immediate, shift, shift_immediate,
    },
    fixed::FixedRows,
    system::{
        boundary, bytes, gaps, image, instructions, powers_of_two, program, range16, statement,
        transfer, zeroed,
    },
};

/// The program as the circuits need it. The tables' preprocessed columns are a function of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Image {
    /// Address of the first instruction.
    pub entry: u32,
    /// Every word of text that is an instruction, by ascending address below 2^30.
    pub text: Vec<(u32, Instruction)>,
    /// Every word of memory that the program file fills: word address below 2^30 and value, by
    /// ascending address.
    pub words: Vec<(u32, u32)>,
    /// Where no word of memory can be accessed: ranges of word addresses, in ascending order, in
    /// which the file fills none.
    pub holes: Vec<Range<u32>>,
}

impl Image {
    /// Whether the program file fills the word at an address.
    pub fn fills(&self, address: u32) -> bool {
        let found = self.words.binary_search_by_key(&address, |(word, _)| *word);
        found.is_ok()
    }
}

/// The statement of a proof about a whole run of a program, supplied by whoever verifies it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Statement {
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The public output, all of it, in order.
    pub output: Vec<u8>,
}

/// The statement about one part of a run: all that the verifier knows of its tables beside the key.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Part {
    /// The statement about the part's shard, if it executes one.
    pub execution: Option<Execution>,
    /// The zeroed memory that the part opens, if it opens any.
    pub zeroed: Option<ZeroedRange>,
}

/// The statement about a shard: a stretch of a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Execution {
    /// The shard's number in the run, from 1 on; at most 2^16.
    pub position: u32,
    /// Address of its first instruction.
    pub pc: u32,
    /// How it ends.
    pub end: End,
    /// How many bytes the run has made public before it.
    pub output_start: u32,
    /// The bytes that it makes public.
    pub output: Vec<u8>,
}

/// How a shard ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// The run goes on.
    Next {
        /// Address of the first instruction of the next shard.
        pc: u32,
        /// How many instructions the shard executes: fewer than 2^28.
        cycles: u32,
    },
    /// The run exits.
    Exit {
        /// The argument of `exit`.
        code: u32,
    },
}

/// A range of the chain of zeroed words: which message it takes from the range before it, and which
/// it leaves to the next. Each is `[lo, hi]`, for the smallest word address `lo + 2^16 hi` that may
/// still be opened; lo is at most 2^16 and hi at most 2^14.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ZeroedRange {
    /// Where it begins.
    pub from: [u32; 2],
    /// Where it ends.
    pub to: [u32; 2],
}

/// The purpose of a table. A part of a run has either all tables of a role, as far as they have
/// rows, or no table of it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// A stretch of the run: in the parts that are its shards.
    Execution,
    /// The program and the memory that its file fills: once in a run.
    Program,
    /// Memory that starts as zero: in ranges, in at least one part.
    Zeroed,
    /// Lookup tables, the same for every program: in every part.
    Lookup,
}

/// Work that is compiled once for each table: see [`Table::run`].
pub trait ForTable {
    /// The type of the result.
    type Output;

    /// Does the work for the table `const { Table::ALL[TABLE] }`.
    fn run<const TABLE: usize>(self) -> Self::Output;
}

macro_rules! tables {
    ($(
        $(#[$meta:meta])*
        $role:ident $table:ident = $module:ident :: $columns:ident $numbers:tt
            $(boundary $boundary:ident)? $(fixed $fixed:ident)? ,
    )*) => {
        /// A table of the machine.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u8)]
        pub enum Table { $( $(#[$meta])* $table, )* }

        impl Table {
            /// All tables, in the order in which proofs hold them.
            pub const ALL: [Self; [$(Self::$table),*].len()] = [$(Self::$table),*];

            /// The table's name: its folder's.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$table => stringify!($module),)* }
            }

            /// The table's purpose.
            pub const fn role(self) -> Role {
                match self { $(Self::$table => Role::$role,)* }
            }

            /// How many constraints, messages, and fields of messages a row has: constants, so that the
            /// evaluation of a table knows them when it is compiled. A test compares them with what
            /// `eval` states.
            pub(crate) const fn numbers(self) -> [usize; 3] {
                match self { $(Self::$table => $numbers,)* }
            }

            /// How many columns are committed after the global challenge, without those of the
            /// lookup argument.
            pub const fn width(self) -> usize {
                match self { $(Self::$table => <$module::$columns<F> as Columns<F>>::WIDTH,)* }
            }

            /// How many columns are committed before the global challenge.
            pub const fn boundary_width(self) -> usize {
                match self { $(Self::$table => 0 $( + <$module::$boundary<F> as Columns<F>>::WIDTH )?,)* }
            }

            /// How many cells a row of a trace has: columns committed before the global challenge,
            /// then those committed after it.
            pub const fn trace_width(self) -> usize {
                self.boundary_width() + self.width()
            }

            /// How many columns are preprocessed.
            pub const fn fixed_width(self) -> usize {
                match self { $(Self::$table => 0 $( + <$module::$fixed<F> as Columns<F>>::WIDTH )?,)* }
            }

            /// The names of the columns of a trace.
            pub fn column_names(self) -> Vec<String> {
                let mut names = Vec::new();
                match self {
                    $(Self::$table => {
                        $( <$module::$boundary<F> as Columns<F>>::names("", &mut names); )?
                        <$module::$columns<F> as Columns<F>>::names("", &mut names);
                    })*
                }
                names
            }

            /// The names of the preprocessed columns.
            #[cfg(feature = "symbolic")]
            pub fn fixed_names(self) -> Vec<String> {
                #[allow(unused_mut, reason = "few tables have preprocessed columns")]
                let mut names = Vec::new();
                match self {
                    $(Self::$table => { $( <$module::$fixed<F> as Columns<F>>::names("", &mut names); )? })*
                }
                names
            }

            /// The structures of the preprocessed, boundary and main columns, the table's own last.
            #[cfg(feature = "symbolic")]
            pub fn structures(self) -> [Vec<&'static Structure>; 3] {
                let [mut fixed, mut boundary, mut main] = [const { Vec::new() }; 3];
                match self {
                    $(Self::$table => {
                        $( <$module::$fixed<F> as Columns<F>>::structures(&mut fixed); )?
                        $( <$module::$boundary<F> as Columns<F>>::structures(&mut boundary); )?
                        <$module::$columns<F> as Columns<F>>::structures(&mut main);
                    })*
                }
                [fixed, boundary, main]
            }

            /// States the table's constraints and messages for one row: the one definition that
            /// degree counting, row checking, proving and verifying share.
            #[inline(always)]
            pub fn eval<B: Builder>(self, circuit: &mut Circuit<'_, B>) {
                match self { $(Self::$table => $module::eval(circuit),)* }
            }

            /// How many rows the table has in a part of this extent, if the part has the table.
            #[cfg(feature = "witness")]
            pub fn rows(self, extent: &Extent) -> usize {
                match self { $(Self::$table => $module::rows(extent),)* }
            }

            /// Adds the rows that `source` makes known.
            #[cfg(feature = "witness")]
            pub(crate) fn fill<I: At>(
                self,
                source: &Source<'_, I>,
                rows: &mut impl Sink,
            ) -> Result<(), OutOfMemory> {
                match self { $(Self::$table => $module::fill(source, rows),)* }
            }

            /// Adds the columns that are committed before the global challenge, if the table has any.
            #[cfg(feature = "witness")]
            pub(crate) fn fill_boundary<I: At>(
                self,
                source: &Source<'_, I>,
                rows: &mut impl Sink,
            ) -> Result<(), OutOfMemory> {
                match self {
                    $($(Self::$table => {
                        // That there are such columns is why there is this arm.
                        let _: Option<$module::$boundary<F>> = None;
                        $module::fill_boundary(source, rows)
                    })?)*
                    _ => Ok(()),
                }
            }

            /// Does some work that is compiled once for each table.
            pub fn run<W: ForTable>(self, work: W) -> W::Output {
                match self { $(Self::$table => work.run::<{ Self::$table as usize }>(),)* }
            }

            /// [`Self::eval`] without names, and out of line: for where the table is not known when
            /// the caller is compiled.
            pub fn evaluate<B: Builder>(self, builder: &mut B) {
                match self {
                    $(Self::$table => {
                        #[inline(never)]
                        fn evaluate<B: Builder>(builder: &mut B) {
                            $module::eval(&mut Circuit::new(builder));
                        }
                        evaluate(builder);
                    })*
                }
            }

            /// [`Self::evaluate`], with names.
            pub fn evaluate_named<B: Builder>(self, builder: &mut B, names: &mut Names) {
                match self {
                    $(Self::$table => {
                        #[inline(never)]
                        fn evaluate<B: Builder>(builder: &mut B, names: &mut Names) {
                            $module::eval(&mut Circuit::naming(builder, names));
                        }
                        evaluate(builder, names);
                    })*
                }
            }
        }
    };
}

// After the row's structure: how many constraints, messages, and fields of messages a row has.
tables! {
    /// ADD, SUB.
    Execution AddSub = add_sub::AddSub [5, 16, 52],
    /// ADDI, LUI, AUIPC, FENCE.
    Execution AddImmediate = add_immediate::AddImmediate [2, 12, 39],
    /// XOR, OR, AND.
    Execution Bitwise = bitwise::Bitwise [5, 18, 62],
    /// XORI, ORI, ANDI.
    Execution BitwiseImmediate = bitwise_immediate::BitwiseImmediate [5, 12, 43],
    /// SLL, SRL, SRA.
    Execution Shift = shift::Shift [13, 20, 58],
    /// SLLI, SRLI, SRAI.
    Execution ShiftImmediate = shift_immediate::ShiftImmediate [12, 14, 42],
    /// SLT, SLTU.
    Execution SetLessThan = set_less_than::SetLessThan [5, 18, 54],
    /// SLTI, SLTIU.
    Execution SetLessThanImmediate = set_less_than_immediate::SetLessThanImmediate [4, 13, 40],
    /// BEQ, BNE, BLT, BGE, BLTU, BGEU.
    Execution Branch = branch::Branch [21, 13, 40],
    /// JAL, JALR.
    Execution Jump = jump::Jump [7, 12, 39],
    /// LW, SW.
    Execution LoadStoreWord = load_store_word::LoadStoreWord [7, 15, 51],
    /// LB, LBU, LH, LHU, SB, SH.
    Execution LoadStoreSubword = load_store_subword::LoadStoreSubword [20, 17, 55],
    /// Loads and stores off their natural alignment.
    Execution LoadStoreMisaligned = load_store_misaligned::LoadStoreMisaligned [32, 25, 76],
    /// MUL, MULH, MULHSU, MULHU.
    Execution Multiply = multiply::Multiply [8, 24, 64],
    /// DIV, DIVU, REM, REMU.
    Execution Divide = divide::Divide [20, 26, 66],
    /// ECALL.
    Execution Ecall = ecall::Ecall [32, 31, 90],
    /// Words moved by ECALLs.
    Execution Transfer = transfer::Transfer [16, 15, 42],
    /// The instructions that a shard executes.
    Execution Instructions = instructions::Instructions [0, 2, 18] boundary InBoundary,
    /// The registers, the output length and the memory that a shard takes over and leaves.
    Execution Boundary = boundary::Boundary [0, 5, 21] boundary InBoundary,
    /// Where a shard begins and ends, and its public output, as the verifier knows them.
    Execution Statement = statement::Statement [4, 4, 8],
    /// The decoded program.
    Program Program = program::Program [0, 1, 9] boundary InBoundary fixed Fixed,
    /// Registers, output length, and memory that the program file fills.
    Program Image = image::Image [1, 2, 10] boundary InBoundary fixed Fixed,
    /// Memory that starts as zero.
    Zeroed Zeroed = zeroed::Zeroed [3, 11, 24] boundary InBoundary,
    /// Where the image is not, and no hole.
    Zeroed Gaps = gaps::Gaps [0, 3, 8] fixed Fixed,
    /// Values below 2^16.
    Lookup Range16 = range16::Range16 [0, 1, 1] fixed Fixed,
    /// Pairs of bytes.
    Lookup Bytes = bytes::Bytes [0, 2, 5] fixed Fixed,
    /// Powers of two.
    Lookup PowersOfTwo = powers_of_two::PowersOfTwo [0, 1, 2] fixed Fixed,
}

impl Table {
    /// The table of a family: families are the first tables.
    pub const fn of_family(family: Family) -> Self {
        Self::ALL[family as usize]
    }

    /// The table of a service: services come after the families.
    pub const fn of_service(service: Service) -> Self {
        Self::ALL[Family::ALL.len() + service as usize]
    }

    /// Whether the table's rows are records of a family or of a service.
    pub const fn has_records(self) -> bool {
        (self as usize) < Family::ALL.len() + Service::ALL.len()
    }

    /// The table's preprocessed columns for a program, if it has any. Their height is the table's.
    pub fn fixed(self, image: &Image) -> Option<RowMajorMatrix<F>> {
        let rows = FixedRows::new(self, image)?;
        let width = rows.width();
        let mut values = vec![F::ZERO; rows.height() * width];
        rows.fill(0, values.chunks_exact_mut(width));
        Some(RowMajorMatrix::new(values, width))
    }

    /// The columns of the table that the statement makes, as long as it is high: only the
    /// statement's table has any.
    pub fn periodic(self, part: &Part) -> Vec<Vec<F>> {
        match (self, &part.execution) {
            (Self::Statement, Some(execution)) => statement::periodic(execution),
            _ => Vec::new(),
        }
    }

    /// The table's public values; few tables have any.
    pub fn public(self, part: &Part) -> Vec<F> {
        match (self, part) {
            (
                Self::Statement,
                Part {
                    execution: Some(execution),
                    ..
                },
            ) => statement::public(execution),
            (
                Self::Boundary,
                Part {
                    execution: Some(execution),
                    ..
                },
            ) => boundary::public(execution),
            (
                Self::Gaps,
                Part {
                    zeroed: Some(range),
                    ..
                },
            ) => gaps::public(range),
            _ => Vec::new(),
        }
    }
}

/// Rows as a matrix.
pub fn matrix<C: Columns<F>>(rows: Vec<C>) -> RowMajorMatrix<F> {
    let mut values = vec![F::ZERO; rows.len() * C::WIDTH];
    for (row, cells) in rows.into_iter().zip(values.chunks_exact_mut(C::WIDTH)) {
        row.write_row(cells);
    }
    RowMajorMatrix::new(values, C::WIDTH)
}

/// One table of one part of a run: the table, its preprocessed columns, and its statement.
#[derive(Clone, Debug)]
pub struct TableAir {
    /// Which table.
    pub table: Table,
    /// Preprocessed columns, where the table has any. A verifier, which knows them by their
    /// commitment, leaves them out.
    pub fixed: Option<Arc<RowMajorMatrix<F>>>,
    /// The columns that the statement makes, as long as the table is high.
    pub periodic: Vec<Vec<F>>,
    /// Public values.
    pub public: Vec<F>,
}

/// All tables, in the order of [`Table::ALL`], for one program and one part of its run.
///
/// `fixed` decides whether to build the preprocessed columns, which a verifier does not need.
pub fn airs(image: &Image, part: &Part, fixed: bool) -> Vec<TableAir> {
    let air = |table: Table| TableAir {
        table,
        fixed: fixed.then(|| table.fixed(image).map(Arc::new)).flatten(),
        periodic: table.periodic(part),
        public: table.public(part),
    };
    Table::ALL.into_iter().map(air).collect()
}
