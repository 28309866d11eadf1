//! Runs the built binary.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub error: String,
}

impl Ended {
    /// The same, if it ended with `code`.
    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.error.contains(PANIC), "{self:#?}");
        self
    }

    /// Checks that standard error contains `text`.
    #[track_caller]
    pub fn saying(self, text: &str) -> Self {
        assert!(self.error.contains(text), "no {text:?} in {self:#?}");
        self
    }
}

/// How the message of a panic begins; those of the guests begin otherwise.
pub const PANIC: &str = "thread '";

/// Runs `zonda` in the repository's root.
pub fn zonda<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ended {
    ended(command().args(arguments).output().expect("the binary runs"))
}

/// Runs `zonda` in the repository's root, with no room for files of more than so many bytes.
pub fn without_room<A: AsRef<OsStr>>(most: usize, arguments: impl IntoIterator<Item = A>) -> Ended {
    // A limit counts 512 bytes as one. The signal would end the process before it sees the error.
    let limited = "trap '' XFSZ; ulimit -f $0; exec \"$@\"";
    let zonda = command();
    let mut command = Command::new("sh");
    command
        .args(["-c", limited, &(most / 512).to_string()])
        .arg(zonda.get_program())
        .args(arguments)
        .current_dir(zonda.get_current_dir().expect("it is set"))
        .stdin(Stdio::null());
    ended(command.output().expect("there is a shell"))
}

/// Runs `zonda` in the repository's root, with so many kibibytes of address space.
pub fn zonda_with_address_space<A: AsRef<OsStr>>(
    kibibytes: u32,
    arguments: impl IntoIterator<Item = A>,
) -> Ended {
    let zonda = command();
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v $0; exec \"$@\"", &kibibytes.to_string()])
        .arg(zonda.get_program())
        .args(arguments)
        .current_dir(zonda.get_current_dir().expect("it is set"))
        .stdin(Stdio::null());
    ended(command.output().expect("there is a shell"))
}

/// Starts `zonda` in the repository's root.
pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Running {
    let mut command = command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    start_as(command.args(arguments))
}

/// Starts a command as it is.
pub fn start_as(command: &mut Command) -> Running {
    Running(Some(command.spawn().expect("the binary starts")))
}

/// A process that is killed if the test is over before it has ended.
pub struct Running(Option<Child>);

impl Running {
    /// Waits until something has come about that the process does.
    #[track_caller]
    pub fn until(&mut self, is_so: impl Fn() -> bool) {
        while !is_so() {
            let child = self.0.as_mut().expect("it has not been waited for");
            let ended = child.try_wait().expect("it is a child");
            assert_eq!(ended, None, "it ended before");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the process handles a signal, by its name, rather than being ended by it.
    #[track_caller]
    pub fn until_it_handles(&mut self, signal: &str) {
        let number = [
            "HUP", "INT", "", "", "", "", "", "", "", "", "", "", "", "", "TERM",
        ];
        let bit = number
            .iter()
            .position(|name| *name == signal)
            .expect("a signal");
        let id = self.0.as_ref().expect("it has not been waited for").id();
        let status = format!("/proc/{id}/status");
        if !Path::new(&status).exists() {
            // Elsewhere than on Linux.
            return thread::sleep(Duration::from_secs(1));
        }
        self.until(|| {
            let status = fs::read_to_string(&status).unwrap_or_default();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
            mask.is_some_and(|mask| mask >> bit & 1 == 1)
        });
    }

    /// Sends a signal, by its name.
    pub fn signal(&self, name: &str) {
        let id = self.0.as_ref().expect("it has not been waited for").id();
        let kill = Command::new("kill")
            .args([format!("-{name}"), id.to_string()])
            .status();
        assert!(kill.expect("there is `kill`").success());
    }

    /// How it ended.
    pub fn end(mut self) -> Ended {
        let child = self.0.take().expect("it is waited for once");
        ended(child.wait_with_output().expect("it is a child"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into(),
        error: String::from_utf8_lossy(&output.stderr).into(),
    }
}

/// `zonda` in the repository's root, with nothing to read on standard input.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zonda"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null());
    command
}

/// The path of a guest, from the repository's root.
pub fn guest(name: &str) -> String {
    format!("guests/elf/{name}.elf")
}

/// A directory for the files of one test.
pub struct Scratch(TempDir);

impl Scratch {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// The path of a new file in it.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// The names of the files in it, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        names(self.0.path())
    }
}

/// The names of the files in a directory, hidden ones too; none if there is no directory.
pub fn names(directory: impl AsRef<Path>) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("readable").file_name().into_string())
        .map(|name| name.expect("UTF-8"))
        .collect();
    names.sort();
    names
}

/// The files of a directory whose names end like this.
pub fn files(directory: &str, end: &str) -> Vec<String> {
    let names = names(directory).into_iter();
    let names = names.filter(|name| name.ends_with(end));
    names.map(|name| format!("{directory}/{name}")).collect()
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A JSON file.
pub fn json(path: &str) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).expect("the report is there")).expect("JSON")
}
