//! Standard streams: what is read from them, what goes to which, and what a terminal gets.
#![cfg(unix)]

mod common;

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use common::{Scratch, command, guest, json, zonda};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use zonda_riscv_emu::testing;

/// The results of a process: its exit code, standard output and standard error.
struct Piped {
    code: Option<i32>,
    out: Vec<u8>,
    error: String,
}

/// Runs `zonda` with these bytes on standard input.
fn piped(input: &[u8], arguments: &[&str]) -> Piped {
    let mut child = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may end without having read them.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Piped {
        code: output.status.code(),
        out: output.stdout,
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn inputs_and_results_are_piped() {
    let scratch = Scratch::new();
    let echo = guest("echo");
    for (input, output) in [
        ("-", "-"),
        ("/dev/stdin", "/dev/stdout"),
        ("-", "/dev/fd/1"),
    ] {
        let run = piped(
            b"abc",
            &["run", &echo, "--input", input, "--output", output],
        );
        assert_eq!(
            (run.code, &*run.out),
            (Some(0), &b"abc"[..]),
            "{}",
            run.error
        );
        assert!(
            run.error.contains("output        3 bytes: 616263\n"),
            "{}",
            run.error
        );
    }

    // A proof, which is verified from a pipe.
    let output = scratch.file("output", "abc");
    for proof in ["-", "/dev/stdout"] {
        let proved = piped(b"abc", &["prove", &echo, "--input", "-", "--proof", proof]);
        assert_eq!(proved.code, Some(0), "{}", proved.error);
        assert!(proved.error.contains("security "), "{}", proved.error);
        let verify = ["verify", &echo, "--proof", "-", "--output", &output];
        let verified = piped(&proved.out, &verify);
        assert_eq!(
            (verified.code, &*verified.out),
            (Some(0), &b""[..]),
            "{}",
            verified.error
        );
        let refused = piped(&proved.out[1..], &verify);
        assert_eq!(refused.code, Some(1), "{}", refused.error);
        fs::write(scratch.path("proof"), proved.out).unwrap();
    }
    let verify = [
        "verify",
        &echo,
        "--proof",
        &scratch.path("proof"),
        "--output",
        "-",
    ];
    assert_eq!(piped(b"abc", &verify).code, Some(0));
    assert_eq!(piped(b"abd", &verify).code, Some(1));

    // A key, and a guest.
    let key = piped(
        &fs::read(common::repository(&echo)).unwrap(),
        &["key", "-", "--output", "-"],
    );
    assert_eq!(key.code, Some(0), "{}", key.error);
    let shown = piped(&key.out, &["key", "--show", "-"]);
    assert_eq!(String::from_utf8(shown.out).unwrap(), key.error);
    assert!(!common::repository("-").exists(), "no file of that name");
}

#[test]
fn reports_are_printed() {
    let scratch = Scratch::new();
    let echo = guest("echo");
    let [proof, output] = ["proof", "output"].map(|name| scratch.path(name));
    for arguments in [
        &["run", &echo, "--input", "-", "--output", &output][..],
        &[
            "prove", &echo, "--input", "-", "--output", &output, "--proof", &proof,
        ],
        &["verify", &echo, "--proof", &proof, "--output", &output],
    ] {
        for report in [&["--json"][..], &["--report", "-"], &["--quiet", "--json"]] {
            let printed = piped(b"abc", &[arguments, report].concat());
            assert_eq!(printed.code, Some(0), "{}", printed.error);
            let report_json: serde_json::Value = serde_json::from_slice(&printed.out).unwrap();
            assert_eq!(report_json["output_hex"], "616263");
            assert_eq!(
                printed.error.is_empty(),
                report[0] == "--quiet",
                "{}",
                printed.error
            );
        }
    }
}

#[test]
fn a_stream_is_one_file() {
    let echo = &*guest("echo");
    let input = "standard input can be read once";
    let output = "standard output takes one file";
    for (arguments, said) in [
        (&["run", "-", "--input", "-"][..], input),
        (&["run", "-", "--input", "/dev/stdin"], input),
        (&["check", "-", "--input", "-"], input),
        (&["prove", "-", "--input", "-", "--proof", "p"], input),
        (
            &["shard", "plan", "-", "--input", "-", "--work-dir", "d"],
            input,
        ),
        (&["shard", "prove", "-", "-"], input),
        (&["verify", "-", "--proof", "-"], input),
        (&["verify", echo, "--proof", "-", "--output", "-"], input),
        (&["verify", "--key", "-", "--proof", "-"], input),
        (&["run", echo, "--output", "-", "--report", "-"], output),
        (&["run", echo, "--output", "-", "--json"], output),
        (
            &["prove", echo, "--proof", "-", "--output", "/dev/stdout"],
            output,
        ),
        (&["prove", echo, "--proof", "-", "--json"], output),
        (
            &["prove", echo, "--proof", "p", "--output", "-", "--json"],
            output,
        ),
        (&["bench", "--output", "-", "--plot", "-"], output),
    ] {
        let ended = zonda(arguments).with(2).saying(said);
        assert_eq!(ended.out, "", "{arguments:?}");
    }
    assert!(!common::repository("p").exists() && !common::repository("d").exists());
}

#[test]
fn guest_text_goes_where_no_result_goes() {
    let scratch = Scratch::new();
    let say = say(&scratch);
    let text = "said on standard output";
    let ended = zonda(["run", &say]).with(0);
    assert!(
        ended.out.contains(text) && !ended.error.contains(text),
        "{ended:?}"
    );
    let ended = zonda(["run", &say, "--quiet"]).with(0);
    assert!(ended.out.contains(text), "{ended:?}");
    for result in [
        &["--json"][..],
        &["--output", "-"],
        &["--report", "/dev/stdout"],
    ] {
        let ended = zonda([&["run", &*say][..], result].concat()).with(0);
        assert!(
            !ended.out.contains(text) && ended.error.contains(text),
            "{ended:?}"
        );
    }
    let proof = scratch.path("proof");
    let ended = zonda(["prove", &say, "--proof", &proof, "--quiet", "--json"]).with(0);
    assert!(
        ended.out.starts_with('{') && ended.error.contains(text),
        "{ended:?}"
    );
}

#[test]
fn quiet_leaves_results_and_errors() {
    let scratch = Scratch::new();
    let echo = guest("echo");
    let [proof, key, job] = ["proof", "key", "job"].map(|name| scratch.path(name));
    for arguments in [
        &["run", &echo][..],
        &["check", &echo],
        &["prove", &echo, "--proof", &proof],
        &["shard", "plan", &echo, "--work-dir", &job],
        &["verify", &echo, "--proof", &proof],
        &["key", &echo, "--output", &key],
    ] {
        let ended = zonda([arguments, &["--quiet"]].concat()).with(0);
        assert_eq!((&*ended.out, &*ended.error), ("", ""), "{arguments:?}");
        let ended = zonda(arguments).with(0);
        assert_eq!(ended.out, "", "{arguments:?}");
        assert!(ended.error.lines().count() > 2, "{ended:?}");
    }
    zonda(["verify", &echo, "--proof", &proof, "--exit-code", "1", "-q"])
        .with(1)
        .saying("refused: ");
}

#[test]
#[cfg(target_os = "linux")]
fn a_report_that_cannot_be_written_loses_nothing_else() {
    let scratch = Scratch::new();
    let echo = guest("echo");
    let input = scratch.file("input", "abc");
    let [proof, output] = ["proof", "output"].map(|name| scratch.path(name));
    let results = [
        "--input",
        &input,
        "--output",
        &output,
        "--report",
        "/dev/full",
    ];
    zonda([&["run", &*echo][..], &results].concat())
        .with(2)
        .saying("cannot write /dev/full");
    assert_eq!(fs::read(&output).unwrap(), b"abc");
    fs::remove_file(&output).unwrap();
    zonda([&["prove", &*echo, "--proof", &proof][..], &results].concat())
        .with(2)
        .saying("all but the report is written")
        .saying("cannot write /dev/full");
    assert_eq!(fs::read(&output).unwrap(), b"abc");
    zonda(["verify", &echo, "--proof", &proof, "--output", &output]).with(0);
    assert_eq!(scratch.names(), ["input", "output", "proof"]);
}

#[test]
#[cfg(target_os = "linux")]
fn open_files_are_written_and_not_replaced() {
    let scratch = Scratch::new();
    let file = scratch.file("file", "before\n");
    let input = scratch.file("input", "abc");
    let script = "exec \"$0\" run \"$1\" --input \"$2\" --output /dev/fd/3 3>>\"$3\"";
    let zonda = command();
    let run = |script: &str| {
        let status = Command::new("sh")
            .args(["-c", script])
            .arg(zonda.get_program())
            .args([&guest("echo"), &input, &file])
            .current_dir(zonda.get_current_dir().unwrap())
            .status();
        assert!(status.unwrap().success());
    };
    let identity = || {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(&file).unwrap().ino()
    };
    let before = identity();
    run(script);
    assert_eq!(fs::read(&file).unwrap(), b"before\nabc");
    run(&script.replace("/dev/fd/3 3>>", "/dev/stdout >>"));
    assert_eq!(fs::read(&file).unwrap(), b"before\nabcabc");
    assert_eq!(identity(), before);
    assert_eq!(scratch.names(), ["file", "input"]);

    let fifo = CString::new(Path::new(&scratch.path("fifo")).as_os_str().as_bytes()).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &*fifo,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let fifo = scratch.path("fifo");
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read(fifo).unwrap()
    });
    common::zonda(["run", &guest("echo"), "--input", &input, "--output", &fifo]).with(0);
    assert_eq!(reader.join().unwrap(), b"abc");
}

