//! A directory in which finished parts wait for the others, so that a proof that was interrupted
//! goes on where it was.
//!
//! It belongs to one run. Its files are named after the run's digest: the header, and each part that
//! is finished. A file is written under another name, and renamed when all of it is on the disk; each
//! ends with a digest of itself.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A work directory that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// A file or the directory cannot be read or written.
    #[error("cannot {action} {}: {reason}", path.display())]
    Io {
        /// The action that failed.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The kind of error, such as [`StorageFull`](io::ErrorKind::StorageFull).
        kind: io::ErrorKind,
        /// The system's message.
        reason: String,
    },
    /// Another process works there.
    #[error("{} is in use by another proof; wait for it, or name another directory", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// The directory has files of another run.
    #[error(
        "{} belongs to another run: another program, input or preset, or a run cut by another \
         budget; name another directory, or delete its files",
        file.display()
    )]
    OtherRun {
        /// One of these files.
        file: PathBuf,
    },
    /// A file is not what was written there.
    #[error(
        "{} was damaged: {what}; delete it, and its part is proved again: all others are kept",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// How the file is wrong.
        what: &'static str,
    },
}

/// A work directory, open for one run.
pub(crate) struct Directory {
    path: PathBuf,
    run: [u8; 32],
    /// Held while the directory is open.
    _lock: File,
}

impl Directory {
    /// Opens a directory for the run of this digest, whose header has these bytes; makes it if it does
    /// not exist. Checks every file of the run that is there already.
    pub(crate) fn open(
        path: &Path,
        run: [u8; 32],
        header: &[u8],
        parts: u32,
    ) -> Result<Self, DirectoryError> {
        fs::create_dir_all(path).map_err(|error| failed("make", path, &error))?;
        let lock = path.join("lock");
        let file = File::create(&lock).map_err(|error| failed("write", &lock, &error))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DirectoryError::Busy {
                path: path.to_path_buf(),
            },
            TryLockError::Error(error) => failed("lock", &lock, &error),
        })?;
        let directory = Self {
            path: path.to_path_buf(),
            run,
            _lock: file,
        };
        directory.refuse_other_runs()?;
        match directory.load(HEADER)? {
            Some(stored) if stored == header => {}
            Some(_) => {
                let file = directory.file(HEADER);
                let what = "it holds another header";
                return Err(DirectoryError::Damaged { file, what });
            }
            None => directory.store(HEADER, header)?,
        }
        for part in 0..parts {
            directory.load(part)?;
        }
        Ok(directory)
    }

    /// The bytes of a part that is finished.
    pub(crate) fn load(&self, part: u32) -> Result<Option<Vec<u8>>, DirectoryError> {
        let file = self.file(part);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &file, &error)),
        };
        let damaged = |what| DirectoryError::Damaged {
            file: file.clone(),
            what,
        };
        let (told, digest) = bytes
            .split_last_chunk::<DIGEST_BYTES>()
            .ok_or_else(|| damaged("it is too short"))?;
        if blake3::hash(told).as_bytes() != digest {
            return Err(damaged("its digest does not match"));
        }
        let rest = told.strip_prefix(&head(&self.run, part)[..]);
        match rest {
            Some(rest) => Ok(Some(rest.to_vec())),
            None => Err(damaged("it is another file, renamed")),
        }
    }

    /// Keeps the bytes of a part. When this returns, they are on the disk.
    pub(crate) fn store(&self, part: u32, bytes: &[u8]) -> Result<(), DirectoryError> {
        let file = self.file(part);
        let unfinished = file.with_extension("unfinished");
        let write = || {
            let mut to = File::create(&unfinished)?;
            to.write_all(&content(&self.run, part, bytes))?;
            to.sync_all()?;
            fs::rename(&unfinished, &file)?;
            // The new name, where directories can be synchronised.
            File::open(&self.path).map_or(Ok(()), |directory| directory.sync_all().or(Ok(())))
        };
        write().map_err(|error| {
            // The first error is the one to report.
            let _ = fs::remove_file(&unfinished);
            failed("write", &file, &error)
        })
    }

    fn file(&self, part: u32) -> PathBuf {
        self.path.join(match part {
            HEADER => format!("{}.header", prefix(&self.run)),
            part => format!("{}.part", name(&self.run, part)),
        })
    }

    fn refuse_other_runs(&self) -> Result<(), DirectoryError> {
        let read = |error: io::Error| failed("read", &self.path, &error);
        let own = prefix(&self.run);
        for entry in fs::read_dir(&self.path).map_err(read)? {
            let file = entry.map_err(read)?.path();
            let is_ours = ["header", "part"].iter().any(|kind| {
                let extension = file.extension();
                extension.is_some_and(|extension| extension == *kind)
            });
            let name = file.file_stem().and_then(|name| name.to_str());
            if is_ours && !name.is_some_and(|name| name.starts_with(&own)) {
                return Err(DirectoryError::OtherRun { file });
            }
        }
        Ok(())
    }
}

