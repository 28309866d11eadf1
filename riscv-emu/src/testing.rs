//! An assembler and an ELF builder for tests of this crate and of those that build on it.
//!
//! Not part of the stable interface. Functions panic where arguments do not fit.

pub use crate::allocate::injection::refuse_after;
use crate::{
    decode::{decode, encode},
    instruction::{Instruction, Opcode},
};

/// Where [`elf`] puts its text.
pub const TEXT: u32 = 0x1_0000;

/// An ELF file with these words of text at [`TEXT`], where execution starts.
pub fn elf(words: &[u32]) -> Vec<u8> {
    Builder::new(TEXT).text(TEXT, words).build()
}

/// The same, of a program that may access all of memory.
pub fn elf_without_holes(words: &[u32]) -> Vec<u8> {
    let builder = Builder::new(TEXT).text(TEXT, words);
    builder.without_holes().build()
}

/// Builds ELF files segment by segment; they may be broken on purpose.
#[derive(Clone, Debug)]
pub struct Builder {
    entry: u32,
    segments: Vec<Segment>,
    symbols: Vec<(String, u32, u32)>,
    page: u32,
    flags: u32,
}

/// One program header and its bytes.
#[derive(Clone, Debug)]
pub struct Segment {
    /// `p_type`: 1 is PT_LOAD.
    pub kind: u32,
    /// `p_vaddr`.
    pub address: u32,
    /// `p_memsz`.
    pub memory_size: u32,
    /// `p_flags`: 1 executable, 2 writable, 4 readable.
    pub flags: u32,
    /// `p_align`.
    pub alignment: u32,
    /// The bytes in the file.
    pub bytes: Vec<u8>,
}

impl Builder {
    /// A file without segments.
    pub fn new(entry: u32) -> Self {
        Self {
            entry,
            segments: Vec::new(),
            symbols: Vec::new(),
            page: 1,
            flags: 0,
        }
    }

