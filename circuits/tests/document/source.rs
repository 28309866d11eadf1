//! Documentation as it stands in the source.

use std::{fs, path::Path};

use zonda_circuits::machine::Table;

/// A file of the circuits.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The title of a table's module, and the rest of its documentation.
pub fn module(table: Table) -> (String, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/families")
        .join(table.name());
    let group = if folder.exists() {
        "families"
    } else {
        "system"
    };
    let text = read(&format!("{group}/{}/mod.rs", table.name()));
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let mut lines = lines.map(|line| flat(line.strip_prefix(' ').unwrap_or(line)));
    let title = lines.next().expect("documentation");
    let title = title.strip_prefix("# ").expect("a title").to_string();
    (title, lines.collect())
}

/// The documentation of the item that a file declares with this line.
pub fn item(path: &str, declaration: &str) -> Vec<String> {
    let text = read(path);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.starts_with(declaration));
    let at = at.unwrap_or_else(|| panic!("{path} has no {declaration}"));
    let documentation = lines[..at]
        .iter()
        .rev()
        .map_while(|line| line.strip_prefix("///"));
    let mut documentation: Vec<String> = documentation
        .map(|line| flat(line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    documentation.reverse();
    documentation
}

/// A line of documentation without links between items, which lead nowhere outside of it.
pub fn flat(line: &str) -> String {
    let mut flat = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once("[`") {
        let (name, after) = link.split_once("`]").expect("the end of a link");
        flat.extend([before, "`", name, "`"]);
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    flat + rest
}
