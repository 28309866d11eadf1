//! Headers, a second time: their checks of sections 3 and 13, and their bytes of section 10.

use zonda_circuits::machine::{Statement, Table, ZeroedRange};
use zonda_verifier::{Claim, Header, KeyHeights, PartHeader, QM31, VerifyingKey};

use crate::{
    checker::Refusal,
    key,
    layout::{BOUNDARY, Layout, PAGE},
    machine::{say, width},
};

/// The claim of a key and a statement.
pub fn claim(key: &VerifyingKey, statement: &Statement) -> Claim {
    Claim {
        program_id: *key.program_id(),
        key_digest: key::digest(key),
        exit_code: statement.exit_code,
        output_length: statement.output.len() as u32,
        output_digest: *blake3::hash(&statement.output).as_bytes(),
    }
}

/// The claim's last 40 bytes.
pub fn statement_bytes(claim: &Claim) -> [u8; 40] {
    let numbers = [claim.exit_code, claim.output_length].map(u32::to_le_bytes);
    let bytes = [numbers.as_flattened(), &claim.output_digest].concat();
    bytes.try_into().unwrap()
}

/// The heights of all tables.
pub fn height_bytes(part: &PartHeader) -> Vec<u8> {
    let heights = Table::ALL.map(|table| part.heights.of(table).to_le_bytes());
    heights.as_flattened().to_vec()
}

/// How a part is linked to others.
pub fn link_bytes(part: &PartHeader) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |numbers: &[u32]| bytes.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
    // Whether there is one is a byte, of which the word before it is cut.
    match &part.links.execution {
        Some(links) => {
            let (pc, cycles) = links.end.map_or((0, 0), |end| (end.pc, end.cycles));
            let is_end = u32::from(links.end.is_some());
            put(&[1, links.pc_start, is_end, pc, cycles]);
            put(&[links.output.start, links.output.end]);
        }
        None => put(&[0; 7]),
    }
    match &part.links.zeroed {
        Some(ZeroedRange { from, to }) => put(&[1, from[0], from[1], to[0], to[1]]),
        None => put(&[0; 5]),
    }
    // The words that are flags have one byte.
    let is_flag = |word: usize| [0, 2, 7].contains(&word);
    let words = bytes.chunks(4).enumerate();
    let words = words.map(|(word, bytes)| if is_flag(word) { &bytes[..1] } else { bytes });
    words.collect::<Vec<_>>().concat()
}

/// The header's bytes.
pub fn bytes(header: &Header) -> Vec<u8> {
    let claim = &header.claim;
    let mut bytes = [
        b"ZONDA",
        &4_u16.to_le_bytes()[..],
        &[header.preset as u8],
        &claim.program_id,
        &claim.key_digest,
        &statement_bytes(claim),
        &header.shards.to_le_bytes(),
        &(header.parts.len() as u32).to_le_bytes(),
    ]
    .concat();
    for part in &header.parts {
        bytes.extend(height_bytes(part));
        bytes.extend(part.boundary_root);
        bytes.extend(link_bytes(part));
    }
    bytes.extend(header.global_nonce.to_le_bytes());
    bytes
}

/// The role of a table, by its number: 0 execution, 1 program, 2 zeroed, 3 lookup.
fn role(table: Table) -> usize {
    match table as usize {
        0..=19 => 0,
        20 | 21 => 1,
        22 | 23 => 2,
        _ => 3,
    }
}

/// Whether a part has any table of a role.
fn has(part: &PartHeader, wanted: usize) -> bool {
    let mut tables = Table::ALL.into_iter();
    tables.any(|table| role(table) == wanted && part.heights.of(table) > 0)
}

/// A header with what it is checked against.
struct Stated<'a> {
    key: &'a VerifyingKey,
    statement: &'a Statement,
    header: &'a Header,
}

