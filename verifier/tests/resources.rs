//! Work and memory that a hostile header costs before anything of it has been proved: PROTOCOL.md, section
//! 12. What is counted are allocations, which every layout and list of the header's checks makes, and
//! not seconds.

use allocation_counter::{AllocationInfo, measure};
use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    machine::{Role, Table},
};
use zonda_verifier::{
    Challenge, Claim, Cost, End, ExecutionLinks, Header, Heights, Layout, Links, Machine,
    Operations, Parameters, PartHeader, Proof, QM31, RunVerifier, Statement, VerifyingKey,
    given::given, part::Body, point::RowPoint,
};

/// The key of the honest proof, which takes no works: nothing stops the header's checks early.
fn key() -> VerifyingKey {
    let bytes = include_bytes!("../../fuzz/honest/run.key");
    let key = VerifyingKey::from_bytes(bytes).unwrap();
    key.with_parameters(Parameters::from_array([4, 0, 0, 0, 0, 0, 0]))
}

fn honest() -> Proof {
    Proof::from_bytes(include_bytes!("../../fuzz/honest/run.proof")).unwrap()
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
    let mut header = honest().header;
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

/// Headers and parts that promise what does not follow take no memory for it.
#[test]
fn promises_take_no_memory() {
    let bytes = hostile(1000).to_bytes();
    let info = measure(|| assert!(Proof::from_bytes(&bytes[..1000]).is_err()));
    assert!(info.bytes_max < 8000, "{}", info.bytes_max);
    // A part that ends after the numbers of its first rows and leaves, be they as great as they may.
    let machine = Machine::new();
    let layout = Layout::new(&honest().header.parts[0].heights);
    let bytes = &honest().parts[0];
    let mut most = 0;
    for end in (4..bytes.len()).step_by(997) {
        for number in [512_u32, u32::MAX] {
            let mut bytes = bytes[..end].to_vec();
            bytes[end - 4..].copy_from_slice(&number.to_le_bytes());
            let info = measure(|| {
                assert!(Body::<QM31>::from_bytes(&machine, &layout, &bytes).is_err());
            });
            assert!(info.bytes_max < 4096 + 3 * end as u64, "{}", info.bytes_max);
            most = most.max(info.bytes_max);
        }
    }
    println!("reading parts that end early: {most} bytes at most");
}

/// A part at a time takes memory, by its bytes, beside a layout; and operations.
#[test]
fn parts_take_what_their_bytes_allow() {
    let (key, statement, proof) = (key(), statement(), honest());
    let mut verifier = RunVerifier::new(&key, &statement, &proof.header).unwrap();
    for part in &proof.parts {
        let bytes = part.len() as u64;
        let mut cost = Cost::default();
        let info = measure(|| cost = verifier.part(part).unwrap());
        let total = cost.total();
        println!(
            "a part of {bytes} bytes: {} bytes, {total:?}",
            info.bytes_max
        );
        assert!(info.bytes_max < (1 << 16) + 3 * bytes, "{}", info.bytes_max);
        // Each byte is hashed at most twice: sent or opened, and combined on the way to the root.
        assert!(64 * total.compressions < 4 * bytes);
        assert!(total.products + total.scalings < bytes);
    }
    verifier.finish().unwrap();
}

/// The columns of a statement take memory for the output that one part makes.
#[test]
fn columns_of_statements_take_memory_by_the_byte() {
    let challenge =
        |seed: u32| QM31::from_coordinates_fn(|i| F::from_u32(seed * 0x9e37 + 77 * i as u32 + 1));
    for log_bytes in [16, 20, 22] {
        let bytes = 1 << log_bytes;
        let links = Links {
            execution: Some(ExecutionLinks {
                output: 0..bytes as u32,
                ..ExecutionLinks::default()
            }),
            zeroed: None,
        };
        let statement = Statement {
            exit_code: 0,
            output: vec![7; bytes],
        };
        let point = RowPoint {
            lanes: [1, 2, 3, 4].map(challenge),
            skipped: [5, 6, 7, 8, 9, 10, 11, 12].map(challenge),
            rest: (0..15).map(challenge).collect(),
        };
        let info = measure(|| {
            let part = links.part(0, &statement);
            let mut operations = Operations::default();
            let values = given(Table::Statement, bytes, &part, &point, &mut operations);
            assert_eq!(values.len(), 4);
        });
        let most = 32 * bytes as u64 + (1 << 17);
        println!("{bytes} bytes of output: {} bytes", info.bytes_max);
        assert!(info.bytes_max < most, "{} of {bytes}", info.bytes_max);
    }
}

/// Section 12 has the sizes of the machine.
#[test]
fn sizes_are_those_of_the_document() {
    let machine = Machine::new();
    let all = Table::ALL.map(|table| machine.counts(table));
    let constraints: usize = all.iter().map(|counts| counts.constraints).sum();
    let messages: usize = all.iter().map(|counts| counts.local + counts.global).sum();
    let values = Layout::new(&Heights::new(|_| 1)).values();
    let header = Heights::default().to_bytes().len() + 32 + Links::BYTES;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../PROTOCOL.md");
    let document = std::fs::read_to_string(path).unwrap();
    for said in [
        format!("all constraints and messages, {constraints} and {messages}"),
        format!("{values} values"),
        format!("of {header} bytes each"),
    ] {
        assert!(document.contains(&said), "PROTOCOL.md does not say: {said}");
    }
}

/// The layout of the highest tables is small, and has as many chunks as the document says.
#[test]
fn layouts_are_small() {
    // Heights whose numbers of pages have as many bits as can be.
    let heights = Heights::new(|_| (1 << 22) - 1024);
    let info = measure(|| {
        let layout = Layout::new(&heights);
        let chunks = layout.phases.iter().map(|m| m.sequence.chunks.len());
        let chunks: usize = chunks.sum();
        println!("{chunks} chunks");
        assert!(chunks <= 400);
    });
    println!("the greatest layout: {} bytes", info.bytes_max);
    assert!(info.bytes_max < 1 << 16, "{}", info.bytes_max);
}
