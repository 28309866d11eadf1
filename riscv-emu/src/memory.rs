//! Sparse memory: one value for each of the 2^30 words, in pages that appear when written to.

use crate::{
    allocate::{self, OutOfMemory},
    hole::Hole,
};

/// A word of memory, and what an observer keeps of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word<N> {
    pub(crate) value: u32,
    pub(crate) note: N,
}

/// A value for each word of the address space, default until it is set.
pub(crate) struct Paged<T> {
    /// For each page, its number in `words` counted from 1; 0 if it is not there yet.
    pages: Vec<u32>,
    /// The pages, in the order in which they appeared.
    words: Vec<T>,
    /// How many pages there may be.
    max_pages: u64,
    /// Where there are no pages.
    holes: Vec<Hole>,
}

/// Why a page cannot appear.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoPage {
    /// It lies in a hole.
    Hole(Hole),
    /// There would be more pages than allowed.
    Limit,
    /// The host has no memory for it.
    Host(OutOfMemory),
}

impl<T: Copy + Default> Paged<T> {
    /// Has pages for at most `max_bytes` of machine memory, rounded down to whole pages, and none in
    /// the holes.
    pub(crate) fn new(max_bytes: u64, holes: &[Hole]) -> Result<Self, OutOfMemory> {
        Ok(Self {
            pages: allocate::filled(0, PAGES)?,
            words: Vec::new(),
            max_pages: max_bytes / (4 * PAGE_WORDS) as u64,
            holes: holes.to_vec(),
        })
    }

    /// The value of a word.
    #[inline(always)]
    pub(crate) fn get(&self, address: u32) -> T {
        let (page, place) = split(address);
        let word = start(self.pages[page]).and_then(|start| self.words.get(start + place));
        word.copied().unwrap_or_default()
    }

    /// The place of a word, to be written to.
    #[inline(always)]
    pub(crate) fn slot(&mut self, address: u32) -> Result<&mut T, NoPage> {
        let (page, place) = split(address);
        let start = match start(self.pages[page]) {
            Some(start) => start,
            None => self.new_page(page)?,
        };
        Ok(&mut self.words[start + place])
    }

    /// All words of the pages there are, by ascending address.
    pub(crate) fn words(&self) -> impl Iterator<Item = (u32, T)> + '_ {
        (0_u32..).zip(&self.pages).flat_map(|(page, &number)| {
            let words = start(number).map_or(&[][..], |start| &self.words[start..][..PAGE_WORDS]);
            (page * PAGE_WORDS as u32..).zip(words.iter().copied())
        })
    }

    #[cold]
    #[inline(never)]
    fn new_page(&mut self, page: usize) -> Result<usize, NoPage> {
        let start = self.words.len();
        let number = start / PAGE_WORDS + 1;
        let hole = |hole: &&Hole| hole.words().contains(&((page * PAGE_WORDS) as u32));
        if let Some(hole) = self.holes.iter().find(hole) {
            return Err(NoPage::Hole(*hole));
        }
        if number as u64 > self.max_pages {
            return Err(NoPage::Limit);
        }
        allocate::reserve(&mut self.words, PAGE_WORDS).map_err(NoPage::Host)?;
        self.words.resize(start + PAGE_WORDS, T::default());
        self.pages[page] = number as u32;
        Ok(start)
    }
}

/// Where a page starts.
#[inline(always)]
fn start(number: u32) -> Option<usize> {
    Some(number.checked_sub(1)? as usize * PAGE_WORDS)
}

#[inline(always)]
fn split(address: u32) -> (usize, usize) {
    let address = address as usize;
    (address / PAGE_WORDS % PAGES, address % PAGE_WORDS)
}

/// 16 KiB of machine memory.
const PAGE_WORDS: usize = 1 << 12;
const PAGES: usize = (1 << 30) / PAGE_WORDS;

// Holes are made of whole pages.
const _: () = {
    let ([first, last], page) = (Hole::ALL, PAGE_WORDS as u32);
    let (first, last) = (first.words(), last.words());
    assert!((first.start | first.end | last.start | last.end).is_multiple_of(page));
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_default_until_set() {
        let mut memory = Paged::<u32>::new(1 << 20, &[]).unwrap();
        let last = (1 << 30) - 1;
        assert_eq!(memory.get(last), 0);
        assert_eq!(memory.words().count(), 0);
        for address in [last, 0, 5, PAGE_WORDS as u32] {
            memory
                .slot(address)
                .map(|slot| *slot = address + 1)
                .unwrap();
        }
        let set: Vec<_> = memory.words().filter(|&(_, value)| value != 0).collect();
        let second_page = PAGE_WORDS as u32;
        assert_eq!(
            set,
            [
                (0, 1),
                (5, 6),
                (second_page, second_page + 1),
                (last, last + 1)
            ]
        );
    }

    #[test]
    fn pages_are_limited() {
        let mut memory = Paged::<u32>::new((2 << 14) + 1, &[]).unwrap();
        assert!(memory.slot(0).is_ok());
        assert!(memory.slot(1 << 20).is_ok());
        assert_eq!(memory.slot(1 << 21).err(), Some(NoPage::Limit));
        assert!(memory.slot(1).is_ok());
        assert_eq!(memory.get(1 << 21), 0);
    }

    #[test]
    fn holes_have_no_pages() {
        let mut memory = Paged::<u32>::new(1 << 20, &Hole::ALL).unwrap();
        for hole in Hole::ALL {
            for address in [hole.words().start, hole.words().end - 1] {
                assert_eq!(memory.slot(address).err(), Some(NoPage::Hole(hole)));
                assert_eq!(memory.get(address), 0);
            }
        }
        let [first, last] = Hole::ALL.map(Hole::words);
        assert!(memory.slot(first.end).is_ok());
        assert!(memory.slot(last.start - 1).is_ok());
        let mut memory = Paged::<u32>::new(1 << 20, &[Hole::Last]).unwrap();
        assert!(memory.slot(0).is_ok());
        assert_eq!(
            memory.slot(last.start).err(),
            Some(NoPage::Hole(Hole::Last))
        );
    }
}
