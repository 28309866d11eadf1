//! The document.

use std::fmt::Write;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_circuits::{
    builder::Weight,
    bus::Bus,
    columns::Structure,
    machine::{Role, Table},
    symbolic::{Expression, Message, Record},
};

use crate::{formula::Formulas, source};

const WIDTH: usize = 100;

const INTRODUCTION: &str = "\
# Machine

Every table of the machine: its columns, its constraints, its messages. This file is made from the
definitions that proofs are made and verified with, and a test compares them
(`circuits/tests/document`). [PROTOCOL.md](PROTOCOL.md) defines the parts of a proof, how tables are
committed to, and what makes buses balance.

How to read it:

- All arithmetic is modulo p = 2^31 - 1, so that `/ 2^16` is the product with 2^15, since 2^31 = 1.
- A constraint holds on every row. `a = b` is the polynomial a - b; its place in the list is its place
  among the table's constraints (PROTOCOL.md, 8.4). `bool(a)` is a (a - 1), so that `bool(a) = 0` says
  that a is 0 or 1.
- `send bus(fields) if c` is a message with count c, which is 0 or 1; `receive` is one with count -c;
  `provide bus(fields) m times` is one with count -m, where m may be anything. Their order is that of
  PROTOCOL.md, 8.3.
- A column has the name of its field, through the structures that it is in: `x.value.lo` is the column `lo`
  of the `Word` that is `value` of the `Access` that is `x`.
- `fixed.a` is the preprocessed column `a`. `public[k]` and `periodic[k]` are what the verifier
  knows of the part (PROTOCOL.md, 11).
";

/// All of it.
pub fn machine() -> String {
    let records = Table::ALL.map(Record::of);
    let mut text = String::from(INTRODUCTION);
    buses(&mut text);
    groups(&mut text, &records);
    for record in &records {
        table(&mut text, record);
    }
    text
}

fn buses(text: &mut String) {
    text.push_str("\n## Buses\n\n| bus | messages |\n|---|---|\n");
    for bus in Bus::ALL {
        let documentation = source::item("bus.rs", &format!("{bus:?},")).join(" ");
        writeln!(text, "| `{}` | {documentation} |", bus.name()).unwrap();
    }
}

/// The structures that stand in more than one table.
fn groups(text: &mut String, records: &[Record]) {
    text.push_str("\n## Structures of columns\n");
    let mut shared: Vec<&Structure> = Vec::new();
    for record in records {
        for structure in record.structures().concat() {
            if !is_own(structure, record.table) && !shared.contains(&structure) {
                shared.push(structure);
            }
        }
    }
    shared.sort_by_key(|structure| structure.name);
    for structure in shared {
        writeln!(text, "\n### `{}`\n", structure.name).unwrap();
        columns(text, structure);
    }
}

/// Whether a structure is declared by the table's own module.
fn is_own(structure: &Structure, table: Table) -> bool {
    structure
        .module
        .split("::")
        .any(|module| module == table.name())
        && ["::families::", "::system::"]
            .iter()
            .any(|path| structure.module.contains(path))
}

fn columns(text: &mut String, structure: &Structure) {
    writeln!(text, "{}\n", prose(structure.doc)).unwrap();
    text.push_str("| column | structure | meaning |\n|---|---|---|\n");
    for field in structure.fields {
        let ty = field.ty.replace("<T>", "");
        let ty = match ty.as_str() {
            "T" => String::new(),
            ty => format!("`{}`", ty.replace("[T; ", "[column; ")),
        };
        writeln!(text, "| `{}` | {ty} | {} |", field.name, prose(field.doc)).unwrap();
    }
}

/// Lines of documentation as one.
fn prose(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| source::flat(line.trim()));
    lines.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn table(text: &mut String, record: &Record) {
    let table = record.table;
    let (title, documentation) = source::module(table);
    writeln!(
        text,
        "\n## {}. `{}`: {}\n",
        table as u8,
        table.name(),
        lower(&title)
    )
    .unwrap();
    for line in documentation {
        let heading = if line.starts_with("# ") { "##" } else { "" };
        writeln!(text, "{heading}{line}").unwrap();
    }
    writeln!(text, "\nRole: {}.", role(table.role())).unwrap();
    if table == Table::Program {
        text.push('\n');
        for line in source::item("instruction.rs", "pub fn decoded(") {
            writeln!(text, "{line}").unwrap();
        }
    }
    let kinds = ["Preprocessed", "Boundary", "Main"];
    for (kind, structures) in kinds.into_iter().zip(record.structures()) {
        let own = structures
            .into_iter()
            .filter(|structure| is_own(structure, table));
        for structure in own.collect::<Vec<_>>().into_iter().rev() {
            writeln!(
                text,
                "\n### {kind} columns of `{}`: `{}`\n",
                table.name(),
                structure.name
            )
            .unwrap();
            columns(text, structure);
        }
    }
    constraints(text, record);
    messages(text, record);
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Execution => "execution",
        Role::Program => "program",
        Role::Zeroed => "zeroed",
        Role::Lookup => "lookup",
    }
}

fn lower(title: &str) -> String {
    let mut characters = title.chars();
    let first = characters.next().map(|c| c.to_lowercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

fn constraints(text: &mut String, record: &Record) {
    if record.constraints.is_empty() {
        writeln!(text, "\n`{}` has no constraints.", record.table.name()).unwrap();
        return;
    }
    writeln!(
        text,
        "\n### Constraints of `{}`\n\n```text",
        record.table.name()
    )
    .unwrap();
    let formulas = Formulas(|cell| record.name(cell));
    for constraint in &record.constraints {
        line(
            text,
            &constraint.name,
            &formulas.equation(&constraint.expression),
        );
    }
    text.push_str("```\n");
}

fn messages(text: &mut String, record: &Record) {
    writeln!(
        text,
        "\n### Messages of `{}`\n\n```text",
        record.table.name()
    )
    .unwrap();
    for message in &record.messages {
        line(text, &message.name, &sentence(record, message));
    }
    text.push_str("```\n");
}

fn sentence(record: &Record, message: &Message) -> String {
    let formulas = Formulas(|cell| record.name(cell));
    let (is_received, count) = match &message.count {
        Expression::Negation(count) => (true, (**count).clone()),
        Expression::Constant(count) if *count == F::NEG_ONE => (true, Expression::ONE),
        count => (false, count.clone()),
    };
    let fields: Vec<String> = message
        .fields
        .iter()
        .map(|field| formulas.text(field))
        .collect();
    let fields = format!("{}({})", message.bus.name(), fields.join(", "));
    let condition = match count {
        count if count.is(F::ONE) => "always".into(),
        count => format!("if {}", formulas.text(&count)),
    };
    match (message.weight, is_received) {
        (Weight::AtMostOne, false) => format!("send {fields} {condition}"),
        (Weight::AtMostOne, true) => format!("receive {fields} {condition}"),
        (Weight::Answers, true) => format!("provide {fields} {} times", &condition[3..]),
        (Weight::Answers, false) => panic!("{} is sent any number of times", message.name),
    }
}

/// A name and what it names, on as many lines as it takes.
fn line(text: &mut String, name: &str, formula: &str) {
    let mut line = format!("{name}:");
    for word in formula.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(text, "{line}").unwrap();
            line = "   ".into();
        }
        line = format!("{line} {word}");
    }
    writeln!(text, "{line}").unwrap();
}
