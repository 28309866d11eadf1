//! Usage that is refused before anything runs, and inputs that must not end in a panic.

mod common;

use std::{
    fs,
    io::Read,
    process::{Output, Stdio},
};

use common::{PANIC, Scratch, command, guest, repository, zonda};

#[test]
fn help_and_version() {
    let version = zonda(["--version"]).with(0);
    assert_eq!(
        version.out,
        format!("zonda {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = zonda(["--help"]).with(0);
    for command in [
        "new",
        "build",
        "run",
        "check",
        "prove",
        "shard",
        "verify",
        "key",
        "bench",
        "completions",
    ] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{help:?}");
        let help = zonda([command, "--help"]).with(0);
        assert!(help.out.contains("Exit code: "), "{help:?}");
    }
    zonda([""; 0]).with(2).saying("Usage: zonda");
}

#[test]
fn bad_usage_ends_with_2() {
    let echo = &*guest("echo");
    let cases: &[(&[&str], &str)] = &[
        (&["fly"], "fly"),
        (&["run"], "<ELF>"),
        (&["run", echo, "--fast"], "--fast"),
        (&["run", echo, "--max-cycles", "0"], "--max-cycles"),
        (&["run", echo, "--max-cycles", "many"], "--max-cycles"),
        (&["run", echo, "--proof", "p"], "--proof"),
        (&["check", echo, "--output", "o"], "--output"),
        (&["prove", echo], "--proof"),
        (
            &["prove", echo, "--proof", "p", "--threads", "0"],
            "--threads",
        ),
        (
            &["prove", echo, "--proof", "p", "--threads", "100000"],
            "--threads",
        ),
        (
            &["prove", echo, "--proof", "p", "--preset", "utmost"],
            "[possible values: standard, high]",
        ),
        (
            &["prove", echo, "--proof", "p", "--memory", "4GB"],
            "such as 512M, 4G or 4GiB",
        ),
        (
            &["prove", echo, "--proof", "p", "--memory", "0G"],
            "more than nothing",
        ),
        (
            &["prove", echo, "--proof", "p", "--shard-cycles", "0"],
            "--shard-cycles",
        ),
        (&["shard"], "Usage: zonda shard"),
        (&["shard", "join"], "join"),
        (&["shard", "plan", echo], "--work-dir"),
        (&["shard", "prove", echo], "<TASK>"),
        (&["verify", echo], "--proof"),
        (&["verify", "--proof", "p"], "<ELF>"),
        (
            &["verify", echo, "--key", "k", "--proof", "p"],
            "cannot be used with",
        ),
        (
            &["verify", echo, "--proof", "p", "--preset", "low"],
            "--preset",
        ),
        (&["key"], "<ELF>"),
        (&["key", echo, "--show", "k"], "cannot be used with"),
        (
            &["key", "--show", "k", "--preset", "high"],
            "cannot be used with",
        ),
        (
            &["key", "--show", "k", "--output", "o"],
            "cannot be used with",
        ),
        (&["bench"], "--output"),
        (&["bench", "--plot", "p"], "--output"),
        (&["bench", "--from", "r"], "--plot"),
        (
            &["bench", "--output", "o", "--workload", "doom"],
            "fibonacci",
        ),
        (
            &["bench", "--output", "o", "--repetitions", "0"],
            "--repetitions",
        ),
        (&["bench", "--output", "o", "--threads", "0"], "--threads"),
        (&["bench", "--compare", "a"], "--compare"),
        (
            &["bench", "--compare", "a", "b", "--output", "o"],
            "cannot be used with",
        ),
        (
            &["bench", "--from", "a", "--plot", "p", "--threads", "1"],
            "cannot be used with",
        ),
        (
            &["bench", "--from", "a", "--plot", "p", "--memory", "1G"],
            "cannot be used with",
        ),
        (
            &["bench", "--compare", "a", "b", "--plot", "p"],
            "cannot be used with",
        ),
        (
            &["verify", echo, "--proof", "p", "--exit-code", "4294967296"],
            "such as 3, -1 or 0x1f",
        ),
        (
            &["verify", echo, "--proof", "p", "--exit-code", "--quiet"],
            "such as 3, -1 or 0x1f",
        ),
        (
            &["run", echo, "--json", "--report", "r"],
            "cannot be used with",
        ),
        (
            &["run", echo, "--quiet", "--verbose"],
            "cannot be used with",
        ),
        (&["key", echo, "--out", "o"], "--out"),
        (&["completions"], "<SHELL>"),
        (&["completions", "nosh"], "[possible values: bash"),
    ];
    for (arguments, named) in cases {
        zonda(*arguments).with(2).saying(named);
    }
}

#[test]
fn files_that_cannot_be_read() {
    let scratch = Scratch::new();
    let missing = &*scratch.path("missing");
    let echo = &*guest("echo");
    let proof = &*scratch.path("proof");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["run", missing], 2, "cannot read the guest"),
        (&["run", echo, "--input", missing], 2, "cannot read --input"),
        (
            &["run", echo, "--input", "guests"],
            2,
            "cannot read --input guests",
        ),
        (&["check", missing], 2, "cannot read the guest"),
        (
            &["prove", missing, "--proof", proof],
            2,
            "cannot read the guest",
        ),
        (
            &["prove", echo, "--proof", proof, "--input", missing],
            2,
            "cannot read --input",
        ),
        (
            &["shard", "plan", missing, "--work-dir", proof],
            2,
            "cannot read the guest",
        ),
        (
            &["shard", "prove", echo, missing],
            2,
            "cannot read the task",
        ),
        (&["key", missing], 2, "cannot read the guest"),
        (&["key", "--show", missing], 2, "cannot read the key"),
        (
            &["bench", "--from", missing, "--plot", proof],
            2,
            "cannot read",
        ),
        (&["bench", "--compare", missing, missing], 2, "cannot read"),
        (
            &["bench", "--output", proof, "--guests", missing],
            2,
            "cannot read",
        ),
        (
            &["verify", echo, "--proof", missing],
            2,
            "cannot read --proof",
        ),
        (
            &["verify", missing, "--proof", echo],
            2,
            "cannot read the guest",
        ),
        (
            &["verify", echo, "--proof", echo, "--output", missing],
            2,
            "cannot read --output",
        ),
    ];
    for (arguments, code, said) in cases {
        zonda(*arguments).with(*code).saying(said);
    }
    assert_eq!(scratch.names(), [""; 0]);
}

