//! A proof that was interrupted goes on where it was, and becomes the same proof.

mod common;

use std::{fs, path::PathBuf, sync::Mutex};

use common::{INPUT, SHARD_CYCLES, options, program, proved};
use zonda_prover::{
    Cancel, Cancelled, DirectoryError, Observer, Options, Progress, ProveError, Proved,
    engine::Engine, prove,
};
use zonda_riscv_emu::execute::Discard;

/// Cancels when a part begins, and remembers which parts did.
#[derive(Default)]
struct Parts {
    last: Option<u32>,
    cancel: Cancel,
    begun: Mutex<Vec<u32>>,
}

impl Observer for Parts {
    fn begin(&self, progress: Progress) {
        if let Some(part) = progress.part {
            let mut begun = self.begun.lock().unwrap();
            if begun.last() != Some(&part) {
                begun.push(part);
            }
            if Some(part) == self.last {
                self.cancel.cancel();
            }
        }
    }
}

fn prove_in(
    directory: &std::path::Path,
    input: &[u8],
    parts: &Parts,
) -> Result<Proved, ProveError> {
    let options = Options {
        directory: Some(directory),
        cancel: parts.cancel.clone(),
        observer: Some(parts),
        ..options(SHARD_CYCLES)
    };
    prove(
        &Engine::default(),
        &program(),
        input,
        &options,
        &mut Discard,
    )
}

#[test]
fn a_proof_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let interrupted = Parts {
        last: Some(2),
        ..Parts::default()
    };
    let error = prove_in(directory, &INPUT, &interrupted).unwrap_err();
    assert_eq!(error, ProveError::Cancelled(Cancelled));
    assert_eq!(*interrupted.begun.lock().unwrap(), [0, 1, 2]);

    let resumed = Parts::default();
    let proof = prove_in(directory, &INPUT, &resumed).unwrap().proof;
    assert_eq!(*resumed.begun.lock().unwrap(), [2, 3]);
    assert!(proof == proved(&options(SHARD_CYCLES)).proof);

    // All files are there.
    let again = Parts::default();
    assert!(proof == prove_in(directory, &INPUT, &again).unwrap().proof);
    assert_eq!(*again.begun.lock().unwrap(), [0; 0]);

    // A part that was damaged is named; without it, the others are kept.
    let part: PathBuf = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with("00001.part"))
        .unwrap();
    let bytes = fs::read(&part).unwrap();
    fs::write(&part, &bytes[..bytes.len() / 2]).unwrap();
    let error = prove_in(directory, &INPUT, &Parts::default()).unwrap_err();
    let ProveError::Directory(DirectoryError::Damaged { file, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!(*file, part);
    assert!(error.to_string().contains("delete it"));
    fs::remove_file(&part).unwrap();
    let mended = Parts::default();
    assert!(proof == prove_in(directory, &INPUT, &mended).unwrap().proof);
    assert_eq!(*mended.begun.lock().unwrap(), [1]);

    // Another run has another directory.
    let other = 1001_u32.to_le_bytes();
    let error = prove_in(directory, &other, &Parts::default()).unwrap_err();
    assert!(matches!(
        error,
        ProveError::Directory(DirectoryError::OtherRun { .. })
    ));
}
