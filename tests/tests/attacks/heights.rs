//! Tables that are left out, tables in parts of other roles, and tables with more or fewer rows than they have: A20,
//! A27.

use std::collections::BTreeSet;

use p3_matrix::Matrix;
use zonda::{Header, HeaderError, PartHeader, VerifyError, verify};
use zonda_circuits::{
    bus::Bus,
    machine::{Role, Table},
};
use zonda_verifier::{
    Heights, HeightsError, Links, Machine, ZeroedRange,
    links::{End, ExecutionLinks},
    security::SettingError,
};

use super::{
    common::buses,
    harness::Forger,
    names::{name, said},
    statement::{HONEST, Honest, SHARDED},
    victims::{CALLS, VALUES, ZEROED, asking},
};

/// The greatest height of a table.
const MOST: u32 = 1 << 22;

/// The heights with some of them changed.
fn with(heights: &Heights, changes: &[(Table, u32)]) -> Heights {
    Heights::new(|table| {
        let own = changes.iter().find(|(other, _)| *other == table);
        own.map_or(heights.of(table), |(_, height)| *height)
    })
}

/// The tables whose heights the key, the statement or the machine gives.
const GIVEN: [Table; 7] = [
    Table::Statement,
    Table::Program,
    Table::Image,
    Table::Gaps,
    Table::Range16,
    Table::Bytes,
    Table::PowersOfTwo,
];

/// The tables that a part with their role cannot be without.
const NEEDED: [Table; 2] = [Table::Instructions, Table::Boundary];

/// Instructions that are listed and not executed do no harm. Any other row says something: there are no rows that are
/// not in use.
#[test]
fn rows_that_nobody_needs_are_refused() {
    let mut forger = Forger::honest(&VALUES, &[]);
    let row = forger.append(Table::Instructions);
    forger.copy_row(Table::Instructions, 0, row).recount();
    assert_eq!(forger.broken(), BTreeSet::new());
    assert_eq!(forger.verify(), Ok(()));
    assert_eq!(forger.oracle(), Ok(()));

    let unbalanced = "part 0: Tree.Unbalanced";
    for (table, expected) in [
        (Table::AddSub, unbalanced),
        (Table::AddImmediate, unbalanced),
        (Table::LoadStoreMisaligned, unbalanced),
        (Table::Transfer, unbalanced),
        // x0 once more: it begins and ends as zero at clk 0.
        (Table::Boundary, "GlobalBalance"),
    ] {
        let mut forger = Forger::honest(&VALUES, &[]);
        forger.append(table);
        forger.recount();
        assert_ne!(forger.broken(), BTreeSet::new(), "{table:?}");
        assert_eq!(said(&forger.verify()), expected, "{table:?}");
        assert!(forger.oracle().is_err(), "{table:?}");
    }
}

#[test]
fn tables_left_out_are_refused() {
    let left_out = |tables: &[Table]| {
        let mut forger = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
        for table in tables {
            let trace = &mut forger.traces[*table as usize];
            assert!(trace.height() > 0, "{table:?}");
            trace.values.clear();
        }
        forger.recount();
        let proof = forger.run().prove_told(|_, _| ());
        verify(&CALLS.key, &forger.statement, &proof)
    };
    assert_eq!(left_out(&[]), Ok(()));
    for table in [
        Table::AddImmediate,
        Table::Ecall,
        Table::Transfer,
        Table::Zeroed,
    ] {
        assert_eq!(
            said(&left_out(&[table])),
            "part 0: Tree.Unbalanced",
            "{table:?}"
        );
    }
    for table in NEEDED {
        let expected = HeightsError::Missing {
            table: table.name(),
        };
        assert_eq!(left_out(&[table]), refused(expected));
    }
    for table in GIVEN {
        match left_out(&[table]) {
            Err(VerifyError::Header(HeaderError::Heights {
                part: 0,
                error:
                    HeightsError::Fixed {
                        table: named,
                        got: 0,
                        ..
                    },
            })) => assert_eq!(named, table.name()),
            other => panic!("{table:?}: {other:?}"),
        }
    }
    // All tables of a role.
    let of = |role| {
        Table::ALL
            .into_iter()
            .filter(move |table| table.role() == role)
    };
    let zeroed: Vec<Table> = of(Role::Zeroed).collect();
    assert_eq!(said(&left_out(&zeroed)), "Links.Role");
    let program: Vec<Table> = of(Role::Program).collect();
    assert_eq!(said(&left_out(&program)), "Links.Program");
}

fn refused(error: HeightsError) -> Result<(), VerifyError> {
    Err(VerifyError::Header(HeaderError::Heights { part: 0, error }))
}

