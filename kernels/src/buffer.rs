//! Large buffers: page-aligned, in huge pages where the system gives them, and used again.

use std::{
    collections::BTreeMap,
    error, fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use memmap2::MmapMut;

/// Keeps returned buffers for the next user: fresh pages cost more than what is computed in them.
#[derive(Clone, Default)]
pub struct Pool(Arc<Mutex<Kept>>);

/// The system refuses memory for columns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AllocationError {
    /// How many bytes were asked for, in one piece.
    pub bytes: u64,
}

/// Returned buffers, and how much memory there is.
#[derive(Default)]
struct Kept {
    /// By their bytes.
    buffers: BTreeMap<usize, Vec<MmapMut>>,
    /// Bytes of all buffers, of those in use too.
    mapped: usize,
    /// Beyond this many, returned buffers make room for fresh ones.
    limit: Option<usize>,
    /// After how many more buffers one is refused, for tests.
    refused_after: Option<u32>,
}

/// Words in memory of their own, aligned to a page. Dropped, they return to their pool.
pub struct Buffer {
    /// Taken only by `drop`.
    memory: Option<MmapMut>,
    /// Bytes before the first word, so that it lies at the start of a huge page.
    offset: usize,
    words: usize,
    pool: Pool,
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer with arbitrary contents.
    ///
    /// # Errors
    /// If the system refuses the memory, even with all returned buffers given back to it; or if it
    /// would have too little left after a large buffer for small allocations, which cannot fail.
    pub fn take(&self, words: usize) -> Result<Buffer, AllocationError> {
        Ok(self.take_any(words)?.0)
    }

    /// A buffer of zeros.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_zeroed(&self, words: usize) -> Result<Buffer, AllocationError> {
        let (mut buffer, fresh) = self.take_any(words)?;
        if !fresh {
            buffer.fill(0);
        }
        Ok(buffer)
    }

    /// Keeps no returned buffers while all buffers together have more than `bytes`. What is in use
    /// is not limited.
    pub fn set_limit(&self, bytes: usize) {
        let mut kept = self.lock();
        kept.limit = Some(bytes);
        let excess = kept.mapped.saturating_sub(bytes);
        kept.make_room(excess);
    }

    /// After so many more buffers, one is refused. For tests: not part of the stable interface.
    #[doc(hidden)]
    pub fn refuse_after(&self, buffers: Option<u32>) {
        self.lock().refused_after = buffers;
    }

    /// A buffer, and whether it comes zeroed from the system.
    fn take_any(&self, words: usize) -> Result<(Buffer, bool), AllocationError> {
        let bytes = mapped_bytes(words).ok_or(AllocationError { bytes: u64::MAX })?;
        let (memory, fresh) = {
            let mut kept = self.lock();
            match kept.take(bytes)? {
                Some(returned) => (returned, false),
                None => (kept.map(bytes)?, true),
            }
        };
        let offset = if bytes > HUGE_PAGE {
            memory.as_ptr().align_offset(HUGE_PAGE)
        } else {
            0
        };
        let pool = self.clone();
        let buffer = Buffer {
            memory: Some(memory),
            offset,
            words,
            pool,
        };
        Ok((buffer, fresh))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// A returned buffer of so many bytes, or of up to twice as many, if there is one: the smallest. Its pages are
    /// there already.
    fn take(&mut self, bytes: usize) -> Result<Option<MmapMut>, AllocationError> {
        if let Some(left) = &mut self.refused_after {
            let next = left.checked_sub(1);
            *left = next.ok_or(AllocationError {
                bytes: bytes as u64,
            })?;
        }
        let sizes = bytes..=bytes.saturating_mul(2);
        let mut returned = self.buffers.range_mut(sizes);
        Ok(returned.find_map(|(_, buffers)| buffers.pop()))
    }

    /// A fresh buffer of so many bytes: returned ones make room for it.
    fn map(&mut self, bytes: usize) -> Result<MmapMut, AllocationError> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let mapped = self.mapped.saturating_add(bytes);
        self.make_room(mapped.saturating_sub(limit));
        let memory = map(bytes).or_else(|_| {
            self.make_room(usize::MAX);
            map(bytes)
        })?;
        self.mapped += bytes;
        Ok(memory)
    }

    /// Gives so many bytes of returned buffers back to the system, the largest first, or all.
    fn make_room(&mut self, bytes: usize) {
        let mut freed = 0;
        while freed < bytes
            && let Some(mut entry) = self.buffers.last_entry()
        {
            match entry.get_mut().pop() {
                Some(memory) => freed += memory.len(),
                None => drop(entry.remove()),
            }
        }
        self.mapped -= freed;
    }
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the system refuses {} bytes of memory", self.bytes)
    }
}

