#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

zonda_guest::entry!(main);

/// "I know a factorisation of this number": the input is private, the output public.
fn main() {
    let (a, b): (u32, u32) = zonda_guest::read();
    assert!(a > 1 && b > 1, "a trivial factor");
    zonda_guest::commit(&product(a, b));
}

/// The number that is factored.
fn product(a: u32, b: u32) -> u64 {
    u64::from(a) * u64::from(b)
}

#[cfg(test)]
mod tests {
    use super::product;

    #[test]
    fn products_do_not_overflow() {
        assert_eq!(product(3, 5), 15);
        assert_eq!(product(u32::MAX, u32::MAX), 0xffff_fffe_0000_0001);
    }
}
