//! The machine's environment calls. Numbers and registers are those of Linux.

use core::{arch::asm, slice};

const READ: u32 = 63;
const WRITE: u32 = 64;
const EXIT: u32 = 93;

unsafe extern "C" {
    // Bounds of the input area; link.x sets them, only the addresses mean something.
    static mut _input_start: u8;
    static mut _input_end: u8;
}

/// Reads at most `len` bytes of input to `to` and says how many; 0 is the end of the input.
///
/// # Safety
/// `to` must be valid for writing `len` bytes.
unsafe fn read(to: *mut u8, len: usize) -> usize {
    let count: usize;
    // SAFETY: the call writes at most `len` bytes, which the caller made available.
    unsafe {
        asm!("ecall", in("a7") READ, inlateout("a0") 0 => count, in("a1") to, in("a2") len,
            options(nostack));
    }
    count
}

/// Writes at most `bytes` to a file descriptor. `None` is an error (only outside zonda).
pub(crate) fn write(fd: u32, bytes: &[u8]) -> Option<usize> {
    let count: usize;
    // SAFETY: the call reads `bytes` and writes no memory.
    unsafe {
        asm!("ecall", in("a7") WRITE, inlateout("a0") fd => count, in("a1") bytes.as_ptr(),
            in("a2") bytes.len(), options(nostack, readonly));
    }
    (count <= bytes.len()).then_some(count)
}

/// Ends the run.
pub(crate) fn halt(code: u32) -> ! {
    // SAFETY: the call does not return.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") code, options(noreturn, nostack)) }
}

/// Reads the whole input into the input area. The first call does the work.
pub(crate) fn load_input() -> &'static [u8] {
    struct Loaded(core::cell::Cell<Option<&'static [u8]>>);
    // SAFETY: a guest has one thread.
    unsafe impl Sync for Loaded {}
    static LOADED: Loaded = Loaded(core::cell::Cell::new(None));

    if let Some(input) = LOADED.0.get() {
        return input;
    }
    let start = &raw mut _input_start;
    let limit = &raw mut _input_end as usize - start as usize;
    let mut len = 0;
    loop {
        // SAFETY: link.x reserves `start..start + limit` for this function alone, and
        // `len <= limit` always holds.
        let count = unsafe { read(start.add(len), limit - len) };
        assert!(count <= limit - len, "reading the input failed");
        if count == 0 {
            break;
        }
        len += count;
    }
    assert!(len < limit, "the input is larger than {} bytes", limit - 1);
    // SAFETY: `len` bytes were written above, and nothing writes to the area from now on.
    let input = unsafe { slice::from_raw_parts(start, len) };
    LOADED.0.set(Some(input));
    input
}

/// The position of the next byte to read, kept between calls.
pub(crate) fn advance(step: impl FnOnce(usize) -> usize) {
    struct Position(core::cell::Cell<usize>);
    // SAFETY: a guest has one thread.
    unsafe impl Sync for Position {}
    static POSITION: Position = Position(core::cell::Cell::new(0));
    POSITION.0.set(step(POSITION.0.get()));
}

core::arch::global_asm!(include_str!("../../c/crt0.s"), options(raw));

#[cfg(feature = "panic-handler")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    crate::eprintln!("{info}");
    #[cfg(feature = "allocator")]
    if let Some(refusal) = heap::HEAP.refusal() {
        crate::eprintln!("note: {refusal}");
    }
    halt(crate::PANIC_EXIT_CODE)
}

#[cfg(feature = "allocator")]
mod heap {
    use crate::allocator::Allocator;

    unsafe extern "C" {
        // Bounds of the heap; link.x sets them, only the addresses mean something.
        static mut _heap_start: u8;
        static mut _heap_end: u8;
    }

    // SAFETY: link.x reserves this range, of whole pages, for the allocator, and memory is zero at
    // reset.
    #[global_allocator]
    pub(super) static HEAP: Allocator =
        unsafe { Allocator::new(&raw mut _heap_start, &raw mut _heap_end) };

    // The heap is this allocator's alone: the `malloc` of a libc, if C code brings one, finds none.
    core::arch::global_asm!(
        ".globl __heap_start, __heap_end",
        ".set __heap_start, 0",
        ".set __heap_end, 0",
    );
}
