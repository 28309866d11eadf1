//! What the machine's tables are made of: degrees, weights and widths of everything they say.

use std::collections::BTreeMap;

use p3_air::symbolic::AirLayout;
use p3_lookup::InteractionSymbolicBuilder;
use zonda_circuits::{
    F,
    bus::Bus,
    checker::names,
    machine::{Image, Statement, Table, TableAir, airs},
};

fn tables() -> Vec<TableAir> {
    airs(&Image::default(), &Statement::default(), false)
}

fn symbolic(air: &TableAir) -> InteractionSymbolicBuilder<F> {
    InteractionSymbolicBuilder::from_air(air, AirLayout::from_air(air))
}

#[test]
fn degrees_are_what_the_engines_expect() {
    for air in tables() {
        let (built, names) = (symbolic(&air), names(&air));
        let constraints = built.base_constraints();
        assert_eq!(constraints.len(), names.constraints.len());
        for (constraint, name) in constraints.iter().zip(&names.constraints) {
            let degree = constraint.degree_multiple();
            assert!(degree <= 3, "{} {name}: degree {degree}", air.table.name());
        }
        let messages = built.global_interactions();
        assert_eq!(messages.len(), names.messages.len());
        for (message, (_, name)) in messages.iter().zip(&names.messages) {
            let at = format!("{} {name}", air.table.name());
            assert!(message.count.degree_multiple() <= 2, "{at}: count");
            for field in &message.fields {
                assert!(field.degree_multiple() <= 1, "{at}: field");
            }
        }
    }
}

#[test]
fn only_lookup_tables_count_without_bound() {
    let lookups = [
        Table::Program,
        Table::Gaps,
        Table::Range16,
        Table::Bytes,
        Table::PowersOfTwo,
    ];
    for air in tables() {
        for message in symbolic(&air).global_interactions() {
            let weight = u32::from(!lookups.contains(&air.table));
            assert_eq!(message.count_weight, weight, "{}", air.table.name());
        }
    }
}

#[test]
fn each_bus_has_one_width() {
    let mut widths = BTreeMap::new();
    for air in tables() {
        for message in symbolic(&air).global_interactions() {
            let bus = Bus::from_name(&message.bus_name).expect("a bus");
            let width = *widths.entry(bus).or_insert(message.fields.len());
            assert_eq!(width, message.fields.len(), "{}", bus.name());
        }
    }
    assert_eq!(widths.len(), Bus::ALL.len());
}

#[test]
fn names_are_distinct_within_a_table() {
    for air in tables() {
        let mut columns = air.table.column_names();
        assert_eq!(columns.len(), air.table.width());
        let names = names(&air);
        let mut constraints = names.constraints;
        let mut messages: Vec<String> = names.messages.into_iter().map(|(_, name)| name).collect();
        for list in [&mut columns, &mut constraints, &mut messages] {
            let length = list.len();
            list.sort();
            list.dedup();
            assert_eq!(list.len(), length, "{}", air.table.name());
        }
    }
}
