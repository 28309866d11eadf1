//! Source lines for addresses, from DWARF debug information, for messages only: a file whose
//! information cannot be read has no lines.

use std::{fmt, sync::Arc};

use addr2line::{
    Context,
    gimli::{Dwarf, EndianSlice, Error, LittleEndian, SectionId},
};
use object::{
    elf::{FileHeader32, SHF_COMPRESSED},
    read::elf::{FileHeader as _, SectionHeader as _},
};

use crate::allocate::{self, OutOfMemory};

/// The debug sections of a file.
#[derive(Clone, Default)]
pub(crate) struct Lines {
    sections: Arc<[(String, Vec<u8>)]>,
}

impl Lines {
    pub(crate) fn from_elf(file: &[u8]) -> Result<Self, OutOfMemory> {
        let sections = sections(file).unwrap_or_default().into_iter();
        let copied = |(name, bytes)| Ok((name, allocate::copied(bytes)?));
        Ok(Self {
            sections: sections.map(copied).collect::<Result<_, _>>()?,
        })
    }

    /// `file:line`, with the path as the compiler wrote it.
    pub(crate) fn at(&self, pc: u32) -> Option<String> {
        if self.sections.is_empty() {
            return None;
        }
        let context = self.context()?;
        let location = context.find_location(pc.into()).ok()??;
        let file = location.file?;
        Some(match location.line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_owned(),
        })
    }

    /// The functions that are inlined at addresses, if the file has debug information.
    pub(crate) fn frames(&self) -> Option<Frames<'_>> {
        let is_there = !self.sections.is_empty();
        is_there.then(|| self.context().map(Frames))?
    }

    fn context(&self) -> Option<Context<EndianSlice<'_, LittleEndian>>> {
        let dwarf = Dwarf::load(|id| Ok::<_, Error>(self.section(id))).ok()?;
        Context::from_dwarf(dwarf).ok()
    }

    fn section(&self, id: SectionId) -> EndianSlice<'_, LittleEndian> {
        let found = self.sections.iter().find(|(name, _)| name == id.name());
        EndianSlice::new(found.map_or(&[], |(_, bytes)| bytes), LittleEndian)
    }
}

/// The functions that are inlined at addresses.
pub(crate) struct Frames<'a>(Context<EndianSlice<'a, LittleEndian>>);

impl Frames<'_> {
    /// The names of the functions that are inlined at `pc`, from the outside; without the function that
    /// they are inlined in.
    pub(crate) fn inlined_at(&self, pc: u32) -> Vec<String> {
        let mut names = Vec::new();
        let frames = self.0.find_frames(pc.into()).skip_all_loads();
        let Ok(mut frames) = frames else {
            return names;
        };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame
                .function
                .as_ref()
                .and_then(|name| name.raw_name().ok());
            let name = name.as_deref().unwrap_or("?");
            names.push(format!("{:#}", rustc_demangle::demangle(name)));
        }
        // From the inside, the function itself last.
        names.pop();
        names.reverse();
        names
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.sections.iter().map(|(name, _)| name))
            .finish()
    }
}

/// The uncompressed sections with names like `.debug_line`.
fn sections(file: &[u8]) -> object::Result<Vec<(String, &[u8])>> {
    let endian = object::LittleEndian;
    let table = FileHeader32::parse(file)?.sections(endian, file)?;
    let mut sections = Vec::new();
    for section in table.iter() {
        let name = String::from_utf8_lossy(table.section_name(endian, section)?);
        let is_compressed = section.sh_flags(endian) & SHF_COMPRESSED != 0;
        let is_new = sections.iter().all(|(other, _)| *other != name);
        if name.starts_with(".debug_") && !is_compressed && is_new {
            sections.push((name.into_owned(), section.data(endian, file)?));
        }
    }
    Ok(sections)
}
