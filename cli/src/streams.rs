//! Standard streams and other open files, where a path names one: `-`, `/dev/stdout`, `/dev/fd/3`.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Two files of one command that are the same stream.
#[derive(Debug, Eq, PartialEq)]
pub enum SameStream {
    /// Two are read from standard input.
    Input,
    /// Two are written to standard output.
    Output,
}

impl fmt::Display for SameStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "standard input can be read once: name a file for all inputs but one",
            Self::Output => {
                "standard output takes one file: name another place for all results but one"
            }
        })
    }
}

impl Error for SameStream {}

/// The path that is standard input where a file is read, and standard output where one is written.
const STANDARD: &str = "-";

/// Opens a file, or standard input.
///
/// # Errors
/// If it cannot be opened.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    match is_input(path) {
        true => Ok(Box::new(io::stdin())),
        false => Ok(Box::new(File::open(path)?)),
    }
}

/// Whether a path is `-`, or another name of this process's standard input.
pub fn is_input(path: &Path) -> bool {
    path == Path::new(STANDARD) || descriptor(path) == Some(0)
}

/// Whether a path is `-`, or another name of this process's standard output.
pub fn is_output(path: &Path) -> bool {
    path == Path::new(STANDARD) || descriptor(path) == Some(1)
}

/// Whether a path names an open file of this process, rather than a place for one.
pub fn is_open_file(path: &Path) -> bool {
    descriptor(path).is_some()
}

/// The number of the open file of this process that a path names, as `/dev/stdout` and `/dev/fd/3` do.
fn descriptor(path: &Path) -> Option<u32> {
    const MOST_LINKS: usize = 8;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let open_files = ["/dev/fd", "/proc/self/fd"].map(Path::new);
        if path
            .parent()
            .is_some_and(|parent| open_files.contains(&parent))
        {
            return path.file_name()?.to_str()?.parse().ok();
        }
        path = path.parent()?.join(fs::read_link(&path).ok()?);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_streams_have_several_names() {
        let of = |path: &str| [is_input, is_output].map(|is| is(Path::new(path)));
        assert_eq!(of("-"), [true, true]);
        for path in ["./-", "a", "", "/", "/dev/null", "/dev/fd", "/dev/fd/x"] {
            assert_eq!(of(path), [false, false], "{path}");
            assert!(!is_open_file(Path::new(path)), "{path}");
        }
        if cfg!(target_os = "linux") {
            for name in ["stdin", "fd/0"] {
                assert_eq!(of(&format!("/dev/{name}")), [true, false], "{name}");
            }
            for name in ["stdout", "fd/1"] {
                assert_eq!(of(&format!("/dev/{name}")), [false, true], "{name}");
            }
            assert_eq!(of("/proc/self/fd/1"), [false, true]);
            assert_eq!(of("/dev/fd/3"), [false, false]);
            assert!(is_open_file(Path::new("/dev/fd/3")));
        }
    }
}
