//! A small real run, with its tables filled.

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    instances::several,
    machine::{Image, MIN_LOG_HEIGHT, Statement, Table},
    witness::{self, InstanceTrace},
};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
    testing,
};
use zonda_verifier::{Challenge, Parameters, Preset, VerifyingKey, proof::Body};

use crate::prover::{Honest, Input, Prover, prove};

/// A run's tables and statement.
pub struct Run {
    pub image: Image,
    pub statement: Statement,
    pub program_id: [u8; 32],
    pub inputs: Vec<Input>,
}

/// A run that adds, stores, loads, multiplies, makes four bytes public and exits with 5.
pub fn run() -> Run {
    let mut words = Vec::new();
    words.extend(testing::li(5, 0x2000_0000));
    words.extend(testing::li(6, 0x1234_5678));
    words.extend([
        testing::add(7, 6, 5),
        testing::mul(8, 7, 6),
        testing::sw(5, 8, 0),
        testing::lbu(9, 5, 2),
        testing::xor(9, 9, 6),
    ]);
    words.extend(testing::call(64, 3, 0x2000_0000, 4));
    words.extend(testing::exit(5));
    let program = Program::from_elf(&testing::elf(&words)).unwrap();
    let (outcome, records) =
        execute_recorded(&program, &[], &Options::default(), &mut Discard).unwrap();
    let image = Image {
        entry: program.entry(),
        text: program
            .text()
            .filter_map(|(pc, word)| word.ok().map(|instruction| (pc, instruction)))
            .collect(),
        words: program.image_words().collect(),
    };
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    assert_eq!((statement.exit_code, statement.output.len()), (5, 4));
    let at = |pc| program.instruction(pc).unwrap().unwrap();
    let traces = witness::traces(&image, &records, &statement, several, at);
    let mut inputs = Vec::new();
    for InstanceTrace { table, trace, .. } in traces {
        if table == Table::AddImmediate {
            // Two instances of one table, of different heights.
            let split = 3 * trace.width();
            for (rows, log_height) in [
                (&trace.values[split..], MIN_LOG_HEIGHT + 1),
                (&trace.values[..split], MIN_LOG_HEIGHT),
            ] {
                let mut values = rows.to_vec();
                values.resize(trace.width() << log_height, F::ZERO);
                let trace = RowMajorMatrix::new(values, trace.width());
                inputs.push(Input { table, trace });
            }
        } else {
            inputs.push(Input { table, trace });
        }
    }
    Run {
        image,
        statement,
        program_id: program.id(),
        inputs,
    }
}

impl Run {
    pub fn key(&self, preset: Preset, parameters: Parameters) -> VerifyingKey {
        VerifyingKey::new(self.program_id, &self.image, preset).with_parameters(parameters)
    }

    pub fn prove<E: Challenge>(&self, key: &VerifyingKey) -> Body<E> {
        self.prove_by(key, &mut Honest)
    }

    /// The proof of somebody who may be dishonest.
    pub fn prove_by<E: Challenge>(
        &self,
        key: &VerifyingKey,
        prover: &mut impl Prover<E>,
    ) -> Body<E> {
        prove(key, &self.image, &self.statement, &self.inputs, prover)
    }
}
