//! The machine: its list of tables, and what each of them is.

use alloc::{string::String, sync::Arc, vec, vec::Vec};

use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use zonda_riscv_emu::instruction::Instruction;

use crate::{
    F,
    builder::{Builder, Circuit, Names},
    columns::Columns,
    families::{
        add_immediate, add_sub, bitwise, bitwise_immediate, branch, divide, ecall, jump,
        load_store_misaligned, load_store_subword, load_store_word, multiply, set_less_than,
        set_less_than_immediate, shift, shift_immediate,
    },
    system::{bytes, gaps, image, powers_of_two, program, range16, statement, transfer, zeroed},
};

/// The base-two logarithm of the smallest height of a table.
pub const MIN_LOG_HEIGHT: usize = 4;

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
}

/// What a proof states of a run of a program, supplied by whoever verifies it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Statement {
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The public output, all of it, in order.
    pub output: Vec<u8>,
}

/// Work that is compiled once for each table: see [`Table::run`].
pub trait ForTable {
    /// What it gives.
    type Output;

    /// Does the work for the table `const { Table::ALL[TABLE] }`.
    fn run<const TABLE: usize>(self) -> Self::Output;
}

macro_rules! tables {
    ($( $(#[$meta:meta])* $table:ident = $module:ident :: $columns:ident $(fixed $fixed:ty)? , )*) => {
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

            /// How many columns are committed, without multiplicities of the lookup argument.
            pub const fn width(self) -> usize {
                match self { $(Self::$table => <$module::$columns<F> as Columns<F>>::WIDTH,)* }
            }

            /// How many columns are preprocessed.
            pub const fn fixed_width(self) -> usize {
                match self { $(Self::$table => 0 $( + <$fixed as Columns<F>>::WIDTH )?,)* }
            }

            /// The names of the committed columns.
            pub fn column_names(self) -> Vec<String> {
                let mut names = Vec::new();
                match self {
                    $(Self::$table => <$module::$columns<F> as Columns<F>>::names("", &mut names),)*
                }
                names
            }

            /// States the table's constraints and messages for one row: the one definition that
            /// degree counting, row checking, proving and verifying share.
            #[inline(always)]
            pub fn eval<B: Builder>(self, circuit: &mut Circuit<'_, B>) {
                match self { $(Self::$table => $module::eval(circuit),)* }
            }

            /// Does some work that is compiled once for each table.
            pub fn run<W: ForTable>(self, work: W) -> W::Output {
                match self { $(Self::$table => work.run::<{ Self::$table as usize }>(),)* }
            }

            /// [`Self::eval`] without names, and out of line: for where the table is not known when
            /// the caller is compiled.
            pub fn tell<B: Builder>(self, builder: &mut B) {
                match self {
                    $(Self::$table => {
                        #[inline(never)]
                        fn tell<B: Builder>(builder: &mut B) {
                            $module::eval(&mut Circuit::new(builder));
                        }
                        tell(builder);
                    })*
                }
            }

            /// [`Self::tell`], with names.
            pub fn tell_named<B: Builder>(self, builder: &mut B, names: &mut Names) {
                match self {
                    $(Self::$table => {
                        #[inline(never)]
                        fn tell<B: Builder>(builder: &mut B, names: &mut Names) {
                            $module::eval(&mut Circuit::naming(builder, names));
                        }
                        tell(builder, names);
                    })*
                }
            }
        }
    };
}

tables! {
    /// ADD, SUB.
    AddSub = add_sub::AddSub,
    /// ADDI, LUI, AUIPC, FENCE.
    AddImmediate = add_immediate::AddImmediate,
    /// XOR, OR, AND.
    Bitwise = bitwise::Bitwise,
    /// XORI, ORI, ANDI.
    BitwiseImmediate = bitwise_immediate::BitwiseImmediate,
    /// SLL, SRL, SRA.
    Shift = shift::Shift,
    /// SLLI, SRLI, SRAI.
    ShiftImmediate = shift_immediate::ShiftImmediate,
    /// SLT, SLTU.
    SetLessThan = set_less_than::SetLessThan,
    /// SLTI, SLTIU.
    SetLessThanImmediate = set_less_than_immediate::SetLessThanImmediate,
    /// BEQ, BNE, BLT, BGE, BLTU, BGEU.
    Branch = branch::Branch,
    /// JAL, JALR.
    Jump = jump::Jump,
    /// LW, SW.
    LoadStoreWord = load_store_word::LoadStoreWord,
    /// LB, LBU, LH, LHU, SB, SH.
    LoadStoreSubword = load_store_subword::LoadStoreSubword,
    /// Loads and stores off their natural alignment.
    LoadStoreMisaligned = load_store_misaligned::LoadStoreMisaligned,
    /// MUL, MULH, MULHSU, MULHU.
    Multiply = multiply::Multiply,
    /// DIV, DIVU, REM, REMU.
    Divide = divide::Divide,
    /// ECALL.
    Ecall = ecall::Ecall,
    /// Words moved by ECALLs.
    Transfer = transfer::Transfer,
    /// The decoded program.
    Program = program::Program fixed program::Fixed<F>,
    /// Registers, output length, and memory that the program file fills.
    Image = image::Image fixed image::Fixed<F>,
    /// Memory that starts as zero.
    Zeroed = zeroed::Zeroed,
    /// Where the image is not.
    Gaps = gaps::Gaps fixed gaps::Fixed<F>,
    /// Values below 2^16.
    Range16 = range16::Range16 fixed range16::Fixed<F>,
    /// Pairs of bytes.
    Bytes = bytes::Bytes fixed bytes::Fixed<F>,
    /// Powers of two.
    PowersOfTwo = powers_of_two::PowersOfTwo fixed powers_of_two::Fixed<F>,
    /// Entry, exit code and public output, as the verifier's caller states them.
    Statement = statement::Statement,
}

impl Table {
    /// The table's preprocessed columns for a program, if it has any. Their height is the table's.
    pub fn fixed(self, image: &Image) -> Option<RowMajorMatrix<F>> {
        match self {
            Self::Program => Some(matrix(program::fixed(image))),
            Self::Range16 => Some(matrix(range16::fixed())),
            Self::Bytes => Some(matrix(bytes::fixed())),
            Self::PowersOfTwo => Some(matrix(powers_of_two::fixed())),
            Self::Image => Some(matrix(image::fixed(image))),
            Self::Gaps => Some(matrix(gaps::fixed(image))),
            _ => None,
        }
    }
}

/// The height of a table of `rows` rows: the next power of two, and not less than the smallest.
pub fn height(rows: usize) -> usize {
    rows.next_power_of_two().max(1 << MIN_LOG_HEIGHT)
}

/// Rows as a matrix of a power-of-two height; the rows that fill it up are zero.
pub fn matrix<C: Columns<F>>(rows: Vec<C>) -> RowMajorMatrix<F> {
    let mut values = vec![F::ZERO; height(rows.len()) * C::WIDTH];
    for (row, cells) in rows.into_iter().zip(values.chunks_exact_mut(C::WIDTH)) {
        row.write_row(cells);
    }
    RowMajorMatrix::new(values, C::WIDTH)
}

/// One table of one proof: the table, its preprocessed columns, and what the statement makes of it.
#[derive(Clone, Debug)]
pub struct TableAir {
    /// Which table.
    pub table: Table,
    /// Preprocessed columns, where the table has any. A verifier, which knows them by their
    /// commitment, leaves them out.
    pub fixed: Option<Arc<RowMajorMatrix<F>>>,
    /// Periodic columns, whose period is the table's height; only the statement's table has any.
    pub periodic: Vec<Vec<F>>,
    /// Public values; only the statement's table has any.
    pub public: Vec<F>,
}

/// The machine's tables for one program and one statement, in the order of [`Table::ALL`].
///
/// `fixed` says whether to build the preprocessed columns, which a verifier does not need.
pub fn airs(image: &Image, statement: &Statement, fixed: bool) -> Vec<TableAir> {
    let stated = |table: Table| table == Table::Statement;
    Table::ALL
        .into_iter()
        .map(|table| TableAir {
            table,
            fixed: (fixed && table.fixed_width() > 0)
                .then(|| table.fixed(image).map(Arc::new))
                .flatten(),
            periodic: if stated(table) {
                statement::periodic(statement)
            } else {
                Vec::new()
            },
            public: if stated(table) {
                statement::public(image, statement)
            } else {
                Vec::new()
            },
        })
        .collect()
}
