//! The verifying key: what the verifier knows of a program.

use alloc::vec::Vec;

use p3_batch_stark::{
    ProverData,
    common::{GlobalPreprocessed, PreprocessedInstanceMeta},
};
use p3_matrix::Matrix;
use zonda_circuits::machine::{Image, Statement, Table, TableAir, airs};

use crate::{
    engine::{Config, Parameters, STANDARD, config},
    shape::{Shape, ShapeError},
};

type Root = p3_batch_stark::Commitment<Config>;

/// What the verifier knows of a program: its id, its entry point, and the commitment to the tables'
/// preprocessed columns, which are a function of the program.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    pub(crate) program_id: [u8; 32],
    pub(crate) entry: u32,
    pub(crate) parameters: Parameters,
    pub(crate) root: Root,
    /// The tables with preprocessed columns, and the logarithms of their heights.
    pub(crate) fixed: Vec<(Table, usize)>,
}

impl VerifyingKey {
    /// Derives the key of a program. This commits to the program's preprocessed columns, and so
    /// takes time and memory proportional to the program's size.
    pub fn new(program_id: [u8; 32], image: &Image) -> Self {
        let tables = airs(image, &Statement::default(), true);
        Self::with_tables(program_id, image.entry, &tables, STANDARD).0
    }

    /// Derives the key from the machine's tables, with the prover's part of the commitment.
    ///
    /// # Panics
    /// If a table has other preprocessed columns than it declares.
    pub fn with_tables(
        program_id: [u8; 32],
        entry: u32,
        tables: &[TableAir],
        parameters: Parameters,
    ) -> (Self, ProverData<Config>) {
        // The transcript's seed plays no part in a commitment.
        let config = config(&parameters, Vec::new());
        let heights: Vec<_> = tables
            .iter()
            .map(|air| match &air.fixed {
                Some(fixed) => fixed.height().ilog2() as usize,
                None => zonda_circuits::machine::MIN_LOG_HEIGHT,
            })
            .collect();
        let data = ProverData::from_airs_and_degrees(&config, tables, &heights)
            .expect("the circle commitment scheme commits to any matrix");
        let fixed = tables
            .iter()
            .zip(heights)
            .filter(|(air, _)| air.fixed.is_some())
            .map(|(air, height)| (air.table, height))
            .collect();
        let root = data
            .common
            .preprocessed
            .as_ref()
            .map(|preprocessed| preprocessed.commitment.clone())
            .expect("the machine has preprocessed columns");
        (
            Self {
                program_id,
                entry,
                parameters,
                root,
                fixed,
            },
            data,
        )
    }

    /// The program's id.
    pub const fn program_id(&self) -> &[u8; 32] {
        &self.program_id
    }

    /// The address of the program's first instruction.
    pub const fn entry(&self) -> u32 {
        self.entry
    }

    /// The parameters with which proofs are checked.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Checks that a proof of `statement` can have `shape`.
    ///
    /// # Errors
    /// The first bound that does not hold.
    pub fn check_shape(&self, shape: &Shape, statement: &Statement) -> Result<(), ShapeError> {
        shape.check(&self.fixed, statement)
    }

    /// The same key with other parameters, for measuring and testing.
    #[must_use]
    pub fn with_parameters(mut self, parameters: Parameters) -> Self {
        // The blowup is part of the commitment.
        assert_eq!(
            parameters.log_blowup, self.parameters.log_blowup,
            "the blowup is in the key"
        );
        self.parameters = parameters;
        self
    }

    /// Where the engine finds the preprocessed columns.
    pub(crate) fn preprocessed(&self) -> GlobalPreprocessed<Config> {
        let mut instances = Vec::new();
        let mut matrix_to_instance = Vec::new();
        for (index, table) in Table::ALL.into_iter().enumerate() {
            let fixed = self.fixed.iter().find(|(fixed, _)| *fixed == table);
            instances.push(fixed.map(|(_, degree_bits)| {
                matrix_to_instance.push(index);
                PreprocessedInstanceMeta {
                    matrix_index: matrix_to_instance.len() - 1,
                    width: table.fixed_width(),
                    degree_bits: *degree_bits,
                }
            }));
        }
        GlobalPreprocessed {
            commitment: self.root.clone(),
            instances,
            matrix_to_instance,
        }
    }
}
