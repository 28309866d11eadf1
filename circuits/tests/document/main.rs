//! `MACHINE.md`: the machine, written down from the one definition of its tables. A change of tables,
//! columns, constraints or messages changes the verifying keys, and must be meant.
//!
//! After a change that is meant: `ZONDA_UPDATE_SNAPSHOT=1 cargo test -p zonda-circuits --test document`.

mod formula;
mod render;
mod source;

use std::{env, fs, path::Path};

#[test]
fn the_machine_is_as_it_was_written_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../MACHINE.md");
    let now = render::machine();
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
