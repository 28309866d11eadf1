//! What Cargo says of a workspace: its guests, and the packages that they consist of.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    cargo::{cargo, command, output},
    error::BuildError,
};

/// A workspace, or a package that is one.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Its folder.
    pub(crate) root: PathBuf,
    /// Where Cargo builds it.
    pub(crate) target: PathBuf,
    /// Its members.
    packages: Vec<Package>,
    /// The package that was asked for; without it, all.
    asked: Option<PathBuf>,
}

/// A package on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) binaries: Vec<String>,
    /// The folders of packages that it depends on, and their names.
    paths: Vec<PathBuf>,
    is_guest: bool,
    pub(crate) settings: Settings,
}

/// What `package.metadata.zonda` says.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Settings {
    /// Whether atomics become plain accesses.
    pub(crate) lower_atomics: bool,
    /// For the compiler.
    pub(crate) target_features: Vec<String>,
}

impl Workspace {
    /// The workspace of a folder.
    ///
    /// # Errors
    /// If there is none, or Cargo does not understand it.
    pub(crate) fn find(folder: &Path) -> Result<Self, BuildError> {
        let folder = canonical(folder)?;
        let metadata = metadata(&folder)?;
        let root = canonical(&path(&metadata["workspace_root"]))?;
        let packages = packages(&metadata)?;
        let is_member = packages.iter().any(|package| package.folder == folder);
        Ok(Self {
            asked: (is_member && folder != root).then_some(folder),
            target: path(&metadata["target_directory"]),
            root,
            packages,
        })
    }

    /// All its guests.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn guests(&self) -> Result<Vec<&Package>, BuildError> {
        let is_asked = |guest: &Package| self.is_asked(guest);
        let guests: Vec<_> = self.packages.iter().filter(|p| p.is_guest).collect();
        match guests.iter().any(|guest| is_asked(guest)) {
            true => Ok(guests),
            false => Err(BuildError::NoGuest {
                folder: self.asked.clone().unwrap_or_else(|| self.root.clone()),
            }),
        }
    }

    /// The name of the package in the workspace's own folder, if there is one.
    pub(crate) fn root_package(&self) -> Option<&str> {
        let root = self
            .packages
            .iter()
            .find(|package| package.folder == self.root);
        root.map(|package| package.name.as_str())
    }

    /// Whether a guest is one of those that were asked for.
    pub(crate) fn is_asked(&self, guest: &Package) -> bool {
        self.asked
            .as_ref()
            .is_none_or(|asked| *asked == guest.folder)
    }

    /// The guests and all packages on this machine that they depend on, by folder.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(crate) fn closure(
        &self,
        guests: &[&Package],
    ) -> Result<BTreeMap<PathBuf, Package>, BuildError> {
        let mut found = BTreeMap::new();
        let mut left: Vec<Package> = guests.iter().map(|&guest| guest.clone()).collect();
        while let Some(package) = left.pop() {
            for path in &package.paths {
                let folder = canonical(path)?;
                if found.contains_key(&folder) || folder == package.folder {
                    continue;
                }
                left.push(self.package(&folder)?);
            }
            found.insert(package.folder.clone(), package);
        }
        Ok(found)
    }

    /// The package in a folder, a member or not.
    fn package(&self, folder: &Path) -> Result<Package, BuildError> {
        let is_it = |package: &&Package| package.folder == folder;
        if let Some(package) = self.packages.iter().find(is_it) {
            return Ok(package.clone());
        }
        let others = packages(&metadata(folder)?)?;
        let package = others.iter().find(is_it).cloned();
        package.ok_or_else(|| BuildError::NoManifest {
            folder: folder.to_owned(),
        })
    }
}

/// Brings `Cargo.lock` up to date, as a build does, and downloads nothing.
///
/// # Errors
/// If Cargo cannot; or if the file is not up to date, and `is_locked`.
pub(crate) fn lock(folder: &Path, is_locked: bool) -> Result<(), BuildError> {
    let mut asked = command(cargo(), folder);
    asked.args(["update", "--workspace", "--quiet"]);
    if is_locked {
        asked.arg("--locked");
    }
    output(&mut asked).map(|_| ())
}

