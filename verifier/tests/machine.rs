//! The digest of the machine covers what the tables state.

use zonda_circuits::{
    machine::Table,
    symbolic::{Record, encode},
};
use zonda_verifier::{Machine, STATEMENTS_DIGEST};

#[test]
fn the_digest_of_statements_is_that_of_the_tables() {
    let digest = *blake3::hash(&encode(&Table::ALL.map(Record::of))).as_bytes();
    assert!(
        STATEMENTS_DIGEST == digest,
        "the tables state something else than when STATEMENTS_DIGEST was written down. If that is meant, \
         keys change; it is now {digest:#04x?}"
    );
    // MACHINE.md gives it to whoever writes a second verifier.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../MACHINE.md");
    let document = std::fs::read_to_string(path).unwrap();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(document.contains(&hex), "MACHINE.md has another digest");
}

/// A machine in which one table states something else has another digest of statements, which is part of
/// the machine's: `circuits/tests/symbolic.rs` changes every constraint and message.
#[test]
fn the_machines_digest_contains_it() {
    let mut bytes = Vec::new();
    let machine = Machine::new();
    for table in Table::ALL {
        let counts = machine.counts(table);
        bytes.push(table.name().len() as u8);
        bytes.extend(table.name().bytes());
        let widths = [table.fixed_width(), table.boundary_width(), table.width()];
        let numbers = [
            counts.constraints,
            counts.local,
            counts.global,
            counts.fields,
        ];
        for number in widths.into_iter().chain(numbers) {
            bytes.extend((number as u32).to_le_bytes());
        }
    }
    let without = *blake3::hash(&bytes).as_bytes();
    bytes.extend(STATEMENTS_DIGEST);
    assert_eq!(machine.digest(), *blake3::hash(&bytes).as_bytes());
    assert_ne!(machine.digest(), without);
}
