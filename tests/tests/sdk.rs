//! The SDK of guests, in Rust, C and C++: the stack's end, the heap, and what runs before and after
//! `main`.

mod common;

use common::{guest, prove_and_verify};
use zonda_riscv_emu::execute::{DebugStream, Options, execute};

/// Executes a guest that comes to its end: exit code, output, and text of fd 2.
fn run(name: &str, input: &[u8]) -> (u32, Vec<u8>, String) {
    let mut text = Vec::new();
    let mut host = |stream, bytes: &[u8]| {
        if stream == DebugStream::Error {
            text.extend(bytes);
        }
    };
    let outcome = execute(&guest(name), input, &Options::default(), &mut host).unwrap();
    (
        outcome.exit_code,
        outcome.output,
        String::from_utf8(text).unwrap(),
    )
}

fn words<const N: usize>(words: [u32; N]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An input of `c_stack` that recurses that deep in frames of 1 MiB.
fn frames(depth: u16) -> Vec<u8> {
    [b"f".as_slice(), &depth.to_le_bytes()].concat()
}

/// An input of `c_stack` that it parses that deep.
fn brackets(depth: usize) -> Vec<u8> {
    [b"p".as_slice(), &vec![b'['; depth]].concat()
}

#[test]
fn a_stack_that_is_large_enough_changes_nothing() {
    let proved = prove_and_verify(&guest("c_stack"), &frames(60));
    assert_eq!(proved.output, words([61, 5 * 1024]));
    let proved = prove_and_verify(&guest("c_stack"), &brackets(1000));
    assert_eq!(proved.output, words([1000, 0]));
    let (_, output, _) = run("c_stack", &brackets(400_000));
    assert_eq!(output, words([400_000, 0]));
    let (_, output, _) = run("recursion", &words([60_000, 1]));
    assert_eq!(output[4..], words([0]));
}

#[test]
fn constructors_and_destructors_of_c_run_in_order() {
    let program = guest("c_lifecycle");
    for (input, code) in [(b"".as_slice(), 0), (b"\x07", 7)] {
        let proved = prove_and_verify(&program, input);
        // .preinit_array, .init_array by priority, main, atexit and .fini_array, last first.
        assert_eq!(proved.output, b"pabcm231CBA", "exit code {code}");
        assert_eq!(proved.exit_code, code);
    }
}

#[test]
fn objects_of_cpp_are_made_and_destroyed() {
    let proved = prove_and_verify(&guest("cpp_objects"), b"\x09");
    assert_eq!(
        proved.output,
        [words([82, 9, 45, 8]).as_slice(), b"LSR"].concat()
    );
    assert_eq!(proved.exit_code, 0);
}

#[test]
fn a_libc_finds_the_heap() {
    let proved = prove_and_verify(&guest("c_malloc"), b"");
    assert_eq!(proved.output, b"hello malloc\x01\x01\x01");
    // Its main says nothing, which is success in C.
    assert_eq!(proved.exit_code, 0);
}

/// An input of `heap`.
fn work(letter: u8, number: u32) -> Vec<u8> {
    [&[letter], number.to_le_bytes().as_slice()].concat()
}

#[test]
fn the_heap_finds_what_was_freed() {
    let proved = prove_and_verify(&guest("heap"), &work(b't', 100));
    assert_eq!(proved.output, words([100]));
    // The case it was found by: 1000 times two blocks of 1 MiB.
    for (letter, number, result) in [
        (b't', 1000, 1000),
        (b'c', 3000, 2000),
        // Sizes are rounded up to powers of two, and the heap has more than 2.5 GiB.
        (b'b', 400, 5),
        (b'b', 600, 2),
        (b'b', 1500, 1),
        (b'f', 600, 600),
    ] {
        let (code, output, text) = run("heap", &work(letter, number));
        assert_eq!(text, "");
        assert_eq!(
            (code, output),
            (0, words([result])),
            "{} {number}",
            letter as char
        );
    }
}

#[test]
fn a_full_heap_is_a_panic_that_says_so() {
    let (code, output, text) = run("heap", &work(b'f', 1500));
    assert_eq!((code, output.as_slice()), (101, b"".as_slice()));
    assert!(
        text.contains("memory allocation of 1572864000 bytes failed"),
        "{text}"
    );
    assert!(
        text.contains("the heap has no block of 2147483648 bytes: "),
        "{text}"
    );
}
