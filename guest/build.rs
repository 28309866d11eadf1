//! Puts the linker script where `-Tlink.x` finds it.
//!
//! Cargo hands a dependency's library search paths to whatever links it, so a guest needs no
//! linker script of its own.

use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::copy("link.x", Path::new(&out).join("link.x")).expect("link.x can be copied to OUT_DIR");
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rerun-if-changed=link.x");
    println!("cargo::rerun-if-changed=c/crt0.s");
}
