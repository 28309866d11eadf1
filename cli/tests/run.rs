//! `zonda run` and `zonda check` on the guests of the repository.

mod common;

use std::fs;

use common::{Scratch, command, guest, json, repository, start_as, zonda};
use serde_json::json;

#[test]
fn outputs_are_those_expected() {
    let scratch = Scratch::new();
    let abc = scratch.file("abc", "abc");
    let ten = scratch.file("ten", 10_u32.to_le_bytes());
    let nine = scratch.file("nine", "123456789");
    let file = |name: &str| fs::read(repository(&format!("guests/inputs/{name}"))).unwrap();
    let input = |name: &str| format!("guests/inputs/{name}");
    let cases = [
        ("fibonacci", ten, hex::decode("37000000").unwrap()),
        (
            "sha256",
            abc.clone(),
            hex::decode("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
                .unwrap(),
        ),
        // The check values of CRC-32 and Adler-32.
        (
            "c_checksum",
            nine,
            [0xcbf4_3926_u32, 0x091e_01de]
                .map(u32::to_le_bytes)
                .concat(),
        ),
        ("echo", abc, b"abc".to_vec()),
        (
            "json",
            input("canada-like.json"),
            file("canada-like.expected"),
        ),
        (
            "secp256k1",
            input("secp256k1-1.bin"),
            file("secp256k1-1.expected"),
        ),
    ];
    for (name, input, expected) in cases {
        let output = scratch.path(name);
        zonda(["run", &guest(name), "--input", &input, "--output", &output])
            .with(0)
            .saying("exit code     0");
        assert_eq!(fs::read(output).unwrap(), expected, "{name}");
    }
}

#[test]
fn exit_code_is_the_low_8_bits_of_the_guests() {
    let scratch = Scratch::new();
    for (code, seen) in [(0, 0), (1, 1), (42, 42), (0x1_0007, 7), (u32::MAX, 255)] {
        let input = scratch.file("code", u32::to_le_bytes(code));
        let report = scratch.path("report");
        zonda([
            "run",
            &guest("exit_code"),
            "--input",
            &input,
            "--report",
            &report,
        ])
        .with(seen)
        .saying(&format!("exit code     {code}\n"));
        assert_eq!(json(&report)["exit_code"], code);
    }
}

#[test]
fn guest_text_goes_to_the_terminal() {
    let scratch = Scratch::new();
    let output = scratch.path("output");
    let ended = zonda(["run", &guest("panic"), "--output", &output]).with(101);
    assert!(
        ended
            .error
            .contains("this guest panics on purpose, input of 0 bytes"),
        "{ended:?}"
    );
    assert_eq!(fs::read(output).unwrap(), [7], "committed before the panic");
}

#[test]
fn traps_and_limits_end_with_125_and_write_nothing() {
    let scratch = Scratch::new();
    let paths = [scratch.path("output"), scratch.path("report")];
    let results = ["--output", &paths[0], "--report", &paths[1]];
    let run = |name: &str, more: &[&str]| {
        let elf = guest(name);
        let mut arguments = vec!["run", &elf];
        arguments.extend(results);
        arguments.extend(more);
        zonda(arguments)
    };
    run("trap", &[])
        .with(125)
        .saying("trap at pc 0x")
        .saying("illegal_instruction")
        .saying("0x00000000 is not an RV32IM instruction");
    run("spin", &["--max-cycles", "100000"])
        .with(125)
        .saying("no exit within 100000 instructions")
        .saying("--max-cycles");
    assert_eq!(scratch.names(), [""; 0]);

    // The limit is the last count that is allowed.
    let report = scratch.path("counted");
    zonda(["run", &guest("echo"), "--report", &report]).with(0);
    let cycles = json(&report)["cycles"].as_u64().unwrap();
    run("echo", &["--max-cycles", &cycles.to_string()]).with(0);
    run("echo", &["--max-cycles", &(cycles - 1).to_string()]).with(125);
}

#[test]
fn report_has_every_field() {
    let scratch = Scratch::new();
    let input = scratch.file("input", 10_u32.to_le_bytes());
    let report = scratch.path("report.json");
    zonda([
        "run",
        &guest("fibonacci"),
        "--input",
        &input,
        "--report",
        &report,
    ])
    .with(0);
    let report = json(&report);
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["output_hex"], "37000000");
    assert_eq!(report["program_id"].as_str().unwrap().len(), 64);
    let families = report["families"].as_object().unwrap();
    assert_eq!(families.len(), 16);
    let sum: u64 = families.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(report["cycles"], json!(sum));
    assert!(
        families["ecall"].as_u64().unwrap() >= 3,
        "read, write, exit"
    );
    assert_eq!(
        report["misaligned_accesses"],
        families["load_store_misaligned"]
    );
    assert!(report["execute_seconds"].as_f64().unwrap() > 0.0);
    assert!(report["khz"].as_f64().unwrap() > 0.0);
    for field in [
        "touched_words",
        "transferred_words",
        "stores_to_text",
        "peak_rss_bytes",
    ] {
        assert!(report[field].is_u64(), "{field}");
    }
}