impl error::Error for AllocationError {}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept: usize = self
            .lock()
            .buffers
            .iter()
            .map(|(bytes, all)| bytes * all.len())
            .sum();
        f.debug_struct("Pool").field("kept_bytes", &kept).finish()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("words", &self.words)
            .finish_non_exhaustive()
    }
}

impl Deref for Buffer {
    type Target = [u32];

    #[inline]
    fn deref(&self) -> &[u32] {
        let memory = self.memory.as_ref().expect("only drop takes the memory");
        bytemuck::cast_slice(&memory[self.offset..][..4 * self.words])
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u32] {
        let memory = self.memory.as_mut().expect("only drop takes the memory");
        bytemuck::cast_slice_mut(&mut memory[self.offset..][..4 * self.words])
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.pool
                .lock()
                .buffers
                .entry(memory.len())
                .or_default()
                .push(memory);
        }
    }
}

/// Bytes to map for `words`: whole pages, and from a huge page on room to align to one. None if no
/// address space has so many.
fn mapped_bytes(words: usize) -> Option<usize> {
    let bytes = words.checked_mul(4)?.max(1);
    let bytes = bytes.checked_next_multiple_of(PAGE)?;
    if bytes < HUGE_PAGE {
        Some(bytes)
    } else {
        let bytes = bytes.checked_next_multiple_of(HUGE_PAGE)?;
        bytes.checked_add(HUGE_PAGE)
    }
}

fn map(bytes: usize) -> Result<MmapMut, AllocationError> {
    let refused = |_| AllocationError {
        bytes: bytes as u64,
    };
    let memory = MmapMut::map_anon(bytes).map_err(refused)?;
    if bytes > HUGE_PAGE {
        // Mapped and given back: there is room for small allocations.
        MmapMut::map_anon(SPARE).map_err(refused)?;
    }
    #[cfg(target_os = "linux")]
    if bytes > HUGE_PAGE {
        // Only advice: kernels without huge pages refuse it.
        let _ = memory.advise(memmap2::Advice::HugePage);
    }
    Ok(memory)
}

const PAGE: usize = 4096;
const HUGE_PAGE: usize = 2 << 20;
/// After a large buffer, the system must have so many bytes left.
const SPARE: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_zeroed_and_used_again() {
        let pool = Pool::new();
        for words in [0, 1, 16, 1024, 1 << 19, (1 << 20) + 5] {
            let mut buffer = pool.take_zeroed(words).unwrap();
            assert_eq!(buffer.len(), words);
            assert_eq!(buffer.as_ptr().align_offset(PAGE), 0);
            assert!(buffer.iter().all(|&word| word == 0));
            buffer.fill(7);
            let place = buffer.as_ptr();
            drop(buffer);
            let again = pool.take_zeroed(words).unwrap();
            assert_eq!(again.as_ptr(), place);
            assert!(again.iter().all(|&word| word == 0));
        }
        pool.set_limit(0);
        assert_eq!(format!("{pool:?}"), "Pool { kept_bytes: 0 }");
    }

    #[test]
    fn returned_buffers_make_room() {
        let words = |pages: usize| pages * PAGE / 4;
        let pool = Pool::new();
        let kept = |pages: usize| format!("Pool {{ kept_bytes: {} }}", pages * PAGE);
        drop([1, 2, 3].map(|pages| pool.take(words(pages)).unwrap()));
        assert_eq!(format!("{pool:?}"), kept(6));
        pool.set_limit(7 * PAGE);
        let in_use = pool.take(words(4)).unwrap();
        assert_eq!(format!("{pool:?}"), kept(3));
        // Returned buffers are no reason to have fewer.
        let again = pool.take(words(2)).unwrap();
        assert_eq!(format!("{pool:?}"), kept(1));
        drop((in_use, again));
        assert_eq!(format!("{pool:?}"), kept(7));
        pool.set_limit(PAGE);
        assert_eq!(format!("{pool:?}"), kept(1));
    }
    #[test]
    fn what_cannot_be_had_is_an_error() {
        let pool = Pool::new();
        let words = 1 << 58;
        let error = pool.take(words).unwrap_err();
        assert_eq!(error.bytes, 4 * (1 << 58) + HUGE_PAGE as u64);
        assert!(error.to_string().contains(&error.bytes.to_string()));
        assert_eq!(pool.take(usize::MAX).unwrap_err().bytes, u64::MAX);
        // Refused memory does not count as taken.
        pool.set_limit(PAGE);
        drop(pool.take(1).unwrap());
        assert_eq!(
            format!("{pool:?}"),
            format!("Pool {{ kept_bytes: {PAGE} }}")
        );

        pool.refuse_after(Some(1));
        pool.take(1).unwrap();
        pool.take(1).unwrap_err();
        pool.refuse_after(None);
        pool.take(1).unwrap();
    }
}
