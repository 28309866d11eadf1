//! A loaded program: the start of the machine, and the subject of a proof.

use std::{fmt, ops::Range};

use crate::{
    allocate::{self, OutOfMemory},
    decode::decode,
    elf::{self, LoadError, Segment},
    hole::Hole,
    instruction::Instruction,
    lines::{Frames, Lines},
    symbols::{Symbol, Symbols},
};

/// A program: entry point, loaded image and decoded text.
#[derive(Clone)]
pub struct Program {
    entry: u32,
    image: Vec<ImageRange>,
    text: Vec<TextRange>,
    holes: Vec<Hole>,
    symbols: Symbols,
    lines: Lines,
}

/// A word of text: an instruction, or a word that is not one.
pub type TextWord = Result<Instruction, u32>;

// The interpreter walks arrays of these.
const _: () = assert!(size_of::<TextWord>() == 8);

/// Adjacent words of the loaded image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ImageRange {
    /// The word address of the first one.
    pub(crate) address: u32,
    pub(crate) words: Vec<u32>,
}

/// Adjacent words of text.
#[derive(Clone, Debug)]
pub(crate) struct TextRange {
    /// The address of the first one.
    pub(crate) pc: u32,
    /// How many words of text lie before it in other ranges.
    pub(crate) first: usize,
    pub(crate) words: Vec<TextWord>,
}

impl TextRange {
    /// The word at `pc`, a multiple of 4.
    #[inline(always)]
    pub(crate) fn get(&self, pc: u32) -> Option<TextWord> {
        self.words
            .get((pc.wrapping_sub(self.pc) / 4) as usize)
            .copied()
    }
}

impl Program {
    /// Loads a statically linked RV32IM executable.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for anything else. The bytes may come from anyone.
    pub fn from_elf(file: &[u8]) -> Result<Self, LoadError> {
        let (entry, segments) = elf::segments(file)?;
        let image = image(&segments)?;
        let text = text(&segments, &image)?;
        let program = Self {
            entry,
            image,
            text,
            holes: holes(&segments),
            symbols: Symbols::default(),
            lines: Lines::default(),
        };
        if !entry.is_multiple_of(4) {
            return Err(LoadError::EntryAlignment { entry });
        }
        if program.instruction(entry).is_none() {
            return Err(LoadError::EntryOutsideText { entry });
        }
        Ok(Self {
            symbols: Symbols::from_elf(file)?,
            lines: Lines::from_elf(file)?,
            ..program
        })
    }

    /// The address of the first instruction.
    pub fn entry(&self) -> u32 {
        self.entry
    }

    /// All words of the executable segments that come from the file, by ascending address: the
    /// instruction, or the word itself if it is not one.
    pub fn text(&self) -> impl Iterator<Item = (u32, TextWord)> + '_ {
        self.text
            .iter()
            .flat_map(|range| (range.pc..).step_by(4).zip(range.words.iter().copied()))
    }

    /// The word of text at `pc`; `None` if `pc` is not a multiple of 4 or lies outside the text.
    pub fn instruction(&self, pc: u32) -> Option<TextWord> {
        if !pc.is_multiple_of(4) {
            return None;
        }
        self.text_range(pc)?.get(pc)
    }

    /// Word address and value of every word with at least one byte from the file, by strictly
    /// ascending address. All other memory is zero at the start.
    pub fn image_words(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.image
            .iter()
            .flat_map(|range| (range.address..).zip(range.words.iter().copied()))
    }

    /// The holes in the address space, by ascending address: those of which no segment takes a part.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// The program id: a BLAKE3 digest of the entry point, the image, which of it is text, and the
    /// holes. PROTOCOL.md, section 10, has the bytes.
    ///
    /// How the image was cut into segments, symbols, debug information and the layout of the file
    /// do not enter.
    pub fn id(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(ID_DOMAIN);
        let mut number = |value: u32| {
            hasher.update(&value.to_le_bytes());
        };
        number(ID_VERSION);
        number(self.entry);
        number(self.image.len() as u32);
        for range in &self.image {
            number(range.address);
            number(range.words.len() as u32);
            range.words.iter().copied().for_each(&mut number);
        }
        number(self.text.len() as u32);
        for range in &self.text {
            number(range.pc);
            number(range.words.len() as u32);
        }
        number(self.holes.len() as u32);
        for hole in &self.holes {
            let Range { start, end } = hole.words();
            number(start);
            number(end);
        }
        *hasher.finalize().as_bytes()
    }

    /// The function that contains `pc`, if the file has symbols.
    pub fn symbol_at(&self, pc: u32) -> Option<Symbol<'_>> {
        self.symbols.at(pc)
    }

    /// Source file and line of the instruction at `pc`, as `src/main.rs:12`, if the file has debug
    /// information. Reads that information anew each time: meant for messages.
    pub fn line_at(&self, pc: u32) -> Option<String> {
        self.lines.at(pc)
    }

    /// The functions that are inlined at addresses, if the file has debug information.
    pub(crate) fn frames(&self) -> Option<Frames<'_>> {
        self.lines.frames()
    }

    /// The addresses of the function that contains `pc`; if no symbol does, those of the text that
    /// contains it, from there on.
    pub(crate) fn function_range(&self, pc: u32) -> Range<u32> {
        self.symbols.range(pc).unwrap_or_else(|| {
            let range = self.text_range(pc);
            let end = range.map_or(pc, |range| range.pc + 4 * range.words.len() as u32);
            pc..end
        })
    }

    /// The address of the function with a symbol.
    pub(crate) fn function_named(&self, name: &str) -> Option<u32> {
        self.symbols.named(name)
    }

    /// Whether the file fills a word of memory, by word address.
    pub(crate) fn has_image_word(&self, address: u32) -> bool {
        self.image_word(address).is_some()
    }

    /// The byte that the file puts at an address.
    pub(crate) fn image_byte(&self, address: u32) -> Option<u8> {
        let word = self.image_word(address / 4)?;
        Some(word.to_le_bytes()[address as usize % 4])
    }

    /// The word that the file puts at a word address.
    fn image_word(&self, address: u32) -> Option<u32> {
        let after = self.image.partition_point(|range| range.address <= address);
        let range = self.image.get(after.checked_sub(1)?)?;
        range.words.get((address - range.address) as usize).copied()
    }

    /// Whether a word of memory holds text, by word address.
    pub(crate) fn is_text(&self, address: u32) -> bool {
        // Text lies below 2^30.
        address < 1 << 28 && self.text_range(4 * address).is_some()
    }

    /// The range of text that contains `pc`.
    pub(crate) fn text_range(&self, pc: u32) -> Option<&TextRange> {
        let after = self.text.partition_point(|range| range.pc <= pc);
        let range = self.text.get(after.checked_sub(1)?)?;
        (((pc - range.pc) / 4) < range.words.len() as u32).then_some(range)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("entry", &self.entry)
            .field("image_words", &self.image_words().count())
            .field("text_words", &self.text().count())
            .finish_non_exhaustive()
    }
}

