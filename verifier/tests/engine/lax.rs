//! A verifier with a flaw. Without one it agrees with the real verifier; with one it accepts what
//! that flaw lets through. An attack that no flaw lets through would prove nothing.

use zonda_circuits::machine::{Part, Statement};
use zonda_verifier::{
    Challenge, Layout, Machine, PartHeader, Proof, Scope, VerifyingKey,
    circle::vanishing,
    constraints::{Combination, Lookup, Lookups, Row, Sums, combine},
    deep::Batch,
    fri::{self, Round},
    interpolate, merkle,
    proof::Body,
    protocol::points,
    transcript::element_bytes,
};

use crate::spec::{Operation, Spec};

/// A check that a verifier omits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flaw<E> {
    None,
    /// It absorbs nothing under this label.
    Forgets(&'static str),
    /// It skips this check: "lookup" and so on, "header", "balance", "global balance", "identity",
    /// "rows", "folding".
    Skips(&'static str),
    /// Its batching challenge is known beforehand.
    Gamma(E),
}

/// A verifier's answer to a proof.
pub struct Verdict {
    pub accepted: bool,
    /// The transcript of each part, from the beginning of the run.
    pub logs: Vec<Vec<Operation>>,
}

/// The answer of a verifier with this flaw.
pub fn verify<E: Challenge>(
    key: &VerifyingKey,
    stated: &Statement,
    proof: &Proof,
    flaw: Flaw<E>,
) -> Verdict {
    let skips = |check: &'static str| flaw == Flaw::Skips(check);
    let header = &proof.header;
    let mut accepted = skips("header") || header.check(key, stated).is_ok();
    accepted &= header.parts.len() == proof.parts.len();
    let mut transcript = Spec::default();
    if let Flaw::Forgets(label) = flaw {
        transcript.forget = Some(label);
    }
    transcript.begin(key, stated, header);
    let bits = key.parameters().global_work_bits;
    accepted &= transcript.work("global", bits, header.global_nonce) || skips("global");
    let (z, beta) = transcript.global();
    let global = Lookup::new(z, beta, Machine::new().widest());
    let mut total = E::ZERO;
    let mut logs = Vec::new();
    for (index, part) in header.parts.iter().enumerate() {
        let Ok(body) = proof.body::<E>(index) else {
            accepted = false;
            break;
        };
        let given = Given {
            key,
            header: part,
            stated: &part.links.part(index, stated),
            layout: &Layout::new(&part.shape, E::DEGREE),
        };
        let mut transcript = transcript.enter_part(index);
        let (holds, claimed) = given.check(&body, &global, &mut transcript, flaw);
        accepted &= holds;
        total += claimed;
        logs.push(transcript.log);
    }
    accepted &= skips("global balance") || total.is_zero();
    Verdict { accepted, logs }
}

struct Given<'a> {
    key: &'a VerifyingKey,
    header: &'a PartHeader,
    stated: &'a Part,
    layout: &'a Layout,
}

