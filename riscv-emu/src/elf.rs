//! Reading ELF files, which are untrusted: from bytes to loadable segments, each checked.

use std::ops::Range;

use object::{
    LittleEndian,
    elf::{
        EF_RISCV_FLOAT_ABI, EF_RISCV_FLOAT_ABI_DOUBLE, EF_RISCV_FLOAT_ABI_SINGLE, EF_RISCV_RVC,
        ELFCLASS32, ELFDATA2LSB, ELFMAG, EM_RISCV, ET_EXEC, EV_CURRENT, FileHeader32, PF_X,
        PT_DYNAMIC, PT_INTERP, PT_LOAD, ProgramHeader32,
    },
    read::ReadRef,
};

use crate::allocate::OutOfMemory;

/// Why an ELF file is not a program for this machine. Variants are in the order of the checks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file does not start as ELF files do.
    #[error("not an ELF file: it does not start with 7f 45 4c 46")]
    NotElf,
    /// A part of the file lies past its end.
    #[error(
        "the ELF file is truncated: {what} takes {size} bytes at offset {offset}, the file has \
         {length}"
    )]
    Truncated {
        /// The part.
        what: &'static str,
        /// Where it starts.
        offset: u64,
        /// How long it is.
        size: u64,
        /// How long the file is.
        length: u64,
    },
    /// Not ELFCLASS32.
    #[error("ELF class {class}, expected 1 (32-bit): build for a riscv32im target")]
    NotThirtyTwoBit {
        /// `EI_CLASS`; 2 is 64-bit.
        class: u8,
    },
    /// Not ELFDATA2LSB.
    #[error("ELF data encoding {encoding}, expected 1 (little endian)")]
    NotLittleEndian {
        /// `EI_DATA`; 2 is big endian.
        encoding: u8,
    },
    /// An ELF version that does not exist.
    #[error("ELF version {version}, expected 1")]
    Version {
        /// `EI_VERSION` or `e_version`.
        version: u32,
    },
    /// Not EM_RISCV.
    #[error("ELF machine {machine}, expected 243 (RISC-V): build for a riscv32im target")]
    NotRiscV {
        /// `e_machine`.
        machine: u16,
    },
    /// Not ET_EXEC.
    #[error(
        "ELF type {kind}, expected 2 (executable at a fixed address): link statically and not \
         position-independent"
    )]
    NotExecutable {
        /// `e_type`; 1 is an object file, 3 is dynamic or position-independent.
        kind: u16,
    },
    /// By `e_flags`, the file has compressed instructions, which this machine does not have.
    #[error(
        "the ELF file has compressed instructions (e_flags {flags:#x} has RVC): build everything \
         that is linked for riscv32im, not for riscv32imc or riscv32imac (C: -march=rv32im \
         -mabi=ilp32; Rust: target riscv32im-unknown-none-elf)"
    )]
    Compressed {
        /// `e_flags`.
        flags: u32,
    },
    /// By `e_flags`, functions take their arguments in floating-point registers, which this machine
    /// does not have.
    #[error(
        "the ELF file uses the {} floating-point ABI (e_flags {flags:#x}): build everything that \
         is linked for riscv32im with soft floats (C: -march=rv32im -mabi=ilp32)",
        float_abi(*flags)
    )]
    FloatAbi {
        /// `e_flags`.
        flags: u32,
    },
    /// Program headers of an unknown size.
    #[error("program headers of {size} bytes, expected 32")]
    ProgramHeaderSize {
        /// `e_phentsize`.
        size: u16,
    },
    /// A PT_INTERP or PT_DYNAMIC program header.
    #[error("program header {index} asks for dynamic linking (type {kind}): link statically")]
    Dynamic {
        /// The program header.
        index: usize,
        /// Its `p_type`.
        kind: u32,
    },
    /// A segment with more bytes in the file than in memory.
    #[error(
        "segment {index} has {file_size} bytes in the file, more than its {memory_size} in memory"
    )]
    FileSize {
        /// The program header.
        index: usize,
        /// `p_filesz`.
        file_size: u32,
        /// `p_memsz`.
        memory_size: u32,
    },
    /// A segment that does not fit the address space.
    #[error("segment {index} of {size} bytes at {address:#x} goes past the end of memory at 2^32")]
    PastMemory {
        /// The program header.
        index: usize,
        /// `p_vaddr`.
        address: u32,
        /// `p_memsz`.
        size: u32,
    },
    /// A segment whose alignment is not a power of two, or does not agree with its address and offset.
    #[error(
        "segment {index} at {address:#x}, file offset {offset:#x}, breaks its alignment \
         {alignment:#x}"
    )]
    Alignment {
        /// The program header.
        index: usize,
        /// `p_vaddr`.
        address: u32,
        /// `p_offset`.
        offset: u32,
        /// `p_align`.
        alignment: u32,
    },
    /// More bytes to load than this machine takes.
    #[error("the segments load {size} bytes, the limit is {limit}")]
    ImageTooLarge {
        /// Bytes in the file of all segments.
        size: u64,
        /// [`MAX_IMAGE_BYTES`].
        limit: u64,
    },
    /// An executable segment that does not start at a multiple of 4.
    #[error("executable segment {index} starts at {address:#x}, which is not a multiple of 4")]
    ExecutableAlignment {
        /// The program header.
        index: usize,
        /// `p_vaddr`.
        address: u32,
    },
    /// An executable segment beyond [`TEXT_END`].
    #[error(
        "executable segment {index} ends at {end:#x}, past 2^30: move it with the linker script"
    )]
    ExecutableAddress {
        /// The program header.
        index: usize,
        /// The address after its last byte.
        end: u64,
    },
    /// Two segments share an address.
    #[error("segments {first} and {second} overlap at {address:#x}")]
    Overlap {
        /// A program header.
        first: usize,
        /// Another program header.
        second: usize,
        /// The first address in both.
        address: u32,
    },
    /// There is nothing to execute.
    #[error("no executable segment")]
    NoExecutableSegment,
    /// The host has no memory left for the program.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// An entry point that is not a multiple of 4.
    #[error("the entry point {entry:#x} is not a multiple of 4")]
    EntryAlignment {
        /// `e_entry`.
        entry: u32,
    },
    /// An entry point outside the executable segments.
    #[error("the entry point {entry:#x} lies in no executable segment")]
    EntryOutsideText {
        /// `e_entry`.
        entry: u32,
    },
}

