//! Verification, as a list of steps in the order of the protocol.

use alloc::{vec, vec::Vec};

use zonda_circuits::{
    machine::{Image, Statement, Table},
    system::statement,
};

use crate::{
    challenge::Challenge,
    circle::{Point, vanishing},
    constraints::{Combination, Lookup, Row, combine},
    cost::Cost,
    deep::Batch,
    error::VerifyError,
    fri::{self, Round},
    interpolate,
    key::VerifyingKey,
    layout::Layout,
    merkle,
    proof::{Body, Proof},
    protocol::{self, label},
    shape::MAX_OUTPUT_BYTES,
    transcript::Transcript,
};

/// Checks that the program of `key`, on some input, ran to `exit(statement.exit_code)` and made
/// `statement.output` public.
///
/// # Errors
/// The first check that failed.
pub fn verify(key: &VerifyingKey, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    verify_with_cost(key, statement, proof).map(|_| ())
}

/// [`verify`], with the operations that it took.
///
/// # Errors
/// The first check that failed.
pub fn verify_with_cost(
    key: &VerifyingKey,
    statement: &Statement,
    proof: &Proof,
) -> Result<Cost, VerifyError> {
    if statement.output.len() > MAX_OUTPUT_BYTES {
        return Err(VerifyError::Output {
            got: statement.output.len(),
        });
    }
    if !key.parameters().is_possible() {
        return Err(VerifyError::Parameters);
    }
    if proof.preset() != key.preset() {
        return Err(VerifyError::Preset {
            expected: key.preset(),
            got: proof.preset(),
        });
    }
    match proof {
        Proof::Standard(body) => check(key, statement, body),
        Proof::High(body) => check(key, statement, body),
    }
}

/// The challenges, in the order in which they are drawn.
struct Challenges<E> {
    lookup_z: E,
    lookup_beta: E,
    alpha: E,
    point: Point<E>,
    before: Point<E>,
    gamma: E,
    rounds: Vec<Round<E>>,
    /// Ascending and distinct.
    positions: Vec<usize>,
}

fn check<E: Challenge>(
    key: &VerifyingKey,
    statement: &Statement,
    proof: &Body<E>,
) -> Result<Cost, VerifyError> {
    let mut cost = Cost::default();
    proof.shape.check(key.fixed(), statement)?;
    let layout = Layout::new(&proof.shape, E::DEGREE);
    key.setting(&layout).check()?;
    check_parts(&layout, proof)?;

    let mut transcript = protocol::begin(key, statement, &proof.shape);
    let challenges = replay(&mut transcript, key, &layout, proof)?;
    cost.transcript.compressions = transcript.compressions();

    check_balance(&proof.claims)?;
    check_constraints(key, statement, &layout, proof, &challenges, &mut cost)?;
    check_rows(key, &layout, proof, &challenges.positions, &mut cost)?;
    check_degree(&layout, proof, &challenges, &mut cost)?;
    Ok(cost)
}

/// Section 10: as many of everything as the shape calls for. What depends on the query positions is
/// counted where it is used.
fn check_parts<E: Challenge>(layout: &Layout, proof: &Body<E>) -> Result<(), VerifyError> {
    let folds = layout.folds().len();
    let mut parts = vec![
        ("claims", layout.instances.len(), proof.claims.len()),
        (
            "opened values",
            layout.columns(),
            proof.opened.at_point.len(),
        ),
        (
            "opened sums",
            layout.opened_before().count(),
            proof.opened.before.len(),
        ),
        ("rounds of folding", folds, proof.fold_roots.len()),
        ("works of folding", folds, proof.nonces.folds.len()),
        ("openings of folding", folds, proof.folds.len()),
        (
            "last coefficients",
            crate::preset::FINAL_COEFFICIENTS,
            proof.last.len(),
        ),
    ];
    let phases = layout.phases.iter().zip(&proof.phases);
    parts.extend(phases.map(|(phase, opening)| {
        (
            "groups of opened rows",
            phase.groups.len(),
            opening.rows.len(),
        )
    }));
    let wrong = parts.into_iter().find(|(_, expected, got)| expected != got);
    match wrong {
        Some((part, expected, got)) => Err(VerifyError::Parts {
            part,
            expected,
            got,
        }),
        None => Ok(()),
    }
}

/// Section 8: says again what the prover said, checks its works, and draws what it drew.
fn replay<E: Challenge>(
    transcript: &mut Transcript,
    key: &VerifyingKey,
    layout: &Layout,
    proof: &Body<E>,
) -> Result<Challenges<E>, VerifyError> {
    let parameters = key.parameters();
    let nonces = &proof.nonces;
    let work = |transcript: &mut Transcript, at, bits, nonce| {
        let done = transcript.work(at, bits, nonce);
        done.then_some(()).ok_or(VerifyError::Work { at })
    };

    work(
        transcript,
        label::GLOBAL,
        parameters.global_work_bits,
        nonces.global,
    )
    .map_err(|_| VerifyError::Statement)?;
    protocol::enter_shard::<E>(transcript);

    transcript.absorb(label::MAIN, &proof.roots.main);
    work(
        transcript,
        label::LOOKUP,
        parameters.lookup_work_bits,
        nonces.lookup,
    )?;
    let lookup_z = transcript.challenge(label::LOOKUP_Z);
    let lookup_beta = transcript.challenge(label::LOOKUP_BETA);

    protocol::absorb_sums(transcript, &proof.roots.sums, &proof.claims);
    let bits = parameters.constraints_work_bits;
    work(transcript, label::CONSTRAINTS, bits, nonces.constraints)?;
    let alpha = transcript.challenge(label::CONSTRAINTS);

    transcript.absorb(label::QUOTIENT, &proof.roots.quotient);
    work(
        transcript,
        label::POINT,
        parameters.point_work_bits,
        nonces.point,
    )?;
    let tau = transcript.challenge(label::POINT);
    let (point, before) = protocol::points(layout, tau).ok_or(VerifyError::Point)?;

    protocol::absorb_opened(transcript, &proof.opened);
    work(
        transcript,
        label::BATCH,
        parameters.batch_work_bits,
        nonces.batch,
    )?;
    let gamma = transcript.challenge(label::BATCH);

    let mut rounds = Vec::with_capacity(proof.fold_roots.len());
    for (root, nonce) in proof.fold_roots.iter().zip(&nonces.folds) {
        transcript.absorb(label::FOLD, root);
        work(transcript, label::FOLD, parameters.fold_work_bits, *nonce)?;
        rounds.push(Round {
            root: *root,
            beta: transcript.challenge(label::FOLD),
        });
    }
    protocol::absorb_last(transcript, &proof.last);

    work(
        transcript,
        label::QUERY,
        parameters.query_work_bits,
        nonces.query,
    )?;
    let positions = transcript.positions(label::QUERY, parameters.queries, layout.log_size());
    Ok(Challenges {
        lookup_z,
        lookup_beta,
        alpha,
        point,
        before,
        gamma,
        rounds,
        positions: merkle::distinct(&positions, 0),
    })
}

