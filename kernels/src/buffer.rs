//! Large buffers: page-aligned, in huge pages where the system gives them, and used again.

use std::{
    collections::BTreeMap,
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use memmap2::MmapMut;

/// Keeps returned buffers for the next user: fresh pages cost more than what is computed in them.
#[derive(Clone, Default)]
pub struct Pool(Arc<Mutex<Kept>>);

/// Returned buffers, and how much memory there is.
#[derive(Default)]
struct Kept {
    /// By their bytes.
    buffers: BTreeMap<usize, Vec<MmapMut>>,
    /// Bytes of all buffers, of those in use too.
    mapped: usize,
    /// Beyond this many, returned buffers make room for fresh ones.
    limit: Option<usize>,
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
    /// # Panics
    /// If the system has no memory left.
    pub fn take(&self, words: usize) -> Buffer {
        self.take_any(words).0
    }

    /// A buffer of zeros.
    ///
    /// # Panics
    /// If the system has no memory left.
    pub fn take_zeroed(&self, words: usize) -> Buffer {
        let (mut buffer, fresh) = self.take_any(words);
        if !fresh {
            buffer.fill(0);
        }
        buffer
    }

    /// Gives the memory of all returned buffers back to the system.
    pub fn clear(&self) {
        self.lock().make_room(usize::MAX);
    }

    /// Keeps no returned buffers while all buffers together have more than `bytes`. What is in use
    /// is not limited.
    pub fn set_limit(&self, bytes: usize) {
        let mut kept = self.lock();
        kept.limit = Some(bytes);
        let excess = kept.mapped.saturating_sub(bytes);
        kept.make_room(excess);
    }

    /// A buffer, and whether it comes zeroed from the system.
    fn take_any(&self, words: usize) -> (Buffer, bool) {
        let bytes = mapped_bytes(words);
        let returned = self.lock().take(bytes);
        let fresh = returned.is_none();
        let memory = returned.unwrap_or_else(|| map(bytes));
        let offset = if bytes > HUGE_PAGE {
            memory.as_ptr().align_offset(HUGE_PAGE)
        } else {
            0
        };
        let pool = self.clone();
        (
            Buffer {
                memory: Some(memory),
                offset,
                words,
                pool,
            },
            fresh,
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// A returned buffer of so many bytes; if there is none, there is room for a fresh one.
    fn take(&mut self, bytes: usize) -> Option<MmapMut> {
        let returned = self.buffers.get_mut(&bytes).and_then(Vec::pop);
        if returned.is_none() {
            self.mapped += bytes;
            let limit = self.limit.unwrap_or(usize::MAX);
            self.make_room(self.mapped.saturating_sub(limit));
        }
        returned
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

/// Bytes to map for `words`: whole pages, and from a huge page on room to align to one.
fn mapped_bytes(words: usize) -> usize {
    let bytes = (4 * words).max(1).next_multiple_of(PAGE);
    if bytes < HUGE_PAGE {
        bytes
    } else {
        bytes.next_multiple_of(HUGE_PAGE) + HUGE_PAGE
    }
}

fn map(bytes: usize) -> MmapMut {
    let memory = MmapMut::map_anon(bytes).expect("memory for a buffer");
    #[cfg(target_os = "linux")]
    if bytes > HUGE_PAGE {
        // Only advice: kernels without huge pages refuse it.
        let _ = memory.advise(memmap2::Advice::HugePage);
    }
    memory
}

const PAGE: usize = 4096;
const HUGE_PAGE: usize = 2 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_zeroed_and_used_again() {
        let pool = Pool::new();
        for words in [0, 1, 16, 1024, 1 << 19, (1 << 20) + 5] {
            let mut buffer = pool.take_zeroed(words);
            assert_eq!(buffer.len(), words);
            assert_eq!(buffer.as_ptr().align_offset(PAGE), 0);
            assert!(buffer.iter().all(|&word| word == 0));
            buffer.fill(7);
            let place = buffer.as_ptr();
            drop(buffer);
            let again = pool.take_zeroed(words);
            assert_eq!(again.as_ptr(), place);
            assert!(again.iter().all(|&word| word == 0));
        }
        pool.clear();
        assert_eq!(format!("{pool:?}"), "Pool { kept_bytes: 0 }");
    }

    #[test]
    fn returned_buffers_make_room() {
        let words = |pages: usize| pages * PAGE / 4;
        let pool = Pool::new();
        let kept = |pages: usize| format!("Pool {{ kept_bytes: {} }}", pages * PAGE);
        drop([
            pool.take(words(1)),
            pool.take(words(2)),
            pool.take(words(3)),
        ]);
        assert_eq!(format!("{pool:?}"), kept(6));
        pool.set_limit(7 * PAGE);
        let in_use = pool.take(words(4));
        assert_eq!(format!("{pool:?}"), kept(3));
        // Returned buffers are no reason to have fewer.
        let again = pool.take(words(2));
        assert_eq!(format!("{pool:?}"), kept(1));
        drop((in_use, again));
        assert_eq!(format!("{pool:?}"), kept(7));
        pool.set_limit(PAGE);
        assert_eq!(format!("{pool:?}"), kept(1));
    }
}