/// A folder's own name, with links followed.
///
/// # Errors
/// If there is no such folder.
pub(crate) fn canonical(folder: &Path) -> Result<PathBuf, BuildError> {
    fs::canonicalize(folder).map_err(BuildError::file("find", folder))
}

fn metadata(folder: &Path) -> Result<Value, BuildError> {
    if !folder.join("Cargo.toml").is_file() {
        return Err(BuildError::NoManifest {
            folder: folder.to_owned(),
        });
    }
    let mut asked = command(cargo(), folder);
    asked.args(["metadata", "--no-deps", "--format-version=1"]);
    let text = output(&mut asked)?;
    serde_json::from_str(&text).map_err(|error| BuildError::Cargo {
        command: "cargo metadata".into(),
        message: error.to_string(),
    })
}

fn packages(metadata: &Value) -> Result<Vec<Package>, BuildError> {
    list(&metadata["packages"]).map(package).collect()
}

fn package(package: &Value) -> Result<Package, BuildError> {
    let manifest = path(&package["manifest_path"]);
    let folder = canonical(manifest.parent().unwrap_or(&manifest))?;
    let is_binary = |target: &&Value| list(&target["kind"]).any(|kind| kind == "bin");
    let binaries: Vec<_> = list(&package["targets"])
        .filter(is_binary)
        .map(|target| text(&target["name"]))
        .collect();
    // Kinds are null, "build" and "dev"; those of "dev" are in no guest.
    let needed = || list(&package["dependencies"]).filter(|needed| needed["kind"] != "dev");
    let uses_sdk = needed().any(|needed| needed["name"] == SDK);
    let paths = needed().filter(|needed| needed["path"].is_string());
    Ok(Package {
        name: text(&package["name"]),
        is_guest: uses_sdk && !binaries.is_empty(),
        binaries,
        paths: paths.map(|needed| path(&needed["path"])).collect(),
        settings: settings(&package["metadata"]["zonda"], &manifest)?,
        folder,
    })
}

/// A setting that is misspelt would change what is built without a word.
fn settings(value: &Value, manifest: &Path) -> Result<Settings, BuildError> {
    let wrong = |reason: String| BuildError::Manifest {
        path: manifest.to_owned(),
        reason: format!("package.metadata.zonda: {reason}"),
    };
    let mut settings = Settings::default();
    for (name, value) in value.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("lower-atomics", Value::Bool(is_so)) => settings.lower_atomics = *is_so,
            ("target-features", Value::Array(features)) if features.iter().all(is_feature) => {
                settings.target_features = features.iter().map(text).collect();
            }
            ("lower-atomics", _) => return Err(wrong("`lower-atomics` is true or false".into())),
            ("target-features", _) => {
                let what = "`target-features` is a list of features, each with + or - before it";
                return Err(wrong(what.into()));
            }
            _ => return Err(wrong(format!("there is no setting `{name}`"))),
        }
    }
    Ok(settings)
}

fn is_feature(value: &Value) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = value
        .as_str()
        .and_then(|text| text.strip_prefix(['+', '-']));
    name.is_some_and(|name| !name.is_empty() && name.chars().all(is_part))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn path(value: &Value) -> PathBuf {
    text(value).into()
}

/// The package that makes a binary a guest.
const SDK: &str = "zonda-guest";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_that_are_not_understood_are_refused() {
        let read = |value: Value| settings(&value, Path::new("Cargo.toml"));
        assert_eq!(read(Value::Null).unwrap(), Settings::default());
        let good = json!({"lower-atomics": true, "target-features": ["+unaligned-scalar-mem"]});
        assert_eq!(
            read(good).unwrap(),
            Settings {
                lower_atomics: true,
                target_features: vec!["+unaligned-scalar-mem".into()],
            }
        );
        for (bad, reason) in [
            (
                json!({"lower-atomic": true}),
                "there is no setting `lower-atomic`",
            ),
            (
                json!({"lower-atomics": "yes"}),
                "`lower-atomics` is true or false",
            ),
            (json!({"target-features": ["m"]}), "with + or - before it"),
            (
                json!({"target-features": ["+m,-c"]}),
                "with + or - before it",
            ),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_folder_without_a_manifest_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = Workspace::find(folder.path()).unwrap_err();
        assert!(matches!(error, BuildError::NoManifest { .. }), "{error}");
    }
}
