//! A guest as an ordinary process: this program starts itself, as the guest.
#![cfg(unix)]

use std::{
    env, fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Order<'a> {
    item: &'a str,
    amounts: [i32; 3],
    urgent: Option<bool>,
}

const ORDER: Order = Order {
    item: "füße",
    amounts: [0, -1, i32::MAX],
    urgent: Some(true),
};

/// Typed and raw reads share one position; `input` always shows everything.
fn mixed() {
    let order: Order<'static> = zonda_guest::read();
    let raw = zonda_guest::read_bytes(3);
    let number: u64 = zonda_guest::read();
    let rest = zonda_guest::read_all();
    assert!(zonda_guest::read_all().is_empty());

    zonda_guest::commit(&order);
    zonda_guest::commit_bytes(rest);
    zonda_guest::commit(&number);
    zonda_guest::commit_bytes(raw);
    zonda_guest::commit(&zonda_guest::input().len());

    let (mut start, mut size) = (core::ptr::null(), 0);
    // SAFETY: both pointers come from variables, and the output is the input just read.
    unsafe {
        zonda_guest::read_input(&mut start, &mut size);
        zonda_guest::write_output(start, size);
    }
    zonda_guest::println!("read {number}");
    zonda_guest::eprintln!("done");
    zonda_guest::exit(7);
}

#[test]
fn typed_and_raw_input_and_output_mix() {
    let order = postcard::to_allocvec(&ORDER).unwrap();
    let number = postcard::to_allocvec(&(1_u64 << 40)).unwrap();
    let rest = vec![0xa5; 1_000_000];
    let input = [&order, b"\0\xff!".as_slice(), &number, &rest].concat();

    let (run, output) = start(&input);
    let size = postcard::to_allocvec(&input.len()).unwrap();
    assert_eq!(run.status.code(), Some(7));
    assert_eq!(
        output,
        [&order, rest.as_slice(), &number, b"\0\xff!", &size, &input].concat()
    );
    assert!(
        String::from_utf8(run.stdout)
            .unwrap()
            .contains("read 1099511627776\n")
    );
    assert_eq!(run.stderr, b"done\n");
}

#[test]
fn input_that_ends_early_is_a_panic_that_says_so() {
    for (input, message) in [
        (b"\x05abc".as_slice(), "the input holds no process::Order"),
        (
            &postcard::to_allocvec(&ORDER).unwrap(),
            "the input has 0 bytes left, 3 wanted",
        ),
    ] {
        let (run, output) = start(input);
        let text = String::from_utf8(run.stderr).unwrap() + &String::from_utf8(run.stdout).unwrap();
        assert_eq!(run.status.code(), Some(101));
        assert!(text.contains(message), "{text}");
        assert!(output.is_empty());
    }
}

/// Runs this test program as a guest, with its public output in a file.
fn start(input: &[u8]) -> (Output, Vec<u8>) {
    let name = format!(
        "zonda-guest-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    );
    let path = env::temp_dir().join(name);
    let mut child = Command::new("sh")
        .args([
            "-c",
            r#"exec "$0" --exact guest --nocapture --include-ignored 3>"$1""#,
        ])
        .args([env::current_exe().unwrap().as_os_str(), path.as_os_str()])
        .env("ZONDA_TEST_GUEST", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let run = child.wait_with_output().unwrap();
    let output = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    (run, output)
}

#[test]
#[ignore = "the guest that the other tests start"]
fn guest() {
    if env::var_os("ZONDA_TEST_GUEST").is_some() {
        mixed();
    }
}
