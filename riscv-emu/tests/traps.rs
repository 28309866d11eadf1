//! The ways in which a run ends other than an exit, and the errors that the host gets.

use zonda_riscv_emu::{
    error::{ExecuteError, TrapKind},
    execute::{
        DebugStream, Discard, Host, Options, Outcome, execute, execute_metered, execute_recorded,
    },
    program::Program,
    testing::*,
};

fn load(words: &[u32]) -> Program {
    Program::from_elf(&elf_without_holes(words)).unwrap()
}

fn run(words: &[u32]) -> Result<Outcome, ExecuteError> {
    let options = Options {
        max_cycles: Some(100_000),
        ..Options::default()
    };
    execute(&load(words), &[], &options, &mut Discard)
}

/// Where and why a program traps.
fn trap(words: &[u32]) -> (u32, TrapKind) {
    match run(words) {
        Err(ExecuteError::Trap { kind, at }) => (at.pc, kind),
        other => panic!("no trap: {other:?}"),
    }
}

#[test]
fn debug_text_goes_to_the_host() {
    let mut words = Vec::new();
    for (descriptor, address, length) in [(1, 0x20_0001, 5), (2, 0x20_0006, 3), (1, 0, 0)] {
        words.extend(call(64, descriptor, address, length));
    }
    words.extend([addi(17, 0, 93), ecall()]);
    let file = Builder::new(TEXT)
        .text(TEXT, &words)
        .data(0x20_0000, b"\0hellooh!", 0)
        .build();
    let program = Program::from_elf(&file).unwrap();
    let mut seen = Vec::new();
    let mut host = |stream, bytes: &[u8]| seen.push((stream, bytes.to_vec()));
    let outcome = execute(&program, &[], &Options::default(), &mut host).unwrap();
    assert_eq!((outcome.exit_code, outcome.output), (0, Vec::new()));
    assert_eq!(seen[0], (DebugStream::Out, b"hello".to_vec()));
    assert_eq!(seen[1], (DebugStream::Error, b"oh!".to_vec()));
    assert_eq!(seen.len(), 3);
}

#[test]
fn traps() {
    assert_eq!(trap(&[0]), (TEXT, TrapKind::IllegalInstruction { word: 0 }));
    let ebreak = 0x0010_0073;
    let illegal = TrapKind::IllegalInstruction { word: ebreak };
    assert_eq!(trap(&[addi(5, 0, 1), ebreak]), (TEXT + 4, illegal));
    assert_eq!(
        trap(&[addi(5, 0, 1)]),
        (TEXT + 4, TrapKind::FetchOutsideText)
    );
    assert_eq!(trap(&[jalr(0, 0, 0)]), (0, TrapKind::FetchOutsideText));
    assert_eq!(trap(&[jal(0, -4)]), (TEXT - 4, TrapKind::FetchOutsideText));
    let target = TEXT + 6;
    assert_eq!(
        trap(&[jal(0, 6)]),
        (TEXT, TrapKind::MisalignedTarget { target })
    );
    assert_eq!(
        trap(&[beq(0, 0, 6)]),
        (TEXT, TrapKind::MisalignedTarget { target })
    );
    assert_eq!(
        trap(&[jalr(0, 0, 6)]),
        (TEXT, TrapKind::MisalignedTarget { target: 6 })
    );
    // A branch that is not taken may point anywhere.
    assert!(run(&[vec![bne(0, 0, 6)], exit(0)].concat()).is_ok());

    let last = TEXT + 8 * 4;
    let unknown = |number| (last, TrapKind::UnknownCall { number });
    for number in [0, 62, 65, 95, 0x1_0000, u32::MAX] {
        assert_eq!(trap(&call(number, 0, 0, 0)), unknown(number));
    }
    for (number, descriptor) in [(63, 1), (63, 3), (64, 0), (64, 4), (64, u32::MAX)] {
        let kind = TrapKind::UnknownDescriptor { number, descriptor };
        assert_eq!(trap(&call(number, descriptor, 0, 0)), (last, kind));
    }
    for (number, descriptor) in [(63, 0), (64, 1), (64, 2), (64, 3)] {
        for (pointer, length) in [(0xffff_ffff, 2), (2, u32::MAX), (0x8000_0000, 0x8000_0001)] {
            let kind = TrapKind::BufferPastMemory { pointer, length };
            assert_eq!(
                trap(&call(number, descriptor, pointer, length)),
                (last, kind)
            );
        }
        let mut words = call(number, descriptor, 0xffff_ffff, 1);
        words.extend(exit(0));
        assert!(run(&words).is_ok());
    }
}

#[test]
fn errors_say_where() {
    let file = Builder::new(TEXT)
        .text(TEXT, &[addi(5, 0, 1), 0x4501])
        .symbol("main", TEXT, 8);
    let program = Program::from_elf(&file.build()).unwrap();
    let error = execute(&program, &[], &Options::default(), &mut Discard).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trap at pc 0x00010004 (main+0x4): 0x00004501 is not an RV32IM instruction (a compressed \
         instruction: build for riscv32im, not riscv32imc)"
    );
}

