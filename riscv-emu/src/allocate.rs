//! Memory that the system may refuse. Everything that grows with a program, its input or its run is
//! allocated here, so that a refusal is an error and not the end of the process; a few kilobytes
//! are not.

use alloc::vec::Vec;
use core::{fmt, hint};

/// The system refuses memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutOfMemory {
    /// How many bytes were asked for, in one piece.
    pub bytes: u64,
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes;
        write!(
            f,
            "out of memory: the system refuses {bytes} bytes more; raise the limits of the process, \
             or take a smaller budget or fewer threads"
        )
    }
}

impl core::error::Error for OutOfMemory {}

/// Makes room for so many more elements, and for more than that if a vector grows repeatedly.
///
/// # Errors
/// If the system refuses the memory, or would then have none left for small allocations, which
/// cannot fail.
pub fn reserve<T>(vec: &mut Vec<T>, additional: usize) -> Result<(), OutOfMemory> {
    if vec.capacity() - vec.len() >= additional {
        return Ok(());
    }
    admit(refusal::<T>(vec.len(), additional))?;
    if additional < vec.len() && grow(vec, vec.len()).is_ok() {
        return Ok(());
    }
    grow(vec, additional)
}

/// An empty vector with room for exactly so many elements.
///
/// # Errors
/// As [`reserve`].
pub fn with_capacity<T>(capacity: usize) -> Result<Vec<T>, OutOfMemory> {
    admit(refusal::<T>(0, capacity))?;
    let mut vec = Vec::new();
    grow(&mut vec, capacity)?;
    Ok(vec)
}

/// So many elements that are all the same.
///
/// # Errors
/// As [`reserve`].
pub fn filled<T: Clone>(element: T, count: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut vec = with_capacity(count)?;
    vec.resize(count, element);
    Ok(vec)
}

/// A copy of a slice.
///
/// # Errors
/// As [`reserve`].
pub fn copied<T: Copy>(slice: &[T]) -> Result<Vec<T>, OutOfMemory> {
    let mut vec = with_capacity(slice.len())?;
    vec.extend_from_slice(slice);
    Ok(vec)
}

/// All that an iterator yields.
///
/// # Errors
/// As [`reserve`].
pub fn collect<T>(elements: impl IntoIterator<Item = T>) -> Result<Vec<T>, OutOfMemory> {
    let elements = elements.into_iter();
    let mut vec = with_capacity(elements.size_hint().0)?;
    for element in elements {
        push(&mut vec, element)?;
    }
    Ok(vec)
}

/// Whether so many bytes could be had now: for what takes them in pieces too small to ask for.
///
/// # Errors
/// As [`reserve`].
pub fn expect(bytes: usize) -> Result<(), OutOfMemory> {
    with_capacity::<u8>(bytes).map(|vec| drop(hint::black_box(vec)))
}

/// Appends an element.
///
/// # Errors
/// As [`reserve`].
#[inline(always)]
pub fn push<T>(vec: &mut Vec<T>, element: T) -> Result<(), OutOfMemory> {
    if vec.len() == vec.capacity() {
        reserve_one(vec)?;
    }
    vec.push(element);
    Ok(())
}

#[cold]
#[inline(never)]
fn reserve_one<T>(vec: &mut Vec<T>) -> Result<(), OutOfMemory> {
    reserve(vec, 1)
}

/// The error if there is no room for so many elements more.
fn refusal<T>(elements: usize, additional: usize) -> OutOfMemory {
    let elements = elements.saturating_add(additional);
    let bytes = elements.saturating_mul(size_of::<T>()) as u64;
    OutOfMemory { bytes }
}

/// Refuses what a test wants refused.
fn admit(refused: OutOfMemory) -> Result<(), OutOfMemory> {
    #[cfg(any(test, feature = "test-util"))]
    if !injection::admits(refused.bytes) {
        return Err(refused);
    }
    let _ = refused;
    Ok(())
}

/// Makes room for exactly so many more elements.
fn grow<T>(vec: &mut Vec<T>, additional: usize) -> Result<(), OutOfMemory> {
    let refused = refusal::<T>(vec.len(), additional);
    let bytes = refused.bytes;
    vec.try_reserve_exact(additional).map_err(|_| refused)?;
    // A large piece may have taken the last memory, and small allocations do not go through this
    // module.
    let mut spare = Vec::<u8>::new();
    if bytes >= LARGE
        && hint::black_box(&mut spare)
            .try_reserve_exact(SPARE)
            .is_err()
    {
        vec.shrink_to_fit();
        return Err(refused);
    }
    Ok(())
}

/// From this many bytes on, a piece is large.
const LARGE: u64 = 1 << 20;

/// After a large piece, the system must have so many bytes left. This is more than what the C
/// library's allocator carves from pieces of its own: it takes such a piece from the system and gives
/// it back, without a trace.
const SPARE: usize = 33 << 20;

/// Refusing memory that is there, to see what happens.
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod injection {
    use core::sync::atomic::{AtomicI64, Ordering};

    /// How many pieces are still given; none is refused if it is negative.
    static LEFT: AtomicI64 = AtomicI64::new(-1);

    /// Smaller pieces are not counted.
    const LEAST: u64 = 1 << 10;

    /// After so many more pieces of a kilobyte or more, one is refused, in any thread.
    pub fn refuse_after(pieces: Option<u32>) {
        LEFT.store(pieces.map_or(-1, i64::from), Ordering::Relaxed);
    }

    pub(super) fn admits(bytes: u64) -> bool {
        if bytes < LEAST || LEFT.load(Ordering::Relaxed) < 0 {
            return true;
        }
        LEFT.fetch_sub(1, Ordering::Relaxed) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let bytes = 8 * (1 << 57);
        let error = OutOfMemory { bytes };
        assert_eq!(with_capacity::<u64>(1 << 57).err(), Some(error));
        assert_eq!(filled(7_u64, 1 << 57).err(), Some(error));
        assert!(error.to_string().contains(&bytes.to_string()));
        let mut vec = copied(&[1_u64, 2]).unwrap();
        let error = reserve(&mut vec, usize::MAX).unwrap_err();
        assert_eq!(error.bytes, u64::MAX);
        assert_eq!(vec, [1, 2]);
    }

    #[test]
    fn vectors_grow_by_doubling() {
        let mut vec = Vec::new();
        let mut capacities = Vec::new();
        for element in 0..1000 {
            push(&mut vec, element).unwrap();
            capacities.push(vec.capacity());
        }
        assert_eq!(vec, (0..1000).collect::<Vec<_>>());
        capacities.dedup();
        assert!(capacities.len() <= 11, "{capacities:?}");
        assert_eq!(collect(0..1000).unwrap(), vec);
        assert_eq!(filled(3, 4).unwrap(), [3; 4]);
    }
}