/// The name of a part's files, without extension.
pub(crate) fn name(run: &[u8; 32], part: u32) -> String {
    format!("{}-{part:05}", prefix(run))
}

/// The content of a part's file.
pub(crate) fn content(run: &[u8; 32], part: u32, bytes: &[u8]) -> Vec<u8> {
    let mut content = head(run, part);
    content.extend(bytes);
    content.extend(blake3::hash(&content).as_bytes());
    content
}

/// The beginning of a part's file.
fn head(run: &[u8; 32], part: u32) -> Vec<u8> {
    let head = [&MAGIC[..], &VERSION.to_le_bytes(), run, &part.to_le_bytes()];
    head.concat()
}

/// The run, as files are named after it.
fn prefix(run: &[u8; 32]) -> String {
    // Its first bytes are alike in all runs: a proof of work makes them zero.
    let bytes = run[run.len() - NAME_BYTES..].iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

fn failed(action: &'static str, path: &Path, error: &io::Error) -> DirectoryError {
    DirectoryError::Io {
        action,
        path: path.to_path_buf(),
        kind: error.kind(),
        reason: error.to_string(),
    }
}

const MAGIC: &[u8; 8] = b"ZONDAPRT";
const VERSION: u16 = 3;
const DIGEST_BYTES: usize = 32;
/// Bytes of a run's digest in names of files.
const NAME_BYTES: usize = 8;
/// In place of a part's number: the header.
const HEADER: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: [u8; 32] = [0xab; 32];

    fn open(path: &Path) -> Result<Directory, DirectoryError> {
        Directory::open(path, RUN, b"header", 3)
    }

    #[test]
    fn parts_are_kept() {
        let path = tempfile::tempdir().unwrap();
        let path = path.path().join("a/b");
        let directory = open(&path).unwrap();
        assert_eq!(directory.load(0), Ok(None));
        directory.store(0, b"zero").unwrap();
        directory.store(1, b"").unwrap();
        assert_eq!(directory.load(0), Ok(Some(b"zero".to_vec())));

        let busy = open(&path).err();
        assert_eq!(busy, Some(DirectoryError::Busy { path: path.clone() }));
        drop(directory);
        let directory = open(&path).unwrap();
        assert_eq!(directory.load(1), Ok(Some(Vec::new())));
        assert_eq!(directory.load(2), Ok(None));
    }

    #[test]
    fn files_that_are_not_the_runs_are_named() {
        let path = tempfile::tempdir().unwrap();
        let path = path.path();
        let directory = open(path).unwrap();
        directory.store(0, b"zero").unwrap();
        directory.store(1, b"one").unwrap();
        let [header, zero, one] = [HEADER, 0, 1].map(|part| directory.file(part));
        let whole = fs::read(&zero).unwrap();
        drop(directory);

        let mut changed = whole.clone();
        changed[50] ^= 1;
        for bytes in [&whole[..whole.len() - 1], &[], &changed] {
            fs::write(&zero, bytes).unwrap();
            let error = open(path).err();
            let is_named =
                |error| matches!(error, Some(DirectoryError::Damaged { file, .. }) if file == zero);
            assert!(is_named(error));
        }
        // A part under another part's name.
        fs::copy(&one, &zero).unwrap();
        assert!(matches!(open(path), Err(DirectoryError::Damaged { .. })));
        fs::remove_file(&zero).unwrap();
        let directory = open(path).unwrap();
        assert_eq!(directory.load(0), Ok(None));
        assert_eq!(directory.load(1), Ok(Some(b"one".to_vec())));
        drop(directory);

        // A file that was being written when the power failed is not a part.
        fs::write(zero.with_extension("unfinished"), b"z").unwrap();
        assert_eq!(open(path).unwrap().load(0), Ok(None));

        let other = Directory::open(path, [1; 32], b"header", 3).err();
        let is_other = |file: &PathBuf| *file == header || *file == one;
        assert!(matches!(other, Some(DirectoryError::OtherRun { file }) if is_other(&file)));
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_an_error() {
        let path = tempfile::tempdir().unwrap();
        let file = path.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = open(&file.join("under")).err();
        assert!(matches!(error, Some(DirectoryError::Io { .. })));
    }
}
