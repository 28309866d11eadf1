//! Programs from ELF files: what is loaded, and that no file does harm.

use proptest::prelude::*;
use zonda_riscv_emu::{
    elf::{LoadError, MAX_IMAGE_BYTES},
    instruction::Opcode,
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

/// Loads the valid file after a change of its bytes.
fn patched(offset: usize, bytes: &[u8]) -> Result<Program, LoadError> {
    let mut file = valid().build();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    Program::from_elf(&file)
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

#[test]
fn a_valid_file_loads() -> Result<(), LoadError> {
    let program = load(&valid())?;
    assert_eq!(program.entry(), TEXT);
    let text: Vec<_> = program.text().collect();
    assert_eq!(text.len(), 3);
    assert_eq!(
        (text[0].0, text[1], text[2].0),
        (TEXT, (TEXT + 4, Err(0)), TEXT + 8)
    );
    assert_eq!(
        text[0].1.map(|instruction| instruction.opcode),
        Ok(Opcode::Addi)
    );
    assert_eq!(program.instruction(TEXT + 8), Some(text[2].1));
    for pc in [
        0,
        TEXT - 4,
        TEXT + 1,
        TEXT + 2,
        TEXT + 12,
        0x2_0000,
        u32::MAX,
    ] {
        assert_eq!(program.instruction(pc), None);
    }
    let image: Vec<_> = program.image_words().collect();
    let start = TEXT / 4;
    assert_eq!(
        image[..2],
        [(start, testing::addi(1, 0, 1)), (start + 1, 0)]
    );
    // The data starts at offset 1 of a word and ends at offset 2 of the next.
    assert_eq!(image[3..], [(0x8000, 0x6362_6100), (0x8001, 0x0066_6564)]);
    let symbol = |pc| program.symbol_at(pc).map(|symbol| symbol.to_string());
    assert_eq!(symbol(TEXT).as_deref(), Some("_start"));
    assert_eq!(symbol(TEXT + 4).as_deref(), Some("_start+0x4"));
    assert_eq!(symbol(TEXT + 8).as_deref(), Some("core::fmt::write"));
    assert_eq!(symbol(TEXT + 12), None);
    assert_eq!(symbol(0), None);
    Ok(())
}

#[test]
fn any_placement_of_the_bytes_loads() -> Result<(), LoadError> {
    let file = valid().build();
    for shift in 0..8 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(&file);
        assert_eq!(
            Program::from_elf(&shifted[shift..])?.id(),
            load(&valid())?.id()
        );
    }
    Ok(())
}

#[test]
fn segments_may_share_a_word() -> Result<(), LoadError> {
    let builder = Builder::new(TEXT)
        .data(TEXT + 6, &[0xee, 0xff], 0)
        .segment(segment(TEXT, 6, 5, &[0x13, 0, 0, 0, 0x93, 0]));
    let program = load(&builder)?;
    let words: Vec<_> = program.image_words().collect();
    assert_eq!(words, [(TEXT / 4, 0x13), (TEXT / 4 + 1, 0xffee_0093)]);
    // Text is what memory holds, so its last word has the neighbour's bytes.
    let text: Vec<_> = program
        .text()
        .map(|(pc, word)| (pc, word.is_ok()))
        .collect();
    assert_eq!(text, [(TEXT, true), (TEXT + 4, true)]);
    Ok(())
}

#[test]
fn a_rounded_up_word_of_text_has_zeros() -> Result<(), LoadError> {
    let builder = Builder::new(TEXT).segment(segment(TEXT, 4096, 5, &[0x13, 0, 0, 0, 0x13]));
    let text: Vec<_> = load(&builder)?.text().collect();
    assert_eq!(text.len(), 2);
    assert_eq!(
        text[1].1.map(|instruction| instruction.opcode),
        Ok(Opcode::Addi)
    );
    Ok(())
}

#[test]
fn the_last_byte_of_memory_can_be_loaded() -> Result<(), LoadError> {
    let program = load(&valid().data(0xffff_ffff, &[7], 0))?;
    assert_eq!(
        program.image_words().last(),
        Some(((1 << 30) - 1, 0x0700_0000))
    );
    Ok(())
}

#[test]
fn the_id_says_what_matters() -> Result<(), LoadError> {
    let text = [testing::ecall(), testing::ecall(), 0];
    let base = Builder::new(TEXT).text(TEXT, &text);
    let id = load(&base)?.id();
    // What does not matter: symbols, zeros, empty segments, how ranges are cut.
    for same in [
        base.clone().symbol("f", TEXT, 4),
        base.clone().data(0x8_0000, &[], 16),
        base.clone().segment(segment(0x8_0000, 0, 7, &[])),
        Builder::new(TEXT)
            .text(TEXT + 4, &text[1..])
            .text(TEXT, &text[..1]),
    ] {
        assert_eq!(load(&same)?.id(), id);
    }
    // What does: entry, image, text.
    let mut data_at_the_end = Builder::new(TEXT)
        .text(TEXT, &text[..2])
        .data(TEXT + 8, &[0; 4], 0);
    for different in [
        Builder::new(TEXT + 4).text(TEXT, &text),
        Builder::new(TEXT).text(TEXT, &text[..2]),
        Builder::new(TEXT).text(TEXT, &[text[0], text[1], 1]),
        base.clone().data(0x8_0000, &[0], 0),
        data_at_the_end.clone(),
    ] {
        assert_ne!(load(&different)?.id(), id, "{different:?}");
    }
    data_at_the_end = data_at_the_end.symbol("f", TEXT, 4);
    assert_ne!(load(&data_at_the_end)?.id(), id);
    Ok(())
}

/// A digest computed here, from the bytes that the documentation promises.
#[test]
fn the_id_is_as_documented() -> Result<(), LoadError> {
    let program = load(
        &Builder::new(TEXT)
            .text(TEXT, &[0x73])
            .data(0x2_0000, &[1, 2], 0),
    )?;
    let numbers = [1, TEXT, 2, TEXT / 4, 1, 0x73, 0x8000, 1, 0x0201, 1, TEXT, 1];
    let mut bytes = b"zonda program id".to_vec();
    bytes.extend(numbers.iter().flat_map(|number: &u32| number.to_le_bytes()));
    assert_eq!(program.id(), *blake3::hash(&bytes).as_bytes());
    Ok(())
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

/// What must hold of whatever loads.
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
    #![proptest_config(ProptestConfig::with_cases(2_000))]

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