/// How many bytes a file's segments may load.
pub const MAX_IMAGE_BYTES: u64 = 64 << 20;
/// Executable segments lie below this address.
pub const TEXT_END: u32 = 1 << 30;

/// A loadable segment that takes at least one byte of memory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Segment<'a> {
    /// The program header it comes from.
    index: usize,
    /// The addresses it takes.
    pub(crate) memory: Range<u64>,
    /// The bytes that it loads to its first addresses; the rest is zero.
    pub(crate) bytes: &'a [u8],
    /// Whether instructions can be fetched from it.
    pub(crate) is_executable: bool,
}

impl Segment<'_> {
    /// The address of the first byte.
    pub(crate) fn address(&self) -> u32 {
        self.memory.start as u32
    }
}

/// The entry point, and the segments by ascending address.
pub(crate) fn segments(file: &[u8]) -> Result<(u32, Vec<Segment<'_>>), LoadError> {
    let header = header(file)?;
    let mut segments = Vec::new();
    for (index, header) in program_headers(file, header)?.iter().enumerate() {
        match header.p_type.get(LittleEndian) {
            kind @ (PT_DYNAMIC | PT_INTERP) => return Err(LoadError::Dynamic { index, kind }),
            PT_LOAD => segments.extend(segment(file, index, header)?),
            _ => {}
        }
    }
    segments.sort_by_key(|segment| segment.memory.start);
    for pair in segments.windows(2) {
        let [first, second] = pair else { continue };
        if second.memory.start < first.memory.end {
            let (first, second, address) = (first.index, second.index, second.address());
            return Err(LoadError::Overlap {
                first,
                second,
                address,
            });
        }
    }
    let size = segments
        .iter()
        .map(|segment| segment.bytes.len() as u64)
        .sum();
    if size > MAX_IMAGE_BYTES {
        return Err(LoadError::ImageTooLarge {
            size,
            limit: MAX_IMAGE_BYTES,
        });
    }
    if !segments
        .iter()
        .any(|segment| segment.is_executable && !segment.bytes.is_empty())
    {
        return Err(LoadError::NoExecutableSegment);
    }
    Ok((header.e_entry.get(LittleEndian), segments))
}