/// Section 8.3: over all tables, as much is sent as is received.
fn check_balance<E: Challenge>(claims: &[E]) -> Result<(), VerifyError> {
    let total: E = claims.iter().copied().sum();
    if total.is_zero() {
        Ok(())
    } else {
        Err(VerifyError::Balance)
    }
}

/// Section 8.5: `C(Z) = v_n(Z) (Q0(Z) + v_n(Z) Q1(Z))`.
fn check_constraints<E: Challenge>(
    key: &VerifyingKey,
    statement: &Statement,
    layout: &Layout,
    proof: &Body<E>,
    challenges: &Challenges<E>,
    cost: &mut Cost,
) -> Result<(), VerifyError> {
    let lookup = Lookup::new(challenges.lookup_z, challenges.lookup_beta, layout.widest());
    let image = Image {
        entry: key.entry(),
        ..Image::default()
    };
    let public: Vec<E> = statement::public(&image, statement)
        .into_iter()
        .map(E::from_base)
        .collect();

    let columns = &proof.opened.at_point;
    let mut before = proof.opened.before.iter().copied();
    let mut combination = Combination::new(challenges.alpha);
    for (index, (instance, claim)) in layout.instances.iter().zip(&proof.claims).enumerate() {
        let log_height = instance.log_height();
        let of = |range| columns.get(range).unwrap_or_default();
        let stated = instance.table == Table::Statement;
        let periodic = if stated {
            let doublings = layout.log_height.saturating_sub(log_height);
            let at = challenges.point.double_times(doublings);
            let columns = statement::periodic(statement);
            interpolate::evaluate(&columns, log_height, at, &mut cost.statement)
        } else {
            Vec::new()
        };
        let last_sum = layout.last_sum(index).len();
        let before: Vec<E> = before.by_ref().take(last_sum).collect();
        let row = Row {
            fixed: of(layout.fixed().columns(index)),
            periodic: &periodic,
            public: if stated { &public } else { &[] },
            main: of(layout.main().columns(index)),
            sums: of(layout.sums().columns(index)),
            before: &before,
            share: claim.div_2exp_u64(u64::from(log_height)),
        };
        combination.add_instance(instance.table, &row, &lookup, &mut cost.constraints);
    }

    let halves = layout.quotient().groups.first();
    let halves = halves.and_then(|group| columns.get(group.columns()));
    let (low, high) = halves
        .unwrap_or_default()
        .split_at_checked(E::DEGREE)
        .unwrap_or_default();
    let vanishing = vanishing(layout.log_height, challenges.point.x);
    let quotient: E = combine(low) + vanishing * combine(high);
    if combination.value() == vanishing * quotient {
        Ok(())
    } else {
        Err(VerifyError::Constraints)
    }
}

/// Section 6: the opened rows are those committed to.
fn check_rows<E: Challenge>(
    key: &VerifyingKey,
    layout: &Layout,
    proof: &Body<E>,
    positions: &[usize],
    cost: &mut Cost,
) -> Result<(), VerifyError> {
    let roots = [
        key.fixed_root(),
        &proof.roots.main,
        &proof.roots.sums,
        &proof.roots.quotient,
    ];
    let phases = layout.phases.iter().zip(roots).zip(&proof.phases);
    for (number, ((phase, root), opening)) in phases.enumerate() {
        let log_size = layout.log_size();
        merkle::check_phase(
            phase,
            root,
            log_size,
            positions,
            opening,
            &mut cost.openings,
        )
        .map_err(|error| VerifyError::Rows {
            phase: number,
            error,
        })?;
    }
    Ok(())
}

/// Sections 8.6 and 8.7: the columns have the opened values, and are of low degree.
fn check_degree<E: Challenge>(
    layout: &Layout,
    proof: &Body<E>,
    challenges: &Challenges<E>,
    cost: &mut Cost,
) -> Result<(), VerifyError> {
    let Challenges { point, before, .. } = challenges;
    let positions = &challenges.positions;
    let opened = &proof.opened;
    let batch = Batch::new(
        layout,
        *point,
        *before,
        opened,
        challenges.gamma,
        &mut cost.batch,
    );
    let values = batch
        .and_then(|batch| batch.values(layout, &proof.phases, positions, &mut cost.batch))
        .ok_or(VerifyError::Point)?;
    fri::check(
        layout.log_size(),
        &challenges.rounds,
        &proof.folds,
        &proof.last,
        positions,
        values,
        &mut cost.folding,
    )?;
    Ok(())
}