    /// Adds an executable segment.
    pub fn text(self, address: u32, words: &[u32]) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let memory_size = bytes.len() as u32;
        self.segment(Segment {
            kind: 1,
            address,
            memory_size,
            flags: 5,
            alignment: 1,
            bytes,
        })
    }

    /// Adds a data segment with `zeros` zero bytes after those given.
    pub fn data(self, address: u32, bytes: &[u8], zeros: u32) -> Self {
        let (bytes, memory_size) = (bytes.to_vec(), bytes.len() as u32 + zeros);
        self.segment(Segment {
            kind: 1,
            address,
            memory_size,
            flags: 6,
            alignment: 1,
            bytes,
        })
    }

    /// Adds a segment without contents in each place where there would be a hole.
    pub fn without_holes(self) -> Self {
        self.data(0x8000, &[], 4).data(0xe000_0000, &[], 4)
    }

    /// Adds any segment.
    pub fn segment(mut self, segment: Segment) -> Self {
        self.segments.push(segment);
        self
    }

    /// Adds a function to the symbol table.
    pub fn symbol(mut self, name: &str, address: u32, size: u32) -> Self {
        self.symbols.push((name.to_owned(), address, size));
        self
    }

    /// Places segments in the file as operating systems want them: at the same offset in a page as
    /// in memory.
    pub fn paged(mut self) -> Self {
        self.page = 4096;
        self
    }

    /// Sets `e_flags`.
    pub fn flags(mut self, flags: u32) -> Self {
        self.flags = flags;
        self
    }

    /// The file.
    pub fn build(&self) -> Vec<u8> {
        let headers_end = FILE_HEADER + PROGRAM_HEADER * self.segments.len() as u32;
        let mut headers = Vec::new();
        let mut body = Vec::new();
        for segment in &self.segments {
            let Segment {
                kind,
                address,
                memory_size,
                flags,
                ..
            } = *segment;
            let alignment = segment.alignment.max(self.page);
            while (headers_end + body.len() as u32) % self.page != address % self.page {
                body.push(0);
            }
            let offset = headers_end + body.len() as u32;
            let file_size = segment.bytes.len() as u32;
            let fields = [
                kind,
                offset,
                address,
                address,
                file_size,
                memory_size,
                flags,
                alignment,
            ];
            put(&mut headers, &fields);
            body.extend_from_slice(&segment.bytes);
        }
        let sections = self.sections(headers_end + body.len() as u32);
        let section_headers_at = match self.symbols.len() {
            0 => 0,
            _ => headers_end + (body.len() + sections.len()) as u32 - 3 * SECTION_HEADER,
        };
        let section_count: u16 = if self.symbols.is_empty() { 0 } else { 3 };

        let mut file = b"\x7fELF\x01\x01\x01".to_vec();
        file.resize(16, 0);
        let half = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
        let count = self.segments.len() as u16;
        let kind_and_machine = half(2, 243);
        put(
            &mut file,
            &[
                kind_and_machine,
                1,
                self.entry,
                FILE_HEADER,
                section_headers_at,
                self.flags,
            ],
        );
        put(
            &mut file,
            &[half(FILE_HEADER as u16, PROGRAM_HEADER as u16)],
        );
        put(
            &mut file,
            &[
                half(count, SECTION_HEADER as u16),
                half(section_count, section_count.saturating_sub(1)),
            ],
        );
        file.extend(headers);
        file.extend(body);
        file.extend(sections);
        file
    }

    /// Strings, symbols, and the headers of the three sections (null, symbols, strings).
    fn sections(&self, offset: u32) -> Vec<u8> {
        if self.symbols.is_empty() {
            return Vec::new();
        }
        let (mut strings, mut symbols) = (vec![0], vec![0; 16]);
        for (name, address, size) in &self.symbols {
            put(
                &mut symbols,
                &[strings.len() as u32, *address, *size, 2 | 1 << 16],
            );
            strings.extend_from_slice(name.as_bytes());
            strings.push(0);
        }
        let (symbols_size, strings_size) = (symbols.len() as u32, strings.len() as u32);
        let mut bytes = symbols;
        bytes.extend(strings);
        let (table, string_table) = (2, 3);
        put(&mut bytes, &[0; 10]);
        put(
            &mut bytes,
            &[0, table, 0, 0, offset, symbols_size, 2, 1, 4, 16],
        );
        put(
            &mut bytes,
            &[
                0,
                string_table,
                0,
                0,
                offset + symbols_size,
                strings_size,
                0,
                0,
                1,
                0,
            ],
        );
        bytes
    }
}

/// Any instruction.
///
/// # Panics
///
/// If an operand does not fit the encoding.
#[track_caller]
pub fn assemble(opcode: Opcode, rd: u8, rs1: u8, rs2: u8, imm: i32) -> u32 {
    let instruction = Instruction {
        opcode,
        rd,
        rs1,
        rs2,
        imm,
    };
    let word = encode(instruction);
    assert_eq!(
        decode(word),
        Ok(instruction),
        "{instruction} has no encoding"
    );
    word
}

macro_rules! mnemonics {
    ($($name:ident $opcode:ident ($($operand:ident: $kind:ty),*);)*) => {$(
        #[doc = concat!("The instruction `", stringify!($name), "`.")]
        ///
        /// # Panics
        ///
        /// If an operand does not fit the encoding.
        #[track_caller]
        pub fn $name($($operand: $kind),*) -> u32 {
            #[allow(unused_mut)]
            let mut fields = Fields::default();
            $(fields.$operand = $operand;)*
            assemble(Opcode::$opcode, fields.rd, fields.rs1, fields.rs2, fields.imm)
        }
    )*};
}

