//! Profiles as files, by the extension of their names, and as tables.

mod firefox;
mod folded;

use std::{io, path::Path};

use anyhow::{Context, bail};
use clap::ValueEnum;
use inferno::flamegraph;
use zonda::{Profile, Weight};

use crate::summary::{aligned, grouped, percent};

/// What a profile is written as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// A line for each call stack.
    Folded,
    /// Firefox Profiler's.
    Firefox,
    /// A flame graph.
    Svg,
}

/// What a profile weighs by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum By {
    /// Executed instructions
    #[default]
    Instructions,
    /// Cells that a proof commits to
    Cells,
}

impl Format {
    /// The format of a file, by its extension.
    ///
    /// # Errors
    /// If it is none of those that are known.
    pub fn of(file: &Path) -> anyhow::Result<Self> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("folded" | "txt") => Ok(Self::Folded),
            Some("json") => Ok(Self::Firefox),
            Some("svg") => Ok(Self::Svg),
            _ => bail!(
                "--profile {}: the name has to end in .folded or .txt (stacks), .json (Firefox Profiler) \
                or .svg (flame graph)",
                file.display()
            ),
        }
    }

    /// A profile in this format.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn bytes(self, profile: &Profile, by: By, title: &str) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Folded => Ok(folded::lines(profile, by).into_bytes()),
            Self::Firefox => Ok(serde_json::to_vec(&firefox::profile(profile, title))?),
            Self::Svg => svg(profile, by, title).context("the flame graph cannot be drawn"),
        }
    }
}

impl By {
    /// What counts of a weight.
    pub fn of(self, weight: Weight) -> u64 {
        match self {
            Self::Instructions => weight.instructions,
            Self::Cells => weight.cells,
        }
    }

    /// What is counted.
    fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Cells => "cells",
        }
    }
}

/// A flame graph.
fn svg(profile: &Profile, by: By, title: &str) -> io::Result<Vec<u8>> {
    let lines = folded::lines(profile, by);
    let mut options = flamegraph::Options::default();
    options.title = title.to_owned();
    options.count_name = by.name().to_owned();
    options.hash = true;
    // Functions of less than a thousandth are too narrow to see.
    options.min_width = 0.02;
    let mut bytes = Vec::new();
    flamegraph::from_lines(&mut options, lines.lines(), &mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// The functions that took the most themselves, and the regions that the guest marked.
pub fn tables(profile: &Profile, by: By) -> String {
    let mut functions = profile.by_function();
    functions.sort_by_key(|function| {
        let name = &profile.functions[function.function].name;
        (std::cmp::Reverse(by.of(function.own)), name)
    });
    let total = by.of(profile.total);
    let head = ["function", "alone", "with calls", "instructions", "cells"];
    let mut lines = vec![head.map(String::from)];
    for function in functions.iter().take(SHOWN) {
        let name = &profile.functions[function.function].name;
        lines.push([
            cut(name),
            percent(by.of(function.own), total),
            percent(by.of(function.total), total),
            grouped(function.own.instructions),
            grouped(function.own.cells),
        ]);
    }
    let mut text = aligned(&lines);
    if !profile.spans.is_empty() {
        let head = ["span", "times", "share", "instructions", "cells"];
        let mut lines = vec![head.map(String::from)];
        lines.extend(profile.spans.iter().map(|span| {
            [
                cut(&span.name),
                grouped(span.count),
                percent(by.of(span.weight), total),
                grouped(span.weight.instructions),
                grouped(span.weight.cells),
            ]
        }));
        text += "\n";
        text += &aligned(&lines);
    }
    text
}

/// A name that fits into a line with numbers.
fn cut(name: &str) -> String {
    let mut characters = name.chars();
    let first: String = characters.by_ref().take(LONGEST).collect();
    match characters.next() {
        Some(_) => first + "...",
        None => first,
    }
}

/// How many functions the table has.
const SHOWN: usize = 10;
/// The longest name that is shown whole.
const LONGEST: usize = 40;

#[cfg(test)]
mod example {
    use zonda::{Function, Profile, Span, Stack, Weight};

    pub fn weight(instructions: u64, cells: u64) -> Weight {
        Weight {
            instructions,
            cells,
        }
    }

    /// `main` calls `a;b` and itself, and has a function inlined.
    pub fn profile() -> Profile {
        let function = |name: &str, is_inlined| Function {
            name: name.into(),
            is_inlined,
        };
        let stack = |parent, function, own| Stack {
            parent,
            function,
            own,
        };
        let mut profile = Profile::default();
        profile.functions = vec![
            function("main", false),
            function("a;b", false),
            function("<T as U>::c", true),
        ];
        profile.stacks = vec![
            stack(None, 0, weight(10, 300)),
            stack(Some(0), 0, weight(5, 50)),
            stack(Some(1), 2, weight(0, 7)),
            stack(Some(0), 1, weight(85, 1000)),
        ];
        profile.spans = vec![Span {
            name: "parse".into(),
            count: 2,
            weight: weight(85, 1000),
        }];
        profile.total = weight(100, 1357);
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_go_by_extensions() {
        for (name, format) in [
            ("a.folded", Format::Folded),
            ("b/a.txt", Format::Folded),
            ("a.json", Format::Firefox),
            ("a.b.svg", Format::Svg),
        ] {
            assert_eq!(Format::of(Path::new(name)).unwrap(), format, "{name}");
        }
        for name in ["-", "svg", ".svg", "a.png", "a.svg/b"] {
            let error = Format::of(Path::new(name)).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(".folded"), "{error}");
        }
    }

    #[test]
    fn a_flame_graph_has_the_functions_and_what_they_take() {
        let profile = example::profile();
        let svg = |by| String::from_utf8(svg(&profile, by, "x < y").unwrap()).unwrap();
        let drawn = svg(By::Instructions);
        assert!(drawn.contains("x &lt; y"), "{drawn}");
        assert!(
            drawn.contains("<title>a:b (85 instructions, 85.00%)</title>"),
            "{drawn}"
        );
        assert_eq!(drawn, svg(By::Instructions));
        let cells = svg(By::Cells);
        assert!(
            cells.contains("<title>a:b (1,000 cells, 73.69%)</title>"),
            "{cells}"
        );
        assert!(cells.contains("&lt;T as U&gt;::c"), "{cells}");
    }

    #[test]
    fn tables_have_the_greatest_first() {
        let text = tables(&example::profile(), By::Instructions);
        let lines: Vec<Vec<_>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(lines[1], ["a;b", "85.0%", "85.0%", "85", "1,000"]);
        // Itself once, though it calls itself.
        assert_eq!(lines[2], ["main", "15.0%", "100.0%", "15", "350"]);
        assert_eq!(lines[6], ["parse", "2", "85.0%", "85", "1,000"]);
        assert_eq!(cut(&"é".repeat(41)), "é".repeat(40) + "...");
    }
}