/// The file header, known to be that of a 32-bit little-endian RISC-V executable.
fn header(file: &[u8]) -> Result<&FileHeader32<LittleEndian>, LoadError> {
    let magic_length = file.len().min(ELFMAG.len());
    if file[..magic_length] != ELFMAG[..magic_length] {
        return Err(LoadError::NotElf);
    }
    let header: &FileHeader32<LittleEndian> =
        file.read_at(0).map_err(|()| LoadError::Truncated {
            what: "the ELF header",
            offset: 0,
            size: size_of::<FileHeader32<LittleEndian>>() as u64,
            length: file.len() as u64,
        })?;
    let ident = &header.e_ident;
    if ident.class != ELFCLASS32 {
        return Err(LoadError::NotThirtyTwoBit { class: ident.class });
    }
    if ident.data != ELFDATA2LSB {
        return Err(LoadError::NotLittleEndian {
            encoding: ident.data,
        });
    }
    if ident.version != EV_CURRENT {
        return Err(LoadError::Version {
            version: ident.version.into(),
        });
    }
    let version = header.e_version.get(LittleEndian);
    if version != EV_CURRENT.into() {
        return Err(LoadError::Version { version });
    }
    let machine = header.e_machine.get(LittleEndian);
    if machine != EM_RISCV {
        return Err(LoadError::NotRiscV { machine });
    }
    let kind = header.e_type.get(LittleEndian);
    if kind != ET_EXEC {
        return Err(LoadError::NotExecutable { kind });
    }
    // RVE is a subset of what this machine has, TSO holds of one hart, and other bits name nothing
    // that would change what an instruction does.
    let flags = header.e_flags.get(LittleEndian);
    if flags & EF_RISCV_RVC != 0 {
        return Err(LoadError::Compressed { flags });
    }
    if flags & EF_RISCV_FLOAT_ABI != 0 {
        return Err(LoadError::FloatAbi { flags });
    }
    Ok(header)
}

/// The name of a floating-point ABI other than soft.
const fn float_abi(flags: u32) -> &'static str {
    match flags & EF_RISCV_FLOAT_ABI {
        EF_RISCV_FLOAT_ABI_SINGLE => "single-precision",
        EF_RISCV_FLOAT_ABI_DOUBLE => "double-precision",
        _ => "quad-precision",
    }
}

fn program_headers<'a>(
    file: &'a [u8],
    header: &FileHeader32<LittleEndian>,
) -> Result<&'a [ProgramHeader32<LittleEndian>], LoadError> {
    let (count, offset) = (
        header.e_phnum.get(LittleEndian),
        header.e_phoff.get(LittleEndian),
    );
    if count == 0 {
        return Err(LoadError::NoExecutableSegment);
    }
    let size = header.e_phentsize.get(LittleEndian);
    if usize::from(size) != size_of::<ProgramHeader32<LittleEndian>>() {
        return Err(LoadError::ProgramHeaderSize { size });
    }
    file.read_slice_at(offset.into(), count.into())
        .map_err(|()| LoadError::Truncated {
            what: "the program header table",
            offset: offset.into(),
            size: u64::from(count) * u64::from(size),
            length: file.len() as u64,
        })
}

/// The segment that a PT_LOAD header describes, if it takes any memory.
fn segment<'a>(
    file: &'a [u8],
    index: usize,
    header: &ProgramHeader32<LittleEndian>,
) -> Result<Option<Segment<'a>>, LoadError> {
    let [address, offset, file_size, memory_size, alignment, flags] = [
        header.p_vaddr,
        header.p_offset,
        header.p_filesz,
        header.p_memsz,
        header.p_align,
        header.p_flags,
    ]
    .map(|field| field.get(LittleEndian));
    if file_size > memory_size {
        return Err(LoadError::FileSize {
            index,
            file_size,
            memory_size,
        });
    }
    if memory_size == 0 {
        return Ok(None);
    }
    let memory = u64::from(address)..u64::from(address) + u64::from(memory_size);
    if memory.end > 1 << 32 {
        return Err(LoadError::PastMemory {
            index,
            address,
            size: memory_size,
        });
    }
    let is_kept =
        |alignment: u32| alignment.is_power_of_two() && (address ^ offset) & (alignment - 1) == 0;
    if alignment > 1 && file_size > 0 && !is_kept(alignment) {
        return Err(LoadError::Alignment {
            index,
            address,
            offset,
            alignment,
        });
    }
    let bytes = file
        .read_bytes_at(offset.into(), file_size.into())
        .map_err(|()| LoadError::Truncated {
            what: "a segment",
            offset: offset.into(),
            size: file_size.into(),
            length: file.len() as u64,
        })?;
    let is_executable = flags & PF_X != 0;
    if is_executable {
        can_be_executed(index, &memory)?;
    }
    Ok(Some(Segment {
        index,
        memory,
        bytes,
        is_executable,
    }))
}

/// Refuses text at addresses that no instruction can have.
fn can_be_executed(index: usize, memory: &Range<u64>) -> Result<(), LoadError> {
    if !memory.start.is_multiple_of(4) {
        let address = memory.start as u32;
        return Err(LoadError::ExecutableAlignment { index, address });
    }
    if memory.end > TEXT_END.into() {
        let end = memory.end;
        return Err(LoadError::ExecutableAddress { index, end });
    }
    Ok(())
}
