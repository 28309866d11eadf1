//! `zonda bench`: measures, draws and compares.

mod common;

use std::fs;

use common::{Scratch, json, repository, zonda};
use serde_json::{Value, json};
use zonda::Stage;

/// A report of one workload with these seconds.
fn report(seconds: &[f64]) -> Value {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
    let median = sorted[sorted.len() / 2];
    let spread = |scale: f64| {
        json!({
            "median": median * scale, "min": min * scale, "max": max * scale, "deviation": 0.0,
        })
    };
    let sample = |seconds: &f64| {
        json!({
            "metrics": {"prove_seconds": seconds},
            "stages": {"commit": seconds / 2.0, "fold": seconds / 2.0},
        })
    };
    json!({
        "format": "zonda-bench", "version": 1, "zonda": "0.1.0", "unix_seconds": 0,
        "load_average": null,
        "machine": {
            "cpu": "a <fast> CPU", "cores": 2, "memory_bytes": 1 << 30, "os": "an OS",
            "architecture": "x86_64", "platform": "avx2", "rustc": null, "rustflags": "",
            "release": true,
        },
        "settings": {
            "repetitions": seconds.len(), "warm_up": 0, "threads": null, "preset": "standard",
        },
        "workloads": [{
            "name": "sha256", "about": "", "program_id": "", "input_bytes": 0, "output_hex": "",
            "security_bits": 100, "threads": 2,
            "metrics": {"prove_seconds": spread(1.0)},
            "stages": {"commit": spread(0.5), "fold": spread(0.5)},
            "samples": seconds.iter().map(sample).collect::<Vec<_>>(),
            "proof_report": null,
        }],
    })
}

fn words<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let line = line.unwrap_or_else(|| panic!("no {name:?} in {text}"));
    line.split_whitespace().collect()
}

#[test]
fn reports_are_compared() {
    let scratch = Scratch::new();
    let file = |name: &str, seconds: &[f64]| scratch.file(name, report(seconds).to_string());
    let a = file("a", &[4.0, 4.1, 4.2]);
    let b = file("b", &[2.0, 2.05, 2.1]);
    let noisy = file("noisy", &[3.0, 3.1, 4.05]);
    let ended = zonda(["bench", "--compare", &a, &b]).with(0);
    assert_eq!(
        words(&ended.out, "prove_seconds "),
        ["4.100", "2.050", "0.500", "better"]
    );
    assert_eq!(words(&ended.out, "stage fold ").last(), Some(&"better"));
    let ended = zonda(["bench", "--compare", &b, &a]).with(0);
    assert_eq!(words(&ended.out, "prove_seconds ").last(), Some(&"worse"));
    let ended = zonda(["bench", "--compare", &a, &noisy]).with(0);
    assert_eq!(words(&ended.out, "prove_seconds ").last(), Some(&"noise"));
}

#[test]
fn reports_are_drawn() {
    let scratch = Scratch::new();
    let from = scratch.file("report", report(&[1.0]).to_string());
    let plot = scratch.path("plot.svg");
    zonda(["bench", "--from", &from, "--plot", &plot]).with(0);
    let svg = fs::read_to_string(&plot).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("a &lt;fast&gt; CPU") && svg.contains("commit 50%"));
    zonda(["bench", "--from", &from, "--plot", &from])
        .with(2)
        .saying("would overwrite");
}

#[test]
fn other_files_are_refused() {
    let scratch = Scratch::new();
    let good = scratch.file("good", report(&[1.0]).to_string());
    let plot = scratch.path("plot");
    let mut newer = report(&[1.0]);
    newer["version"] = 7.into();
    let mut half = report(&[1.0]);
    half["workloads"][0]["stages"] = json!([1]);
    let cases = [
        (scratch.path("missing"), "cannot read the report"),
        (scratch.file("text", "a text"), "it is not JSON"),
        (scratch.file("json", "{\"cycles\": 1}"), "zonda-bench"),
        (scratch.file("newer", newer.to_string()), "version is 7"),
        (scratch.file("half", half.to_string()), "invalid type"),
    ];
    for (bad, said) in &cases {
        for pair in [[bad, &good], [&good, bad]] {
            zonda(["bench", "--compare", pair[0], pair[1]])
                .with(2)
                .saying(said)
                .saying(bad);
        }
        zonda(["bench", "--from", bad, "--plot", &plot])
            .with(2)
            .saying(said);
    }
    assert!(!scratch.names().contains(&"plot".into()));
}

