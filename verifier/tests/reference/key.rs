//! Keys, a second time: section 10 of the document.

use std::{ops::Range, sync::LazyLock};

use p3_matrix::Matrix;
use zonda_circuits::machine::{Image, Table};
use zonda_verifier::{KeyHeights, Parameters, Preset, QM31, VerifyingKey, proof::Digest};

use crate::{
    layout::Layout,
    machine::{say, width},
    prover::{Honest, Input, commit},
};

/// The key of a program, with the parameters of tests.
pub fn key(
    program_id: [u8; 32],
    image: &Image,
    preset: Preset,
    parameters: Parameters,
) -> VerifyingKey {
    let heights = heights(image);
    let inputs = [
        (Table::Program, heights.program),
        (Table::Image, heights.image),
        (Table::Gaps, heights.gaps),
    ]
    .map(|(table, height)| {
        let fixed = table.fixed(image).unwrap();
        assert_eq!(fixed.height(), height as usize);
        Input {
            table,
            height: fixed.height(),
            rows: fixed.rows().map(Iterator::collect).collect(),
        }
    });
    let tables = inputs.iter().map(|input| (input.table, input.height));
    let layout = Layout::new(tables.collect());
    let roots = [0, 1].map(|phase| {
        let mut matrices = layout.matrices.iter();
        let matrix = matrices.find(|matrix| matrix.phase == phase).unwrap();
        commit::<QM31>(&inputs, matrix, &mut Honest).root()
    });
    let key = VerifyingKey::from_roots(program_id, image.entry, preset, heights, roots);
    let own = VerifyingKey::new(program_id, image, preset);
    assert_eq!(key, own, "the verifier makes another key");
    let key = key.with_parameters(parameters);
    assert_eq!(key.to_bytes(), bytes(&key));
    assert_eq!(key.digest(), digest(&key));
    key
}

/// Instructions; registers, the output length and words; gaps between what is filled and the holes.
fn heights(image: &Image) -> KeyHeights {
    let filled = image.words.iter().map(|(word, _)| *word..*word + 1);
    let mut taken: Vec<Range<u32>> = filled.chain(image.holes.iter().cloned()).collect();
    taken.push(1 << 30..1 << 30);
    taken.sort_by_key(|range| range.start);
    let (mut gaps, mut end) = (0, 0);
    for range in taken {
        gaps += u32::from(range.start > end);
        end = range.end;
    }
    KeyHeights {
        program: image.text.len() as u32,
        image: 34 + image.words.len() as u32,
        gaps,
    }
}

fn bytes(key: &VerifyingKey) -> Vec<u8> {
    let parameters = key.parameters();
    let KeyHeights {
        program,
        image,
        gaps,
    } = *key.heights();
    let numbers = [
        parameters.queries,
        parameters.global_work_bits,
        parameters.lookup_work_bits,
        parameters.columns_work_bits,
        parameters.words_work_bits,
        parameters.fold_work_bits,
        parameters.query_work_bits,
    ];
    let preset = match key.preset() {
        Preset::Standard => 0,
        Preset::High => 1,
    };
    [
        b"ZONDAKEY",
        &4_u16.to_le_bytes()[..],
        &[preset],
        numbers.map(u32::to_le_bytes).as_flattened(),
        key.program_id(),
        &key.entry().to_le_bytes(),
        key.fixed_roots().as_flattened(),
        [program, image, gaps].map(u32::to_le_bytes).as_flattened(),
    ]
    .concat()
}

/// The digest of the key.
pub fn digest(key: &VerifyingKey) -> Digest {
    static MACHINE: LazyLock<Digest> = LazyLock::new(machine_digest);
    let constants = [10_u32, 1, 4, 6].map(u32::to_le_bytes);
    let bytes = [&bytes(key), constants.as_flattened(), &*MACHINE].concat();
    *blake3::hash(&bytes).as_bytes()
}

/// Of all tables, and of what MACHINE.md says of their statements.
fn machine_digest() -> Digest {
    let mut bytes = Vec::new();
    for table in Table::ALL {
        let said = say(table, &vec![QM31::default(); width(table)], &[]);
        let messages = said.messages.iter().flatten();
        let fields: usize = messages.map(|message| message.fields.len()).sum();
        let numbers = [
            table.fixed_width(),
            table.boundary_width(),
            table.width(),
            said.constraints.len(),
            said.messages[0].len(),
            said.messages[1].len(),
            fields,
        ];
        bytes.push(table.name().len() as u8);
        bytes.extend(table.name().bytes());
        bytes.extend(numbers.map(|number| (number as u32).to_le_bytes()).concat());
    }
    bytes.extend(statements_digest());
    *blake3::hash(&bytes).as_bytes()
}

/// The only number of 64 hexadecimal digits in MACHINE.md.
fn statements_digest() -> Digest {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../MACHINE.md");
    let document = std::fs::read_to_string(path).unwrap();
    let words = document.split(|c: char| !c.is_ascii_hexdigit());
    let mut digests = words.filter(|word| word.len() == 64);
    let hex = digests.next().expect("MACHINE.md has the digest");
    assert_eq!(digests.next(), None);
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..][..2], 16).unwrap())
}
