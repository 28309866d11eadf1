//! Files that are no programs: each its own error, and none does harm.

use proptest::prelude::*;
use zonda_riscv_emu::{
    elf::{LoadError, MAX_IMAGE_BYTES},
    program::Program,
    testing::{self, Builder, Segment, TEXT},
};

/// A file that loads, to be broken by the tests.
fn valid() -> Builder {
    Builder::new(TEXT)
        .text(TEXT, &[testing::addi(1, 0, 1), 0, testing::ecall()])
        .data(0x2_0001, b"abcdef", 100)
        .symbol("_start", TEXT, 8)
        .symbol("_ZN4core3fmt5write17h0123456789abcdefE", TEXT + 8, 4)
}

fn load(builder: &Builder) -> Result<Program, LoadError> {
    Program::from_elf(&builder.build())
}

fn segment(address: u32, memory_size: u32, flags: u32, bytes: &[u8]) -> Segment {
    Segment {
        kind: 1,
        address,
        memory_size,
        flags,
        alignment: 1,
        bytes: bytes.to_vec(),
    }
}

/// Loads the valid file after a change of its bytes.
fn patched(offset: usize, bytes: &[u8]) -> Result<Program, LoadError> {
    let mut file = valid().build();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    Program::from_elf(&file)
}

#[test]
fn broken_headers() {
    assert_eq!(patched(0, b"\x7fELG").err(), Some(LoadError::NotElf));
    assert_eq!(
        patched(4, &[2]).err(),
        Some(LoadError::NotThirtyTwoBit { class: 2 })
    );
    assert_eq!(
        patched(5, &[2]).err(),
        Some(LoadError::NotLittleEndian { encoding: 2 })
    );
    assert_eq!(
        patched(6, &[9]).err(),
        Some(LoadError::Version { version: 9 })
    );
    assert_eq!(
        patched(20, &[0]).err(),
        Some(LoadError::Version { version: 0 })
    );
    assert_eq!(
        patched(18, &[62]).err(),
        Some(LoadError::NotRiscV { machine: 62 })
    );
    assert_eq!(
        patched(16, &[3]).err(),
        Some(LoadError::NotExecutable { kind: 3 })
    );
    for flags in [1, 3, 5, 0x19, 0xffff_ffff] {
        let compressed = load(&valid().flags(flags)).err();
        assert_eq!(compressed, Some(LoadError::Compressed { flags }));
    }
    for flags in [2, 4, 6, 0xa, 0xffff_fffe] {
        let floats = load(&valid().flags(flags)).err();
        assert_eq!(floats, Some(LoadError::FloatAbi { flags }));
    }
    // RVE, TSO, and bits that have no meaning yet.
    for flags in [0, 8, 0x10, 0x20, 0x8000_0000] {
        assert_eq!(load(&valid().flags(flags)).err(), None);
    }
    assert_eq!(
        patched(42, &[56]).err(),
        Some(LoadError::ProgramHeaderSize { size: 56 })
    );
    assert_eq!(
        patched(44, &[0, 0]).err(),
        Some(LoadError::NoExecutableSegment)
    );
    assert!(matches!(
        patched(28, &[0xff; 4]).err(),
        Some(LoadError::Truncated {
            what: "the program header table",
            offset: 0xffff_ffff,
            ..
        })
    ));
    assert!(matches!(
        patched(44, &[0xff, 0xff]).err(),
        Some(LoadError::Truncated {
            what: "the program header table",
            ..
        })
    ));
    // Offset of the first segment.
    assert!(matches!(
        patched(52 + 4, &[0xf0, 0xff, 0xff, 0xff]).err(),
        Some(LoadError::Truncated {
            what: "a segment",
            offset: 0xffff_fff0,
            size: 12,
            ..
        })
    ));
}

#[test]
fn every_truncation_of_what_is_loaded_is_an_error() {
    let file = Builder::new(TEXT)
        .text(TEXT, &[testing::ecall(), 0])
        .data(0, &[1; 9], 0)
        .build();
    assert!(Program::from_elf(&file).is_ok());
    for length in 0..file.len() {
        assert!(matches!(
            Program::from_elf(&file[..length]),
            Err(LoadError::Truncated { .. })
        ));
    }
    assert_eq!(
        Program::from_elf(b"#!/bin/sh").err(),
        Some(LoadError::NotElf)
    );
}

