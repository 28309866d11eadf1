//! The same programs on an independent machine, `qemu-riscv32`: outputs, which hold all registers
//! and the memory a program used, exit codes, and numbers of executed instructions.
//!
//! Skipped where that machine is not installed, unless the variable `ZONDA_REQUIRE_QEMU` is set.

#![cfg(unix)]

use std::{
    error::Error,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use common::{WINDOW, random_program};
use zonda_riscv_emu::{
    execute::{Discard, Options, Outcome, execute},
    program::Program,
    testing::*,
};

mod common;

const QEMU: &str = "qemu-riscv32";

/// The other machine's view.
struct Other {
    exit_code: Option<i32>,
    output: Vec<u8>,
    cycles: Option<u64>,
}

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("zonda-{name}-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The help text of the other machine; `None`, with a note, if tests may be skipped.
fn qemu_help() -> Option<String> {
    match Command::new(QEMU).arg("--help").output() {
        Ok(help) => Some(String::from_utf8_lossy(&help.stdout).into_owned()),
        Err(error) if std::env::var_os("ZONDA_REQUIRE_QEMU").is_some() => {
            panic!("ZONDA_REQUIRE_QEMU is set, but {QEMU} does not run: {error}")
        }
        Err(error) => {
            eprintln!("SKIPPED: {QEMU} does not run: {error}");
            None
        }
    }
}

/// Runs an ELF file there; with `one_at_a_time`, the option that makes each instruction a block of
/// its own, counts them.
fn run_there(
    folder: &Folder,
    elf: &[u8],
    input: &[u8],
    one_at_a_time: Option<&str>,
) -> Result<Other, Box<dyn Error>> {
    let [program, stdin, output, log] =
        ["program", "input", "output", "log"].map(|name| folder.0.join(name));
    fs::write(&program, elf)?;
    fs::set_permissions(&program, Permissions::from_mode(0o700))?;
    fs::write(&stdin, input)?;
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("out=$1; shift; exec \"$@\" 3>\"$out\"")
        .arg("sh")
        .arg(&output);
    command.arg(QEMU);
    if let Some(option) = one_at_a_time {
        command.args([option, "-d", "nochain,exec", "-D"]).arg(&log);
    }
    let status = command
        .arg(&program)
        .stdin(Stdio::from(File::open(&stdin)?))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status()?;
    let cycles = match one_at_a_time {
        Some(_) => {
            let log = fs::read_to_string(&log)?;
            Some(log.lines().filter(|line| line.starts_with("Trace")).count() as u64)
        }
        None => None,
    };
    Ok(Other {
        exit_code: status.code(),
        output: fs::read(&output)?,
        cycles,
    })
}

fn run_here(elf: &[u8], input: &[u8]) -> Result<Outcome, Box<dyn Error>> {
    let options = Options {
        max_cycles: Some(1 << 20),
        ..Options::default()
    };
    Ok(execute(
        &Program::from_elf(elf)?,
        input,
        &options,
        &mut Discard,
    )?)
}

#[test]
fn random_programs_agree() -> Result<(), Box<dyn Error>> {
    let Some(help) = qemu_help() else {
        return Ok(());
    };
    // The option had another name before version 8.1.
    let one_at_a_time = if help.contains("one-insn-per-tb") {
        "-one-insn-per-tb"
    } else {
        "-singlestep"
    };
    let folder = Folder::new("random")?;
    for seed in 0..60 {
        let elf = random_program(seed, 300);
        let ours = run_here(&elf, &[]).map_err(|error| format!("seed {seed}: {error}"))?;
        // Logging is slow: count instructions of every fourth.
        let count = (seed % 4 == 0).then_some(one_at_a_time);
        let theirs = run_there(&folder, &elf, &[], count)?;
        assert_eq!(theirs.exit_code, Some(ours.exit_code as i32), "seed {seed}");
        assert_eq!(ours.output.len(), common::WINDOW_SIZE as usize);
        if let Some(at) = (0..ours.output.len()).find(|&at| ours.output[at] != theirs.output[at]) {
            panic!("seed {seed}: outputs differ at byte {at} (registers are words 1 to 31)");
        }
        assert_eq!(theirs.output.len(), ours.output.len(), "seed {seed}");
        if count.is_some() {
            assert_eq!(theirs.cycles, Some(ours.cycles), "seed {seed}");
        }
    }
    Ok(())
}

/// Reads of several lengths at several alignments, past the end of the input too, and writes of
/// what was read.
#[test]
fn reads_and_writes_agree() -> Result<(), Box<dyn Error>> {
    if qemu_help().is_none() {
        return Ok(());
    }
    let mut words = Vec::new();
    for (place, length) in [
        (0, 5),
        (9, 0),
        (18, 1),
        (31, 9),
        (50, 100),
        (63, 4),
        (70, 7),
    ] {
        words.extend(call(63, 0, WINDOW + place, length));
        // Keep the count that came back.
        words.extend(li(20, WINDOW + 256));
        words.extend([sw(10, 20, place as i32)]);
        words.extend(call(64, 3, WINDOW + place / 2, length));
    }
    words.extend(call(64, 3, WINDOW, 512));
    words.extend(exit(7));
    let elf = Builder::new(TEXT)
        .text(TEXT, &words)
        .data(WINDOW, &[0xee; 512], 0)
        .paged()
        .build();
    let input: Vec<u8> = (1..=90).collect();
    let ours = run_here(&elf, &input)?;
    let theirs = run_there(&Folder::new("transfers")?, &elf, &input, None)?;
    assert_eq!(theirs.exit_code, Some(7));
    assert_eq!((ours.exit_code, ours.input_read), (7, 90));
    assert_eq!(ours.output, theirs.output);
    Ok(())
}
