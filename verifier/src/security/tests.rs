//! The bounds, against `p3-security` and against themselves.

extern crate std;

use std::{println, vec};

use p3_security::{
    ErrorBits, GrindingSites, InstanceShape, SecurityTerm, StarkAirParams, air, deep, fri,
    fri::FriRegime,
    logup::{self, LogUpAir},
    report::BATCH_LABEL,
    stark::proven_security_report,
};

use super::*;

/// A hundred bits for every setting that is analysed. See SOUNDNESS.md, 5.
fn standard() -> Setting {
    Setting {
        challenge_degree: 4,
        queries: 194,
        work: Work {
            global: 16,
            lookup: 16,
            constraints: 16,
            point: 16,
            batch: 16,
            fold: 16,
            query: 20,
        },
        ..large(22)
    }
}

/// 128 bits for every setting that is analysed.
fn high() -> Setting {
    Setting {
        challenge_degree: 6,
        queries: 256,
        work: Work {
            query: 22,
            ..Work::default()
        },
        ..large(22)
    }
}

/// A large proof, whose parameters are to be filled in.
fn large(log_height: u32) -> Setting {
    // Eightfold folds to 64 coefficients; the last round folds what is left.
    let folds = log_height - 6;
    let mut arities = vec![8; folds as usize / 3];
    if !folds.is_multiple_of(3) {
        arities.push(1 << (folds % 3));
    }
    Setting {
        challenge_degree: 4,
        log_height,
        log_blowup: 1,
        queries: 1,
        work: Work::default(),
        arities,
        final_length: 64,
        columns: 4000,
        shifted_columns: 200,
        constraints: 2000,
        lookup_terms: 1 << 28,
        global_terms: 1 << 24,
        message_width: 10,
    }
}

/// The least sure setting that is not refused.
fn largest(setting: &Setting) -> Setting {
    Setting {
        columns: MAX_OPENINGS - 400,
        shifted_columns: 400,
        constraints: MAX_CONSTRAINTS,
        lookup_terms: MAX_LOOKUP_TERMS,
        global_terms: MAX_LOOKUP_TERMS,
        message_width: MAX_MESSAGE_WIDTH,
        ..Setting {
            arities: large(MAX_LOG_HEIGHT).arities,
            log_height: MAX_LOG_HEIGHT,
            ..setting.clone()
        }
    }
}

#[track_caller]
fn secure(setting: &Setting) -> Security {
    assess(setting).expect("a setting that is analysed")
}

#[track_caller]
fn term(bound: &Bound, source: Source) -> f64 {
    let term = bound.terms.iter().find(|term| term.source == source);
    term.unwrap_or_else(|| panic!("no {source} in {bound:?}"))
        .bits
}

#[track_caller]
fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-6, "{a} and {b}");
}

fn print(name: &str, setting: &Setting) {
    let security = secure(setting);
    println!("{name}: {:.2} claimed", security.bits());
    println!(
        "  with collisions as a term: {:.2}",
        security.bits_with_hash()
    );
    for bound in [&security.claimed, &security.johnson] {
        println!("  {}: {:.2}", bound.regime, bound.bits);
        for term in &bound.terms {
            println!("    {:<20} {:.2}", term.source, term.bits);
        }
    }
}

#[test]
fn presets_reach_what_they_are_named_for() {
    for (name, preset, bits) in [("standard", standard(), 100.0), ("high", high(), 128.0)] {
        print(name, &preset);
        print("  largest", &largest(&preset));
        for setting in [preset.clone(), largest(&preset)] {
            let security = secure(&setting);
            assert!(security.claimed.bits >= bits, "{security:?}");
            assert!(security.bits() >= bits);
        }
        // One query fewer is not enough, at the largest setting.
        let fewer = Setting {
            queries: preset.queries - 1,
            ..largest(&preset)
        };
        assert!(secure(&fewer).claimed.bits < bits, "{name}");
    }
}

#[test]
fn a_collision_is_counted_beside_the_sum() {
    let security = secure(&high());
    assert_eq!(security.hash_bits, 128.0);
    assert_eq!(security.bits(), 128.0);
    assert!((127.0..127.3).contains(&security.bits_with_hash()));
    let security = secure(&standard());
    assert!(security.bits() - security.bits_with_hash() < 1e-6);
}

#[test]
fn queries_are_worth_what_they_are_worth() {
    let fewer = Setting {
        queries: 100,
        ..standard()
    };
    let lost = secure(&standard()).bits() - secure(&fewer).bits();
    assert!((38.5..39.2).contains(&lost), "{lost}");
    // Each is worth log2(4/3), less what N + 2 is more than N.
    let query = |setting| term(&secure(setting).claimed, Source::Query);
    let each = (query(&standard()) - query(&fewer)) / 94.0;
    assert!((libm::log2(4.0 / 3.0) - each).abs() < 1e-6, "{each}");
}

