//! The checks of one part of a proof, in the order of the protocol.

use alloc::vec::Vec;

use zonda_circuits::machine::Part;

use crate::{
    challenge::Challenge,
    circle::{Point, vanishing},
    constraints::{Combination, Lookup, Lookups, Row, Sums, combine},
    cost::Cost,
    counts::{Machine, Scope},
    deep::Batch,
    error::PartError,
    fri::{self, Round},
    header::PartHeader,
    interpolate,
    key::VerifyingKey,
    layout::{Layout, PHASES, RunningSum},
    lengths::{self, LengthError},
    merkle,
    proof::{Body, Digest},
    protocol::{self, label},
    transcript::Transcript,
};

/// The facts about a part before it is read.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) key: &'a VerifyingKey,
    pub(crate) machine: &'a Machine,
    /// The number of the part in the proof.
    pub(crate) position: u32,
    pub(crate) header: &'a PartHeader,
    /// The statement about the part, from the run's statement and the links.
    pub(crate) stated: &'a Part,
}

/// The challenges, in the order in which they are drawn.
struct Challenges<E> {
    lookup: Lookup<E>,
    alpha: E,
    point: Point<E>,
    before: Point<E>,
    gamma: E,
    rounds: Vec<Round<E>>,
    /// Ascending and distinct.
    positions: Vec<usize>,
}

/// Checks a part of a run, whose transcript is `run` after the challenges `global`. Returns the sum
/// of all messages that it claims on global buses.
pub(crate) fn check<E: Challenge>(
    given: &Given<'_>,
    run: &Transcript,
    global: &Lookup<E>,
    bytes: &[u8],
) -> Result<(E, Cost), PartError> {
    let mut cost = Cost::default();
    let layout = Layout::of(given.machine, &given.header.shape, E::DEGREE);
    let body = Body::from_bytes(&layout, bytes)?;
    check_lengths(&layout, &body)?;

    let mut transcript = protocol::enter_part(run, given.position);
    let challenges = replay(&mut transcript, given, &layout, &body)?;
    let compressions = transcript.compressions();
    cost.transcript.compressions = compressions.saturating_sub(run.compressions());

    check_balance(&layout, &body)?;
    check_constraints(given, &layout, &body, global, &challenges, &mut cost)?;
    check_rows(given, &layout, &body, &challenges.positions, &mut cost)?;
    check_degree(&layout, &body, &challenges, &mut cost)?;
    Ok((claimed(&layout, &body, Scope::Global), cost))
}

/// Section 10: there is as much of everything as the layout calls for. The codec has seen to that; but the
/// checks below rely on it, and do not rely on another module's loops.
fn check_lengths<E: Challenge>(layout: &Layout, body: &Body<E>) -> Result<(), LengthError> {
    let (columns, folds) = (layout.columns(), layout.folds().len());
    let sums = layout.running_sums().count();
    let before = layout.opened_before().count();
    lengths::check("claims", sums, body.claims.len())?;
    lengths::check("values at Z", columns, body.opened.at_point.len())?;
    lengths::check("values at W", before, body.opened.before.len())?;
    lengths::check("columns at W", sums.saturating_mul(E::DEGREE), before)?;
    lengths::check("roots of folding", folds, body.fold_roots.len())?;
    lengths::check("works of folding", folds, body.nonces.folds.len())?;
    lengths::check("openings of folding", folds, body.folds.len())?;
    for (phase, opening) in layout.phases.iter().zip(&body.phases) {
        lengths::check("groups of rows", phase.groups.len(), opening.rows.len())?;
    }
    Ok(())
}

/// Section 8: absorbs what the prover absorbed, checks its works, and draws the same challenges.
fn replay<E: Challenge>(
    transcript: &mut Transcript,
    given: &Given<'_>,
    layout: &Layout,
    body: &Body<E>,
) -> Result<Challenges<E>, PartError> {
    let parameters = given.key.parameters();
    let nonces = &body.nonces;
    let work = |transcript: &mut Transcript, at, bits, nonce| {
        let done = transcript.work(at, bits, nonce);
        done.then_some(()).ok_or(PartError::Work { at })
    };

    transcript.absorb(label::MAIN, &body.roots.main);
    work(
        transcript,
        label::LOOKUP,
        parameters.lookup_work_bits,
        nonces.lookup,
    )?;
    let z = transcript.challenge(label::LOOKUP_Z);
    let beta = transcript.challenge(label::LOOKUP_BETA);

    protocol::absorb_sums(transcript, &body.roots.sums, &body.claims);
    let bits = parameters.constraints_work_bits;
    work(transcript, label::CONSTRAINTS, bits, nonces.constraints)?;
    let alpha = transcript.challenge(label::CONSTRAINTS);

    transcript.absorb(label::QUOTIENT, &body.roots.quotient);
    work(
        transcript,
        label::POINT,
        parameters.point_work_bits,
        nonces.point,
    )?;
    let tau = transcript.challenge(label::POINT);
    let (point, before) = protocol::points(layout, tau).ok_or(PartError::Point)?;

    protocol::absorb_opened(transcript, &body.opened);
    work(
        transcript,
        label::BATCH,
        parameters.batch_work_bits,
        nonces.batch,
    )?;
    let gamma = transcript.challenge(label::BATCH);

    let mut rounds = Vec::with_capacity(body.fold_roots.len());
    for (root, nonce) in body.fold_roots.iter().zip(&nonces.folds) {
        transcript.absorb(label::FOLD, root);
        work(transcript, label::FOLD, parameters.fold_work_bits, *nonce)?;
        rounds.push(Round {
            root: *root,
            beta: transcript.challenge(label::FOLD),
        });
    }
    protocol::absorb_last(transcript, &body.last);

    work(
        transcript,
        label::QUERY,
        parameters.query_work_bits,
        nonces.query,
    )?;
    let positions = transcript.positions(label::QUERY, parameters.queries, layout.log_size());
    Ok(Challenges {
        lookup: Lookup::new(z, beta, given.machine.widest()),
        alpha,
        point,
        before,
        gamma,
        rounds,
        positions: merkle::distinct(&positions, 0),
    })
}

