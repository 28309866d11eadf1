//! `zonda new`.

use std::{
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    arguments::New,
    summary::Facts,
    templates::{self, Source},
    terminal,
};

/// Makes a folder with a guest, or with a guest, a host and tests.
///
/// # Errors
/// With [`NewError`] if it cannot be made. Then nothing is left of it.
pub fn new(arguments: &New) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    let name = name(folder)?;
    if fs::symlink_metadata(folder).is_ok() {
        return Err(NewError::Exists(folder.clone()).into());
    }
    let source = match &arguments.source {
        Some(source) => source.parse()?,
        None => Source::own()?,
    };
    let mut files = match arguments.bin {
        true => templates::bin(&name, &source),
        false => templates::workspace(&name, &source),
    };
    // Cargo takes the versions that zonda is tested with, as long as they are there.
    files.extend(source.lock().map(|lock| ("Cargo.lock", lock)));
    make(folder, &files).map_err(|error| NewError::Write(folder.clone(), error))?;
    let next = match arguments.bin {
        true => "zonda build",
        false => "zonda build; cargo run --release; cargo test --release",
    };
    let facts = Facts::default()
        .with("made", folder.display().to_string())
        .with("zonda", source.to_string())
        .with("next", format!("cd {}; {next}", folder.display()));
    terminal::summary(arguments.talk, facts);
    Ok(ExitCode::SUCCESS)
}

/// Makes a folder whole, or not at all.
fn make(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let draft = tempfile::Builder::new()
        .prefix(".zonda-new-")
        .tempdir_in(parent)?;
    // The outer folder is for this user alone, the inner one is like any other.
    let whole = draft.path().join("whole");
    for (path, text) in files {
        let path = whole.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&whole))?;
        fs::write(path, text)?;
    }
    fs::rename(whole, folder)
}

/// The name of what is made in a folder.
fn name(folder: &Path) -> Result<String, NewError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_first = |c: char| c.is_ascii_alphabetic();
    let is_other = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // Cargo refuses these as well; `zonda-guest` would not be a program that uses it.
    let is_taken = KEYWORDS.contains(&&*name) || ["test", "zonda", "zonda-guest"].contains(&&*name);
    match name.starts_with(is_first) && name.chars().all(is_other) && !is_taken {
        true => Ok(name.into_owned()),
        false => Err(NewError::Name(name.into_owned())),
    }
}

/// Why nothing new can be made.
#[derive(Debug)]
pub enum NewError {
    /// No package can have this name.
    Name(String),
    /// There is something in its place.
    Exists(PathBuf),
    /// The folder cannot be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for NewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "`{name}` cannot be the name of a package: it takes ASCII letters, digits, - and _, \
                begins with a letter, and is no word that Rust or zonda uses"
            ),
            Self::Exists(folder) => write!(
                f,
                "{} exists: name a folder that does not exist yet",
                folder.display()
            ),
            Self::Write(folder, _) => write!(f, "cannot make {}", folder.display()),
        }
    }
}

impl Error for NewError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Write(_, error) => Some(error),
            Self::Name(_) | Self::Exists(_) => None,
        }
    }
}

/// Words that are not names in Rust.
#[rustfmt::skip]
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_packages() {
        for path in [
            "factors",
            "a/b/factors",
            "/tmp/my_guest-2",
            "x",
            "match-maker",
        ] {
            assert!(name(Path::new(path)).is_ok(), "{path}");
        }
        for path in [
            "",
            "/",
            "..",
            "a/..",
            "2x",
            "-x",
            "a.b",
            "a b",
            "é",
            "match",
            "zonda-guest",
        ] {
            assert!(
                matches!(name(Path::new(path)), Err(NewError::Name(_))),
                "{path}"
            );
        }
    }

    #[test]
    fn what_cannot_be_made_whole_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("new");
        let text = || "text".to_owned();
        // A file cannot be a folder too.
        make(&new, &[("a", text()), ("a/b", text())]).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        make(&new, &[("a", text()), ("b/c", text())]).unwrap();
        assert_eq!(fs::read_to_string(new.join("b/c")).unwrap(), "text");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