/// Such a header is enough, with or without a proof of it.
#[test]
fn heights_that_no_part_has_are_refused() {
    let forger = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    let header = forger.prove().header;
    let heights = header.parts[0].heights;
    let check = |table: Table, height: u32| {
        let mut header = header.clone();
        header.parts[0].heights = with(&heights, &[(table, height)]);
        header.check(&CALLS.key, &forger.statement)
    };
    for table in Table::ALL {
        let (name, own) = (table.name(), heights.of(table));
        assert_eq!(check(table, own), Ok(()));
        for got in [MOST + 1, 1 << 24, 1 << 31, u32::MAX] {
            let error = HeightsError::High { table: name, got };
            assert_eq!(
                check(table, got),
                Err(HeaderError::Heights { part: 0, error })
            );
        }
        if GIVEN.contains(&table) {
            for got in [0, 1, own - 1, own + 1, 2 * own, MOST] {
                if got == own {
                    continue;
                }
                let error = HeightsError::Fixed {
                    table: name,
                    expected: own,
                    got,
                };
                assert_eq!(
                    check(table, got),
                    Err(HeaderError::Heights { part: 0, error })
                );
            }
        } else {
            for got in [1, own + 1, MOST] {
                assert_eq!(check(table, got), Ok(()), "{name}");
            }
        }
    }
}

/// Heights that could be those of another part, after the proof: the challenges depend on them.
#[test]
fn other_heights_than_those_proved_are_refused() {
    let cheap = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    let cheap = Honest {
        key: CALLS.key.clone(),
        statement: cheap.statement.clone(),
        bytes: cheap.prove().to_bytes(),
    };
    let free = Table::ALL
        .into_iter()
        .filter(|table| !GIVEN.contains(table));
    for table in free {
        for (honest, with_works) in [(&*HONEST, true), (&cheap, false)] {
            let own = honest.proof().header.parts[0].heights.of(table);
            for height in [own + 1, own.saturating_sub(1), 0, 1 << 12] {
                if height == own || (NEEDED.contains(&table) && height == 0) {
                    continue;
                }
                let refused = honest.header(|header| {
                    let heights = &mut header.parts[0].heights;
                    *heights = with(heights, &[(table, height)]);
                });
                let refused = name(&refused);
                let expected: &[&str] = if with_works {
                    &["GlobalWork"]
                } else {
                    &["Tree.Children", "Encoding"]
                };
                assert!(
                    expected.contains(&&*refused),
                    "{table:?} {height}: {refused}"
                );
            }
        }
    }
}

/// The verifier's answer to another header of a run in shards, alone.
fn to_header(change: impl FnOnce(&mut Header)) -> String {
    let honest = &SHARDED;
    let mut header = honest.proof().header;
    change(&mut header);
    match header.check(&honest.key, &honest.statement) {
        Ok(()) => "nothing".into(),
        Err(error) => name(&VerifyError::Header(error)),
    }
}

/// Changes heights of a part.
fn raise(part: &mut PartHeader, changes: &[(Table, u32)]) {
    part.heights = with(&part.heights, changes);
}

#[test]
fn tables_in_parts_of_other_roles_are_refused() {
    let header = SHARDED.proof().header;
    let closing = header.shards as usize;
    assert!(header.shards > 2 && header.parts.len() > closing);
    assert_eq!(to_header(|_| ()), "nothing");
    let key = SHARDED.key.heights();
    for table in Table::ALL {
        let height = match table {
            Table::Program => key.program,
            Table::Image => key.image,
            Table::Gaps => key.gaps,
            _ => 1,
        };
        let (part, expected) = match table.role() {
            Role::Lookup => continue,
            Role::Execution => (closing, "Links.Role"),
            Role::Program => (1, "Links.Program"),
            Role::Zeroed => (1, "Links.Role"),
        };
        let got = to_header(|header| raise(&mut header.parts[part], &[(table, height)]));
        assert_eq!(got, expected, "{table:?}");
    }
    // With the links that such a part would have.
    let got = to_header(|header| {
        let to = header.parts[closing].links.zeroed.unwrap().to;
        raise(&mut header.parts[1], &[(Table::Gaps, key.gaps)]);
        header.parts[1].links.zeroed = Some(ZeroedRange { from: to, to });
    });
    assert_eq!(got, "Links.Zeroed");
    let got = to_header(|header| {
        let links = header.parts[closing - 1].links.execution.clone();
        let part = &mut header.parts[closing];
        raise(part, &[(Table::Instructions, 1), (Table::Boundary, 1)]);
        part.links.execution = links;
    });
    assert_eq!(got, "Links.Execution");
}

/// Lookup tables are in all parts, and in none alone.
#[test]
fn parts_that_do_nothing_are_refused() {
    let header = SHARDED.proof().header;
    for table in [Table::Range16, Table::Bytes, Table::PowersOfTwo] {
        for part in 0..header.parts.len() {
            let got = to_header(|header| raise(&mut header.parts[part], &[(table, 0)]));
            assert_eq!(got, "Heights.Fixed", "{table:?}");
        }
    }
    let of = header.parts[1].heights;
    let lookups = Heights::new(|table| match table.role() {
        Role::Lookup => of.of(table),
        _ => 0,
    });
    for heights in [lookups, Heights::default()] {
        let idle = PartHeader {
            heights,
            ..PartHeader::default()
        };
        assert_eq!(to_header(|header| header.parts.push(idle)), "Heights.Roles");
    }
    // A part that commits to nothing before the global challenges has no root of it.
    let to = header.parts.last().unwrap().links.zeroed.unwrap().to;
    let nothing = PartHeader {
        heights: with(&lookups, &[(Table::Gaps, SHARDED.key.heights().gaps)]),
        links: Links {
            execution: None,
            zeroed: Some(ZeroedRange { from: to, to }),
        },
        ..PartHeader::default()
    };
    let rooted = PartHeader {
        boundary_root: [1; 32],
        ..nothing.clone()
    };
    assert_eq!(to_header(|header| header.parts.push(nothing)), "nothing");
    let got = to_header(|header| header.parts.push(rooted));
    assert_eq!(got, "Header.Boundary");
}

