//! Names for addresses, for messages only: a file with broken symbols has no names.

use std::{fmt, ops::Range};

use object::{
    LittleEndian,
    elf::{FileHeader32, SHT_SYMTAB, STT_FUNC, STT_NOTYPE},
    read::elf::{FileHeader as _, Sym as _},
};

use crate::allocate::{self, OutOfMemory};

/// A function and a place in it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Symbol<'a> {
    /// The function's name, demangled.
    pub name: &'a str,
    /// Bytes from the function's start.
    pub offset: u32,
}

/// `name+0x10`, or just the name at the function's start.
impl fmt::Display for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            0 => f.write_str(self.name),
            offset => write!(f, "{}+{offset:#x}", self.name),
        }
    }
}

/// Functions, each with the addresses that it takes.
type Functions = Vec<(Range<u32>, String)>;

/// The functions of a program, by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols {
    functions: Functions,
}

impl Symbols {
    /// The symbol table of an ELF file; empty if the file has no readable one.
    pub(crate) fn from_elf(file: &[u8]) -> Result<Self, OutOfMemory> {
        let functions = functions(file).unwrap_or_else(|_| Ok(Vec::new()))?;
        Ok(Self { functions })
    }

    pub(crate) fn at(&self, pc: u32) -> Option<Symbol<'_>> {
        let (range, name) = self.function(pc)?;
        Some(Symbol {
            name,
            offset: pc - range.start,
        })
    }

    /// The addresses of the function that contains `pc`.
    pub(crate) fn range(&self, pc: u32) -> Option<Range<u32>> {
        self.function(pc).map(|(range, _)| range.clone())
    }

    /// The address of a function.
    pub(crate) fn named(&self, name: &str) -> Option<u32> {
        let found = self.functions.iter().find(|(_, other)| other == name);
        found.map(|(range, _)| range.start)
    }

    fn function(&self, pc: u32) -> Option<&(Range<u32>, String)> {
        let after = self
            .functions
            .partition_point(|(range, _)| range.start <= pc);
        let function = self.functions.get(after.checked_sub(1)?)?;
        function.0.contains(&pc).then_some(function)
    }
}

/// Functions, and labels of assembly code, which have no size and reach to the next symbol.
fn functions(file: &[u8]) -> object::Result<Result<Functions, OutOfMemory>> {
    let header = FileHeader32::<LittleEndian>::parse(file)?;
    let sections = header.sections(LittleEndian, file)?;
    let table = sections.symbols(LittleEndian, file, SHT_SYMTAB)?;
    let mut functions = Vec::new();
    for symbol in table.iter().take(MAX_SYMBOLS) {
        let name = symbol
            .name(LittleEndian, table.strings())
            .unwrap_or_default();
        let is_code = matches!(symbol.st_type(), STT_FUNC | STT_NOTYPE);
        // Labels that start with $ mark instruction sets, those with .L are local to a file.
        let is_internal = name.is_empty() || name.starts_with(b"$") || name.starts_with(b".L");
        if is_code && !is_internal && !symbol.is_undefined(LittleEndian) {
            let (start, size) = (symbol.st_value(LittleEndian), symbol.st_size(LittleEndian));
            let is_function = symbol.st_type() == STT_FUNC;
            let pushed = allocate::push(&mut functions, (start, size, is_function, name));
            if let Err(refused) = pushed {
                return Ok(Err(refused));
            }
        }
    }
    // Of several symbols at one address, take the most informative one.
    functions.sort_by_key(|&(start, size, is_function, _)| (start, !is_function, !size));
    functions.dedup_by_key(|&mut (start, ..)| start);
    let ends = functions
        .iter()
        .skip(1)
        .map(|&(start, ..)| start)
        .chain([u32::MAX]);
    let ranges = functions
        .iter()
        .zip(ends)
        .map(|(&(start, size, _, name), next)| {
            let end = if size == 0 {
                next
            } else {
                start.saturating_add(size).min(next)
            };
            let name = String::from_utf8_lossy(name);
            (start..end, format!("{:#}", rustc_demangle::demangle(&name)))
        });
    Ok(allocate::collect(ranges))
}

/// Hostile files may claim any number of symbols.
const MAX_SYMBOLS: usize = 1 << 20;
