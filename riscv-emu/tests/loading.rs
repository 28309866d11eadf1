//! Programs from ELF files: what is loaded.

use zonda_riscv_emu::{
    elf::LoadError,
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
    // These do not change the id: symbols, zeros, empty segments, how ranges are cut.
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
    // These do: entry, image, text.
    let mut data_at_the_end = Builder::new(TEXT)
        .text(TEXT, &text[..2])
        .data(TEXT + 8, &[0; 4], 0);
    for different in [
        Builder::new(TEXT + 4).text(TEXT, &text),
        Builder::new(TEXT).text(TEXT, &text[..2]),
        Builder::new(TEXT).text(TEXT, &[text[0], text[1], 1]),
        base.clone().data(0x8_0000, &[0], 0),
        // Zeros, where there would be a hole.
        base.clone().data(0x100, &[], 1),
        base.clone().data(0xc000_0000, &[], 1),
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
    let numbers = [
        2,
        TEXT,
        2,
        TEXT / 4,
        1,
        0x73,
        0x8000,
        1,
        0x0201,
        1,
        TEXT,
        1,
        2,
        0,
        0x4000,
        0x3000_0000,
        0x4000_0000,
    ];
    let mut bytes = b"zonda program id".to_vec();
    bytes.extend(numbers.iter().flat_map(|number: &u32| number.to_le_bytes()));
    assert_eq!(program.id(), *blake3::hash(&bytes).as_bytes());
    Ok(())
}
