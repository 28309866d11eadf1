//! `zonda show`.

use std::{
    io::{BufReader, Read},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use serde::Serialize;
use zonda::{Claim, Header, PROOF_VERSION, PartReader, ReadError, Sizes, Task};

use super::{json, key, prove::shards};
use crate::{
    arguments::Show,
    files::{self, Content, Destinations},
    report::described,
    streams,
    summary::{Facts, counted, grouped},
    terminal,
};

/// Shows what a proof, a key or a task claims to be. Nothing of it is verified.
///
/// # Errors
/// If the file cannot be read, or is not a proof, key or task; or if the report cannot be written.
pub fn show(arguments: &Show) -> anyhow::Result<ExitCode> {
    let path = &arguments.file;
    let report = arguments.report.path();
    let destinations = Destinations::check([("--report", report)], &[Some(path)])?;
    let cannot_read = || format!("cannot read {}", path.display());
    let mut file = streams::open(path).with_context(cannot_read)?;
    let mut magic = Vec::new();
    let mut start = (&mut file).take(MAGIC_BYTES);
    start.read_to_end(&mut magic).with_context(cannot_read)?;
    let whole = magic.chain(file);
    let text = match &*magic {
        b"ZONDAKEY" | b"ZONDATSK" if report.is_some() => {
            bail!("--report is for proofs, {} is none", path.display())
        }
        b"ZONDAKEY" => {
            let bytes = files::read_all(whole, files::MAX_KEY_BYTES).with_context(cannot_read)?;
            kind("a key").into_text() + &key::facts(&key::parse(path, &bytes)?).into_text()
        }
        b"ZONDATSK" => {
            let bytes = files::read_all(whole, files::MAX_TASK_BYTES).with_context(cannot_read)?;
            task(path, &bytes)?.into_text()
        }
        _ => {
            let reader = BufReader::new(whole);
            let no_file = || format!("{} is not a proof, key or task", path.display());
            let shown = match ShownProof::read(reader) {
                Err(ReadError::Io(error)) => return Err(error).with_context(cannot_read),
                shown => shown.with_context(no_file)?,
            };
            let is_printed = destinations.have_standard_output();
            destinations.write([Content::Report(&json(&shown)?)])?;
            if is_printed {
                return Ok(ExitCode::SUCCESS);
            }
            shown.facts().into_text()
        }
    };
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// How many bytes identify the kind of a file.
const MAGIC_BYTES: u64 = 8;

/// Nobody should take what follows for a fact.
fn kind(kind: &str) -> Facts {
    Facts::default().with("file", format!("{kind}; nothing of it is verified"))
}

fn task(path: &Path, bytes: &[u8]) -> anyhow::Result<Facts> {
    let no_task = || format!("{} is not a task", path.display());
    let task = Task::from_bytes(bytes).with_context(no_task)?;
    Ok(kind("a task")
        .with("program", hex::encode(task.program_id))
        .with("key", hex::encode(task.key_digest))
        .with("part", grouped(u64::from(task.index) + 1))
        .with("task", counted(bytes.len() as u64, "byte")))
}

/// The claim of a proof, and its sizes.
#[derive(Debug, Serialize)]
struct ShownProof {
    /// Always false: only `zonda verify` checks the other fields.
    verified: bool,
    /// The version of the proof's format.
    version: u16,
    /// The preset's name.
    preset: &'static str,
    /// The preset in words.
    #[serde(skip)]
    described: String,
    /// The id of the program that is claimed, in hexadecimal.
    program_id: String,
    /// The digest of the key that is claimed, in hexadecimal.
    key_digest: String,
    /// The exit code that is claimed.
    exit_code: u32,
    /// How many bytes of output are claimed.
    output_bytes: u32,
    /// BLAKE3 of the output that is claimed, in hexadecimal.
    output_blake3: String,
    /// How many shards the run is cut into.
    shards: u32,
    /// How many parts the proof has.
    parts: usize,
    /// Length of the proof in bytes.
    proof_bytes: u64,
    /// Length of the header, and of the lengths of the parts that stand before them, in bytes.
    header_bytes: u64,
    /// Length of the longest part in bytes.
    longest_part_bytes: u64,
    /// Provable bits of proofs of this form under a key of the preset; none if no such proof is accepted.
    security_bits: Option<f64>,
    /// Why there are none.
    refused: Option<String>,
}

impl ShownProof {
    /// Reads a proof, in memory for its header.
    fn read(reader: impl Read) -> Result<Self, ReadError> {
        let (header, mut parts) = PartReader::new(reader)?;
        let header_bytes = Sizes::of_header(&header).total();
        let (mut proof_bytes, mut longest_part_bytes) = (header_bytes, 0);
        while let Some(length) = parts.skip_part()? {
            proof_bytes += length;
            longest_part_bytes = length.max(longest_part_bytes);
        }
        let security = header.security();
        let Header {
            preset,
            shards,
            claim,
            ..
        } = &header;
        let Claim {
            program_id,
            key_digest,
            exit_code,
            output_length,
            output_digest,
        } = claim;
        Ok(Self {
            verified: false,
            version: PROOF_VERSION,
            preset: preset.name(),
            described: described(*preset),
            program_id: hex::encode(program_id),
            key_digest: hex::encode(key_digest),
            exit_code: *exit_code,
            output_bytes: *output_length,
            output_blake3: hex::encode(output_digest),
            shards: *shards,
            parts: header.parts.len(),
            proof_bytes,
            header_bytes,
            longest_part_bytes,
            security_bits: security.as_ref().ok().map(|security| security.bits),
            refused: security.err().map(|error| error.to_string()),
        })
    }

    fn facts(&self) -> Facts {
        let security = match (self.security_bits, &self.refused) {
            (Some(bits), _) => format!("{} bits, provable, if it is verified", bits.floor()),
            (None, reason) => format!("none: {}", reason.as_deref().unwrap_or_default()),
        };
        let sizes = format!(
            "{}: header {}, longest part {}",
            counted(self.proof_bytes, "byte"),
            grouped(self.header_bytes),
            grouped(self.longest_part_bytes),
        );
        kind(&format!("a proof of version {}", self.version))
            .with("preset", &self.described)
            .with("claims", "this program gave this exit code and output")
            .with("program", &self.program_id)
            .with("key", &self.key_digest)
            .with("exit code", self.exit_code.to_string())
            .with("output", counted(self.output_bytes.into(), "byte"))
            .with("its BLAKE3", &self.output_blake3)
            .with("shards", shards(self.shards.into(), self.parts as u64))
            .with("security", security)
            .with("proof", sizes)
    }
}
