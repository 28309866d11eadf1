//! A verifier with a flaw. Without one it agrees with the real verifier; with one it accepts what
//! that flaw lets through. An attack that no flaw lets through would prove nothing.

use zonda_circuits::{
    machine::{Image, Statement, Table},
    system::statement,
};
use zonda_verifier::{
    Challenge, Layout, VerifyingKey,
    circle::vanishing,
    constraints::{Combination, Lookup, Row, combine},
    deep::Batch,
    fri::{self, Round},
    interpolate, merkle,
    proof::Body,
    protocol::points,
    transcript::element_bytes,
};

use crate::spec::{Operation, Spec};

/// What a verifier fails to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flaw<E> {
    None,
    /// It absorbs nothing under this label.
    Forgets(&'static str),
    /// It skips this check: "lookup" and so on, "balance", "identity", "rows", "folding".
    Skips(&'static str),
    /// Its batching challenge is known beforehand.
    Gamma(E),
}

/// What a verifier says of a proof.
pub struct Verdict {
    pub accepted: bool,
    /// What it said to the transcript.
    pub log: Vec<Operation>,
}

/// What a verifier with this flaw says. The proof must have as many parts as it should.
pub fn verify<E: Challenge>(
    key: &VerifyingKey,
    stated: &Statement,
    proof: &Body<E>,
    flaw: Flaw<E>,
) -> Verdict {
    let skips = |check: &'static str| flaw == Flaw::Skips(check);
    let layout = Layout::new(&proof.shape, E::DEGREE);
    let parameters = key.parameters();
    let nonces = &proof.nonces;
    let mut transcript = Spec::default();
    if let Flaw::Forgets(label) = flaw {
        transcript.forget = Some(label);
    }
    let mut works = true;
    let mut work = |transcript: &mut Spec, at: &'static str, bits, nonce| {
        let done = transcript.work(at, bits, nonce);
        works &= done || flaw == Flaw::Skips(at);
    };
    transcript.begin(key, stated, &proof.shape);
    let bits = parameters.global_work_bits;
    work(&mut transcript, "global", bits, nonces.global);
    transcript.enter_shard::<E>();
    transcript.absorb("main", &proof.roots.main);
    let bits = parameters.lookup_work_bits;
    work(&mut transcript, "lookup", bits, nonces.lookup);
    let z = transcript.challenge("lookup z");
    let beta = transcript.challenge("lookup beta");
    transcript.absorb("sums", &proof.roots.sums);
    transcript.absorb("claims", &element_bytes(&proof.claims));
    let bits = parameters.constraints_work_bits;
    work(&mut transcript, "constraints", bits, nonces.constraints);
    let alpha = transcript.challenge("constraints");
    transcript.absorb("quotient", &proof.roots.quotient);
    let bits = parameters.point_work_bits;
    work(&mut transcript, "point", bits, nonces.point);
    let Some((point, before)) = points(&layout, transcript.challenge("point")) else {
        panic!("an unlikely challenge");
    };
    let opened = [&proof.opened.at_point[..], &proof.opened.before].concat();
    transcript.absorb("opened", &element_bytes(&opened));
    let bits = parameters.batch_work_bits;
    work(&mut transcript, "batch", bits, nonces.batch);
    let drawn = transcript.challenge("batch");
    let gamma = match flaw {
        Flaw::Gamma(gamma) => gamma,
        _ => drawn,
    };
    let mut rounds = Vec::new();
    for (root, nonce) in proof.fold_roots.iter().zip(&nonces.folds) {
        transcript.absorb("fold", root);
        work(&mut transcript, "fold", parameters.fold_work_bits, *nonce);
        let beta = transcript.challenge("fold");
        rounds.push(Round { root: *root, beta });
    }
    transcript.absorb("final", &element_bytes(&proof.last));
    let bits = parameters.query_work_bits;
    work(&mut transcript, "query", bits, nonces.query);
    let positions = transcript.positions("query", parameters.queries, layout.log_size());
    let positions = merkle::distinct(&positions, 0);

    let total: E = proof.claims.iter().copied().sum();
    let balance = skips("balance") || total.is_zero();

    let lookup = Lookup::new(z, beta, layout.widest());
    let image = Image {
        entry: key.entry(),
        ..Image::default()
    };
    let public: Vec<E> = statement::public(&image, stated)
        .into_iter()
        .map(E::from_base)
        .collect();
    let columns = &proof.opened.at_point;
    let mut last_sums = proof.opened.before.iter().copied();
    let mut combination = Combination::new(alpha);
    for (index, (instance, claim)) in layout.instances.iter().zip(&proof.claims).enumerate() {
        let of = |range: std::ops::Range<usize>| &columns[range];
        let is_statement = instance.table == Table::Statement;
        let at = point.double_times(layout.log_height - instance.log_height());
        let mut periodic = Vec::new();
        if is_statement {
            let columns = statement::periodic(stated);
            let height = instance.log_height();
            periodic = interpolate::evaluate(&columns, height, at, &mut Default::default());
        }
        let before: Vec<E> = last_sums
            .by_ref()
            .take(layout.last_sum(index).len())
            .collect();
        let row = Row {
            fixed: of(layout.fixed().columns(index)),
            periodic: &periodic,
            public: if is_statement { &public } else { &[] },
            main: of(layout.main().columns(index)),
            sums: of(layout.sums().columns(index)),
            before: &before,
            share: claim.div_2exp_u64(u64::from(instance.log_height())),
        };
        combination.add_instance(instance.table, &row, &lookup, &mut Default::default());
    }
    let (low, high) = columns[layout.quotient().groups[0].columns()].split_at(E::DEGREE);
    let v = vanishing(layout.log_height, point.x);
    let right = v * (combine::<E>(low) + v * combine(high));
    let constraints = skips("identity") || combination.value() == right;

    let Body { roots, phases, .. } = proof;
    let expected = [key.fixed_root(), &roots.main, &roots.sums, &roots.quotient];
    let rows = (0..4).all(|phase| {
        let layers = &layout.phases[phase];
        let opening = &phases[phase];
        let size = layout.log_size();
        let mut cost = Default::default();
        merkle::check_phase(
            layers,
            expected[phase],
            size,
            &positions,
            opening,
            &mut cost,
        )
        .is_ok()
    });

    let mut cost = Default::default();
    let batch = Batch::new(&layout, point, before, &proof.opened, gamma, &mut cost);
    let values = batch.and_then(|batch| batch.values(&layout, phases, &positions, &mut cost));
    let folding = skips("folding")
        || values.is_some_and(|values| {
            fri::check(
                layout.log_size(),
                &rounds,
                &proof.folds,
                &proof.last,
                &positions,
                values,
                &mut cost,
            )
            .is_ok()
        });
    Verdict {
        accepted: works && balance && constraints && (skips("rows") || rows) && folding,
        log: transcript.log,
    }
}