#[test]
fn errors_say_what_a_program_was_made_for() {
    for (word, name) in [
        (0x0000_000b, "custom-0"),
        (0x1234_502b, "custom-1"),
        (0x0000_005b, "custom-2"),
        (0xffff_ffff, "it may be data"),
        (0x0000_007b, "custom-3"),
    ] {
        let (_, kind) = trap(&[word]);
        assert_eq!(kind, TrapKind::IllegalInstruction { word });
        let text = kind.to_string();
        assert!(text.contains(name), "{text}");
        assert_eq!(
            text.contains("made for another zkVM"),
            name.starts_with("custom")
        );
    }
    let text = |number| trap(&call(number, 0, 0, 0)).1.to_string();
    assert!(text(214).contains("214 is brk") && text(214).contains("zonda's guest SDK"));
    assert!(text(80).contains("newlib") && text(80).contains("zonda's guest SDK"));
    assert_eq!(
        text(5),
        "system call 5 does not exist; there are 63 read, 64 write, 93 and 94 exit"
    );
}

#[test]
fn limits() {
    let program = load(&exit(0));
    let cycles = |max_cycles| Options {
        max_cycles: Some(max_cycles),
        ..Options::default()
    };
    assert!(execute(&program, &[], &cycles(9), &mut Discard).is_ok());
    assert!(execute_recorded(&program, &[], &cycles(9), &mut Discard).is_ok());
    for error in [
        execute(&program, &[], &cycles(8), &mut Discard).err(),
        execute_metered(&program, &[], &cycles(8), &mut Discard).err(),
        execute_recorded(&program, &[], &cycles(8), &mut Discard).err(),
    ] {
        assert!(matches!(
            error,
            Some(ExecuteError::CycleLimit { max_cycles: 8, at }) if at.pc == TEXT + 32
        ));
    }
    let forever = load(&[jal(0, 0)]);
    let error = execute_recorded(&forever, &[], &Options::default(), &mut Discard).err();
    assert!(matches!(
        error,
        Some(ExecuteError::CycleLimit {
            max_cycles: 0x40_0000,
            ..
        })
    ));

    // A store to, or a load from, every page there is.
    let small = Options {
        max_memory: 1 << 24,
        ..cycles(1 << 20)
    };
    for touch in [sw(5, 6, 0), lw(5, 6, 0)] {
        let program = load(&[lui(7, 0x1_0000), touch, add(6, 6, 7), jal(0, -8)]);
        let is_full = |error| {
            matches!(
                error,
                Some(ExecuteError::MemoryLimit {
                    max_memory: 0x100_0000,
                    ..
                })
            )
        };
        assert!(is_full(execute(&program, &[], &small, &mut Discard).err()));
        assert!(is_full(
            execute_recorded(&program, &[], &small, &mut Discard).err()
        ));
    }
    let none = Options {
        max_memory: 0,
        ..cycles(10)
    };
    let error = execute(&program, &[], &none, &mut Discard).err();
    assert!(matches!(
        error,
        Some(ExecuteError::MemoryLimit { max_memory: 0, .. })
    ));

    let words = [call(64, 3, 0, 4), exit(0)].concat();
    let output = |max_output| Options {
        max_output,
        ..cycles(100)
    };
    assert!(execute(&load(&words), &[], &output(4), &mut Discard).is_ok());
    let error = execute(&load(&words), &[], &output(3), &mut Discard).err();
    assert!(matches!(
        error,
        Some(ExecuteError::OutputLimit { max_output: 3, .. })
    ));
}

#[test]
fn hosts_are_told_how_much_was_executed() {
    struct Heard(Vec<u64>);
    impl Host for Heard {
        fn debug(&mut self, _: DebugStream, bytes: &[u8]) {
            panic!("{bytes:?}");
        }

        fn executed(&mut self, cycles: u64) {
            self.0.push(cycles);
        }
    }
    let forever = load(&[jal(0, 0)]);
    for (more, expected) in [(0, &[1 << 26][..]), (3, &[1 << 26, 1 << 27])] {
        let limit = (1 << 27) + more;
        let mut heard = Heard(Vec::new());
        let options = Options {
            max_cycles: Some(limit),
            ..Options::default()
        };
        let error = execute(&forever, &[], &options, &mut heard).err();
        assert!(matches!(
            error,
            Some(ExecuteError::CycleLimit { max_cycles, at }) if max_cycles == limit && at.pc == TEXT
        ));
        assert_eq!(heard.0, expected);
    }
    // A shorter run reports nothing.
    let mut heard = Heard(Vec::new());
    execute(&load(&exit(0)), &[], &Options::default(), &mut heard).unwrap();
    assert_eq!(heard.0, [0; 0]);
}
