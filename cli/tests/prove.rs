//! `zonda prove` and `zonda verify`: what is accepted, and what is refused.

mod common;

use std::{fs, sync::LazyLock};

use common::{Ended, Scratch, guest, json, repository, zonda};
use serde_json::{Value, json};
use zonda::Stage;

/// A proof of the tenth Fibonacci number, which the tests share.
struct Proved {
    scratch: Scratch,
    ended: Ended,
    proof: String,
    output: String,
    report: String,
}

static FIBONACCI: LazyLock<Proved> = LazyLock::new(|| {
    let scratch = Scratch::new();
    let input = scratch.file("input", 10_u32.to_le_bytes());
    let [proof, output, report] = ["proof", "output", "report"].map(|name| scratch.path(name));
    let ended = zonda([
        "prove",
        "--verbose",
        &guest("fibonacci"),
        "--input",
        &input,
        "--proof",
        &proof,
        "--output",
        &output,
        "--report",
        &report,
        "--threads",
        "2",
    ])
    .with(0);
    Proved {
        scratch,
        ended,
        proof,
        output,
        report,
    }
});

impl Proved {
    /// The summary's line that begins with `name`, without it.
    fn line(&self, name: &str) -> &str {
        let line = self
            .ended
            .error
            .lines()
            .find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name:?} in {}", self.ended.error))
    }

    /// Verifies with other arguments after the guest and the proof.
    fn verify(&self, guest: &str, proof: &str, more: &[&str]) -> Ended {
        let mut arguments = vec!["verify", guest, "--proof", proof];
        arguments.extend(more);
        zonda(arguments)
    }
}

#[test]
fn proofs_are_written_and_accepted() {
    let proved = &*FIBONACCI;
    assert_eq!(
        proved.scratch.names(),
        ["input", "output", "proof", "report"],
        "nothing else is left behind"
    );
    assert_eq!(fs::read(&proved.output).unwrap(), 55_u32.to_le_bytes());
    let output = ["--output", &proved.output];
    let ended = proved
        .verify(&guest("fibonacci"), &proved.proof, &output)
        .with(0);
    assert!(
        ended.error.starts_with("accepted      this program"),
        "{ended:?}"
    );
    assert!(
        ended.error.contains("output        4 bytes: 37000000\n"),
        "{ended:?}"
    );
    let explicit = ["--output", &proved.output, "--exit-code", "0"];
    proved
        .verify(&guest("fibonacci"), &proved.proof, &explicit)
        .with(0);
}

#[test]
fn other_statements_are_refused() {
    let proved = &*FIBONACCI;
    let scratch = Scratch::new();
    let other = scratch.file("other", 56_u32.to_le_bytes());
    let longer = scratch.file("longer", [55, 0, 0, 0, 0]);
    let shorter = scratch.file("shorter", [55, 0, 0]);
    let output = &*proved.output;
    let fibonacci = guest("fibonacci");
    let states = "the proof states 4 bytes of output, you expect ";
    let bytes = "the proof states 4 bytes of output with the BLAKE3 digest ";
    let exit_code = "the proof states exit code 0, you expect 1";
    let program = "the proof is of program ";
    let cases: &[(&str, &[&str], &str)] = &[
        (&fibonacci, &["--output", &other], bytes),
        (&fibonacci, &["--output", &longer], &format!("{states}5")),
        (&fibonacci, &["--output", &shorter], &format!("{states}3")),
        (&fibonacci, &[], &format!("{states}0")),
        (
            &fibonacci,
            &["--output", output, "--exit-code", "1"],
            exit_code,
        ),
        (&guest("echo"), &["--output", output], program),
        (&guest("sha256"), &["--output", output], program),
    ];
    for (guest, more, said) in cases {
        proved
            .verify(guest, &proved.proof, more)
            .with(1)
            .saying(&format!("zonda: refused: {said}"));
    }
}

#[test]
fn other_proofs_are_refused() {
    let proved = &*FIBONACCI;
    let scratch = Scratch::new();
    let proof = fs::read(&proved.proof).unwrap();
    let fibonacci = guest("fibonacci");
    let verify = |bytes: &[u8]| {
        let path = scratch.file("changed", bytes);
        proved.verify(&fibonacci, &path, &["--output", &proved.output])
    };
    verify(&proof).with(0);

    let refused = |bytes: &[u8], said: &str| {
        verify(bytes)
            .with(1)
            .saying("zonda: refused: ")
            .saying(said);
    };
    refused(b"", "the proof ends in its header");
    refused(&[0xff; 4096], "does not begin with \"ZONDA\"");
    refused(&proof[..6], "the proof ends in its header");
    refused(&proof[..proof.len() - 1], "the proof ends in its parts");
    refused(&proof[..proof.len() / 2], "the proof ends in its");
    refused(&[&proof[..7], &[0xff; 4096]].concat(), "refused");
    refused(&[&proof[..], &[0]].concat(), "follow the end");
    for part in 0..8 {
        let mut changed = proof.clone();
        changed[5 + part * (proof.len() - 6) / 7] ^= 1;
        refused(&changed, "refused");
    }
}