mnemonics! {
    lui Lui (rd: u8, imm: i32);
    auipc Auipc (rd: u8, imm: i32);
    jal Jal (rd: u8, imm: i32);
    jalr Jalr (rd: u8, rs1: u8, imm: i32);
    beq Beq (rs1: u8, rs2: u8, imm: i32);
    bne Bne (rs1: u8, rs2: u8, imm: i32);
    blt Blt (rs1: u8, rs2: u8, imm: i32);
    bge Bge (rs1: u8, rs2: u8, imm: i32);
    bltu Bltu (rs1: u8, rs2: u8, imm: i32);
    bgeu Bgeu (rs1: u8, rs2: u8, imm: i32);
    lb Lb (rd: u8, rs1: u8, imm: i32);
    lh Lh (rd: u8, rs1: u8, imm: i32);
    lw Lw (rd: u8, rs1: u8, imm: i32);
    lbu Lbu (rd: u8, rs1: u8, imm: i32);
    lhu Lhu (rd: u8, rs1: u8, imm: i32);
    sb Sb (rs2: u8, rs1: u8, imm: i32);
    sh Sh (rs2: u8, rs1: u8, imm: i32);
    sw Sw (rs2: u8, rs1: u8, imm: i32);
    addi Addi (rd: u8, rs1: u8, imm: i32);
    slti Slti (rd: u8, rs1: u8, imm: i32);
    sltiu Sltiu (rd: u8, rs1: u8, imm: i32);
    xori Xori (rd: u8, rs1: u8, imm: i32);
    ori Ori (rd: u8, rs1: u8, imm: i32);
    andi Andi (rd: u8, rs1: u8, imm: i32);
    slli Slli (rd: u8, rs1: u8, imm: i32);
    srli Srli (rd: u8, rs1: u8, imm: i32);
    srai Srai (rd: u8, rs1: u8, imm: i32);
    add Add (rd: u8, rs1: u8, rs2: u8);
    sub Sub (rd: u8, rs1: u8, rs2: u8);
    sll Sll (rd: u8, rs1: u8, rs2: u8);
    slt Slt (rd: u8, rs1: u8, rs2: u8);
    sltu Sltu (rd: u8, rs1: u8, rs2: u8);
    xor Xor (rd: u8, rs1: u8, rs2: u8);
    srl Srl (rd: u8, rs1: u8, rs2: u8);
    sra Sra (rd: u8, rs1: u8, rs2: u8);
    or Or (rd: u8, rs1: u8, rs2: u8);
    and And (rd: u8, rs1: u8, rs2: u8);
    fence Fence ();
    ecall Ecall ();
    mul Mul (rd: u8, rs1: u8, rs2: u8);
    mulh Mulh (rd: u8, rs1: u8, rs2: u8);
    mulhsu Mulhsu (rd: u8, rs1: u8, rs2: u8);
    mulhu Mulhu (rd: u8, rs1: u8, rs2: u8);
    div Div (rd: u8, rs1: u8, rs2: u8);
    divu Divu (rd: u8, rs1: u8, rs2: u8);
    rem Rem (rd: u8, rs1: u8, rs2: u8);
    remu Remu (rd: u8, rs1: u8, rs2: u8);
}

/// LUI and ADDI that set `rd` to any value.
pub fn li(rd: u8, value: u32) -> [u32; 2] {
    let low = (value as i32) << 20 >> 20;
    [lui(rd, (value as i32).wrapping_sub(low)), addi(rd, rd, low)]
}

/// `exit(code)`.
pub fn exit(code: u32) -> Vec<u32> {
    call(93, code, 0, 0)
}

/// The ECALL `number` with three arguments.
pub fn call(number: u32, a0: u32, a1: u32, a2: u32) -> Vec<u32> {
    let mut words = [li(10, a0), li(11, a1), li(12, a2), li(17, number)].concat();
    words.push(ecall());
    words
}

#[derive(Default)]
struct Fields {
    rd: u8,
    rs1: u8,
    rs2: u8,
    imm: i32,
}

/// Appends words, little endian.
fn put(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// The size of the ELF header.
const FILE_HEADER: u32 = 52;
/// The size of a program header.
const PROGRAM_HEADER: u32 = 32;
/// The size of a section header.
const SECTION_HEADER: u32 = 40;