impl Given<'_> {
    /// Whether the part holds, and what it claims on global buses.
    fn check<E: Challenge>(
        &self,
        proof: &Body<E>,
        global: &Lookup<E>,
        transcript: &mut Spec,
        flaw: Flaw<E>,
    ) -> (bool, E) {
        let skips = |check: &'static str| flaw == Flaw::Skips(check);
        let (key, layout) = (self.key, self.layout);
        let parameters = key.parameters();
        let nonces = &proof.nonces;
        let mut works = true;
        let mut work = |transcript: &mut Spec, at: &'static str, bits, nonce| {
            let done = transcript.work(at, bits, nonce);
            works &= done || flaw == Flaw::Skips(at);
        };
        transcript.absorb("main", &proof.roots.main);
        let bits = parameters.lookup_work_bits;
        work(transcript, "lookup", bits, nonces.lookup);
        let z = transcript.challenge("lookup z");
        let beta = transcript.challenge("lookup beta");
        transcript.absorb("sums", &proof.roots.sums);
        transcript.absorb("claims", &element_bytes(&proof.claims));
        let bits = parameters.constraints_work_bits;
        work(transcript, "constraints", bits, nonces.constraints);
        let alpha = transcript.challenge("constraints");
        transcript.absorb("quotient", &proof.roots.quotient);
        let bits = parameters.point_work_bits;
        work(transcript, "point", bits, nonces.point);
        let Some((point, before)) = points(layout, transcript.challenge("point")) else {
            panic!("an unlikely challenge");
        };
        let opened = [&proof.opened.at_point[..], &proof.opened.before].concat();
        transcript.absorb("opened", &element_bytes(&opened));
        let bits = parameters.batch_work_bits;
        work(transcript, "batch", bits, nonces.batch);
        let drawn = transcript.challenge("batch");
        let gamma = match flaw {
            Flaw::Gamma(gamma) => gamma,
            _ => drawn,
        };
        let mut rounds = Vec::new();
        for (root, nonce) in proof.fold_roots.iter().zip(&nonces.folds) {
            transcript.absorb("fold", root);
            work(transcript, "fold", parameters.fold_work_bits, *nonce);
            let beta = transcript.challenge("fold");
            rounds.push(Round { root: *root, beta });
        }
        transcript.absorb("final", &element_bytes(&proof.last));
        let bits = parameters.query_work_bits;
        work(transcript, "query", bits, nonces.query);
        let positions = transcript.positions("query", parameters.queries, layout.log_size());
        let positions = merkle::distinct(&positions, 0);

        let claimed = |scope: Scope| -> E {
            let claims = layout.running_sums().zip(&proof.claims);
            let claims = claims.filter(|(sum, _)| sum.scope == scope);
            claims.map(|(_, claim)| *claim).sum()
        };
        let balance = skips("balance") || claimed(Scope::Local).is_zero();

        let local = Lookup::new(z, beta, Machine::new().widest());
        let lookups = Lookups {
            local: &local,
            global,
        };
        let columns = &proof.opened.at_point;
        let of = |range: std::ops::Range<usize>| &columns[range];
        let mut combination = Combination::new(alpha);
        for (index, instance) in layout.instances.iter().enumerate() {
            let at = point.double_times(layout.log_height - instance.log_height());
            let periodic = instance.table.periodic(self.stated);
            let height = instance.log_height();
            let cost = &mut Default::default();
            let periodic = interpolate::evaluate(&periodic, height, at, cost).unwrap();
            let public = instance.table.public(self.stated);
            let public: Vec<E> = public.into_iter().map(E::from_base).collect();
            let sums = Scope::ALL.map(|scope| {
                let is_it = |sum: &zonda_verifier::layout::RunningSum| {
                    (sum.instance, sum.scope) == (index, scope)
                };
                let number = layout.running_sums().position(|sum| is_it(&sum));
                number.map_or_else(Sums::default, |number| Sums {
                    columns: of(layout.sums_of(index, scope)),
                    before: &proof.opened.before[number * E::DEGREE..(number + 1) * E::DEGREE],
                    share: proof.claims[number].div_2exp_u64(u64::from(height)),
                })
            });
            let fixed = layout.fixed(index).map(|phase| phase.columns(index));
            let row = Row {
                fixed: of(fixed.unwrap_or_default()),
                boundary: of(layout.boundary().columns(index)),
                main: of(layout.main().columns(index)),
                periodic: &periodic,
                public: &public,
                local: sums[0],
                global: sums[1],
            };
            let added = combination.add_instance(instance.table, &row, lookups, cost);
            added.expect("a row of the table");
        }
        let (low, high) = columns[layout.quotient().groups[0].columns()].split_at(E::DEGREE);
        let v = vanishing(layout.log_height, point.x);
        let right = v * (combine::<E>(low) + v * combine(high));
        let constraints = skips("identity") || combination.value() == right;

        let Body { roots, phases, .. } = proof;
        let mut expected = key.fixed_roots().to_vec();
        expected.push(self.header.boundary_root);
        expected.extend([roots.main, roots.sums, roots.quotient]);
        let opened = layout.phases.iter().zip(phases).zip(&expected);
        let mut rows = true;
        for ((phase, opening), root) in opened.filter(|((p, _), _)| !p.groups.is_empty()) {
            let size = layout.log_size();
            let mut cost = Default::default();
            let checked = merkle::check_phase(phase, root, size, &positions, opening, &mut cost);
            rows &= checked.is_ok();
        }

        let mut cost = Default::default();
        let batch = Batch::new(layout, point, before, &proof.opened, gamma, &mut cost);
        let values = batch.and_then(|batch| batch.values(layout, phases, &positions, &mut cost));
        let folding = skips("folding")
            || values.is_ok_and(|values| {
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
        let accepted = works && balance && constraints && (skips("rows") || rows) && folding;
        (accepted, claimed(Scope::Global))
    }
}