#[test]
fn broken_segments() {
    let error = |change: Segment| load(&valid().segment(change)).err();
    for kind in [2, 3] {
        let dynamic = Segment {
            kind,
            ..segment(0, 0, 4, &[])
        };
        assert_eq!(error(dynamic), Some(LoadError::Dynamic { index: 2, kind }));
    }
    assert_eq!(
        error(segment(0, 3, 6, &[0; 4])),
        Some(LoadError::FileSize {
            index: 2,
            file_size: 4,
            memory_size: 3
        })
    );
    assert_eq!(
        error(segment(0xffff_fff0, 17, 6, &[])),
        Some(LoadError::PastMemory {
            index: 2,
            address: 0xffff_fff0,
            size: 17
        })
    );
    assert_eq!(
        error(segment(0x8_0000, 0xffff_ffff, 6, &[])),
        Some(LoadError::PastMemory {
            index: 2,
            address: 0x8_0000,
            size: 0xffff_ffff
        })
    );
    for alignment in [3, 4096, 1 << 31] {
        let misplaced = Segment {
            alignment,
            ..segment(0x8_0000, 4, 6, &[0; 4])
        };
        assert!(matches!(
            error(misplaced),
            Some(LoadError::Alignment { index: 2, .. })
        ));
    }
    assert_eq!(
        error(segment(0x8_0002, 4, 5, &[0; 4])),
        Some(LoadError::ExecutableAlignment {
            index: 2,
            address: 0x8_0002
        })
    );
    assert_eq!(
        error(segment((1 << 30) - 4, 5, 5, &[0; 4])),
        Some(LoadError::ExecutableAddress {
            index: 2,
            end: (1 << 30) + 1
        })
    );
    assert_eq!(error(segment((1 << 30) - 4, 4, 5, &[0; 4])), None);
    // One byte into the last byte of the data's zeros, and around the text.
    assert_eq!(
        error(segment(0x2_0001 + 105, 1, 6, &[])),
        Some(LoadError::Overlap {
            first: 1,
            second: 2,
            address: 0x2_0001 + 105
        })
    );
    assert_eq!(error(segment(0x2_0001 + 106, 1, 6, &[])), None);
    assert_eq!(
        error(segment(0, TEXT + 1, 6, &[])),
        Some(LoadError::Overlap {
            first: 2,
            second: 0,
            address: TEXT
        })
    );
    assert_eq!(
        load(&Builder::new(0).data(0, &[0; 4], 0)).err(),
        Some(LoadError::NoExecutableSegment)
    );
    // Executable, but nothing of it in the file.
    let empty = Builder::new(0).segment(segment(0, 4096, 5, &[]));
    assert_eq!(load(&empty).err(), Some(LoadError::NoExecutableSegment));
}

#[test]
fn broken_entry_points() {
    let error = |entry| load(&Builder::new(entry).text(TEXT, &[0; 4]).data(0, &[0; 4], 0)).err();
    assert_eq!(error(TEXT + 12), None);
    assert_eq!(
        error(TEXT + 2),
        Some(LoadError::EntryAlignment { entry: TEXT + 2 })
    );
    for entry in [0, TEXT - 4, TEXT + 16, 0xffff_fffc] {
        assert_eq!(error(entry), Some(LoadError::EntryOutsideText { entry }));
    }
}

/// Many segments that load the same megabyte of the file.
#[test]
fn images_are_limited() {
    let megabyte = vec![0; 1 << 20];
    let mut file = Builder::new(TEXT)
        .text(TEXT, &[0; 4])
        .segment(segment(0x10_0000, 1 << 20, 6, &megabyte))
        .build();
    let (first, header) = (file[52..84].to_vec(), file[84..116].to_vec());
    let end = file.len() as u32;
    file[28..32].copy_from_slice(&end.to_le_bytes());
    file[44] = 65;
    file.extend_from_slice(&first);
    for index in 1..=64_u32 {
        let address = index << 20;
        let start = file.len();
        file.extend_from_slice(&header);
        file[start + 8..start + 12].copy_from_slice(&address.to_le_bytes());
    }
    let error = Program::from_elf(&file).err();
    let size = (64 << 20) + 16;
    assert_eq!(
        error,
        Some(LoadError::ImageTooLarge {
            size,
            limit: MAX_IMAGE_BYTES
        })
    );
    file[44] = 64;
    assert!(Program::from_elf(&file).is_ok());
}

#[test]
fn messages_have_the_facts() {
    let error = LoadError::PastMemory {
        index: 3,
        address: 0xffff_0000,
        size: 70_000,
    };
    assert_eq!(
        error.to_string(),
        "segment 3 of 70000 bytes at 0xffff0000 goes past the end of memory at 2^32"
    );
    let error = |flags| load(&valid().flags(flags)).unwrap_err().to_string();
    assert_eq!(
        error(1),
        "the ELF file has compressed instructions (e_flags 0x1 has RVC): build everything that is \
         linked for riscv32im, not for riscv32imc or riscv32imac (C: -march=rv32im -mabi=ilp32; \
         Rust: target riscv32im-unknown-none-elf)"
    );
    assert_eq!(
        error(4),
        "the ELF file uses the double-precision floating-point ABI (e_flags 0x4): build everything \
         that is linked for riscv32im with soft floats (C: -march=rv32im -mabi=ilp32)"
    );
    let error = Program::from_elf(b"\x7fELF")
        .err()
        .map(|error| error.to_string());
    assert_eq!(
        error.as_deref(),
        Some(
            "the ELF file is truncated: the ELF header takes 52 bytes at offset 0, the file has 4"
        )
    );
}

/// Rules that every loaded program obeys.
fn consistent(program: &Program) {
    assert!(
        program
            .image_words()
            .is_sorted_by(|(one, _), (next, _)| one < next)
    );
    assert!(
        program
            .text()
            .is_sorted_by(|(one, _), (next, _)| one < next)
    );
    assert!(program.instruction(program.entry()).is_some());
    for (pc, word) in program.text() {
        assert_eq!(program.instruction(pc), Some(word));
        let _ = program.symbol_at(pc).map(|symbol| symbol.to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2_000)
    })]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Program::from_elf(&bytes).is_err());
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01\0\0\0".to_vec();
        file.extend_from_slice(&bytes);
        let _ = Program::from_elf(&file).map(|program| consistent(&program));
    }

    #[test]
    fn mutated_files_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut file = valid().build();
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        let _ = Program::from_elf(&file).map(|program| consistent(&program));
    }
}
