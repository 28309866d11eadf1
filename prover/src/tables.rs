//! Proving tables that are filled already.

use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    machine::{Part, Statement, Table},
    witness::InstanceTrace,
};
use zonda_kernels::{AllocationError, Buffer};
use zonda_verifier::{
    Claim, Header, HeaderError, Instance, Layout, Links, PartHeader, Preset, Proof, QM31, Sextic,
    Shape,
    protocol::{self, label},
};

use crate::{
    cancel::Cancel,
    engine::{Commitment, Engine, Filled, Global, ProverChallenge, canonical},
    error::ProveError,
    job::Job,
    setup::Setup,
};

/// The filled tables of a part, its statement and its links.
#[derive(Clone, Debug)]
pub struct Tables {
    /// The instances, in the order of a proof's.
    pub instances: Vec<InstanceTrace>,
    /// The statement that the tables are filled for: it gives public values and periodic columns.
    pub stated: Part,
    /// The part's links in the header.
    pub links: Links,
}

/// Proves a run of `shards` shards whose parts' tables are filled already. Tables that do not hold,
/// or do not make up a run, give a proof that is refused.
///
/// # Errors
/// If the tables of a part do not have a shape of this key, or the engine fails.
pub fn prove_tables(
    engine: &Engine,
    setup: &Setup<'_>,
    statement: &Statement,
    shards: u32,
    parts: Vec<Tables>,
) -> Result<Proof, ProveError> {
    let key = &setup.key;
    let mut header = Header {
        preset: key.preset(),
        claim: Claim::new(key, statement),
        shards,
        ..Header::default()
    };
    let mut filled = Vec::new();
    for (part, tables) in parts.into_iter().enumerate() {
        let instances = tables.instances.iter().map(|instance| Instance {
            table: instance.table,
            log_height: instance.trace.height().ilog2() as u8,
        });
        let shape = Shape(instances.collect());
        let output = tables.stated.execution.as_ref();
        let output = output.map_or(0, |execution| execution.output.len());
        shape
            .check_form()
            .and_then(|()| shape.check_heights(key.fixed(), output))
            .map_err(|error| HeaderError::Shape { part, error })?;
        let instances = tables.instances.into_iter();
        let traces: Vec<_> = instances
            .map(|instance| pooled(engine, instance.trace))
            .collect::<Result<_, _>>()?;
        let boundary =
            engine.commit_boundary(&shape, &traces, Table::trace_width, &Cancel::new())?;
        header.parts.push(PartHeader {
            shape: shape.clone(),
            boundary_root: boundary.root(),
            links: tables.links,
        });
        let stated = tables.stated;
        let tables = Filled {
            shape,
            traces,
            stated,
        };
        filled.push((tables, boundary));
    }
    let mut transcript = protocol::begin(&header.claim, &header);
    let bits = key.parameters().global_work_bits;
    header.global_nonce = engine.work(&mut transcript, label::GLOBAL, bits);
    let global = Global(*transcript.state());
    let bytes = (0..).zip(filled).map(|(index, part)| match key.preset() {
        Preset::Standard => prove::<QM31>(engine, setup, &global, index, part),
        Preset::High => prove::<Sextic>(engine, setup, &global, index, part),
    });
    let parts = bytes.collect::<Result<_, _>>()?;
    Ok(Proof { header, parts })
}

fn pooled(engine: &Engine, trace: RowMajorMatrix<F>) -> Result<Buffer, AllocationError> {
    let mut cells = engine.pool.take(trace.values.len())?;
    cells.copy_from_slice(&canonical(trace));
    Ok(cells)
}

fn prove<E: ProverChallenge>(
    engine: &Engine,
    setup: &Setup<'_>,
    global: &Global,
    index: u32,
    (filled, boundary): (Filled, Commitment),
) -> Result<Vec<u8>, ProveError> {
    let layout = Layout::new(&filled.shape, E::DEGREE);
    let fixed = setup.fixed(engine, &filled.shape)?;
    let job = &mut Job::new(None, Cancel::new());
    let key = &setup.key;
    let body = engine.prove_part::<E>(key, &fixed, global, index, &boundary, filled, job)?;
    Ok(body.to_bytes(&layout))
}