#[test]
fn check_says_what_holds() {
    let scratch = Scratch::new();
    let input = scratch.file("input", 10_u32.to_le_bytes());
    let ended = zonda(["check", &guest("fibonacci"), "--input", &input]).with(0);
    for line in [
        "exit code     0\n",
        "output        4 bytes: 37000000\n",
        "verdict       every constraint of every table and every bus holds\n",
    ] {
        assert!(ended.error.contains(line), "no {line:?} in {ended:#?}");
    }
    zonda(["check", &guest("trap")])
        .with(1)
        .saying("nothing to check: trap at pc 0x");
    zonda(["check", "guests/elf/none.elf"]).with(2);
}

#[test]
fn estimates_are_those_of_the_proof() {
    let scratch = Scratch::new();
    let input = scratch.file("input", 1000_u32.to_le_bytes());
    let [proof, estimated, proved] =
        ["proof", "estimated", "proved"].map(|name| scratch.path(name));
    let fibonacci = guest("fibonacci");
    let cut = ["--shard-cycles", "2000", "--memory", "1G", "--threads", "2"];
    let guest = [&*fibonacci, "--input", &input];
    let run = ["run", "--estimate", "--report", &estimated];
    zonda([&run[..], &guest, &cut].concat())
        .with(0)
        .saying("\nproving       about ")
        .saying("cells in 4 parts");
    let prove = ["prove", "--proof", &proof, "--report", &proved];
    zonda([&prove[..], &guest, &cut].concat()).with(0);
    let (estimated, proved) = (json(&estimated), json(&proved));
    let estimate = &estimated["estimate"];
    for (field, of_proof) in [
        ("shards", "shards"),
        ("parts", "parts"),
        ("committed_cells", "committed_cells"),
        ("peak_bytes", "estimate_bytes"),
    ] {
        assert_eq!(estimate[field], proved[of_proof], "{field}");
    }
    let bytes = |value: &serde_json::Value| value.as_f64().unwrap();
    let ratio = bytes(&estimate["proof_bytes"]) / bytes(&proved["proof_bytes"]);
    assert!((0.96..1.04).contains(&ratio), "{ratio}");
    assert!(estimate["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(estimated["no_proof"], json!(null));

    // Without the option there is no estimate, and options that need one are refused.
    let report = scratch.path("report");
    zonda([&["run", "--report", &report][..], &guest].concat()).with(0);
    assert_eq!(json(&report)["estimate"], json!(null));
    zonda([&["run"][..], &guest, &cut[2..4]].concat())
        .with(2)
        .saying("--memory")
        .saying("--estimate");
}

#[test]
fn runs_that_prove_would_refuse_say_so() {
    let scratch = Scratch::new();
    // More output than a proof states.
    let input = scratch.file("input", 5_000_000_u32.to_le_bytes());
    let [report, output] = ["report", "output"].map(|name| scratch.path(name));
    let bulk = guest("bulk");
    let results = ["--report", &report, "--output", &output];
    let run = [&["run", &*bulk, "--input", &input][..], &results].concat();
    let limit = "and a proof states 4,194,304 at most";
    zonda(&run)
        .with(0)
        .saying("`zonda prove` would refuse this run: ")
        .saying(limit);
    // Two words of a checksum, and the bytes.
    assert_eq!(fs::metadata(&output).unwrap().len(), 5_000_008);
    assert!(json(&report)["no_proof"].as_str().unwrap().contains(limit));
    let proof = scratch.path("proof");
    zonda(["prove", &bulk, "--input", &input, "--proof", &proof])
        .with(1)
        .saying("no proof: ")
        .saying("4194304 bytes");

    // Less memory than a part takes.
    let echo = guest("echo");
    let small = ["--estimate", "--memory", "1M"];
    zonda([&["run", &*echo, "--report", &report][..], &small].concat())
        .with(0)
        .saying("would refuse this run: ")
        .saying("with --memory ");
    let report = json(&report);
    assert!(report["no_proof"].is_string() && report["estimate"].is_null());
}

#[test]
fn guests_that_go_on_are_not_silent() {
    let scratch = Scratch::new();
    let spin = guest("spin");
    let proof = scratch.path("proof");
    for arguments in [&["run", &*spin][..], &["prove", &spin, "--proof", &proof]] {
        let log = scratch.file("log", "");
        let error = fs::File::create(&log).unwrap();
        let mut process = start_as(command().args(arguments).stderr(error));
        let said = || fs::read_to_string(&log).unwrap();
        process.until(|| said().contains(" MHz, "));
        drop(process);
        let said = said();
        let (cycles, rest) = said.split_once(" instructions so far, ").unwrap();
        let (_, cycles) = cycles.split_once("zonda: executing: ").unwrap();
        assert!(cycles.len() > "1,000,000".len(), "{said}");
        assert!(rest.contains(" MHz, "), "{said}");
    }

    let quiet = zonda(["run", &spin, "--quiet", "--max-cycles", "1000000"]).with(125);
    assert_eq!(quiet.error.lines().count(), 1, "{quiet:?}");
}
