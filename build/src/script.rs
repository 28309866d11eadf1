//! The build script of a host.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::exit,
};

use crate::{
    build::Build,
    error::BuildError,
    stage,
    workspace::{Package, Workspace},
};

/// Builds the guests of a package or workspace, for `zonda::include_elf!`. The folder is relative to the
/// host's package. For a `build.rs`: if there is an error, the script prints it and ends.
pub fn build(folder: impl AsRef<Path>) {
    if let Err(error) = try_build(folder) {
        eprintln!("error: {error}");
        exit(1);
    }
}

/// [`build`], with its error.
///
/// # Errors
/// If there is no guest, no compiler for it, or it does not compile.
pub fn try_build(folder: impl AsRef<Path>) -> Result<(), BuildError> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join(folder);
    for name in SKIPPING {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let workspace = Workspace::find(&folder)?;
    let guests = workspace.guests()?;
    let told = guests.iter().filter(|guest| workspace.is_asked(guest));
    if is_skipped(|name| env::var_os(name)) {
        let empty = out.join("skipped.elf");
        stage::write(&empty, b"")?;
        for name in told.flat_map(|guest| &guest.binaries) {
            tell(name, &empty);
        }
        return Ok(());
    }
    for package in workspace.closure(&guests)?.values() {
        watch(package)?;
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.root.join(file).display()
        );
    }
    // A folder that the outer Cargo has not locked, as it waits for this script; the debug and the
    // release build of the host share it.
    let target = target_folder(&out).unwrap_or(&out);
    for guest in Build::new(&folder).target(target).in_script().run()? {
        tell(&guest.name, &guest.elf);
    }
    Ok(())
}

/// Tells `include_elf!` where a guest is.
fn tell(name: &str, elf: &Path) {
    println!("cargo::rustc-env=ZONDA_ELF_{name}={}", elf.display());
}

/// Runs the script again if a part of the package changes.
fn watch(package: &Package) -> Result<(), BuildError> {
    for (name, is_folder) in stage::entries(&package.folder)? {
        let path = package.folder.join(name);
        if !is_folder || stage::is_part(&path) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    Ok(())
}

/// Whether nobody will run what is built: Clippy and rust-analyzer only look at it.
fn is_skipped(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> bool {
    let [asked, workspace_wrapper, wrapper] = SKIPPING.map(variable);
    let is_asked = asked.is_some_and(|value| !value.is_empty() && value != "0");
    let is = |wrapper: &Option<std::ffi::OsString>, tool: &str| {
        let name = wrapper
            .as_ref()
            .and_then(|wrapper| Path::new(wrapper).file_name());
        name.and_then(OsStr::to_str)
            .is_some_and(|name| name.starts_with(tool))
    };
    is_asked || is(&workspace_wrapper, "clippy-driver") || is(&wrapper, "rust-analyzer")
}

/// The variables that decide about it.
const SKIPPING: [&str; 3] = [
    "ZONDA_SKIP_BUILD",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

/// Cargo's target folder, which it marks, above a script's own.
fn target_folder(out: &Path) -> Option<&Path> {
    out.ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
}

fn variable(name: &'static str) -> Result<String, BuildError> {
    env::var(name).map_err(|_| BuildError::NoScript { variable: name })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn tools_that_run_nothing_build_nothing() {
        let skips =
            |name: &str, value: &str| is_skipped(|asked| (asked == name).then(|| value.into()));
        for (name, value) in [
            ("RUSTC_WORKSPACE_WRAPPER", "/bin/clippy-driver"),
            ("RUSTC_WRAPPER", "/bin/rust-analyzer"),
            ("RUSTC_WRAPPER", "rust-analyzer-x86_64"),
            ("ZONDA_SKIP_BUILD", "1"),
        ] {
            assert!(skips(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("RUSTC_WRAPPER", "/clippy-driver/sccache"),
            ("RUSTC_WRAPPER", "clippy-driver"),
            ("ZONDA_SKIP_BUILD", "0"),
            ("ZONDA_SKIP_BUILD", ""),
            ("OTHER", "rust-analyzer"),
        ] {
            assert!(!skips(name, value), "{name}={value}");
        }
    }

    #[test]
    fn outside_of_a_script_it_says_so() {
        // Tests are run without the variables of scripts.
        let error = try_build("guest").unwrap_err().to_string();
        assert!(error.starts_with("OUT_DIR is not set"), "{error}");
    }

    #[test]
    fn the_target_folder_is_the_marked_one() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("release/build/host-1/out");
        fs::create_dir_all(&out).unwrap();
        assert_eq!(target_folder(&out), None);
        fs::write(folder.path().join("CACHEDIR.TAG"), "").unwrap();
        assert_eq!(target_folder(&out), Some(folder.path()));
    }
}
