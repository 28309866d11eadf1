//! The printed security is a function of the real parameters and the real shape.

use zonda_circuits::machine::{Image, MIN_LOG_HEIGHT, Table};
use zonda_verifier::{Parameters, STANDARD, Shape, VerifyingKey, security::security};

fn key(parameters: Parameters) -> VerifyingKey {
    VerifyingKey::new([0; 32], &Image::default()).with_parameters(parameters)
}

/// A run of about 2^22 instructions: every family's table full.
fn large() -> Shape {
    Shape(
        Table::ALL
            .into_iter()
            .map(|table| match table {
                Table::AddImmediate | Table::LoadStoreWord => 21,
                Table::Range16 | Table::Bytes => 16,
                Table::PowersOfTwo | Table::Gaps | Table::Statement => MIN_LOG_HEIGHT,
                _ => 19,
            })
            .collect(),
    )
}

fn bits(parameters: Parameters, shape: &Shape) -> f64 {
    security(&key(parameters), shape).bits
}

fn term(parameters: Parameters, name: &str) -> f64 {
    let security = security(&key(parameters), &large());
    let term = security.terms.iter().find(|term| term.name == name);
    term.unwrap_or_else(|| panic!("no term {name} in {security:?}"))
        .bits
}

#[test]
fn the_standard_preset_is_close_to_a_hundred_bits() {
    let bits = bits(STANDARD, &large());
    assert!(
        (97.0..103.0).contains(&bits),
        "{:?}",
        security(&key(STANDARD), &large())
    );
}

#[test]
fn fewer_queries_are_worth_less() {
    // At blowup 2 a query is worth 0.41 bits in the unique-decoding regime and up to 0.5 in the
    // Johnson regime, where queries decide.
    let [more, fewer] = [100, 40].map(|queries| {
        bits(
            Parameters {
                queries,
                ..STANDARD
            },
            &large(),
        )
    });
    let lost = more - fewer;
    assert!((24.0..30.0).contains(&lost), "{lost}");
    assert!(bits(STANDARD, &large()) > more + 20.0);
    let none = Parameters {
        queries: 0,
        ..STANDARD
    };
    assert!(bits(none, &large()) < 40.0);
}

#[test]
fn each_proof_of_work_is_worth_its_bits_where_it_is_done() {
    type Change = fn(&mut Parameters);
    let changes: [(&str, Change); 3] = [
        ("logup-fingerprint", |p| p.lookup_work_bits -= 10),
        ("deep-ali", |p| p.out_of_domain_work_bits -= 10),
        ("batch-combination", |p| p.batch_work_bits -= 10),
    ];
    for (name, change) in changes {
        let mut less = STANDARD;
        change(&mut less);
        let lost = term(STANDARD, name) - term(less, name);
        assert!((lost - 10.0).abs() < 1e-6, "{name}: {lost}");
        for (other, _) in changes.iter().filter(|(other, _)| *other != name) {
            assert_eq!(
                term(STANDARD, other),
                term(less, other),
                "{name} is worth bits at {other}"
            );
        }
    }
    let mut less = STANDARD;
    less.query_work_bits -= 10;
    let lost = bits(STANDARD, &large()) - bits(less, &large());
    assert!((5.0..=10.0).contains(&lost), "{lost}");
}

#[test]
fn larger_runs_are_worth_less() {
    let small = Shape(vec![16; Table::ALL.len()]);
    assert!(bits(STANDARD, &small) > bits(STANDARD, &large()));
}

#[test]
fn the_sum_of_the_terms_is_below_the_least() {
    let security = security(&key(STANDARD), &large());
    let least = security
        .terms
        .iter()
        .map(|term| term.bits)
        .fold(f64::INFINITY, f64::min);
    assert!(security.bits <= least);
    assert!(security.bits > least - 3.0);
}
