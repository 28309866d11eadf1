//! The measuring program measures a small run, and reports the engine's parameters correctly.

use std::process::Command;

use serde_json::Value;

/// The report on the guest that exits with the code that it is given.
fn report() -> Value {
    let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests");
    let input = concat!(env!("CARGO_TARGET_TMPDIR"), "/exit-code");
    std::fs::write(input, 7_u32.to_le_bytes()).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_zonda-oracle"))
        .args([
            &format!("{guests}/elf/exit_code.elf"),
            input,
            "--any-vectors",
        ])
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .expect("the program starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).expect("a report")
}

#[test]
fn a_run_is_measured_at_a_hundred_bits_and_in_parallel() {
    let report = report();
    assert_eq!(report["exit_code"], 7);
    // Without Plonky3's feature `parallel` it would be one.
    assert_eq!(report["threads"], 2);
    assert!(report["prove_seconds"].as_f64() > report["stages"]["witness"].as_f64());
    let tables = report["tables"].as_array().expect("tables");
    let cells = |table: &Value| {
        let number = |name: &str| table[name].as_u64().expect("a number");
        assert!((1..=number("height")).contains(&number("rows")));
        number("columns") * number("height")
    };
    let main: u64 = tables.iter().map(cells).sum();
    assert!(report["committed_cells"].as_u64() > Some(main));

    let bits = |value: &Value| value["bits"].as_f64().expect("bits");
    let security = &report["security"];
    assert!((100.0..101.0).contains(&bits(security)), "{security}");
    let terms = security["terms"].as_array().expect("terms");
    assert_eq!(terms.len(), 6, "{security}");
    // The sum is less sure than its least sure term, and Plonky3 reports that one.
    let least = terms.iter().map(bits).fold(f64::INFINITY, f64::min);
    assert!(bits(security) < least, "{security}");
    assert_eq!(security["reported_bits"], least);
}

#[test]
fn what_cannot_be_measured_is_an_error() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zonda-oracle"));
        let output = command.args(arguments).output().expect("it starts");
        assert!(!output.status.success() && output.stdout.is_empty());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(run(&[]).contains("usage"));
    assert!(run(&["no such file", "no such file", "--any-vectors"]).contains("No such file"));
    // Plonky3 without the machine's vectors is not what it is measured for.
    #[cfg(all(target_arch = "x86_64", not(target_feature = "avx2")))]
    if is_x86_feature_detected!("avx2") {
        assert!(run(&["no such file", "no such file"]).contains("target-cpu=native"));
    }
}
