//! The stage: the packages that guests consist of, in a folder that looks the same for anyone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{
    error::BuildError,
    manifest,
    workspace::{Package, Workspace},
};

/// Puts packages and the workspace's manifest into a folder, and nothing else: files that are the same
/// stay as they are, so that Cargo builds only what has changed.
///
/// # Errors
/// If a manifest cannot be built elsewhere, or a file not be read or written.
pub(crate) fn fill(
    stage: &Path,
    workspace: &Workspace,
    packages: &BTreeMap<PathBuf, Package>,
) -> Result<(), BuildError> {
    let places = places(&workspace.root, packages);
    let mut kept = BTreeSet::new();
    for (folder, place) in &places {
        for file in files(folder)? {
            let to = place.join(&file);
            if file != Path::new(MANIFEST) {
                copy(&folder.join(&file), &stage.join(&to))?;
                kept.insert(to);
            }
        }
        let is_root = folder == &workspace.root;
        let is_inside = folder.starts_with(&workspace.root);
        let path = folder.join(MANIFEST);
        let moved = mover(folder, &places);
        let text = manifest::of_package(manifest::read(&path)?, &path, is_inside, &moved)?;
        if !is_root {
            write(
                &stage.join(place).join(MANIFEST),
                text.to_string().as_bytes(),
            )?;
            kept.insert(place.join(MANIFEST));
        }
    }
    let is_member = |folder: &&PathBuf| folder.starts_with(&workspace.root);
    let name = |folder: &PathBuf| slashed(&places[folder]);
    let members = places
        .keys()
        .filter(is_member)
        .filter(|f| **f != workspace.root);
    let others = places.keys().filter(|folder| !is_member(folder));
    let path = workspace.root.join(MANIFEST);
    let has_package = places.contains_key(&workspace.root);
    let moved = mover(&workspace.root, &places);
    let mut root = manifest::read(&path)?;
    if has_package {
        root = manifest::of_package(root, &path, true, &moved)?;
    }
    let (members, others) = (members.map(name).collect(), others.map(name).collect());
    // Paths that have moved are left alone the second time: they lead elsewhere, or nowhere.
    let root = manifest::of_workspace(root, has_package, members, others, &moved);
    write(&stage.join(MANIFEST), root.to_string().as_bytes())?;
    kept.insert(MANIFEST.into());
    let lock = workspace.root.join(LOCK);
    if lock.is_file() {
        copy(&lock, &stage.join(LOCK))?;
        kept.insert(LOCK.into());
    }
    clear(stage, Path::new(""), &kept)
}

/// Checks that the stage's `Cargo.lock`, which has what the guests need, has nothing but what the
/// workspace's has.
///
/// # Errors
/// If it has.
pub(crate) fn check_lock(stage: &Path, workspace: &Workspace) -> Result<(), BuildError> {
    let lock = workspace.root.join(LOCK);
    let known = locked(&lock)?;
    let foreign = locked(&stage.join(LOCK))?;
    match foreign.difference(&known).next() {
        None => Ok(()),
        Some([name, version, ..]) => Err(BuildError::Lock {
            package: format!("{name} {version}"),
            lock,
        }),
    }
}

/// Where a package stands that lies outside of the workspace, and where those stand that lie within.
fn places(root: &Path, packages: &BTreeMap<PathBuf, Package>) -> BTreeMap<PathBuf, PathBuf> {
    let mut places = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for folder in packages.keys() {
        if let Ok(place) = folder.strip_prefix(root) {
            taken.extend(
                place
                    .components()
                    .next()
                    .map(|first| PathBuf::from(first.as_os_str())),
            );
            places.insert(folder.clone(), place.to_owned());
        }
    }
    for (folder, package) in packages {
        if places.contains_key(folder) {
            continue;
        }
        // Neither the place of the folder nor the order of packages may count.
        let own = folder.file_name().map(PathBuf::from);
        let numbered = (2..).map(|n| PathBuf::from(format!("{}-{n}", package.name)));
        let names = own
            .into_iter()
            .chain([PathBuf::from(&package.name)])
            .chain(numbered);
        let free = names.into_iter().find(|name| !taken.contains(name));
        let place = free.unwrap_or_else(|| PathBuf::from(&package.name));
        taken.insert(place.clone());
        places.insert(folder.clone(), place);
    }
    places
}

/// What becomes of a path in the manifest of a package.
fn mover<'a>(
    folder: &'a Path,
    places: &'a BTreeMap<PathBuf, PathBuf>,
) -> impl Fn(&Path) -> Option<PathBuf> + 'a {
    let from = places.get(folder).cloned().unwrap_or_default();
    move |path| {
        let to = places.get(&fs::canonicalize(folder.join(path)).ok()?)?;
        let up: PathBuf = from.components().map(|_| Component::ParentDir).collect();
        Some(PathBuf::from(slashed(&up.join(to))))
    }
}