type Check = fn(&Stated<'_>) -> bool;

/// All checks, in order.
const CHECKS: [(Refusal, Check); 12] = [
    ("output", |s| s.statement.output.len() <= 1 << 22),
    ("preset", |s| s.header.preset == s.key.preset()),
    ("claim", |s| s.header.claim == claim(s.key, s.statement)),
    ("counts", |s| s.has_as_many_parts()),
    ("roles", |s| s.has_linked_roles()),
    ("shards", |s| s.is_one_run()),
    ("output links", |s| s.makes_the_output()),
    ("zeroed links", |s| s.opens_words_once()),
    ("heights", |s| s.has_heights()),
    ("boundary", |s| s.has_boundary_roots()),
    ("rows", |s| s.has_small_matrices()),
    ("terms", |s| s.has_few_terms()),
];

/// Everything that is checked before the work `global`.
pub fn check(
    key: &VerifyingKey,
    statement: &Statement,
    header: &Header,
    flaws: &[Refusal],
) -> Result<(), Refusal> {
    let stated = Stated {
        key,
        statement,
        header,
    };
    let mut checks = CHECKS.into_iter();
    let failed = checks.find(|(name, holds)| !flaws.contains(name) && !holds(&stated));
    failed.map_or(Ok(()), |(name, _)| Err(name))
}

impl Stated<'_> {
    fn has_as_many_parts(&self) -> bool {
        let (shards, parts) = (self.header.shards as usize, self.header.parts.len());
        (1..=1 << 16).contains(&shards) && (shards..=shards + (1 << 12)).contains(&parts)
    }

    /// Links, 1.
    fn has_linked_roles(&self) -> bool {
        let parts = &self.header.parts;
        let linked = parts.iter().enumerate().all(|(index, part)| {
            let executes = index < self.header.shards as usize;
            part.links.execution.is_some() == executes
                && has(part, 0) == executes
                && part.links.zeroed.is_some() == has(part, 2)
        });
        let count = |role| parts.iter().filter(|part| has(part, role)).count();
        linked && count(1) == 1 && count(2) >= 1
    }

    /// Links, 2.
    fn is_one_run(&self) -> bool {
        let parts = self.header.parts.iter();
        let links: Vec<_> = parts.filter_map(|p| p.links.execution.as_ref()).collect();
        let mut pc = Some(self.key.entry());
        links.iter().all(|links| {
            let starts = pc == Some(links.pc_start) && links.pc_start < 1 << 30;
            pc = links.end.map(|end| end.pc);
            let ends = links.end.is_none_or(|end| {
                let clk = 4 * u64::from(end.cycles) + 1;
                end.pc < 1 << 30 && end.cycles >= 1 && clk < 1 << 30
            });
            starts && ends
        }) && pc.is_none()
    }

    /// Links, 3.
    fn makes_the_output(&self) -> bool {
        let parts = self.header.parts.iter();
        let mut made = 0;
        let follow = parts
            .filter_map(|part| part.links.execution.as_ref())
            .all(|links| {
                let follows = links.output.start == made && links.output.end >= made;
                made = links.output.end;
                follows
            });
        follow && made as usize == self.statement.output.len()
    }

    /// Links, 4.
    fn opens_words_once(&self) -> bool {
        let mut next = [0, 0];
        let mut ranges = self
            .header
            .parts
            .iter()
            .filter_map(|part| part.links.zeroed);
        ranges.all(|range| {
            let follows = range.from == next;
            next = range.to;
            follows && range.to[0] <= 1 << 16 && range.to[1] <= 1 << 14
        })
    }

    fn has_heights(&self) -> bool {
        let KeyHeights {
            program,
            image,
            gaps,
        } = *self.key.heights();
        self.header.parts.iter().all(|part| {
            let execution = part.links.execution.as_ref();
            let output = execution.map_or(0, |links| links.output.len() as u32);
            let is_right = |table: Table| {
                let height = part.heights.of(table);
                if role(table) < 3 && !has(part, role(table)) {
                    return height == 0;
                }
                match table {
                    Table::Program => height == program,
                    Table::Image => height == image,
                    Table::Gaps => height == gaps,
                    Table::Range16 | Table::Bytes => height == 1 << 16,
                    Table::PowersOfTwo => height == 8,
                    Table::Statement => height == output.max(1),
                    Table::Instructions | Table::Boundary => (1..=1 << 22).contains(&height),
                    _ => height <= 1 << 22,
                }
            };
            (0..3).any(|role| has(part, role)) && Table::ALL.into_iter().all(is_right)
        })
    }

    fn has_boundary_roots(&self) -> bool {
        let mut parts = self.header.parts.iter();
        parts.all(|part| {
            let layout = Layout::of(&part.heights);
            let mut matrices = layout.matrices.iter();
            matrices.any(|matrix| matrix.phase == BOUNDARY) || part.boundary_root == [0; 32]
        })
    }

    /// Local messages of each part, and global ones of all parts, with heights rounded up to pages.
    fn has_few_terms(&self) -> bool {
        let messages = Table::ALL.map(|table| {
            let said = say(table, &vec![QM31::default(); width(table)], &[]);
            said.messages.map(|messages| messages.len())
        });
        let terms = |part: &PartHeader, scope: usize| -> usize {
            let rows = |table| (part.heights.of(table) as usize).next_multiple_of(PAGE);
            let terms = Table::ALL.map(|table| messages[table as usize][scope] * rows(table));
            terms.iter().sum()
        };
        let parts = &self.header.parts;
        let global: usize = parts.iter().map(|part| terms(part, 1)).sum();
        global <= 1 << 30 && parts.iter().all(|part| terms(part, 0) <= 1 << 30)
    }

    fn has_small_matrices(&self) -> bool {
        let layouts = self.header.parts.iter().map(|p| Layout::of(&p.heights));
        let mut matrices = layouts.flat_map(|layout| layout.matrices);
        matrices.all(|matrix| matrix.m <= 24)
    }
}
