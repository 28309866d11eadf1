//! Shared by the tests of whole proofs: a small assembler, and a run with its proof.
#![allow(dead_code)] // Each test file uses its own part.

pub mod shards;

use std::{fs, path::Path};

use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda::{Discard, Program, Proved, Prover, Statement, VerifyingKey, verify};
use zonda_circuits::{
    F,
    bus::Bus,
    checker::names,
    machine::{End, Execution, Image, Part, Table, TableAir, ZeroedRange, airs},
    witness::{OneShard, traces},
};
use zonda_oracle::{OracleError, QUICK};
use zonda_riscv_emu::{
    execute::{Options, execute_recorded},
    testing::{Builder, call, exit, li, sw},
};

/// Where programs built here start.
pub const TEXT: u32 = 0x1_0000;
/// Where they put results.
pub const RESULTS: u32 = 0x10_0000;
/// Where their data stands.
pub const DATA: u32 = 0x20_0000;

/// The register that points to the next result.
const NEXT: u8 = 8;

/// A program under construction that collects words and makes them public at its end.
pub struct Guest {
    pub words: Vec<u32>,
    pub expected: Vec<u32>,
    data: Vec<u8>,
}

impl Guest {
    pub fn new() -> Self {
        Self {
            words: li(NEXT, RESULTS).to_vec(),
            expected: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Bytes at [`DATA`].
    pub fn with_data(data: &[u8]) -> Self {
        Self {
            data: data.to_vec(),
            ..Self::new()
        }
    }

    pub fn push(&mut self, word: u32) -> &mut Self {
        self.words.push(word);
        self
    }

    pub fn set(&mut self, register: u8, value: u32) -> &mut Self {
        self.words.extend(li(register, value));
        self
    }

    /// The address of the next instruction.
    pub fn pc(&self) -> u32 {
        TEXT + 4 * self.words.len() as u32
    }

    /// Stores a register as the next result, which must be `expected`.
    pub fn expect(&mut self, register: u8, expected: u32) -> &mut Self {
        self.words.push(sw(register, NEXT, 0));
        self.words
            .push(zonda_riscv_emu::testing::addi(NEXT, NEXT, 4));
        self.expected.push(expected);
        self
    }

    /// The program: makes all results public and exits with 0.
    pub fn program(&self) -> Program {
        let mut words = self.words.clone();
        let bytes = 4 * self.expected.len() as u32;
        for start in (0..bytes).step_by(4096) {
            words.extend(call(64, 3, RESULTS + start, (bytes - start).min(4096)));
        }
        words.extend(exit(0));
        program(&words, &self.data)
    }

    /// Executes, proves and verifies the program, whose output must be what was expected. The
    /// oracle must accept the run too.
    pub fn prove(&self) {
        let output: Vec<u8> = self
            .expected
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let program = self.program();
        let proved = prove_and_verify(&program, &[]);
        oracle_accepts(&program, &[]);
        assert_eq!(words(&proved.output), self.expected);
        assert_eq!(proved.output, output);
        assert_eq!(proved.exit_code, 0);
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

/// A program of these words at [`TEXT`] and these bytes at [`DATA`], which may access all of memory.
pub fn program(words: &[u32], data: &[u8]) -> Program {
    let mut builder = Builder::new(TEXT).text(TEXT, words).without_holes();
    if !data.is_empty() {
        builder = builder.data(DATA, data, 0);
    }
    Program::from_elf(&builder.build()).unwrap()
}

/// A committed guest.
pub fn guest(name: &str) -> Program {
    Program::from_elf(&fs::read(path("elf").join(format!("{name}.elf"))).unwrap()).unwrap()
}

/// A committed input, or expected output, of a guest.
pub fn input(name: &str) -> Vec<u8> {
    fs::read(path("inputs").join(name)).unwrap()
}

fn path(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../guests")
        .join(folder)
}

/// Checks every table of short runs, proves, and verifies; the output and counts must be those of an
/// execution.
pub fn prove_and_verify(program: &Program, input: &[u8]) -> Proved {
    let prover = Prover::default();
    let executed = prover.execute(program, input).unwrap();
    // The debug checker keeps every message of a run: too much for long ones.
    if executed.cycles < 200_000 {
        let checked = prover.check(program, input).unwrap();
        assert_eq!(checked.failures, [""; 0]);
    }
    let proved = prover.prove(program, input).unwrap();
    assert_eq!(proved.output, executed.output);
    assert_eq!(proved.exit_code, executed.exit_code);
    assert_eq!(proved.report.cycles, executed.cycles);
    let (key, statement) = expectation(program, &proved);
    verify(&key, &statement, &proved.proof).unwrap();
    proved
}

/// The key and the statement with which a proof verifies.
pub fn expectation(program: &Program, proved: &Proved) -> (VerifyingKey, Statement) {
    let statement = Statement {
        exit_code: proved.exit_code,
        output: proved.output.clone(),
    };
    (Prover::default().verifying_key(program).unwrap(), statement)
}

/// The run of a program, all in one part, proved and verified by the oracle. It knows one set of
/// challenges only: the buses between parts balance like the others.
pub fn oracle_accepts(program: &Program, input: &[u8]) {
    let (outcome, records) =
        execute_recorded(program, input, &Options::default(), &mut Discard).unwrap();
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    let image = Image::from(program);
    let at = |pc| program.instruction(pc).unwrap().unwrap();
    let run = OneShard::new(&image, &records, &statement).unwrap();
    let tables = traces(&image, &run.part, &run.boundary(), &records, at);
    let traces: Vec<_> = tables.into_iter().map(|own| own.trace).collect();
    let airs = airs(&image, &run.part, true);
    assert_eq!(oracle(&airs, &traces), Ok(()));
}

/// The buses of each table's messages, in order.
pub fn buses() -> Vec<(Table, Vec<Bus>)> {
    let part = Part {
        execution: Some(Execution {
            position: 1,
            pc: TEXT,
            end: End::Exit { code: 0 },
            output_start: 0,
            output: Vec::new(),
        }),
        zeroed: Some(ZeroedRange::default()),
    };
    let airs = airs(&Image::default(), &part, false).into_iter();
    let buses = |air| {
        let messages = names(&air).messages.into_iter();
        messages.map(|(bus, _)| bus).collect()
    };
    airs.map(|air| (air.table, buses(air))).collect()
}

/// The oracle's answer to filled tables, one trace for each: proves and verifies them, with few queries.
pub fn oracle(tables: &[TableAir], traces: &[RowMajorMatrix<F>]) -> Result<(), OracleError> {
    let heights: Vec<_> = traces.iter().map(Matrix::height).collect();
    let proof = zonda_oracle::prove(&QUICK, tables, traces.to_vec(), Vec::new())?;
    zonda_oracle::verify(&QUICK, tables, &heights, &proof, Vec::new())
}