/// A path as manifests have it.
fn slashed(path: &Path) -> String {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// The files of a package, without what Cargo has built, other packages, and what is hidden.
///
/// # Errors
/// If a folder cannot be read.
pub(crate) fn files(package: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let (mut files, mut left) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = left.pop() {
        for (name, is_folder) in entries(&package.join(&folder))? {
            let path = folder.join(name);
            match is_folder {
                true if is_part(&package.join(&path)) => left.push(path),
                true => {}
                false => files.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Names of a folder's entries, and whether each is a folder, links followed.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn entries(folder: &Path) -> Result<Vec<(PathBuf, bool)>, BuildError> {
    let read = fs::read_dir(folder).map_err(BuildError::file("read", folder))?;
    let mut entries = Vec::new();
    for entry in read {
        let entry = entry.map_err(BuildError::file("read", folder))?;
        let name = PathBuf::from(entry.file_name());
        let is_hidden = name.to_string_lossy().starts_with('.');
        // A link that leads nowhere is no file.
        if let (false, Ok(metadata)) = (is_hidden, fs::metadata(entry.path())) {
            entries.push((name, metadata.is_dir()));
        }
    }
    entries.sort();
    Ok(entries)
}

/// Whether a folder within a package is a part of it: another package is not, nor is what Cargo has
/// built, which it marks only in folders that it has made itself.
pub(crate) fn is_part(folder: &Path) -> bool {
    let is_outermost = || {
        folder
            .parent()
            .is_some_and(|parent| parent.join(MANIFEST).exists())
    };
    let is_target = folder.ends_with("target") && is_outermost();
    !is_target && !folder.join(MANIFEST).exists() && !folder.join(TAG).exists()
}

/// Makes a target folder and marks it, as Cargo does, unless it is there.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn make_target(folder: &Path) -> Result<(), BuildError> {
    match folder.is_dir() {
        true => Ok(()),
        false => write(&folder.join(TAG), SIGNATURE),
    }
}

/// Copies a file that is not the same.
fn copy(from: &Path, to: &Path) -> Result<(), BuildError> {
    let bytes = fs::read(from).map_err(BuildError::file("read", from))?;
    write(to, &bytes)
}

/// Writes a file that is not the same.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(BuildError::file("make", folder))?;
    fs::write(path, bytes).map_err(BuildError::file("write", path))
}

/// Removes all files but these, and folders that have become empty.
fn clear(stage: &Path, folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<(), BuildError> {
    for (name, is_folder) in entries(&stage.join(folder))? {
        let path = folder.join(name);
        let full = stage.join(&path);
        let removed = match is_folder {
            true => {
                clear(stage, &path, kept)?;
                // A folder that has something in it stays.
                let _ = fs::remove_dir(&full);
                continue;
            }
            false if kept.contains(&path) => continue,
            false => fs::remove_file(&full),
        };
        removed.map_err(BuildError::file("remove", full))?;
    }
    Ok(())
}

/// Name, version, source and checksum of the packages of a lock file that come from elsewhere.
fn locked(path: &Path) -> Result<BTreeSet<[String; 4]>, BuildError> {
    let lock = manifest::read(path)?;
    let packages = lock.get("package").and_then(|list| list.as_array());
    let text = |package: &toml::Value, key| {
        let value = package.get(key).and_then(|value| value.as_str());
        value.unwrap_or_default().to_owned()
    };
    Ok(packages
        .into_iter()
        .flatten()
        .map(|package| ["name", "version", "source", "checksum"].map(|key| text(package, key)))
        .filter(|[_, _, source, _]| !source.is_empty())
        .collect())
}

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
/// The mark of folders that backups may leave out: <https://bford.info/cachedir/>.
const TAG: &str = "CACHEDIR.TAG";
const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55\n";

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of a guest, a library and a host, and an SDK beside it.
    fn example(root: &Path) {
        for (path, text) in [
            (
                "sdk/guest/Cargo.toml",
                "package = { name = 'zonda-guest', edition = '2024' }\nlints.rust.missing_docs = 'warn'",
            ),
            ("sdk/guest/src/lib.rs", ""),
            ("sdk/guest/tests/a.rs", "fn"),
            (
                "w/Cargo.toml",
                "workspace = { resolver = '3', members = ['*'] }\nprofile.release.lto = false",
            ),
            (
                "w/guest/Cargo.toml",
                "package = { name = 'g', edition = '2024' }\ndev-dependencies.proptest = '1'\n\
                 dependencies = { zonda-guest = { path = '../../sdk/guest' }, lib = { path = '../lib' } }",
            ),
            ("w/guest/src/main.rs", "fn main() {}"),
            ("w/guest/data/.hidden", "x"),
            ("w/guest/target/built", "x"),
            ("w/guest/src/target/module.rs", ""),
            ("w/guest/other/CACHEDIR.TAG", "x"),
            ("w/guest/other/built", "x"),
            (
                "w/lib/Cargo.toml",
                "package = { name = 'lib', edition = '2024' }",
            ),
            ("w/lib/src/lib.rs", ""),
            (
                "w/host/Cargo.toml",
                "package = { name = 'host', edition = '2024' }",
            ),
            ("w/host/src/main.rs", "fn main() {}"),
        ] {
            write(&root.join(path), text.as_bytes()).unwrap();
        }
    }

    fn all_files(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for (name, is_folder) in entries(folder).unwrap() {
            match is_folder {
                true => {
                    let inner = all_files(&folder.join(&name));
                    found.extend(
                        inner
                            .iter()
                            .map(|inner| format!("{}/{inner}", name.display())),
                    );
                }
                false => found.push(name.display().to_string()),
            }
        }
        found
    }

    #[test]
    fn the_stage_has_what_guests_consist_of_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        example(folder.path());
        let workspace = Workspace::find(&folder.path().join("w")).unwrap();
        let guests = workspace.guests().unwrap();
        let packages = workspace.closure(&guests).unwrap();
        let stage = folder.path().join("stage");
        write(&stage.join("left/behind.rs"), b"x").unwrap();
        fill(&stage, &workspace, &packages).unwrap();
        let expected = [
            "Cargo.toml",
            "guest/Cargo.toml",
            "guest/src/main.rs",
            "guest/src/target/module.rs",
            "lib/Cargo.toml",
            "lib/src/lib.rs",
            // The folder's own name is taken.
            "zonda-guest/Cargo.toml",
            "zonda-guest/src/lib.rs",
            "zonda-guest/tests/a.rs",
        ];
        assert_eq!(all_files(&stage), expected);
        let guest = manifest::read(&stage.join("guest/Cargo.toml")).unwrap();
        assert_eq!(
            guest["dependencies"]["zonda-guest"]["path"].as_str(),
            Some("../zonda-guest")
        );
        assert_eq!(
            guest["dependencies"]["lib"]["path"].as_str(),
            Some("../lib")
        );
        assert!(!guest.contains_key("dev-dependencies"));
        let root = manifest::read(&stage.join("Cargo.toml")).unwrap();
        let expected =
            "workspace = { resolver = '3', members = ['guest', 'lib'], exclude = ['zonda-guest'] }";
        assert_eq!(root, expected.parse().unwrap());
    }

    #[test]
    fn files_that_are_the_same_stay() {
        let folder = tempfile::tempdir().unwrap();
        example(folder.path());
        let workspace = Workspace::find(&folder.path().join("w/guest")).unwrap();
        let packages = workspace.closure(&workspace.guests().unwrap()).unwrap();
        let stage = folder.path().join("stage");
        let time = || {
            fs::metadata(stage.join("guest/src/main.rs"))
                .unwrap()
                .modified()
                .unwrap()
        };
        fill(&stage, &workspace, &packages).unwrap();
        let first = time();
        std::thread::sleep(std::time::Duration::from_millis(20));
        fill(&stage, &workspace, &packages).unwrap();
        assert_eq!(time(), first);
        fs::write(folder.path().join("w/guest/src/main.rs"), "fn main() { }").unwrap();
        fill(&stage, &workspace, &packages).unwrap();
        assert_ne!(time(), first);
    }

    #[test]
    fn other_versions_than_the_locked_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        example(folder.path());
        let workspace = Workspace::find(&folder.path().join("w")).unwrap();
        let stage = folder.path().join("stage");
        let lock = |version| {
            format!("[[package]]\nname = 'serde'\nversion = '{version}'\nsource = 'registry+x'\n")
        };
        let own = "[[package]]\nname = 'g'\nversion = '0.0.0'\n";
        write(&stage.join(LOCK), (lock("1.0.1") + own).as_bytes()).unwrap();
        write(&workspace.root.join(LOCK), lock("1.0.1").as_bytes()).unwrap();
        check_lock(&stage, &workspace).unwrap();
        write(&workspace.root.join(LOCK), lock("1.0.2").as_bytes()).unwrap();
        let error = check_lock(&stage, &workspace).unwrap_err().to_string();
        assert!(error.contains("does not have serde 1.0.1"), "{error}");
    }
}
