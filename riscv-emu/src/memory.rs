//! Sparse memory: one value for each of the 2^30 words, in pages that appear when written to.

/// A word of memory, and what an observer keeps of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word<N> {
    pub(crate) value: u32,
    pub(crate) note: N,
}

/// A value for each word of the address space, default until it is set.
pub(crate) struct Paged<T> {
    pages: Box<[Option<Box<Page<T>>>; PAGES]>,
    /// How many more pages may appear.
    remaining: u64,
}

/// There would be more pages than allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MemoryFull;

type Page<T> = [T; PAGE_WORDS];

impl<T: Copy + Default> Paged<T> {
    /// Has pages for at most `max_bytes` of machine memory, rounded down to whole pages.
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self {
            pages: boxed((0..PAGES).map(|_| None).collect()),
            remaining: max_bytes / (4 * PAGE_WORDS) as u64,
        }
    }

    /// Allows no more pages.
    pub(crate) fn close(&mut self) {
        self.remaining = 0;
    }

    /// The value of a word.
    #[inline(always)]
    pub(crate) fn get(&self, address: u32) -> T {
        let (page, place) = split(address);
        match &self.pages[page] {
            Some(page) => page[place],
            None => T::default(),
        }
    }

    /// The place of a word, to be written to.
    #[inline(always)]
    pub(crate) fn slot(&mut self, address: u32) -> Result<&mut T, MemoryFull> {
        let (page, place) = split(address);
        let page = &mut self.pages[page];
        if page.is_none() {
            *page = Some(new_page(&mut self.remaining)?);
        }
        match page {
            Some(page) => Ok(&mut page[place]),
            None => Err(MemoryFull),
        }
    }

    /// All words of the pages there are, by ascending address.
    pub(crate) fn words(&self) -> impl Iterator<Item = (u32, T)> + '_ {
        (0_u32..).zip(self.pages.iter()).flat_map(|(index, page)| {
            let first = index * PAGE_WORDS as u32;
            page.iter()
                .flat_map(move |page| (first..).zip(page.iter().copied()))
        })
    }
}

#[cold]
#[inline(never)]
fn new_page<T: Copy + Default>(remaining: &mut u64) -> Result<Box<Page<T>>, MemoryFull> {
    *remaining = remaining.checked_sub(1).ok_or(MemoryFull)?;
    Ok(boxed(vec![T::default(); PAGE_WORDS]))
}

/// An array on the heap, made there.
fn boxed<T, const N: usize>(items: Vec<T>) -> Box<[T; N]> {
    items
        .into_boxed_slice()
        .try_into()
        .unwrap_or_else(|_| unreachable!("N items were made"))
}

#[inline(always)]
fn split(address: u32) -> (usize, usize) {
    let address = address as usize;
    (address / PAGE_WORDS % PAGES, address % PAGE_WORDS)
}

/// 64 KiB of machine memory.
const PAGE_WORDS: usize = 1 << 14;
const PAGES: usize = (1 << 30) / PAGE_WORDS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_default_until_set() {
        let mut memory = Paged::<u32>::new(1 << 20);
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
        let mut memory = Paged::<u32>::new((2 << 16) + 1);
        assert!(memory.slot(0).is_ok());
        assert!(memory.slot(1 << 20).is_ok());
        assert_eq!(memory.slot(1 << 21).err(), Some(MemoryFull));
        assert!(memory.slot(1).is_ok());
        assert_eq!(memory.get(1 << 21), 0);
    }
}
