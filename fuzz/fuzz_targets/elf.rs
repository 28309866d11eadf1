//! Files are loaded without a panic, and whatever loads can be executed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_metered, execute_recorded},
    program::Program,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(program) = Program::from_elf(bytes) else {
        return;
    };
    let _ = (
        program.text().take(1000).count(),
        program.image_words().take(1000).count(),
    );
    let _ = (
        program.symbol_at(program.entry()),
        program.line_at(program.entry()),
    );
    let limits = Options {
        max_cycles: Some(500),
        max_memory: 1 << 24,
        max_output: 1 << 12,
    };
    let metered = execute_metered(&program, b"input", &limits, &mut Discard);
    let recorded = execute_recorded(&program, b"input", &limits, &mut Discard);
    assert_eq!(
        metered
            .map(|(outcome, _)| outcome)
            .map_err(|error| error.to_string()),
        recorded
            .map(|(outcome, _)| outcome)
            .map_err(|error| error.to_string()),
    );
});
