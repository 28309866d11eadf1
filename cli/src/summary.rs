//! Results as text: facts, tables, numbers.

use zonda::{Report, TableCells};

/// Facts, one a line, each with a name.
#[derive(Default)]
pub struct Facts(String);

impl Facts {
    /// Adds a fact. Text that does not fit its line goes on below.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let mut line = format!("{name:<13}");
        for word in value.as_ref().split(' ') {
            if line.chars().count() + 1 + word.chars().count() > COLUMNS {
                self.0 += line.trim_end();
                self.0 += "\n";
                line = format!("{:<13}", "");
            }
            line += " ";
            line += word;
        }
        self.0 += line.trim_end();
        self.0 += "\n";
        self
    }

    /// The statement of a run.
    #[must_use]
    pub fn with_statement(self, program_id: &[u8; 32], exit_code: u32, output: &[u8]) -> Self {
        self.with("program", hex::encode(program_id))
            .with_result(exit_code, output)
    }

    /// The result of a run.
    #[must_use]
    pub fn with_result(self, exit_code: u32, output: &[u8]) -> Self {
        self.with("exit code", exit_code.to_string())
            .with("output", bytes(output))
    }

    /// Adds a text of its own, below.
    #[must_use]
    pub fn followed_by(mut self, text: &str) -> Self {
        self.0 += "\n";
        self.0 += text;
        self
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// How many columns of a terminal a summary may take.
const COLUMNS: usize = 80;

/// The tables and stages of a proof.
pub fn details(report: &Report) -> String {
    format!("{}\n{}", tables(report), stages(report))
}

/// A line for each table of the machine.
fn tables(report: &Report) -> String {
    let line = |cells: &TableCells| {
        [
            cells.table.to_owned(),
            grouped(cells.rows),
            grouped(cells.boundary + cells.main),
            grouped(cells.committed()),
            grouped(cells.messages),
            grouped(cells.messages * cells.rows),
        ]
    };
    let head = [
        "table",
        "rows",
        "cells/row",
        "cells",
        "messages/row",
        "messages",
    ];
    let mut lines = vec![head.map(Into::into)];
    lines.extend(report.cells.tables.iter().map(line));
    lines.push([
        "all".to_owned(),
        String::new(),
        String::new(),
        grouped(report.committed_cells),
        String::new(),
        grouped(report.messages),
    ]);
    aligned(&lines)
}

/// A line for each stage of proving.
fn stages(report: &Report) -> String {
    let mut lines = vec![["stage", "seconds"].map(Into::into)];
    for stage in zonda::Stage::ALL {
        let seconds = report.stages.get(stage.name()).copied().unwrap_or_default();
        lines.push([stage.name().to_owned(), format!("{seconds:.3}")]);
    }
    let all = report.execute_seconds + report.prove_seconds;
    lines.push(["all".to_owned(), format!("{all:.3}")]);
    aligned(&lines)
}

/// Lines of equal columns: the first to the left, the others to the right.
pub fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            text += &match column {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// How many bytes, and the first of them.
pub fn bytes(bytes: &[u8]) -> String {
    // A digest is shown whole. Longer bytes are cut.
    const WHOLE: usize = 32;
    const SHOWN: usize = 24;
    let count = counted(bytes.len() as u64, "byte");
    match bytes.get(..SHOWN) {
        _ if bytes.is_empty() => count,
        Some(first) if bytes.len() > WHOLE => format!("{count}: {}...", hex::encode(first)),
        _ => format!("{count}: {}", hex::encode(bytes)),
    }
}

/// `1 byte`, `1,000 bytes`.
pub fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count))
}

/// A number with its thousands set apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `part` of `all`.
pub fn percent(part: u64, all: u64) -> String {
    format!("{:.1}%", 100.0 * part as f64 / all.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [0, 12, 999, 1000, 12_345, 1_234_567].map(grouped),
            ["0", "12", "999", "1,000", "12,345", "1,234,567"]
        );
        assert_eq!(counted(1, "byte"), "1 byte");
        assert_eq!([percent(1, 3), percent(0, 0)], ["33.3%", "0.0%"]);
    }

    #[test]
    fn long_output_is_cut() {
        assert_eq!(bytes(&[]), "0 bytes");
        assert_eq!(bytes(&[0xab]), "1 byte: ab");
        assert_eq!(bytes(&[1; 32]), format!("32 bytes: {}", "01".repeat(32)));
        assert_eq!(bytes(&[1; 33]), format!("33 bytes: {}...", "01".repeat(24)));
    }

    #[test]
    fn facts_fit_their_lines() {
        let text = |value: &str| Facts::default().with("output", value).into_text();
        assert_eq!(text("1 byte: ab"), "output        1 byte: ab\n");
        assert_eq!(text(""), "output\n");
        let hash = "01".repeat(32);
        let expected = format!("output        32 bytes:\n{:14}{hash}\n", "");
        assert_eq!(text(&bytes(&[1; 32])), expected);
        for line in text(&bytes(&[1; 100]))
            .lines()
            .chain(text(&"word ".repeat(99)).lines())
        {
            assert!(line.len() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn columns_are_aligned() {
        let lines = [["name", "n"], ["a", "1,000"]].map(|line| line.map(String::from));
        assert_eq!(aligned(&lines), "name      n\na     1,000\n");
    }
}