#[test]
fn missing_workloads_are_named_before_anything_runs() {
    let scratch = Scratch::new();
    let out = scratch.path("out");
    let nowhere = scratch.path("nowhere");
    zonda(["bench", "--output", &out, "--guests", &nowhere])
        .with(2)
        .saying("no workload \"fibonacci\" in ")
        .saying("--guests names a directory")
        .saying("cannot read the guest");
    zonda(["bench", "--output", &scratch.path("none/out")])
        .with(2)
        .saying("cannot write --output");
    assert_eq!(scratch.names(), [""; 0]);
}

#[test]
fn workloads_are_measured() {
    let scratch = Scratch::new();
    // The program of this workload takes less time than the others, with another guest's name.
    fs::create_dir_all(scratch.path("guests/elf")).unwrap();
    let elf = fs::read(repository("guests/elf/echo.elf")).unwrap();
    scratch.file("guests/elf/fibonacci.elf", elf);
    let [out, plot, guests] = ["out", "plot", "guests"].map(|name| scratch.path(name));
    let arguments = [
        "bench",
        "--workload",
        "fibonacci",
        "--repetitions",
        "2",
        "--warm-up",
        "0",
        "--threads",
        "2",
        "--guests",
        &guests,
        "--output",
        &out,
        "--plot",
        &plot,
    ];
    let ended = zonda(arguments).with(0);
    let said = &ended.error;
    assert!(said.starts_with("fibonacci (2 samples)"), "{ended:?}");
    assert!(
        !said.contains("zonda: "),
        "no progress of what takes no time"
    );
    assert!(!said.contains("exit code"), "nor summaries of each proof");
    assert!(fs::read_to_string(&plot).unwrap().contains("fibonacci"));

    let report = json(&out);
    assert_eq!(report["settings"]["preset"], "standard");
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0);
    assert!(
        report["machine"]["rustc"]
            .as_str()
            .unwrap()
            .contains("rustc")
    );
    let [measured] = &report["workloads"].as_array().unwrap()[..] else {
        panic!("{report}")
    };
    let samples = measured["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2);
    for metric in [
        "cycles",
        "prove_khz",
        "end_to_end_khz",
        "ns_per_cell_and_core",
        "cells_per_instruction",
        "messages_per_instruction",
        "peak_rss_bytes",
        "proof_bytes",
        "verify_ms",
        "verify_compressions",
    ] {
        let of = |spread: &str| measured["metrics"][metric][spread].as_f64().unwrap();
        assert!(of("median") > 0.0, "{metric}");
        assert!(of("min") <= of("median") && of("median") <= of("max"));
        assert!(samples[0]["metrics"][metric].is_f64(), "{metric}");
    }
    for stage in Stage::ALL.map(Stage::name) {
        assert!(measured["stages"][stage]["median"].is_f64(), "{stage}");
    }
    assert_eq!(
        measured["proof_report"]["program_id"],
        measured["program_id"]
    );
    let ended = zonda(["bench", "--compare", &out, &out]).with(0);
    assert_eq!(words(&ended.out, "cycles ").last(), Some(&"same"));
}

#[test]
fn another_binary_is_measured_in_turn() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("guests/elf")).unwrap();
    let elf = fs::read(repository("guests/elf/echo.elf")).unwrap();
    scratch.file("guests/elf/fibonacci.elf", elf);
    let [out, guests] = ["out", "guests"].map(|name| scratch.path(name));
    let bench = |against: &str| {
        let arguments = "bench --workload fibonacci --repetitions 1 --warm-up 0 --threads 2";
        let arguments = arguments.split(' ');
        let files = ["--guests", &guests, "--output", &out, "--against", against];
        zonda(arguments.chain(files))
    };
    let ended = bench(env!("CARGO_BIN_EXE_zonda")).with(0);
    assert_eq!(words(&ended.out, "cycles ").last(), Some(&"same"));
    assert_eq!(words(&ended.out, "prove_seconds ").len(), 5);
    let report = json(&out);
    assert_eq!(report["against"].as_array().unwrap().len(), 1);
    assert_eq!(
        report["against"][0]["program_id"],
        report["workloads"][0]["program_id"]
    );
    fs::remove_file(&out).unwrap();
    bench(&scratch.path("nothing"))
        .with(2)
        .saying("cannot start");
    assert!(!scratch.names().contains(&"out".into()));
}
