//! The documents at the top of the repository: links lead somewhere, the README is short, and its guest
//! is the one that is built. Their Rust examples are doc tests of the library.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn links_lead_somewhere() {
    let documents = documents();
    assert!(documents.iter().any(|path| path.ends_with("GUIDE.md")));
    let mut links = 0;
    for document in &documents {
        let text = read(document);
        for target in link_targets(&prose(&text)) {
            if target.contains("://") {
                continue;
            }
            links += 1;
            let problem = broken(document, &target);
            assert_eq!(problem, None, "{}: {target}", document.display());
        }
    }
    assert!(links > 20, "only {links} links were found");
}

#[test]
fn a_broken_link_is_found() {
    let guide = Path::new(ROOT).join("GUIDE.md");
    assert_eq!(broken(&guide, "PROTOCOL.md#2-the-machine"), None);
    assert!(broken(&guide, "PROTOCOL.md#3-the-machine").is_some());
    assert!(broken(&guide, "PROTOCOLS.md").is_some());
    assert!(broken(&guide, "#no-such-section").is_some());
}

#[test]
fn the_readme_is_short() {
    let readme = read(&Path::new(ROOT).join("README.md"));
    assert!(readme.lines().count() <= 90);
    for line in readme.lines() {
        assert!(line.chars().count() <= 100, "too wide: {line}");
    }
}

/// What follows the part that is shown are a helper and its tests.
#[test]
fn the_readme_shows_the_template() {
    let readme = read(&Path::new(ROOT).join("README.md"));
    let path = "cli/src/templates/workspace/guest/src/main.rs";
    let template = read(&Path::new(ROOT).join(path));
    assert!(readme.contains(&format!("({path})")));
    let shown = readme.split("```rust,ignore\n").nth(1);
    let shown = shown.and_then(|rest| rest.split("```\n").next());
    let shown = shown.expect("the README shows a guest");
    assert!(shown.contains("fn main() {") && shown.ends_with("}\n"));
    assert!(template.starts_with(shown), "{shown}");
}

/// The versions of committed proofs and keys are those in VERSIONING.md.
#[test]
fn the_versions_are_as_documented() {
    let versioning = read(&Path::new(ROOT).join("VERSIONING.md"));
    for (kind, format, magic) in [
        ("proof", "proof", "ZONDA"),
        ("key", "verifying key", "ZONDAKEY"),
    ] {
        let fixtures = entries(&Path::new(ROOT).join("tests/fixtures"));
        let is_current = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("standard_") && name.ends_with(kind))
        };
        let fixture = fixtures.into_iter().find(is_current).expect("a fixture");
        let bytes = fs::read(fixture).expect("the fixture can be read");
        let rest = bytes.strip_prefix(magic.as_bytes()).expect("the magic");
        let version = u16::from_le_bytes([rest[0], rest[1]]);
        let row = format!("| {format} | `{magic}` | {version} |");
        assert!(versioning.contains(&row), "{row}");
    }
}

/// The documents at the top, and the README of each folder.
fn documents() -> Vec<PathBuf> {
    let top = entries(Path::new(ROOT));
    let mut documents: Vec<_> = top
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .cloned()
        .collect();
    documents.extend(top.iter().map(|path| path.join("README.md")));
    documents.retain(|path| path.is_file());
    documents
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text outside of blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// What stands between `](` and `)`.
fn link_targets(text: &str) -> Vec<String> {
    let pieces = text.split("](").skip(1);
    pieces
        .filter_map(|piece| piece.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// Why a link leads nowhere.
fn broken(document: &Path, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match file {
        "" => document.to_owned(),
        file => document.parent()?.join(file),
    };
    if !file.exists() {
        return Some("no such file".into());
    }
    let anchors = || -> HashSet<_> { headings(&read(&file)).map(|text| slug(&text)).collect() };
    (!anchor.is_empty() && !anchors().contains(anchor)).then(|| "no such heading".into())
}

fn headings(text: &str) -> impl Iterator<Item = String> {
    let prose = prose(text);
    let lines: Vec<_> = prose
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_owned())
        .collect();
    lines.into_iter()
}

/// The anchor that GitHub gives to a heading.
fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
