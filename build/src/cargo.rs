//! Running Cargo and the compiler with an environment of our own.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{self, Path, PathBuf},
    process::Command,
};

use crate::error::BuildError;

/// A command without what an outer Cargo, its wrappers and its user's flags have set.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in env::vars_os() {
        if is_foreign(&name) {
            command.env_remove(name);
        }
    }
    // A relative one is meant from here.
    if let Some(target) = env::var_os("CARGO_TARGET_DIR")
        && let Ok(target) = path::absolute(target)
    {
        command.env("CARGO_TARGET_DIR", target);
    }
    command
}

/// Cargo itself: the one that runs this build script, or the one of the path.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The output of a command that is asked a question.
///
/// # Errors
/// If it cannot be run, or fails.
pub(crate) fn output(command: &mut Command) -> Result<String, BuildError> {
    let text = |command: &Command| {
        let program = Path::new(command.get_program()).file_name();
        let words = program.into_iter().chain(command.get_args());
        let words = words.map(|word| word.to_string_lossy().into_owned());
        words.collect::<Vec<_>>().join(" ")
    };
    let output = command.output().map_err(|error| BuildError::Run {
        program: command.get_program().to_string_lossy().into_owned(),
        error,
    })?;
    if !output.status.success() {
        return Err(BuildError::Cargo {
            command: text(command),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where Cargo keeps sources.
pub(crate) fn home() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// Whether a variable would change what is built.
fn is_foreign(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    // Where packages come from is the user's choice.
    const KEPT: [&str; 8] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
        "CARGO_TARGET_DIR",
    ];
    const OTHERS: [&str; 16] = [
        "DEBUG",
        "HOST",
        "MAKEFLAGS",
        "MFLAGS",
        "NUM_JOBS",
        "OPT_LEVEL",
        "OUT_DIR",
        "PROFILE",
        "RUSTC",
        "RUSTC_BOOTSTRAP",
        "RUSTC_LINKER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTDOC",
        "RUSTFLAGS",
        "TARGET",
    ];
    let is_cargos = name == "CARGO" || name.starts_with("CARGO_");
    is_cargos && !KEPT.iter().any(|kept| name.starts_with(kept)) || OTHERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_outer_cargo_sets_is_foreign() {
        for name in [
            "CARGO",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_MANIFEST_DIR",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_MAKEFLAGS",
            "RUSTFLAGS",
            "RUSTC_WORKSPACE_WRAPPER",
            "TARGET",
        ] {
            assert!(is_foreign(OsStr::new(name)), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_MINE_INDEX",
            "HOME",
            "PATH",
            "RUSTUP_TOOLCHAIN",
            "CARGOS",
        ] {
            assert!(!is_foreign(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_question_that_fails_has_the_command_and_its_message() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let asked = output(command(cargo(), folder).args(["metadata", "--no-such-option"]));
        let error = asked.unwrap_err().to_string();
        assert!(
            error.starts_with("`cargo metadata --no-such-option` failed:"),
            "{error}"
        );
        assert!(error.contains("unexpected argument"), "{error}");
        let missing = output(&mut command("no-such-program", folder)).unwrap_err();
        assert!(
            missing
                .to_string()
                .starts_with("cannot run no-such-program: ")
        );
    }
}