#[test]
fn files_that_are_no_guest() {
    let scratch = Scratch::new();
    let elf = fs::read(repository(&guest("echo"))).unwrap();
    let mut other = elf.clone();
    other[18] = 62; // x86-64
    let cases = [
        (scratch.file("empty", ""), "truncated"),
        (scratch.file("text", "a text"), "not an ELF file"),
        (scratch.file("header", &elf[..20]), "truncated"),
        (scratch.file("half", &elf[..elf.len() / 2]), "truncated"),
        (scratch.file("other", &other), "expected 243 (RISC-V)"),
    ];
    for (path, said) in cases {
        let named = format!("{path} is not a guest: ");
        zonda(["run", &path]).with(2).saying(&named).saying(said);
        zonda(["check", &path]).with(2).saying(said);
        zonda(["key", &path]).with(2).saying(said);
        zonda(["shard", "prove", &path, &path]).with(2).saying(said);
        zonda(["verify", &path, "--proof", &path])
            .with(2)
            .saying(said);
        let proof = scratch.path("proof");
        zonda(["prove", &path, "--proof", &proof])
            .with(2)
            .saying(said);
    }
    assert!(!scratch.names().contains(&"proof".into()));
}

#[test]
fn places_that_cannot_be_written_are_refused_before_the_run() {
    let scratch = Scratch::new();
    let file = scratch.file("file", "x");
    let directory = scratch.path(".");
    let mut places = vec![scratch.path("none/out"), format!("{file}/out"), directory];
    if cfg!(target_os = "linux") {
        // Not even root makes files here.
        places.push("/proc/out".into());
    }
    // A run that would not end shows that it does not begin.
    let spin = guest("spin");
    for place in &places {
        for option in ["--output", "--report"] {
            zonda(["run", &spin, option, place])
                .with(2)
                .saying(&format!("cannot write {option} {place}"));
        }
        zonda(["prove", &spin, "--proof", place])
            .with(2)
            .saying(&format!("cannot write --proof {place}"));
    }
    let same = scratch.path("same");
    zonda(["run", &spin, "--output", &same, "--report", &same])
        .with(2)
        .saying("would overwrite another file of this command");

    assert_eq!(scratch.names(), ["file"]);
    assert_eq!(fs::read(file).unwrap(), b"x");
}

#[test]
#[cfg(target_os = "linux")]
fn full_disks_are_reported() {
    let scratch = Scratch::new();
    let input = scratch.file("input", "abc");
    let report = scratch.path("report");
    zonda([
        "run",
        &guest("echo"),
        "--input",
        &input,
        "--output",
        "/dev/full",
        "--report",
        &report,
    ])
    .with(2)
    .saying("cannot write /dev/full");
    assert_eq!(scratch.names(), ["input"]);

    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let Output { status, stderr, .. } = command()
        .args(["completions", "bash"])
        .stdout(full())
        .output()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8_lossy(&stderr).contains("standard output"));
}

#[test]
fn closed_pipes_are_no_panic() {
    let echo = guest("echo");
    let panic = guest("panic");
    let cases: &[(&[&str], i32)] = &[
        (&["--help"], 0),
        (&["run", &echo], 0),
        (&["run", &panic], 101),
        (&["check", &echo], 0),
        (&["run", "guests/elf/none.elf"], 2),
        (&["completions", "zsh"], 0),
    ];
    for (arguments, code) in cases {
        let mut child = command()
            .args(*arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut error = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut error)
            .unwrap();
        assert_eq!(
            child.wait().unwrap().code(),
            Some(*code),
            "{arguments:?}: {error}"
        );
        assert!(!error.contains(PANIC), "{error}");

        let mut child = command()
            .args(*arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(*code), "{arguments:?}");
    }
}

#[test]
fn completions_know_commands_and_options() {
    for (shell, words) in [
        (
            "bash",
            ["_zonda()", "--exit-code", "--work-dir", "completions"],
        ),
        (
            "zsh",
            ["#compdef zonda", "--exit-code", "--work-dir", "completions"],
        ),
        (
            "fish",
            ["complete -c zonda", "exit-code", "work-dir", "completions"],
        ),
    ] {
        let script = zonda(["completions", shell]).with(0).out;
        for word in words {
            assert!(script.contains(word), "no {word:?} for {shell}");
        }
    }
}

#[test]
#[cfg(unix)]
fn bash_completes_what_was_begun() {
    use std::process::Command;
    let scratch = Scratch::new();
    let script = scratch.file("script", zonda(["completions", "bash"]).with(0).out);
    let complete = "source $0; COMP_WORDS=(zonda pr); COMP_CWORD=1; _zonda zonda pr zonda; echo ${COMPREPLY[@]}";
    let bash = Command::new("bash")
        .args(["-c", complete, &script])
        .output();
    // Where there is no bash, there is nobody to complete anything for.
    if let Ok(output) = bash {
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "prove\n",
            "{output:?}"
        );
    }
}
