//! Proving tables that are filled already.

use p3_field::PrimeField32;
use p3_matrix::Matrix;
use zonda_circuits::{
    F,
    machine::{Part, Statement, Table},
    tape::Plan,
    witness::TableTrace,
};
use zonda_verifier::{
    Claim, Header, HeaderError, Heights, Layout, Links, Machine, PartHeader, Preset, Proof, QM31,
    Sextic,
    layout::{BOUNDARY, MAIN},
    proof::Digest,
    protocol::{self, label},
};

use crate::{
    cancel::Cancel,
    engine::{
        Engine, ProverChallenge,
        columns::{self, TableRows},
        part::{self, Committed},
        work,
    },
    error::ProveError,
    job::Job,
    setup::Setup,
};

/// The filled tables of a part, its statement and its links.
#[derive(Clone, Debug)]
pub struct Tables {
    /// The tables, in order; those that are not here have no rows.
    pub tables: Vec<TableTrace>,
    /// The statement that the tables are filled for: it gives public values and given columns.
    pub stated: Part,
    /// The part's links in the header.
    pub links: Links,
}

/// A part of which all but the global challenges is known.
struct Filled {
    layout: Layout,
    stated: Part,
    boundary: Committed,
    /// Canonical cells of the tables' traces.
    traces: Vec<(Table, Vec<u32>)>,
}

/// Proves a run of `shards` shards whose parts' tables are filled already. Tables that do not hold,
/// or do not make up a run, give a proof that is refused.
///
/// # Errors
/// If the tables of a part do not have heights of this key, or the engine fails.
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
        let own = fill(engine, setup, &tables, part)?;
        header.parts.push(PartHeader {
            heights: own.layout.heights,
            boundary_root: own.boundary.commitment.root(),
            links: tables.links,
        });
        filled.push(own);
    }
    let mut transcript = protocol::begin(&header.claim, &header);
    let bits = key.parameters().global_work_bits;
    header.global_nonce = work(engine.platform, &mut transcript, label::GLOBAL, bits);
    let global = transcript.state();
    let bytes = (0..).zip(filled).map(|(index, part)| match key.preset() {
        Preset::Standard => prove::<QM31>(engine, setup, global, index, &part),
        Preset::High => prove::<Sextic>(engine, setup, global, index, &part),
    });
    let parts = bytes.collect::<Result<_, _>>()?;
    Ok(Proof { header, parts })
}

/// Commits to the boundary columns of a part.
fn fill(
    engine: &Engine,
    setup: &Setup<'_>,
    tables: &Tables,
    part: usize,
) -> Result<Filled, ProveError> {
    let Tables { tables, stated, .. } = tables;
    let heights = Heights::new(|table| {
        let own = tables.iter().find(|own| own.table == table);
        own.map_or(0, |own| own.trace.height() as u32)
    });
    let output = stated.execution.as_ref();
    let output = output.map_or(0, |execution| execution.output.len());
    heights
        .check(setup.key.heights(), output)
        .map_err(|error| HeaderError::Heights { part, error })?;
    let canonical = |cells: &[F]| cells.iter().map(F::as_canonical_u32).collect();
    let traces = tables.iter();
    let traces: Vec<(Table, Vec<u32>)> = traces
        .map(|own| (own.table, canonical(&own.trace.values)))
        .collect();
    let layout = Layout::new(&heights);
    let sources = columns::sources(&rows(&traces), BOUNDARY);
    Ok(Filled {
        boundary: engine.commit(&layout, BOUNDARY, &sources, &Cancel::new())?,
        stated: stated.clone(),
        traces,
        layout,
    })
}

fn rows(traces: &[(Table, Vec<u32>)]) -> Vec<TableRows<'_>> {
    let rows = traces.iter().map(|(table, trace)| TableRows {
        table: *table,
        height: trace.len() / table.trace_width(),
        fixed: &[],
        trace,
    });
    rows.collect()
}

fn prove<E: ProverChallenge>(
    engine: &Engine,
    setup: &Setup<'_>,
    global: &Digest,
    index: u32,
    filled: &Filled,
) -> Result<Vec<u8>, ProveError> {
    let layout = &filled.layout;
    let fixed = setup.fixed(engine, &layout.heights)?;
    let [program, gaps] = fixed.phases();
    let given = part::Given {
        machine: &Machine::new(),
        plans: &Table::ALL.map(Plan::of),
        layout,
        position: index,
        stated: &filled.stated,
        earlier: [program, gaps, Some(&filled.boundary)],
        parameters: setup.key.parameters(),
    };
    let sources = columns::sources(&rows(&filled.traces), MAIN);
    let main = columns::committed(engine.platform, &engine.pool, layout, MAIN, &sources)?;
    let job = &mut Job::new(None, Cancel::new());
    let body = part::prove::<E>(engine, &given, main, global, job)?;
    Ok(body.to_bytes(layout))
}