#[test]
fn the_sum_is_a_sum() {
    for setting in [standard(), high(), largest(&standard())] {
        let Security {
            claimed, johnson, ..
        } = secure(&setting);
        for bound in [claimed, johnson] {
            let least = bound.terms.iter().map(|term| term.bits);
            let least = least.fold(f64::INFINITY, f64::min);
            assert!(bound.bits < least);
            assert!(bound.bits > least - libm::log2(bound.terms.len() as f64));
        }
    }
}

/// A change to a setting.
type Change = fn(&mut Setting);
/// Whether a term is one that a change moves.
type IsMoved = fn(Source) -> bool;

#[test]
fn each_proof_of_work_moves_the_terms_of_its_challenge_and_no_other() {
    let sites: [(Change, IsMoved); 7] = [
        (|s| s.work.global -= 5, |source| source == Source::Global),
        (|s| s.work.lookup -= 5, |source| source == Source::Lookup),
        (
            |s| s.work.constraints -= 5,
            |source| source == Source::Constraints,
        ),
        (|s| s.work.point -= 5, |source| source == Source::Point),
        (|s| s.work.batch -= 5, |source| source == Source::Batch),
        // Each round has a proof of work of its own.
        (
            |s| s.work.fold -= 5,
            |source| matches!(source, Source::Fold(_)),
        ),
        (|s| s.work.query -= 5, |source| source == Source::Query),
    ];
    let setting = standard();
    let before = secure(&setting);
    for (change, is_moved) in sites {
        let mut less = setting.clone();
        change(&mut less);
        let after = secure(&less);
        assert_eq!(before.claimed.terms.len(), after.claimed.terms.len());
        let mut moved = 0;
        for (before, after) in before.claimed.terms.iter().zip(&after.claimed.terms) {
            assert_eq!(before.source, after.source);
            if is_moved(before.source) {
                assert_close(before.bits, after.bits + 5.0);
                moved += 1;
            } else {
                assert_eq!(before.bits, after.bits, "{}", before.source);
            }
        }
        assert!(moved > 0);
    }
}

#[test]
fn work_that_no_challenge_needs_is_worth_nothing() {
    let some = Setting {
        global_terms: 0,
        ..standard()
    };
    let none = Setting {
        work: Work {
            global: 0,
            ..some.work
        },
        ..some.clone()
    };
    assert_eq!(secure(&none).claimed, secure(&some).claimed);
}

#[test]
fn more_of_anything_is_less_sure() {
    let changes: [Change; 7] = [
        |s| s.columns += 100,
        |s| s.shifted_columns += 100,
        |s| s.constraints += 100,
        |s| s.lookup_terms *= 2,
        |s| s.global_terms += 1,
        |s| s.message_width += 1,
        |s| {
            s.log_height += 1;
            s.arities = large(s.log_height).arities;
        },
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut more = standard();
        change(&mut more);
        let (before, after) = (secure(&standard()), secure(&more));
        assert!(before.claimed.bits > after.claimed.bits, "{index}");
        assert!(before.johnson.bits > after.johnson.bits, "{index}");
    }
    // One opening, one constraint, no messages: their challenges decide nothing.
    let least = Setting {
        columns: 1,
        shifted_columns: 0,
        constraints: 1,
        lookup_terms: 0,
        global_terms: 0,
        ..standard()
    };
    let sources: Vec<_> = secure(&least)
        .claimed
        .terms
        .iter()
        .map(|term| term.source)
        .collect();
    assert_eq!(sources[..2], [Source::Point, Source::Fold(0)]);
}

