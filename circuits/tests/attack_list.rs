//! `ATTACKS.md`: each row names the files of tests that name it, and says why where there are none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Where tests of attacks are.
const FOLDERS: [&str; 5] = [
    "tests",
    "verifier/tests",
    "verifier/src",
    "circuits/tests",
    "circuits/src",
];

#[test]
fn each_row_names_the_tests_that_name_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut naming: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in FOLDERS {
        for path in sources(&root.join(folder)) {
            if path.ends_with("circuits/tests/attack_list.rs") {
                continue;
            }
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_string();
            for id in ids(&fs::read_to_string(&path).unwrap()) {
                naming.entry(id).or_default().insert(name.clone());
            }
        }
    }

    let list = fs::read_to_string(root.join("ATTACKS.md")).unwrap();
    let mut rows = 0;
    for row in list.lines().filter(|line| line.starts_with("| A")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let (id, tests) = (cells[0], cells[cells.len() - 1]);
        let named: BTreeSet<String> = tests
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_string)
            .collect();
        let expected = naming.remove(id).unwrap_or_default();
        assert_eq!(named, expected, "{id} names other files than name it");
        assert_eq!(named.is_empty(), tests.starts_with("No test: "), "{id}");
        rows += 1;
    }
    assert_eq!(rows, 51);
    assert!(naming.is_empty(), "the list has no {naming:?}");
}

/// The Rust files of a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The ids of rows that a text has, but for the ends of ranges: `A20 to A26`.
fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let is_id = |word: &str| {
        word.len() == 3 && word.starts_with('A') && word[1..].bytes().all(|b| b.is_ascii_digit())
    };
    let mut ids = BTreeSet::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| is_id(word)) {
        let is_range = |other: Option<&&str>| other.is_some_and(|other| *other == "to");
        if !is_range(words.get(at + 1)) && !is_range(at.checked_sub(1).and_then(|i| words.get(i))) {
            ids.insert((*word).to_string());
        }
    }
    ids
}