#[test]
fn large_files_are_not_read_whole() {
    let proved = &*FIBONACCI;
    let scratch = Scratch::new();
    let large = scratch.file("large", fs::read(&proved.proof).unwrap());
    // Takes no room on the disk, and would not fit into memory.
    let file = fs::OpenOptions::new().write(true).open(&large).unwrap();
    file.set_len(1 << 42).unwrap();
    proved
        .verify(&guest("fibonacci"), &large, &["--output", &proved.output])
        .with(1)
        .saying("follow the end");
}

#[test]
fn report_has_every_field() {
    let proved = &*FIBONACCI;
    let report = json(&proved.report);
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["output_hex"], "37000000");
    assert_eq!(report["program_id"].as_str().unwrap().len(), 64);
    assert_eq!(report["threads"], 2);
    assert_eq!(
        report["proof_bytes"],
        json!(fs::metadata(&proved.proof).unwrap().len())
    );
    let families = report["families"].as_object().unwrap();
    let sum: u64 = families.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((report["cycles"].as_u64(), families.len()), (Some(sum), 16));
    let stages = report["stages"].as_object().unwrap();
    assert_eq!(stages.len(), Stage::ALL.len());
    for stage in Stage::ALL.map(Stage::name) {
        assert!(stages[stage].is_f64(), "{stage}");
    }
    for field in [
        "misaligned_accesses",
        "committed_cells",
        "messages",
        "peak_rss_bytes",
        "security_bits",
    ] {
        assert!(report[field].is_u64(), "{field}");
    }
    for field in [
        "cells_per_instruction",
        "execute_seconds",
        "prove_seconds",
        "wall_seconds",
        "khz",
    ] {
        assert!(report[field].as_f64().unwrap() > 0.0, "{field}");
    }

    // The table's cells are those of the report, and they add up.
    let tables = report["cells"]["tables"].as_array().unwrap();
    let cells = |table: &serde_json::Value| {
        let number = |field: &str| table[field].as_u64().unwrap();
        ["boundary", "main"].map(number).iter().sum::<u64>() * number("rows")
    };
    let committed: u64 = tables.iter().map(cells).sum();
    assert_eq!(report["committed_cells"], json!(committed));
}

#[test]
fn report_says_what_the_proof_is_made_of_and_worth() {
    let report = json(&FIBONACCI.report);
    assert_eq!(report["preset"], "standard");
    assert!(report["platform"].is_string());
    assert!(report["parameters"]["queries"].as_u64().unwrap() > 0);

    // The terms add up to the security.
    let security = &report["security"];
    let bits = security["bits"].as_f64().unwrap();
    assert_eq!(report["security_bits"], json!(bits as u64));
    let terms = security["terms"].as_array().unwrap();
    let bits_of = |term: &Value| term["bits"].as_f64().unwrap();
    let sum: f64 = terms.iter().map(|term| (-bits_of(term)).exp2()).sum();
    assert!((bits + sum.log2()).abs() < 1e-6);
    for name in ["lookups", "tree", "folds", "queries"] {
        assert!(terms.iter().any(|term| term["name"] == name), "{name}");
    }

    // The parts add up to the proof.
    fn sum_of(value: &Value) -> u64 {
        match value {
            Value::Object(parts) => parts.values().map(sum_of).sum(),
            _ => value.as_u64().unwrap(),
        }
    }
    assert_eq!(json!(sum_of(&report["proof_parts"])), report["proof_bytes"]);
    assert!(report["proof_parts"]["rows"]["main"].as_u64().unwrap() > 0);

    let verification = &report["verification"];
    assert!(verification["seconds"].as_f64().unwrap() > 0.0);
    let operations = verification["operations"].as_object().unwrap();
    for kind in ["compressions", "products", "scalings"] {
        let of = |part: &Value| part[kind].as_u64().unwrap();
        let parts = operations.iter().filter(|(name, _)| *name != "total");
        let sum: u64 = parts.map(|(_, part)| of(part)).sum();
        assert_eq!(of(&operations["total"]), sum, "{kind}");
        assert!(sum > 0, "{kind}");
    }
}