#[test]
fn what_is_not_analysed_is_refused() {
    let refused: [(Change, SettingError); 16] = [
        (
            |s| s.challenge_degree = 5,
            SettingError::ChallengeDegree { got: 5 },
        ),
        (|s| s.log_height = 25, SettingError::Height { got: 25 }),
        (|s| s.log_height = 15, SettingError::Height { got: 15 }),
        // At rate one every word is a codeword.
        (|s| s.log_blowup = 0, SettingError::Blowup { got: 0 }),
        (|s| s.log_blowup = 9, SettingError::Blowup { got: 9 }),
        (|s| s.queries = 0, SettingError::Queries { got: 0 }),
        (|s| s.queries = 1025, SettingError::Queries { got: 1025 }),
        (|s| s.work.fold = 41, SettingError::Work { got: 41 }),
        (
            |s| s.final_length = 32,
            SettingError::Folds {
                arities: standard().arities,
                log_height: 22,
                final_length: 32,
            },
        ),
        (
            |s| s.arities = vec![1 << 16],
            SettingError::Folds {
                arities: vec![1 << 16],
                log_height: 22,
                final_length: 64,
            },
        ),
        (|s| s.columns = 0, SettingError::Openings { got: 200 }),
        (
            |s| s.shifted_columns = u64::MAX,
            SettingError::Openings { got: u64::MAX },
        ),
        (|s| s.constraints = 0, SettingError::Constraints { got: 0 }),
        (
            |s| s.lookup_terms = MAX_LOOKUP_TERMS + 1,
            SettingError::LookupTerms {
                got: MAX_LOOKUP_TERMS + 1,
            },
        ),
        (
            |s| s.global_terms = u64::MAX,
            SettingError::LookupTerms { got: u64::MAX },
        ),
        (
            |s| s.message_width = 17,
            SettingError::MessageWidth { got: 17 },
        ),
    ];
    for (change, error) in refused {
        let mut setting = standard();
        change(&mut setting);
        assert_eq!(assess(&setting), Err(error));
    }
    // No count can wrap below the bound.
    const { assert!(MAX_LOOKUP_TERMS < (1 << 31) - 1) };
}

/// Bits of the challenge field in `p3-security`, which takes whole bits: 124 for 123.999999997.
const MODULUS_BITS: usize = 124;

#[test]
fn p3_security_agrees() {
    for log_height in [16, 20, 24] {
        let setting = Setting {
            queries: 196,
            work: standard().work,
            ..large(log_height)
        };
        let ours = secure(&setting).claimed;
        let none = GrindingSites::NONE;
        let instance = InstanceShape {
            log_trace_length: log_height as usize,
            modulus_bits: MODULUS_BITS,
            collision_resistance: 128,
            num_batched_functions: 4200,
        };
        let params = StarkAirParams {
            num_constraints: 2000,
            max_constraint_degree: 3,
            num_quotient_chunks: 2,
            // The number that makes its code of the columns ours: N + 2.
            max_combo: 2,
        };
        let low_degree = FriRegime {
            log_blowup: 1,
            num_queries: 196,
            log_final_poly_len: 6,
            max_log_arity: 3,
            commit_pow_bits: 0,
            query_pow_bits: 0,
        };
        let height = setting.height() as f64;
        let without = |source, work: u32| term(&ours, source) - f64::from(work);

        // The same bound.
        let alpha = p3_security::proximity::alpha_udr(log_height as usize, 1, 2);
        let query = fri::query_phase_error(alpha, 196, 0);
        assert_close(without(Source::Query, 20), query.bits());
        let report = proven_security_report(&low_degree, &params, &instance, &[], &none);
        let batch = |terms: &[SecurityTerm]| {
            let term = terms.iter().find(|term| term.label == BATCH_LABEL);
            term.expect("openings are batched").bits.bits()
        };
        assert_close(without(Source::Batch, 16), batch(report.udr.terms()));

        // Ours does not count the first constraint, which no power of the challenge stands before.
        let theirs = air::composition_error(2000, 1.0, MODULUS_BITS);
        let difference = libm::log2(2000.0 / 1999.0);
        assert_close(without(Source::Constraints, 16), theirs.bits() + difference);

        // Theirs counts the quotient's zeros apart from the constraints'.
        let theirs = deep::deep_ali_error(&params, &instance, 1.0);
        let difference = libm::log2((3.0 * (height + 1.0) + height - 1.0) / (3.0 * height + 6.0));
        assert_close(without(Source::Point, 16), theirs.bits() + difference);

        // Theirs counts the positions before the first fold, and one more, in every round.
        let theirs = fri::commit_phase_error_udr(&low_degree, &instance).expect("folds");
        let difference = libm::log2((2.0 * height + 1.0) / (height / 4.0));
        assert_close(without(Source::Fold(0), 16), theirs.bits() + difference);

        // Theirs bounds the zeros by the sum of the degrees in both challenges, ours by the total
        // degree.
        let messages = setting.lookup_terms >> log_height;
        let lookups = LogUpAir {
            num_interactions: messages as usize,
            max_message_width: 10,
        };
        let theirs: ErrorBits = logup::fingerprint_error(&lookups, &instance);
        let terms = setting.lookup_terms as f64;
        let difference = libm::log2(terms * 12.0 / ((terms - 1.0) * 10.0 + terms));
        assert_close(without(Source::Lookup, 16), theirs.bits() + difference);
    }
}