/// The sum of all messages of one scope that the part claims.
fn claimed<E: Challenge>(layout: &Layout, body: &Body<E>, scope: Scope) -> E {
    let claims = layout.running_sums().zip(&body.claims);
    let claims = claims.filter(|(sum, _)| sum.scope == scope);
    claims.map(|(_, claim)| *claim).sum()
}

/// Section 8.3: over all tables of the part, as much is sent as is received.
fn check_balance<E: Challenge>(layout: &Layout, body: &Body<E>) -> Result<(), PartError> {
    if claimed(layout, body, Scope::Local).is_zero() {
        Ok(())
    } else {
        Err(PartError::Balance)
    }
}

/// Section 8.5: `C(Z) = v_n(Z) (Q0(Z) + v_n(Z) Q1(Z))`.
fn check_constraints<E: Challenge>(
    given: &Given<'_>,
    layout: &Layout,
    body: &Body<E>,
    global: &Lookup<E>,
    challenges: &Challenges<E>,
    cost: &mut Cost,
) -> Result<(), PartError> {
    let lookups = Lookups {
        local: &challenges.lookup,
        global,
    };
    let columns = &body.opened.at_point;
    let of = |range| columns.get(range).unwrap_or_default();
    let mut running = layout
        .running_sums()
        .zip(&body.claims)
        .zip(body.opened.before.chunks_exact(E::DEGREE))
        .peekable();
    let mut combination = Combination::new(challenges.alpha);
    for (index, instance) in layout.instances.iter().enumerate() {
        let log_height = instance.log_height();
        let table = instance.table;
        let public = table.public(given.stated);
        let public: Vec<E> = public.into_iter().map(E::from_base).collect();
        let periodic = table.periodic(given.stated);
        let doublings = layout.log_height.saturating_sub(log_height);
        let periodic = if periodic.is_empty() {
            Vec::new()
        } else {
            let at = challenges.point.double_times(doublings);
            interpolate::evaluate(&periodic, log_height, at, &mut cost.statement)?
        };
        let [local, global] = Scope::ALL.map(|scope| {
            let is_next = |sum: &RunningSum| sum.instance == index && sum.scope == scope;
            let next = running.next_if(|((sum, _), _)| is_next(sum));
            next.map_or_else(Sums::default, |((_, claim), before)| Sums {
                columns: of(layout.sums_of(index, scope)),
                before,
                share: claim.div_2exp_u64(u64::from(log_height)),
            })
        });
        let fixed = layout.fixed(index).map(|phase| phase.columns(index));
        let row = Row {
            fixed: of(fixed.unwrap_or_default()),
            boundary: of(layout.boundary().columns(index)),
            main: of(layout.main().columns(index)),
            periodic: &periodic,
            public: &public,
            local,
            global,
        };
        combination.add_instance(table, &row, lookups, &mut cost.constraints)?;
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
        Err(PartError::Constraints)
    }
}

/// Section 6: the opened rows are those committed to.
fn check_rows<E: Challenge>(
    given: &Given<'_>,
    layout: &Layout,
    body: &Body<E>,
    positions: &[usize],
    cost: &mut Cost,
) -> Result<(), PartError> {
    let [lookup, program, gaps] = given.key.fixed_roots();
    let boundary = &given.header.boundary_root;
    let (main, sums, quotient) = (&body.roots.main, &body.roots.sums, &body.roots.quotient);
    let roots: [&Digest; PHASES] = [lookup, program, gaps, boundary, main, sums, quotient];
    let phases = layout.phases.iter().zip(roots).zip(&body.phases);
    for (number, ((phase, root), opening)) in phases.enumerate() {
        if phase.groups.is_empty() {
            continue;
        }
        let log_size = layout.log_size();
        merkle::check_phase(
            phase,
            root,
            log_size,
            positions,
            opening,
            &mut cost.openings,
        )
        .map_err(|error| PartError::Rows {
            phase: number,
            error,
        })?;
    }
    Ok(())
}

/// Sections 8.6 and 8.7: the columns have the opened values, and are of low degree.
fn check_degree<E: Challenge>(
    layout: &Layout,
    body: &Body<E>,
    challenges: &Challenges<E>,
    cost: &mut Cost,
) -> Result<(), PartError> {
    let Challenges { point, before, .. } = challenges;
    let positions = &challenges.positions;
    let opened = &body.opened;
    let batch = Batch::new(
        layout,
        *point,
        *before,
        opened,
        challenges.gamma,
        &mut cost.batch,
    );
    let values = batch?.values(layout, &body.phases, positions, &mut cost.batch)?;
    fri::check(
        layout.log_size(),
        &challenges.rounds,
        &body.folds,
        &body.last,
        positions,
        values,
        &mut cost.folding,
    )?;
    Ok(())
}