#[test]
fn keys_are_written_shown_and_stand_for_their_guest() {
    let proved = &*FIBONACCI;
    let scratch = Scratch::new();
    let key = |name: &str, guest_name: &str, preset: &str| {
        let path = scratch.path(name);
        let elf = guest(guest_name);
        let written = zonda(["key", &elf, "--output", &path, "--preset", preset]).with(0);
        let shown = zonda(["key", "--show", &path]).with(0);
        assert_eq!((&*written.out, &written.error), ("", &shown.out));
        assert!(shown.out.contains(&format!("preset        {preset}: ")));
        (path, shown.out)
    };
    let (standard, shown) = key("standard", "fibonacci", "standard");
    let (high, shown_high) = key("high", "fibonacci", "high");
    let (other, shown_other) = key("other", "echo", "standard");
    assert_eq!(scratch.names(), ["high", "other", "standard"]);
    let line = |shown: &str, name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("no {name} in {shown}"))
            .to_owned()
    };
    let id = json(&proved.report)["program_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(line(&shown, "program ").ends_with(&id));
    assert!(line(&shown_high, "program ").ends_with(&id));
    assert!(!line(&shown_other, "program ").ends_with(&id));
    assert_ne!(line(&shown, "digest "), line(&shown_high, "digest "));
    assert!(line(&shown, "parameters ").contains("queries "));

    let verify = |key: &str, more: &[&str]| {
        let mut arguments = vec!["verify", "--key", key, "--proof", &proved.proof];
        arguments.extend(["--output", &proved.output]);
        arguments.extend(more);
        zonda(arguments)
    };
    let accepted = verify(&standard, &[]).with(0);
    assert!(accepted.error.contains(&id));
    verify(&standard, &["--preset", "standard"]).with(0);
    verify(&standard, &["--exit-code", "1"]).with(1);
    verify(&other, &[]).with(1).saying("refused: ");
    verify(&high, &[])
        .with(1)
        .saying("refused: ")
        .saying("preset");
    verify(&standard, &["--preset", "high"])
        .with(2)
        .saying("a key of the preset \"standard\", not of \"high\"");
    let high = ["--preset", "high", "--output", &proved.output];
    proved
        .verify(&guest("fibonacci"), &proved.proof, &high)
        .with(1)
        .saying("refused: ")
        .saying("--preset standard");
}

#[test]
fn bytes_that_are_no_key_are_refused() {
    let scratch = Scratch::new();
    let path = scratch.path("key");
    zonda(["key", &guest("echo"), "--output", &path]).with(0);
    let key = fs::read(&path).unwrap();
    let mut version = key.clone();
    version[8] ^= 0xff;
    let mut preset = key.clone();
    preset[10] = 9;
    let mut parameters = key.clone();
    parameters[11] ^= 1;
    let cases = [
        (vec![], "does not begin with \"ZONDAKEY\""),
        (fs::read(repository(&guest("echo"))).unwrap(), "not a key: "),
        (version, "key format version"),
        (preset, "no preset has the number 9"),
        (parameters, "not those of the preset \"standard\""),
        (key[..key.len() - 1].to_vec(), "truncated"),
        ([&key[..], &[0]].concat(), "1 bytes follow the key"),
    ];
    for (bytes, said) in cases {
        let path = scratch.file("bad", bytes);
        zonda(["key", "--show", &path]).with(2).saying(said);
        zonda(["verify", "--key", &path, "--proof", &path])
            .with(2)
            .saying(said);
    }
    // Without a key to write, the existing file stays as it was.
    zonda(["key", &path, "--output", &scratch.path("bad")]).with(2);
    zonda(["key", &guest("echo"), "--output", &guest("echo")])
        .with(2)
        .saying("would overwrite");
}

#[test]
fn high_proofs_are_accepted_as_such_only() {
    let scratch = Scratch::new();
    let [proof, report] = ["proof", "report"].map(|name| scratch.path(name));
    let echo = guest("echo");
    zonda([
        "prove", &echo, "--proof", &proof, "--preset", "high", "--report", &report,
    ])
    .with(0);
    let report = json(&report);
    assert_eq!(report["preset"], "high");
    assert!(report["security_bits"].as_u64().unwrap() > json_bits(&FIBONACCI.report));
    zonda(["verify", &echo, "--proof", &proof, "--preset", "high"]).with(0);
    zonda(["verify", &echo, "--proof", &proof])
        .with(1)
        .saying("--preset high");
}