/// A guest that writes to both of its streams, with control characters.
fn say(scratch: &Scratch) -> String {
    const DATA: u32 = 0x2000_0000;
    let texts = [
        "said on standard output\n\u{1b}]0;title\u{7}\n",
        "said on standard error\u{1b}[2J\n",
    ];
    let [out, error] = texts.map(|text| text.len() as u32);
    let write = |stream, address, length| testing::call(64, stream, address, length);
    let words = [
        write(1, DATA, out),
        write(2, DATA + out, error),
        testing::exit(0),
    ]
    .concat();
    let file = testing::Builder::new(testing::TEXT).text(testing::TEXT, &words);
    scratch.file(
        "say.elf",
        file.data(DATA, texts.concat().as_bytes(), 0).build(),
    )
}

/// Runs `zonda` on a terminal, and returns its exit code and what the terminal got.
fn on_terminal(arguments: &[&str]) -> (Option<i32>, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name)
        .unwrap();
    let [out, error] = [(); 2].map(|()| slave.try_clone().unwrap());
    let mut command = command();
    command.args(arguments).stdout(out).stderr(error);
    let mut child = command.spawn().unwrap();
    // The terminal ends when nobody has it open any more.
    drop((command, slave));
    let mut master = File::from(master);
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match master.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => got.extend(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The text of Linux.
            Err(_) => break,
        }
    }
    let got = String::from_utf8(got).unwrap().replace("\r\n", "\n");
    (child.wait().unwrap().code(), got)
}

