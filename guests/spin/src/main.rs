//! Never ends.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

zonda_guest::entry!(main);

fn main() {
    #[expect(
        clippy::empty_loop,
        reason = "a program that never ends is what this is"
    )]
    loop {}
}