fn json_bits(report: &str) -> u64 {
    json(report)["security_bits"].as_u64().unwrap()
}

#[test]
fn summary_is_a_readable_table() {
    let proved = &*FIBONACCI;
    assert!(proved.line("exit code ").ends_with(" 0"));
    assert!(proved.line("output ").ends_with("4 bytes: 37000000"));
    assert!(proved.line("security ").ends_with("bits, provable"));
    assert!(proved.line("table ").trim().starts_with("rows "));
    assert!(proved.line("table ").ends_with(" messages"));
    assert!(proved.line("range16 ").ends_with("65,536"));
    assert!(proved.line("stage ").ends_with(" seconds"));
    // Columns line up: every line of the table is as long as its head.
    let lines: Vec<_> = proved
        .ended
        .error
        .lines()
        .skip_while(|line| !line.starts_with("table "))
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(lines.len() > 12, "{lines:?}");
    assert!(
        lines.iter().all(|line| line.len() == lines[0].len()),
        "{lines:#?}"
    );
    assert_eq!(proved.ended.out, "", "what is no result");
    let named = |name| proved.ended.error.contains(name);
    assert!(!named("zonda: "), "no progress of what takes no time");

    // Without --verbose it fits a terminal.
    let scratch = Scratch::new();
    let input = scratch.file("input", 1000_u32.to_le_bytes());
    let fibonacci = guest("fibonacci");
    let proof = scratch.path("proof");
    let prove = ["prove", &fibonacci, "--input", &input, "--proof", &proof];
    let several = ["--shard-cycles", "2000", "--work-dir", &scratch.path("job")];
    let ended = zonda([&prove[..], &several].concat()).with(0);
    let lines: Vec<_> = ended.error.lines().collect();
    assert!(lines.len() < 24, "{ended:#?}");
    assert!(lines.iter().all(|line| line.len() <= 80), "{ended:#?}");
    assert!(!ended.error.contains("stage "), "{ended:#?}");
}

#[test]
fn guests_that_fail_are_proved_and_the_proof_says_so() {
    let scratch = Scratch::new();
    let [proof, output] = ["proof", "output"].map(|name| scratch.path(name));
    let panic = guest("panic");
    let prove = ["prove", &panic, "--proof", &proof, "--output", &output];
    zonda(prove)
        .with(3)
        .saying("this guest panics on purpose")
        .saying("the guest exited with code 101, not 0; the proof states 101, and verifies with");
    assert_eq!(fs::read(&output).unwrap(), [7]);
    let unexpected = fs::read(&proof).unwrap();
    // The same proof, of a run that went as it should.
    let ended = zonda([&prove[..], &["--exit-code", "0x65"]].concat()).with(0);
    assert!(!ended.error.contains("zonda: "), "{ended:?}");
    assert!(fs::read(&proof).unwrap() == unexpected, "another proof");
    zonda([&prove[..], &["--exit-code", "-1"]].concat())
        .with(3)
        .saying("code 101, not 4294967295");
    let verify = |code| {
        zonda([
            "verify",
            &panic,
            "--proof",
            &proof,
            "--output",
            &output,
            "--exit-code",
            code,
        ])
    };
    verify("101").with(0);
    verify("0x65").with(0);
    verify("0").with(1);
}

#[test]
fn exit_codes_are_32_bits_however_they_are_written() {
    let scratch = Scratch::new();
    let exit_code = guest("exit_code");
    let input = scratch.file("input", u32::MAX.to_le_bytes());
    let proof = scratch.path("proof");
    zonda([
        "prove",
        &exit_code,
        "--input",
        &input,
        "--proof",
        &proof,
        "--exit-code",
        "-1",
    ])
    .with(0);
    for code in ["-1", "0xffffffff", "4294967295", "-0x1"] {
        zonda(["verify", &exit_code, "--proof", &proof, "--exit-code", code]).with(0);
    }
    zonda(["verify", &exit_code, "--proof", &proof, "--exit-code=-2"]).with(1);
}

#[test]
fn runs_without_an_exit_have_no_proof() {
    let scratch = Scratch::new();
    let old = scratch.file("proof", "old");
    zonda(["prove", &guest("trap"), "--proof", &old])
        .with(1)
        .saying("no proof: trap at pc 0x")
        .saying("illegal_instruction");
    zonda([
        "prove",
        &guest("spin"),
        "--proof",
        &old,
        "--max-cycles",
        "1000",
    ])
    .with(1)
    .saying("no exit within 1000 instructions");
    assert_eq!(scratch.names(), ["proof"]);
    assert_eq!(fs::read(old).unwrap(), b"old");
}