#[test]
fn terminals_get_no_control_characters_of_a_guest() {
    let scratch = Scratch::new();
    let say = say(&scratch);
    let (code, got) = on_terminal(&["run", &say]);
    assert_eq!(code, Some(0));
    let (_, title) = got.split_once("title").unwrap_or_else(|| panic!("{got:?}"));
    assert!(got.contains("said on standard output"), "{got:?}");
    assert!(got.contains("\\u{1b}]0;title\\u{7}"), "{got:?}");
    assert!(
        !title.contains('\u{1b}') && title.contains("error\\u{1b}[2J"),
        "{got:?}"
    );
    // Files and pipes get what the guest wrote.
    let ended = zonda(["run", &say]).with(0);
    assert!(ended.out.contains("\u{1b}]0;title\u{7}"), "{ended:?}");
}

#[test]
fn terminals_get_no_proof() {
    let (code, got) = on_terminal(&["prove", &guest("spin"), "--proof", "-"]);
    assert_eq!(code, Some(2));
    assert!(got.contains("--proof would go to the terminal"), "{got:?}");
    let (code, got) = on_terminal(&["run", &guest("echo"), "--input", "/dev/null", "--json"]);
    assert_eq!(code, Some(0));
    assert!(got.contains("\"output_hex\": \"\""), "{got:?}");
}

#[test]
fn summaries_fit_a_terminal() {
    let scratch = Scratch::new();
    let proof = scratch.path("proof");
    let (code, got) = on_terminal(&["prove", &guest("echo"), "--proof", &proof]);
    assert_eq!(code, Some(0), "{got}");
    let (_, summary) = got
        .rsplit_once("program  ")
        .unwrap_or_else(|| panic!("{got:?}"));
    assert!(summary.lines().count() < 24, "{got}");
    assert!(summary.lines().all(|line| line.len() <= 80), "{got}");
    let report = scratch.path("report");
    zonda([
        "verify",
        &guest("echo"),
        "--proof",
        &proof,
        "--report",
        &report,
    ])
    .with(0);
    assert_eq!(json(&report)["exit_code"], 0);
}
