#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

zonda_guest::entry!(main);

/// "I know a factorisation of this number": the input is private, the output public.
fn main() {
    let (a, b): (u32, u32) = zonda_guest::read();
    assert!(a > 1 && b > 1, "a trivial factor");
    zonda_guest::commit(&(u64::from(a) * u64::from(b)));
}
