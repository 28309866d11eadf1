//! The machine, written down: a change of tables, columns, constraints or messages changes the
//! verifying keys, and must be meant.
//!
//! After a change that is meant: `ZONDA_UPDATE_SNAPSHOT=1 cargo test -p zonda-circuits --test snapshot`.

mod common;

use std::{env, fmt::Write, fs, path::Path};

use p3_air::symbolic::AirLayout;
use p3_lookup::InteractionSymbolicBuilder;
use zonda_circuits::{
    F,
    checker::names,
    machine::{Image, airs},
};

fn describe() -> String {
    let mut text = String::from(
        "# table: columns committed before + after the global challenge + preprocessed\n",
    );
    for air in airs(&Image::default(), &common::part(), false) {
        let table = air.table;
        let built: InteractionSymbolicBuilder<F> =
            InteractionSymbolicBuilder::from_air(&air, AirLayout::from_air(&air));
        let names = names(&air);
        writeln!(
            text,
            "\n{}: {} + {} + {}",
            table.name(),
            table.boundary_width(),
            table.width(),
            table.fixed_width()
        )
        .unwrap();
        writeln!(text, "  columns {}", table.column_names().join(" ")).unwrap();
        for (constraint, name) in built.base_constraints().iter().zip(&names.constraints) {
            writeln!(
                text,
                "  constraint {name}: degree {}",
                constraint.degree_multiple()
            )
            .unwrap();
        }
        for (message, (bus, name)) in built.global_interactions().iter().zip(&names.messages) {
            writeln!(
                text,
                "  message {} {name}: {} fields, count of degree {}, weight {}",
                bus.name(),
                message.fields.len(),
                message.count.degree_multiple(),
                message.count_weight,
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_machine_is_as_it_was_written_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine.snap");
    let now = describe();
    if env::var_os("ZONDA_UPDATE_SNAPSHOT").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let then = fs::read_to_string(&path).unwrap();
    for (number, (then, now)) in then.lines().zip(now.lines()).enumerate() {
        assert_eq!(then, now, "line {} of {}", number + 1, path.display());
    }
    assert_eq!(
        then.lines().count(),
        now.lines().count(),
        "tables were added or removed"
    );
}