/// The words that hold the segments' bytes; segments are in order and do not overlap, but may share
/// a word.
fn image(segments: &[Segment<'_>]) -> Result<Vec<ImageRange>, OutOfMemory> {
    let mut ranges: Vec<ImageRange> = Vec::new();
    for segment in segments.iter().filter(|segment| !segment.bytes.is_empty()) {
        let first = segment.address() / 4;
        let is_adjacent = |range: &ImageRange| range.address + range.words.len() as u32 >= first;
        if !ranges.last().is_some_and(is_adjacent) {
            ranges.push(ImageRange {
                address: first,
                words: Vec::new(),
            });
        }
        let Some(range) = ranges.last_mut() else {
            continue;
        };
        let start = (segment.address() - 4 * range.address) as usize;
        let words = (start + segment.bytes.len()).div_ceil(4);
        let more = words.saturating_sub(range.words.len());
        allocate::reserve(&mut range.words, more)?;
        range.words.resize(words, 0);
        for (place, byte) in (start..).zip(segment.bytes) {
            range.words[place / 4] |= u32::from(*byte) << (8 * (place % 4));
        }
    }
    Ok(ranges)
}

/// The holes of which no segment takes a part.
fn holes(segments: &[Segment<'_>]) -> Vec<Hole> {
    let is_free = |hole: &Hole| {
        let Range { start, end } = hole.addresses();
        segments
            .iter()
            .all(|segment| segment.memory.end <= start || end <= segment.memory.start)
    };
    Hole::ALL.into_iter().filter(is_free).collect()
}

/// The decoded words of the executable segments, as they stand in the image.
fn text(segments: &[Segment<'_>], image: &[ImageRange]) -> Result<Vec<TextRange>, OutOfMemory> {
    let mut ranges: Vec<TextRange> = Vec::new();
    for segment in segments.iter().filter(|segment| segment.is_executable) {
        let (pc, count) = (segment.address(), segment.bytes.len().div_ceil(4));
        let after = image.partition_point(|range| range.address <= pc / 4);
        let Some(range) = image[..after].last() else {
            continue;
        };
        let words = range
            .words
            .iter()
            .skip((pc / 4 - range.address) as usize)
            .take(count);
        let words = words.map(|&word| decode(word).map_err(|illegal| illegal.word));
        match ranges.last_mut() {
            Some(last) if last.pc + 4 * last.words.len() as u32 == pc => {
                allocate::reserve(&mut last.words, words.len())?;
                last.words.extend(words);
            }
            _ if count == 0 => {}
            last => {
                let first = last.map_or(0, |last| last.first + last.words.len());
                ranges.push(TextRange {
                    pc,
                    first,
                    words: allocate::collect(words)?,
                });
            }
        }
    }
    Ok(ranges)
}

const ID_DOMAIN: &[u8] = b"zonda program id";
const ID_VERSION: u32 = 2;
