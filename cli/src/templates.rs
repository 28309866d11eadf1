//! What `zonda new` writes.

use std::{
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use toml::{Table, Value};

/// The files of a workspace of guest and host, by their paths.
pub fn workspace(name: &str, source: &Source) -> Vec<(&'static str, String)> {
    let files = [
        (".gitignore", GITIGNORE),
        (
            "Cargo.toml",
            include_str!("templates/workspace/Cargo.toml.template"),
        ),
        (
            "README.md",
            include_str!("templates/workspace/README.md.template"),
        ),
        (
            "guest/Cargo.toml",
            include_str!("templates/workspace/guest/Cargo.toml.template"),
        ),
        ("guest/src/main.rs", GUEST),
        (
            "host/Cargo.toml",
            include_str!("templates/workspace/host/Cargo.toml.template"),
        ),
        (
            "host/build.rs",
            include_str!("templates/workspace/host/build.rs"),
        ),
        (
            "host/src/main.rs",
            include_str!("templates/workspace/host/src/main.rs.template"),
        ),
    ];
    files
        .map(|(path, text)| (path, filled(text, name, source)))
        .into()
}

/// The files of a guest alone, by their paths.
pub fn bin(name: &str, source: &Source) -> Vec<(&'static str, String)> {
    let files = [
        (".gitignore", GITIGNORE),
        (
            "Cargo.toml",
            include_str!("templates/bin/Cargo.toml.template"),
        ),
        ("src/main.rs", GUEST),
    ];
    files
        .map(|(path, text)| (path, filled(text, name, source)))
        .into()
}

/// A template with all that it leaves open.
fn filled(template: &str, name: &str, source: &Source) -> String {
    let mut text = template.replace("{{name}}", name);
    for (package, folder) in PACKAGES {
        text = text.replace(&format!("{{{{{package}}}}}"), &source.dependency(folder));
    }
    text
}

/// Where packages of zonda come from, as long as they are on no registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// A folder with the repository, by an absolute path.
    Folder(PathBuf),
    /// A repository.
    Git(String),
}

impl Source {
    /// The source that this program was built from.
    ///
    /// # Errors
    /// If it is no longer there.
    pub fn own() -> Result<Self, SourceError> {
        Self::folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))
    }

    fn folder(folder: &Path) -> Result<Self, SourceError> {
        let missing = || SourceError(folder.to_owned());
        let folder = fs::canonicalize(folder).map_err(|_| missing())?;
        let has = |(_, package): &(_, &str)| folder.join(package).join("Cargo.toml").is_file();
        match PACKAGES.iter().all(has) {
            true => Ok(Self::Folder(folder)),
            false => Err(missing()),
        }
    }

    /// The versions of crates that it is tested with.
    pub fn lock(&self) -> Option<String> {
        match self {
            Self::Folder(folder) => fs::read_to_string(folder.join("Cargo.lock")).ok(),
            Self::Git(_) => None,
        }
    }

    /// A dependency on a package in one of its folders, as manifests have it.
    fn dependency(&self, package: &str) -> String {
        let (key, value) = match self {
            Self::Folder(folder) => ("path", folder.join(package).display().to_string()),
            Self::Git(url) => ("git", url.clone()),
        };
        let entry = (
            key.to_owned(),
            Value::String(value.trim_end_matches('/').into()),
        );
        Value::Table(Table::from_iter([entry])).to_string()
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(source: &str) -> Result<Self, SourceError> {
        match source.contains("://") {
            true => Ok(Self::Git(source.to_owned())),
            false => Self::folder(Path::new(source)),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "from {}", folder.display()),
            Self::Git(url) => write!(f, "from {url}"),
        }
    }
}

/// A folder that does not have the source of zonda.
#[derive(Debug)]
pub struct SourceError(PathBuf);

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} does not have the source of zonda: name a folder that has it, or the URL of a \
            repository, with --source",
            self.0.display()
        )
    }
}

impl Error for SourceError {}

/// Packages that templates depend on, and their folders.
const PACKAGES: [(&str, &str); 3] = [
    ("zonda", ""),
    ("zonda-build", "build"),
    ("zonda-guest", "guest"),
];

const GITIGNORE: &str = include_str!("templates/gitignore");
const GUEST: &str = include_str!("templates/workspace/guest/src/main.rs");

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: &[(&str, String)], path: &str) -> Table {
        let found = files.iter().find(|(other, _)| *other == path);
        found.expect("the file").1.parse().expect("a manifest")
    }

    #[test]
    fn templates_leave_nothing_open() {
        let sources = [
            Source::own().unwrap(),
            Source::Folder("/a \"b\"\\c".into()),
            Source::Git("https://host/zonda".into()),
        ];
        for source in sources {
            for files in [workspace("factors", &source), bin("factors", &source)] {
                for (path, text) in &files {
                    assert!(!text.contains("{{"), "{path}: {text}");
                    if path.ends_with(".toml") {
                        manifest(&files, path);
                    }
                }
            }
        }
    }

    #[test]
    fn packages_come_from_the_source() {
        let of = |source: &str| {
            let files = workspace("factors", &source.parse().unwrap());
            manifest(&files, "Cargo.toml")["workspace"]["dependencies"].clone()
        };
        let own = of(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        for (package, folder) in PACKAGES {
            let path = Path::new(own[package]["path"].as_str().unwrap());
            assert!(path.is_absolute());
            let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap();
            let manifest: Table = manifest.parse().unwrap();
            assert_eq!(
                manifest["package"]["name"].as_str(),
                Some(package),
                "{folder}"
            );
        }
        let git = of("https://host/zonda");
        assert_eq!(
            git["zonda-build"]["git"].as_str(),
            Some("https://host/zonda")
        );
        let error = "/no/such/folder".parse::<Source>().unwrap_err().to_string();
        assert!(
            error.contains("/no/such/folder") && error.contains("--source"),
            "{error}"
        );
    }
}
