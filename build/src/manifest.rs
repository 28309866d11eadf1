//! Manifests as they stand in the stage.

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::error::BuildError;

/// Reads a manifest.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Table, BuildError> {
    let text = fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    text.parse().map_err(|error| BuildError::Manifest {
        path: path.to_owned(),
        reason: format!("{error}"),
    })
}

/// The manifest of a package: without what only its own tests need, and with paths as `moved` has them.
///
/// # Errors
/// If the package takes something from a workspace that it does not lie in.
pub(crate) fn of_package(
    mut manifest: Table,
    path: &Path,
    is_inside: bool,
    moved: &impl Fn(&Path) -> Option<PathBuf>,
) -> Result<Table, BuildError> {
    manifest.remove("dev-dependencies");
    manifest.remove("dev_dependencies");
    for (_, target) in manifest
        .get_mut("target")
        .and_then(Value::as_table_mut)
        .into_iter()
        .flatten()
    {
        if let Some(target) = target.as_table_mut() {
            target.remove("dev-dependencies");
        }
    }
    if !is_inside {
        for section in ["workspace", "profile", "patch", "replace"] {
            manifest.remove(section);
        }
        // Lints change no program.
        manifest.remove("lints");
        if let Some(key) = inherited(&manifest) {
            return Err(BuildError::Manifest {
                path: path.to_owned(),
                reason: format!(
                    "`{key}` comes from a workspace that the guest is not part of, so that the package \
                    cannot be built with it: write it out, or make the guest a member of that workspace"
                ),
            });
        }
    }
    move_paths(&mut manifest, moved);
    Ok(manifest)
}

/// The manifest of a workspace with these members, next to which these folders lie.
pub(crate) fn of_workspace(
    mut manifest: Table,
    has_package: bool,
    members: Vec<String>,
    others: Vec<String>,
    moved: &impl Fn(&Path) -> Option<PathBuf>,
) -> Table {
    if !has_package {
        manifest.retain(|key, _| matches!(key, "workspace" | "patch" | "replace"));
    }
    manifest.remove("profile");
    let strings = |list: Vec<String>| Value::Array(list.into_iter().map(Value::String).collect());
    let workspace = manifest
        .entry("workspace")
        .or_insert_with(|| Value::Table(Table::new()));
    if let Some(workspace) = workspace.as_table_mut() {
        workspace.remove("default-members");
        workspace.insert("members".into(), strings(members));
        workspace.insert("exclude".into(), strings(others));
    }
    move_paths(&mut manifest, moved);
    manifest
}

/// Changes the paths of packages wherever a manifest has them.
fn move_paths(table: &mut Table, moved: &impl Fn(&Path) -> Option<PathBuf>) {
    for (key, value) in table.iter_mut() {
        match value {
            Value::String(text) if key == "path" => {
                // Files, such as those of binaries, are no packages.
                if let Some(path) = moved(Path::new(text)) {
                    *text = path.to_string_lossy().into_owned();
                }
            }
            Value::Table(inner) => move_paths(inner, moved),
            Value::Array(list) => {
                for inner in list.iter_mut().filter_map(Value::as_table_mut) {
                    move_paths(inner, moved);
                }
            }
            _ => {}
        }
    }
}

/// A key that a workspace is to supply.
fn inherited(manifest: &Table) -> Option<String> {
    manifest.iter().find_map(|(key, value)| {
        let table = value.as_table()?;
        if table.get("workspace").and_then(Value::as_bool) == Some(true) {
            return Some(format!("{key}.workspace"));
        }
        inherited(table).map(|inner| format!("{key}.{inner}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    fn moved(path: &Path) -> Option<PathBuf> {
        (path == Path::new("../../sdk")).then(|| "../sdk".into())
    }

    #[test]
    fn paths_of_packages_are_moved_and_tests_left_out() {
        let manifest = table(
            r#"
            package.name = "a"
            bin = [{ name = "a", path = "src/a.rs" }]
            dependencies.sdk = { path = "../../sdk", features = ["x"] }
            dev-dependencies.proptest = "1"
            target.'cfg(unix)'.dependencies.sdk = { path = "../../sdk" }
            target.'cfg(unix)'.dev-dependencies.other = { path = "../../other" }
            "#,
        );
        let staged = of_package(manifest, Path::new("Cargo.toml"), true, &moved).unwrap();
        let expected = table(
            r#"
            package.name = "a"
            bin = [{ name = "a", path = "src/a.rs" }]
            dependencies.sdk = { path = "../sdk", features = ["x"] }
            target.'cfg(unix)'.dependencies.sdk = { path = "../sdk" }
            "#,
        );
        assert_eq!(staged, expected);
    }

    #[test]
    fn a_workspace_has_the_members_that_guests_need() {
        let text = r#"
            package.name = "host"
            dependencies.zonda = "0.1"
            workspace.resolver = "3"
            workspace.members = ["*"]
            workspace.exclude = ["x"]
            workspace.default-members = ["a"]
            workspace.dependencies.sdk = { path = "../../sdk" }
            profile.release.lto = false
            patch.crates-io.sdk = { path = "../../sdk" }
        "#;
        let of = |has_package| {
            let (members, others) = (vec!["guest".into()], vec!["sdk".into()]);
            of_workspace(table(text), has_package, members, others, &moved)
        };
        let expected = table(
            r#"
            workspace.resolver = "3"
            workspace.members = ["guest"]
            workspace.exclude = ["sdk"]
            workspace.dependencies.sdk = { path = "../sdk" }
            patch.crates-io.sdk = { path = "../sdk" }
            "#,
        );
        assert_eq!(of(false), expected);
        assert!(of(true).contains_key("package"));
    }

    #[test]
    fn a_package_from_elsewhere_stands_on_its_own() {
        let of =
            |text, is_inside| of_package(table(text), Path::new("Cargo.toml"), is_inside, &moved);
        let own = "package.name = 'a'\nworkspace.members = []\nprofile.release.lto = true";
        assert_eq!(of(own, false).unwrap(), table("package.name = 'a'"));
        for (text, key) in [
            (
                "package.version.workspace = true",
                "package.version.workspace",
            ),
            (
                "dependencies.serde.workspace = true",
                "dependencies.serde.workspace",
            ),
        ] {
            let error = of(text, false).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
            assert!(of(text, true).is_ok());
        }
    }
}
