//! Work and memory that a hostile header costs before anything of it has been proved: PROTOCOL.md, section
//! 12. What is counted are allocations, which every layout and list of the header's checks makes, and
//! not seconds.

use allocation_counter::{AllocationInfo, measure};
use zonda_circuits::machine::{Role, Table};
use zonda_verifier::{
    Claim, End, ExecutionLinks, Header, Heights, Links, Parameters, PartHeader, Proof, RunVerifier,
    Statement, VerifyingKey,
};

/// A key whose proofs take no works: nothing stops the header's checks early.
fn key() -> VerifyingKey {
    let bytes = include_bytes!("../../fuzz/honest/run.key");
    let key = VerifyingKey::from_bytes(bytes).unwrap();
    key.with_parameters(Parameters::from_array([4, 0, 0, 0, 0, 0, 0]))
}

fn statement() -> Statement {
    let bytes = include_bytes!("../../fuzz/honest/run.statement");
    let (exit_code, output) = bytes.split_first_chunk().unwrap();
    Statement {
        exit_code: u32::from_le_bytes(*exit_code),
        output: output.to_vec(),
    }
}

/// A header that passes all checks, with so many further shards between those of the honest proof, each of a
/// heights that no other has.
fn hostile(shards: usize) -> Header {
    let honest = Proof::from_bytes(include_bytes!("../../fuzz/honest/run.proof")).unwrap();
    let mut header = honest.header;
    header.claim = Claim::new(&key(), &statement());
    let links = |part: usize| header.parts[part].links.execution.clone().unwrap();
    let (first, last) = (links(0), links(1));
    let links = ExecutionLinks {
        pc_start: last.pc_start,
        end: Some(End {
            pc: last.pc_start,
            cycles: 1,
        }),
        output: first.output.end..first.output.end,
    };
    let honest = header.parts[1].heights;
    let part = |index: usize| {
        let mut part = PartHeader {
            links: Links {
                execution: Some(links.clone()),
                zeroed: None,
            },
            boundary_root: [1; 32],
            ..PartHeader::default()
        };
        part.heights = Heights::new(|table| match table {
            Table::Statement => 1,
            Table::Instructions | Table::Boundary => 1 + index as u32,
            _ => match table.role() {
                Role::Execution => 1 + (index as u32 * (table as u32 + 1)) % (3 << 10),
                Role::Lookup => honest.of(table),
                _ => 0,
            },
        });
        part
    };
    header.parts.splice(1..1, (0..shards).map(part));
    header.shards += shards as u32;
    header
}

/// Checks that twice the parts cost at most twice as much, and nothing else.
fn is_linear(what: &str, cost: impl Fn(usize) -> u64) {
    let costs = [100, 200, 400, 800, 1600].map(&cost);
    println!("{what}: {costs:?} for 100 to 1600 further parts");
    for pair in costs.windows(2) {
        let growth = pair[1] as f64 / pair[0] as f64;
        assert!(
            growth < 2.1,
            "{what}: {growth} times as much for twice the parts"
        );
    }
    assert!(costs[4] > 8 * costs[0], "{what}: nothing is counted");
}

fn reading(parts: usize) -> (AllocationInfo, u64) {
    let mut bytes = hostile(parts).to_bytes();
    let count = parts + 4;
    bytes.resize(bytes.len() + 4 * count, 0);
    let info = measure(|| {
        let proof = Proof::from_bytes(&bytes).unwrap();
        assert_eq!(proof.parts.len(), count);
    });
    (info, bytes.len() as u64)
}

fn checking(parts: usize) -> (AllocationInfo, u64) {
    let (header, key, statement) = (hostile(parts), key(), statement());
    let info = measure(|| drop(RunVerifier::new(&key, &statement, &header).unwrap()));
    (info, header.to_bytes().len() as u64)
}

fn assessing(parts: usize) -> (AllocationInfo, u64) {
    let (header, key) = (hostile(parts), key());
    let info = measure(|| drop(key.security(&header).unwrap()));
    (info, header.to_bytes().len() as u64)
}

#[test]
fn work_is_linear_in_the_header() {
    is_linear("reading, allocations", |parts| reading(parts).0.count_total);
    is_linear("reading, bytes", |parts| reading(parts).0.bytes_total);
    is_linear("checking, allocations", |parts| {
        checking(parts).0.count_total
    });
    is_linear("checking, bytes", |parts| checking(parts).0.bytes_total);
    is_linear("security, allocations", |parts| {
        assessing(parts).0.count_total
    });
    is_linear("security, bytes", |parts| assessing(parts).0.bytes_total);
}

/// The greatest memory that is taken at once, by the bytes that were read.
#[test]
fn memory_is_a_small_multiple_of_the_header() {
    for parts in [100, 1600] {
        let (info, bytes) = reading(parts);
        assert!(info.bytes_max < 4 * bytes, "{} of {bytes}", info.bytes_max);
        // One part's layout, and the counts of the machine's tables, are all there is at a time.
        let most = 1 << 17;
        let (info, _) = checking(parts);
        assert!(info.bytes_max < most, "{}", info.bytes_max);
        let (info, _) = assessing(parts);
        assert!(info.bytes_max < most, "{}", info.bytes_max);
    }
}

/// Headers that promise what does not follow take no memory for it.
#[test]
fn promises_take_no_memory() {
    let bytes = hostile(1000).to_bytes();
    let info = measure(|| assert!(Proof::from_bytes(&bytes[..1000]).is_err()));
    assert!(info.bytes_max < 8000, "{}", info.bytes_max);
}