/// How many messages of a scope each table has.
fn messages(is_global: bool) -> Vec<(Table, u64)> {
    let tables = buses().into_iter();
    let count = |buses: Vec<Bus>| {
        let own = buses.into_iter();
        own.filter(|bus| bus.is_global() == is_global).count() as u64
    };
    tables.map(|(table, buses)| (table, count(buses))).collect()
}

/// How many terms the messages are, of heights rounded up to pages.
fn terms(messages: &[(Table, u64)], heights: &Heights) -> u64 {
    let pages = |table: Table| u64::from(heights.of(table).div_ceil(1 << 10));
    let terms = messages.iter();
    terms
        .map(|(table, count)| (pages(*table) << 10) * count)
        .sum()
}

/// A20: so many rows that a count could wrap around p. Exactly 2^30 terms are allowed.
#[test]
fn more_terms_than_a_count_can_hold_are_refused() {
    let forger = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    let header = forger.prove().header;
    let check = |heights: Heights| {
        let mut header = header.clone();
        header.parts[0].heights = heights;
        header.check(&CALLS.key, &forger.statement)
    };
    let local = messages(false);
    let machine = Machine::new();
    for (table, count) in &local {
        assert_eq!(*count, machine.counts(*table).local as u64, "{table:?}");
    }

    // Families as high as there is room for, then instructions, whose rows have one local message.
    let mut heights = header.parts[0].heights;
    let mut free: Vec<&(Table, u64)> = local.iter().collect();
    free.retain(|(table, _)| table.has_records());
    let columns = |table: Table| table.trace_width() as u64;
    free.sort_by_key(|(table, count)| 1000 * columns(*table) / count);
    for (table, count) in free {
        let without = with(&heights, &[(*table, 0)]);
        let pages = ((1 << 20) - (terms(&local, &without) >> 10)) / count;
        heights = with(&heights, &[(*table, MOST.min((pages << 10) as u32))]);
    }
    let one = local[Table::Instructions as usize];
    assert_eq!(one, (Table::Instructions, 1));
    let left = (1 << 30) - terms(&local, &heights);
    let own = heights.of(Table::Instructions).div_ceil(1 << 10) << 10;
    let last = own + left as u32;
    let most = with(&heights, &[(Table::Instructions, last)]);
    assert_eq!(terms(&local, &most), 1 << 30);
    assert_eq!(check(most), Ok(()));
    let one_more = with(&heights, &[(Table::Instructions, last + 1)]);
    assert_eq!(said_of(check(one_more)), "terms of the lookup argument");
}

fn said_of(result: Result<(), HeaderError>) -> &'static str {
    match result {
        Err(HeaderError::Security {
            error: SettingError::Range { what, .. },
            ..
        }) => what,
        other => panic!("{other:?}"),
    }
}

/// The same between parts: boundaries of so many rows, in so many shards.
#[test]
fn more_terms_than_a_count_of_the_run_can_hold_are_refused() {
    let honest = &SHARDED;
    let header = honest.proof().header;
    let global = messages(true);
    let check = |shards: u32| {
        let mut header = header.clone();
        let mut high = header.parts[1].clone();
        high.heights = with(
            &high.heights,
            &[(Table::Boundary, MOST), (Table::Statement, 1)],
        );
        let links = high.links.execution.as_mut().unwrap();
        let end = links.end.unwrap();
        *links = ExecutionLinks {
            pc_start: end.pc,
            end: Some(End { cycles: 1, ..end }),
            output: links.output.end..links.output.end,
        };
        let added = vec![high; shards as usize];
        header.parts.splice(2..2, added);
        header.shards += shards;
        let terms: u64 = header
            .parts
            .iter()
            .map(|part| terms(&global, &part.heights))
            .sum();
        (terms, header.check(&honest.key, &honest.statement))
    };
    let (_, few) = check(1);
    assert_eq!(few, Ok(()));
    let one = check(1).0 - check(0).0;
    let most = ((1 << 30) - check(0).0) / one;
    let (terms, most_are_there) = check(most as u32);
    assert!(terms <= 1 << 30);
    assert_eq!(most_are_there, Ok(()));
    let (terms, too_many) = check(most as u32 + 1);
    assert!(terms > 1 << 30);
    assert_eq!(said_of(too_many), "terms of the lookup argument");
}
