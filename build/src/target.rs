//! What guests are built for, and with which flags.

/// The target that guests are built for. To build for another machine, change this line.
pub const TARGET: &str = "riscv32im-unknown-none-elf";

/// The target of guests whose crates use atomics: the compiler takes them, and a pass makes plain
/// accesses of them, which is right on one hart.
pub(crate) const TARGET_WITH_ATOMICS: &str = "riscv32im-risc0-zkvm-elf";

/// The flags of every guest.
pub(crate) const FLAGS: [&str; 4] = [
    // Memory, from `zonda-guest`.
    "-Clink-arg=-Tlink.x",
    "-Clink-arg=--discard-locals",
    "-Clink-arg=--build-id=none",
    // Scheduling hides latencies, which a proof does not have, and costs registers, which it does.
    "-Cllvm-args=-enable-misched=false",
];

/// The flag of guests whose crates use atomics.
pub(crate) const LOWER_ATOMICS: &str = "-Cpasses=lower-atomic";

/// The flag of guests whose crates ask for random bytes, which `zonda-guest` gives them.
pub(crate) const RANDOM: &str = "--cfg=getrandom_backend=\"custom\"";

/// The profile of every guest, whatever the workspace says: guests are proved instruction by
/// instruction. Speed first, and no code that never runs.
pub(crate) const PROFILE: [&str; 7] = [
    "profile.release.opt-level=3",
    "profile.release.lto=\"fat\"",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.debug-assertions=false",
    "profile.release.overflow-checks=false",
    "profile.release.incremental=false",
];

/// What a guest keeps of its debug information: the names of functions.
pub(crate) const NAMES: [&str; 2] = [
    "profile.release.debug=false",
    "profile.release.strip=\"debuginfo\"",
];

/// What a guest for profiles keeps: lines and inlined functions too.
pub(crate) const LINES: [&str; 2] = [
    "profile.release.debug=\"line-tables-only\"",
    "profile.release.strip=\"none\"",
];

/// What is built of the library, where it is there as source only.
pub(crate) const FROM_SOURCE: [&str; 2] = [
    "-Zbuild-std=core,alloc,compiler_builtins",
    "-Zbuild-std-features=compiler-builtins-mem",
];
