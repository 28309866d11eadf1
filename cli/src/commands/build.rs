//! `zonda build`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use zonda_build::{BuildError, Guest};

use super::load;
use crate::{
    arguments::Build,
    digests::{Difference, Digests},
    files::{self, Content, Destinations},
    terminal,
};

/// Builds guests and prints where they are; copies them, or compares them with digests.
///
/// # Errors
/// If there is no guest or no compiler for it, or a file cannot be read or written.
pub fn build(arguments: &Build) -> anyhow::Result<ExitCode> {
    let known = match &arguments.check {
        Some(folder) => Some(digests(folder)?.with_context(|| {
            let file = folder.join(DIGESTS);
            format!("{} is missing: write it with --output", file.display())
        })?),
        None => None,
    };
    let mut build = zonda_build::Build::new(&arguments.folder)
        .lines(arguments.debug)
        // A check changes nothing.
        .locked(arguments.locked || known.is_some())
        .quiet(arguments.talk.quiet);
    if let Some(toolchain) = arguments.toolchain {
        build = build.toolchain(toolchain);
    }
    let guests = match build.run() {
        Ok(guests) => guests,
        // Cargo has said what is wrong with the guests; nothing is wrong with the usage.
        Err(error @ BuildError::Compile { .. }) => {
            terminal::error(&error.to_string());
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    };
    for guest in &guests {
        let id = hex::encode(load(&guest.elf)?.id());
        terminal::print(&format!("{id}  {}\n", shown(&guest.elf).display()))?;
    }
    if let Some(folder) = &arguments.output {
        copy(&guests, folder)?;
    }
    match known {
        Some(known) => compare(&guests, &known),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Copies guests to a folder, with their digests.
fn copy(guests: &[Guest], folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut digests = digests(folder)?.unwrap_or_default();
    for guest in guests {
        let (name, bytes) = content(guest)?;
        digests.insert(&name, &bytes);
        let to = folder.join(&name);
        // With its permissions: `qemu-riscv32` runs executable files only.
        fs::copy(&guest.elf, &to).with_context(|| format!("cannot write {}", to.display()))?;
    }
    let file = folder.join(DIGESTS);
    let destinations = Destinations::check([("--output", Some(&*file))], &[])?;
    destinations.write([Content::Bytes(digests.to_string().as_bytes())])
}

/// Compares guests with digests: 1 if one is not what it was.
fn compare(guests: &[Guest], known: &Digests) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for guest in guests {
        let (name, bytes) = content(guest)?;
        if let Err(difference) = known.check(&name, &bytes) {
            let hint = match difference {
                Difference::Other { .. } => {
                    ": other sources, versions or another compiler than those it was built with"
                }
                Difference::Unknown { .. } => "",
            };
            terminal::error(&format!("{difference}{hint}"));
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// A guest's file name and bytes.
fn content(guest: &Guest) -> anyhow::Result<(String, Vec<u8>)> {
    let name = guest.elf.file_name().unwrap_or_default();
    let bytes = files::read(&guest.elf, "the guest", files::MAX_ELF_BYTES)?;
    Ok((name.to_string_lossy().into_owned(), bytes))
}

/// The digests in a folder, if there are any.
fn digests(folder: &Path) -> anyhow::Result<Option<Digests>> {
    let file = folder.join(DIGESTS);
    if !file.exists() {
        return Ok(None);
    }
    let bytes = files::read(&file, "the digests", files::MAX_REPORT_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    match text.parse() {
        Ok(digests) => Ok(Some(digests)),
        Err(error) => bail!("{}: {error}", file.display()),
    }
}

/// A path as people would write it from here.
fn shown(path: &Path) -> PathBuf {
    let here = env::current_dir().and_then(fs::canonicalize);
    let inner = here.ok().and_then(|here| path.strip_prefix(here).ok());
    inner.unwrap_or(path).to_owned()
}

/// The file that has the digests of a folder's guests.
const DIGESTS: &str = "DIGESTS";
