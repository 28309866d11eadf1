//! `zonda new`, `zonda build` and profiles, without a compiler for guests: `.ci/first-guest` has one.

mod common;

use std::{fs, path::Path, process::Command};

use common::{Scratch, guest, json, names, repository, zonda};

#[test]
fn a_new_workspace_is_one_that_cargo_understands() {
    let scratch = Scratch::new();
    let folder = scratch.path("factors");
    zonda(["new", &folder]).with(0).saying("cd ");
    let expected = [
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "guest",
        "host",
    ];
    assert_eq!(names(&folder), expected);
    assert_eq!(scratch.names(), ["factors"]);
    let metadata = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut found: Vec<_> = packages.iter().map(|package| &package["name"]).collect();
    found.sort_by_key(|name| name.to_string());
    assert_eq!(found, ["factors-guest", "factors-host"]);
}

#[test]
fn sources_of_new_crates_are_formatted() {
    let scratch = Scratch::new();
    let folder = scratch.path("factors");
    zonda(["new", "--quiet", &folder]).with(0);
    for file in ["guest/src/main.rs", "host/src/main.rs", "host/build.rs"] {
        let path = Path::new(&folder).join(file);
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition", "2024"]).arg(path);
        let Ok(checked) = rustfmt.output() else {
            return eprintln!("SKIPPED: no rustfmt");
        };
        let text = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{text}");
    }
}

#[test]
fn what_cannot_be_made_is_refused_and_leaves_nothing() {
    let scratch = Scratch::new();
    let taken = scratch.file("taken", "text");
    zonda(["new", &taken])
        .with(2)
        .saying("exists: name a folder that does not exist yet");
    assert_eq!(fs::read_to_string(&taken).unwrap(), "text");
    let in_nothing = scratch.path("nothing/factors");
    zonda(["new", &in_nothing]).with(2).saying("cannot make");
    zonda(["new", &scratch.path("2x")])
        .with(2)
        .saying("`2x` cannot be the name");
    let new = scratch.path("new");
    let other = scratch.path("");
    zonda(["new", &new, "--source", &other])
        .with(2)
        .saying("does not have the source of zonda");
    assert_eq!(scratch.names(), ["taken"]);
    zonda(["new", &new, "--source", "https://host/zonda"]).with(0);
    let manifest = fs::read_to_string(scratch.path("new/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("git = \"https://host/zonda\""),
        "{manifest}"
    );
}

#[test]
fn what_is_no_guest_is_not_built() {
    let scratch = Scratch::new();
    zonda(["build", &scratch.path("")])
        .with(2)
        .saying("it has no Cargo.toml");
    scratch.file(
        "Cargo.toml",
        "[package]\nname = 'a'\nedition = '2024'\n[workspace]\n",
    );
    fs::create_dir(scratch.path("src")).unwrap();
    scratch.file("src/main.rs", "fn main() {}\n");
    zonda(["build", &scratch.path("")])
        .with(2)
        .saying("depends on zonda-guest");
    scratch.file("Cargo.toml", "[package]\nnam = 'a'\n");
    zonda(["build", &scratch.path("")])
        .with(2)
        .saying("`cargo metadata");
    let here = scratch.path("");
    zonda(["build", &here, "--check", &here])
        .with(2)
        .saying("DIGESTS is missing");
    scratch.file("DIGESTS", "text\n");
    zonda(["build", &here, "--check", &here])
        .with(2)
        .saying("line 1");
    zonda(["build", &here, "--check", "a", "--output", "b"])
        .with(2)
        .saying("cannot be used with");
    zonda(["build", "--toolchain", "nightly"])
        .with(2)
        .saying("[possible values: rustup, distribution]");
}

#[test]
fn profiles_have_all_instructions() {
    let scratch = Scratch::new();
    let input = repository("guests/inputs/canada-like.json");
    let run = |name: &str, by: &str| {
        let (profile, report) = (scratch.path(name), scratch.path("report"));
        let (guest, input) = (guest("json"), input.to_str().unwrap());
        let arguments = [
            "run",
            &guest,
            "--input",
            input,
            "--profile",
            &profile,
            "--by",
            by,
        ];
        zonda(arguments.into_iter().chain(["--report", &report]))
            .with(0)
            .saying("with calls");
        (fs::read_to_string(profile).unwrap(), json(&report))
    };
    let weights = |lines: &str| -> u64 {
        let weights = lines.lines().map(|line| line.rsplit_once(' ').unwrap().1);
        weights.map(|weight| weight.parse::<u64>().unwrap()).sum()
    };
    let (folded, report) = run("a.folded", "instructions");
    assert_eq!(weights(&folded), report["cycles"].as_u64().unwrap());
    // Everything is called from the entry point.
    assert!(
        folded.lines().all(|line| line.starts_with("_start")),
        "{folded}"
    );
    assert!(folded.contains(";main"), "{folded}");
    let (folded, report) = run("a.txt", "cells");
    assert_eq!(Some(weights(&folded)), report["profile"]["cells"].as_u64());
    assert_eq!(report["profile"]["spans"].as_array().unwrap().len(), 0);

    let (firefox, report) = run("a.json", "cells");
    let firefox: serde_json::Value = serde_json::from_str(&firefox).unwrap();
    let sum = |thread: usize| {
        let weights = firefox["threads"][thread]["samples"]["weight"]
            .as_array()
            .unwrap();
        weights
            .iter()
            .map(|weight| weight.as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(Some(sum(0)), report["cycles"].as_u64());
    assert_eq!(Some(sum(1)), report["profile"]["cells"].as_u64());
    let (svg, _) = run("a.svg", "instructions");
    assert!(
        svg.starts_with("<?xml") && svg.contains("json.elf"),
        "{svg}"
    );
}

#[test]
fn profiles_of_unknown_kinds_are_refused_before_the_run() {
    let scratch = Scratch::new();
    let guest = guest("spin");
    zonda(["run", &guest, "--profile", &scratch.path("a.png")])
        .with(2)
        .saying(".svg");
    zonda(["run", &guest, "--profile", "-"])
        .with(2)
        .saying(".folded");
    zonda(["run", &guest, "--by", "cells"])
        .with(2)
        .saying("--profile");
    assert_eq!(scratch.names(), [""; 0]);
}
