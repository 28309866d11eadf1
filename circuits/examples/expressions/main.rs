//! Prints, as JSON, what every table states and what the program's rows hold: what the check by solver
//! (`smt/`) starts from.

mod program;

use p3_field::PrimeField32;
use serde_json::{Map, Value, json};
use zonda_circuits::{
    machine::Table,
    symbolic::{Expression, Record},
};

fn main() {
    let records = Table::ALL.map(Record::of);
    let tables: Map<String, Value> = records
        .iter()
        .map(|record| (record.table.name().into(), table(record)))
        .collect();
    println!(
        "{}",
        json!({ "tables": tables, "program": program::rows() })
    );
}

fn table(record: &Record) -> Value {
    let tree = |expression: &Expression| tree(record, expression);
    let constraint = |c: &zonda_circuits::symbolic::Constraint| json!({ "name": c.name, "zero": tree(&c.expression) });
    let message = |m: &zonda_circuits::symbolic::Message| {
        json!({
            "name": m.name,
            "bus": m.bus.name(),
            "count": tree(&m.count),
            "fields": m.fields.iter().map(tree).collect::<Vec<_>>(),
        })
    };
    json!({
        "constraints": record.constraints.iter().map(constraint).collect::<Vec<_>>(),
        "messages": record.messages.iter().map(message).collect::<Vec<_>>(),
    })
}

/// A number, the name of a cell, or an operation with its operands.
fn tree(record: &Record, expression: &Expression) -> Value {
    let operation = |operation: &str, operands: &[Expression; 2]| {
        let [a, b] = [&operands[0], &operands[1]].map(|operand| tree(record, operand));
        json!([operation, a, b])
    };
    match expression {
        Expression::Constant(constant) => json!(constant.as_canonical_u32()),
        Expression::Cell(cell) => json!(record.name(*cell)),
        Expression::Sum(operands) => operation("+", operands),
        Expression::Difference(operands) => operation("-", operands),
        Expression::Product(operands) => operation("*", operands),
        Expression::Negation(operand) => json!(["-", 0, tree(record, operand)]),
    }
}
