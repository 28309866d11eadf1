//! Regions that profiles name.

/// Begins a region of the run that ends when what this returns is dropped.
///
/// `zonda run --profile` reports how often each region was entered, and its instructions and cells,
/// everything within included. Regions may lie within each other; those of one name are added up.
///
/// ```
/// let sum: u64 = {
///     let _span = zonda_guest::span("add");
///     (1..=100).sum()
/// };
/// # assert_eq!(sum, 5050);
/// ```
///
/// A region costs about ten instructions. It makes no system call and changes nothing in what a proof
/// says; outside zonda it does nothing.
#[must_use = "the region ends when this is dropped: bind it to a name such as `_span`"]
#[inline(always)]
pub fn span(name: &'static str) -> Span {
    mark::begin(name);
    Span(())
}

/// A region that has begun, see [`span`].
#[derive(Debug)]
pub struct Span(());

impl Drop for Span {
    #[inline(always)]
    fn drop(&mut self) {
        mark::end();
    }
}

#[cfg(target_arch = "riscv32")]
mod mark {
    use core::arch::{asm, global_asm};

    // Functions that do nothing: whoever watches the run knows their names, and sees them called.
    global_asm!(
        ".section .text.zonda_span_begin, \"ax\", @progbits",
        ".globl zonda_span_begin",
        ".type zonda_span_begin, @function",
        "zonda_span_begin: ret",
        ".size zonda_span_begin, . - zonda_span_begin",
        ".section .text.zonda_span_end, \"ax\", @progbits",
        ".globl zonda_span_end",
        ".type zonda_span_end, @function",
        "zonda_span_end: ret",
        ".size zonda_span_end, . - zonda_span_end",
        ".text",
    );

    #[inline(always)]
    pub(super) fn begin(name: &'static str) {
        // SAFETY: the function returns at once and changes nothing but ra.
        unsafe {
            asm!("call zonda_span_begin", in("a0") name.as_ptr(), in("a1") name.len(),
                lateout("ra") _, options(nostack));
        }
    }

    #[inline(always)]
    pub(super) fn end() {
        // SAFETY: as in `begin`.
        unsafe { asm!("call zonda_span_end", lateout("ra") _, options(nostack)) }
    }
}

#[cfg(not(target_arch = "riscv32"))]
mod mark {
    pub(super) fn begin(_: &'static str) {}

    pub(super) fn end() {}
}
