//! Source lines from debug information, and that broken information does no harm.

use proptest::prelude::*;
use zonda_riscv_emu::{
    execute::{Discard, Options, execute},
    program::Program,
};

const FILE: &[u8] = include_bytes!("fixtures/lines.elf");

#[test]
fn errors_name_the_line() {
    let program = Program::from_elf(FILE).unwrap();
    let error = execute(&program, &[], &Options::default(), &mut Discard).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trap at pc 0x00010010 (helper+0x4, ./lines.s:14): 0x00100073 is not an RV32IM instruction \
         (EBREAK, which this machine does not have)"
    );
    assert_eq!(program.line_at(0x1_0000).as_deref(), Some("./lines.s:7"));
    assert_eq!(program.line_at(0x2_0000), None);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(5_000)
    })]

    /// Changes behind the loaded text: symbols, strings, debug sections and section headers.
    #[test]
    fn broken_information_does_no_harm(
        changes in prop::collection::vec((0x1000..FILE.len(), any::<u8>()), 1..8),
    ) {
        let mut file = FILE.to_vec();
        for (place, byte) in changes {
            file[place] = byte;
        }
        if let Ok(program) = Program::from_elf(&file) {
            for pc in (0xfff8..0x1_0020).step_by(4) {
                let _ = (program.line_at(pc), program.symbol_at(pc));
            }
        }
    }
}
