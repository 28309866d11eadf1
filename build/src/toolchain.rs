//! Which compiler builds guests.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::{
    cargo::{cargo, command, output},
    error::BuildError,
    target::TARGET,
};

/// Where the compiler comes from. Each gives its own bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Toolchain {
    /// The compiler at hand, with the target's library: `rustup target add`.
    Rustup,
    /// The compiler of a distribution, in `/usr/bin`, with the library's source, of which unstable options
    /// of Cargo build what guests need, and LLD.
    Distribution,
}

impl FromStr for Toolchain {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "rustup" => Ok(Self::Rustup),
            "distribution" => Ok(Self::Distribution),
            _ => Err(format!("`{name}` is neither rustup nor distribution")),
        }
    }
}

/// A compiler that can build guests.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    pub(crate) cargo: OsString,
    /// The compiler, if it is not the one that Cargo would take.
    pub(crate) rustc: Option<PathBuf>,
    /// Whether the library is built from source for any target.
    pub(crate) is_from_source: bool,
    /// The linker, if it is not the compiler's own.
    pub(crate) linker: Option<String>,
    /// Where the library's source is, or would be.
    pub(crate) source: PathBuf,
}

impl Compiler {
    /// The compiler for the guests of a folder: of this kind, or else the first that can build them.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn choose(kind: Option<Toolchain>, folder: &Path) -> Result<Self, BuildError> {
        let missing = || BuildError::NoTarget { target: TARGET };
        match kind {
            Some(Toolchain::Rustup) => installed(folder).ok_or_else(missing),
            Some(Toolchain::Distribution) => distribution(folder).ok_or(BuildError::NoDistribution),
            None => installed(folder)
                .or_else(|| distribution(folder))
                .ok_or_else(missing),
        }
    }

    /// Whether the library's source is there.
    pub(crate) fn has_source(&self) -> bool {
        self.source.join("library").is_dir()
    }
}

/// The compiler at hand, if it has the target's library.
fn installed(folder: &Path) -> Option<Compiler> {
    let asked = &mut command("rustc", folder);
    let asked = asked.args(["--print", "target-libdir", "--target", TARGET]);
    let library = output(asked).ok()?;
    Path::new(library.trim()).is_dir().then_some(())?;
    Some(Compiler {
        cargo: cargo(),
        rustc: None,
        is_from_source: false,
        linker: None,
        source: source(Path::new("rustc"), folder)?,
    })
}

/// The distribution's compiler, if there is all that it needs.
fn distribution(folder: &Path) -> Option<Compiler> {
    let rustc = PathBuf::from(DISTRIBUTION).join("rustc");
    let compiler = Compiler {
        cargo: PathBuf::from(DISTRIBUTION).join("cargo").into(),
        is_from_source: true,
        linker: Some(linker()?),
        source: source(&rustc, folder)?,
        rustc: Some(rustc),
    };
    compiler.has_source().then_some(compiler)
}

fn source(rustc: &Path, folder: &Path) -> Option<PathBuf> {
    let sysroot = output(command(rustc, folder).args(["--print", "sysroot"])).ok()?;
    Some(Path::new(sysroot.trim()).join("lib/rustlib/src/rust"))
}

/// LLD, by the newest of its names on the path: `ld.lld-19`.
fn linker() -> Option<String> {
    let folders = env::var_os("PATH")?;
    let entries = env::split_paths(&folders)
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| Some((version(&name)?, name)))
        .max()
        .map(|(_, name)| name)
}

/// The version in a name of LLD; 0 without one.
fn version(name: &str) -> Option<u32> {
    match name.strip_prefix("ld.lld")? {
        "" => Some(0),
        rest => rest.strip_prefix('-')?.parse().ok(),
    }
}

/// Where distributions install their compiler.
const DISTRIBUTION: &str = "/usr/bin";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linkers_are_known_by_their_version() {
        assert_eq!(version("ld.lld"), Some(0));
        assert_eq!(version("ld.lld-19"), Some(19));
        for name in ["ld", "ld.lldx", "ld.lld-", "lld-19"] {
            assert_eq!(version(name), None, "{name}");
        }
    }

    #[test]
    fn toolchains_have_names() {
        assert_eq!("rustup".parse(), Ok(Toolchain::Rustup));
        assert_eq!("distribution".parse(), Ok(Toolchain::Distribution));
        assert!("nightly".parse::<Toolchain>().is_err());
    }
}
