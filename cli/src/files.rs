//! Files: read whole up to a size that makes sense, written whole or not at all. `-` is standard input
//! or standard output.

use std::{
    error::Error,
    fmt,
    fs::{self, File, OpenOptions, Permissions},
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use crate::streams::{self, SameStream};

/// The largest ELF file that is read: debug information makes them large, and it is not needed.
pub const MAX_ELF_BYTES: u64 = 256 << 20;
/// The largest input that is read.
pub const MAX_INPUT_BYTES: u64 = 1 << 30;
/// The largest output that is read, many times what a proof states.
pub const MAX_OUTPUT_BYTES: u64 = 64 << 20;
/// The largest task that is read: far more than one takes.
pub const MAX_TASK_BYTES: u64 = 2 << 30;
/// The longest key that is read: far more than a key has.
pub const MAX_KEY_BYTES: u64 = 1 << 16;
/// The largest report that is read.
pub const MAX_REPORT_BYTES: u64 = 256 << 20;

/// A file that is larger than makes sense.
#[derive(Debug)]
pub struct TooLarge {
    most: u64,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has more than {} bytes", self.most)
    }
}

impl Error for TooLarge {}

/// Reads a whole file; `what` names it.
///
/// # Errors
/// If it cannot be read, or with [`TooLarge`] if it has more than `most` bytes.
pub fn read(path: &Path, what: &str, most: u64) -> anyhow::Result<Vec<u8>> {
    let read = || -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // Devices and pipes do not report their length.
        streams::open(path)?
            .take(most + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(TooLarge { most }.into());
        }
        Ok(bytes)
    };
    read().with_context(|| format!("cannot read {what} {}", path.display()))
}

/// Where results go, checked before the work whose results they are.
#[derive(Debug)]
pub struct Destinations<const N: usize>([Option<Destination>; N]);

impl<const N: usize> Destinations<N> {
    /// Checks that files can be written at `paths`, each with the option that names it, that no file of
    /// `sources` would be overwritten, and that each standard stream is one file at most.
    ///
    /// # Errors
    /// If one cannot be written, or if two are the same: with [`SameStream`] if that is a stream.
    pub fn check(
        paths: [(&'static str, Option<&Path>); N],
        sources: &[Option<&Path>],
    ) -> anyhow::Result<Self> {
        let named = sources.iter().flatten();
        if named.filter(|source| streams::is_input(source)).count() > 1 {
            return Err(SameStream::Input.into());
        }
        let mut taken: Vec<PathBuf> = sources
            .iter()
            .flatten()
            .filter_map(|source| fs::canonicalize(source).ok())
            .collect();
        let mut destinations = [const { None }; N];
        for (destination, (option, path)) in destinations.iter_mut().zip(paths) {
            let Some(path) = path else { continue };
            let checked = Destination::check(path)
                .with_context(|| format!("cannot write {option} {}", path.display()))?;
            if let Target::Replaced { path, .. } = &checked.target {
                if taken.contains(path) {
                    bail!(
                        "{option} {} would overwrite another file of this command: name a file of \
                         its own",
                        checked.shown.display()
                    );
                }
                taken.push(path.clone());
            }
            *destination = Some(checked);
        }
        let mut streams = destinations.iter().flatten();
        if streams.by_ref().any(Destination::is_standard_output)
            && streams.any(Destination::is_standard_output)
        {
            return Err(SameStream::Output.into());
        }
        Ok(Self(destinations))
    }

    /// Whether one of the files is standard output, which then takes nothing else.
    pub fn have_standard_output(&self) -> bool {
        let mut destinations = self.0.iter().flatten();
        destinations.any(Destination::is_standard_output)
    }

    /// Checks that the first file, whose bytes are no text, does not go to a terminal.
    ///
    /// # Errors
    /// If it does.
    pub fn spare_terminals(&self, option: &str) -> anyhow::Result<()> {
        let first = self.0.first().and_then(Option::as_ref);
        if first.is_some_and(Destination::is_standard_output) && io::stdout().is_terminal() {
            bail!("{option} would go to the terminal, and is no text: name a file, or use a pipe");
        }
        Ok(())
    }

    /// A file to write what is to go to the first place: beside it, so that it can take it.
    ///
    /// # Errors
    /// If no file can be made.
    pub fn draft(&self) -> anyhow::Result<Draft> {
        let directory =
            self.0
                .first()
                .and_then(|destination| match &destination.as_ref()?.target {
                    Target::Replaced { directory, .. } => Some(directory),
                    Target::Stream(_) | Target::StandardOutput => None,
                });
        match directory {
            Some(directory) => temporary(directory),
            None => NamedTempFile::new().context("no temporary file can be made"),
        }
        .map(Draft)
    }

    /// Writes the files, all or, unless the system fails between two renames, none. Reports come after
    /// that, so that a report that cannot be written loses nothing else.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(self, contents: [Content<'_>; N]) -> anyhow::Result<()> {
        let pairs = self.0.into_iter().zip(contents);
        let pairs = pairs.filter_map(|(destination, content)| Some((destination?, content)));
        let is_report = |content: &Content<'_>| matches!(content, Content::Report(_));
        let (reports, results): (Vec<_>, Vec<_>) =
            pairs.partition(|(_, content)| is_report(content));
        let has_results = !results.is_empty();
        write_all(results)?;
        match write_all(reports) {
            Err(error) if has_results => Err(error.context("all but the report is written")),
            written => written,
        }
    }
}

/// Writes files, all or none.
fn write_all(files: Vec<(Destination, Content<'_>)>) -> anyhow::Result<()> {
    let cannot_write = |shown: &Path| format!("cannot write {}", shown.display());
    let mut staged = Vec::new();
    for (destination, content) in files {
        let shown = destination.shown.clone();
        let stage = destination.stage(content);
        if let Some(file) = stage.with_context(|| cannot_write(&shown))? {
            staged.push((file, shown));
        }
    }
    for (file, shown) in staged {
        file.keep().with_context(|| cannot_write(&shown))?;
    }
    Ok(())
}

/// The content that a file is to hold.
#[derive(Debug)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// These bytes, which report on the other files.
    Report(&'a [u8]),
    /// A draft's content.
    Draft(Draft),
}

impl Content<'_> {
    fn copy_to(&self, stream: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) | Self::Report(bytes) => stream.write_all(bytes)?,
            Self::Draft(draft) => {
                io::copy(&mut draft.reader()?, stream)?;
            }
        }
        stream.flush()
    }
}

/// A file that is being written. It vanishes when it is dropped, unless [`Destinations::write`] puts
/// it in its place.
#[derive(Debug)]
pub struct Draft(NamedTempFile);

impl Draft {
    /// Reads what was written, from the beginning.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn reader(&self) -> io::Result<impl Read> {
        Ok(io::BufReader::new(self.0.reopen()?))
    }
}

impl Write for Draft {
    // Errors do not name the file: it is the place that it is for that should be named.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_file_mut().flush()
    }
}

/// Where one file goes.
#[derive(Debug)]
struct Destination {
    /// The path as it was given.
    shown: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A regular file, or none yet: a new file takes its place.
    Replaced {
        /// Symbolic links followed.
        path: PathBuf,
        directory: PathBuf,
        /// Those of the file that is replaced.
        permissions: Option<Permissions>,
    },
    /// A device, a pipe or an open file, which nothing may take the place of.
    Stream(PathBuf),
    /// This process's standard output.
    StandardOutput,
}

impl Destination {
    fn check(path: &Path) -> anyhow::Result<Self> {
        if streams::is_output(path) {
            return Ok(Self {
                shown: "standard output".into(),
                target: Target::StandardOutput,
            });
        }
        let target = match fs::metadata(path) {
            Ok(_) if streams::is_open_file(path) => Target::Stream(path.to_owned()),
            Ok(metadata) if metadata.is_dir() => bail!("it is a directory: name a file"),
            Ok(metadata) if !metadata.is_file() => Target::Stream(path.to_owned()),
            Ok(metadata) => {
                Target::replaced(&fs::canonicalize(path)?, Some(metadata.permissions()))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Target::replaced(path, None)?,
            Err(error) => return Err(error.into()),
        };
        if let Target::Replaced { directory, .. } = &target {
            remove_abandoned(directory);
            // Better to know now than after an hour of proving.
            temporary(directory)?;
        }
        Ok(Self {
            shown: path.to_owned(),
            target,
        })
    }

    fn is_standard_output(&self) -> bool {
        matches!(self.target, Target::StandardOutput)
    }

    /// Writes a stream, or the file that will take another's place.
    fn stage(self, content: Content<'_>) -> anyhow::Result<Option<Staged>> {
        match self.target {
            Target::StandardOutput => {
                content.copy_to(&mut io::stdout().lock())?;
                Ok(None)
            }
            Target::Stream(path) => {
                content.copy_to(&mut OpenOptions::new().append(true).open(path)?)?;
                Ok(None)
            }
            Target::Replaced {
                path,
                directory,
                permissions,
            } => {
                let file = match content {
                    Content::Bytes(bytes) | Content::Report(bytes) => {
                        let file = temporary(&directory)?;
                        file.as_file().write_all(bytes)?;
                        file
                    }
                    Content::Draft(draft) => draft.0,
                };
                if let Some(permissions) = permissions {
                    file.as_file().set_permissions(permissions)?;
                }
                file.as_file().sync_all()?;
                Ok(Some(Staged {
                    file,
                    path,
                    directory,
                }))
            }
        }
    }
}

impl Target {
    fn replaced(path: &Path, permissions: Option<Permissions>) -> anyhow::Result<Self> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let name = path.file_name().context("it names no file")?;
        let directory = fs::canonicalize(directory)
            .with_context(|| format!("no directory {}", directory.display()))?;
        Ok(Self::Replaced {
            path: directory.join(name),
            directory,
            permissions,
        })
    }
}

/// A whole file beside the place that it will take. It vanishes when it is dropped.
struct Staged {
    file: NamedTempFile,
    path: PathBuf,
    directory: PathBuf,
}

impl Staged {
    fn keep(self) -> io::Result<()> {
        self.file.persist(self.path).map_err(|error| error.error)?;
        // The file is there. That it is after a power failure too is more than some systems offer.
        let _ = File::open(self.directory).and_then(|directory| directory.sync_all());
        Ok(())
    }
}

/// A new file that is locked as long as it is being written, so that nobody takes it for one that was
/// left behind.
fn temporary(directory: &Path) -> anyhow::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .rand_bytes(RANDOM_BYTES);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Those of any new file: the process's mask is applied.
        builder.permissions(Permissions::from_mode(0o666));
    }
    loop {
        let file = builder
            .tempfile_in(directory)
            .with_context(|| format!("no new file can be made in {}", directory.display()))?;
        if is_ours(&file) {
            return Ok(file);
        }
    }
}

/// Locks a new file. If another process has found it before and removes it, it is none to write to.
/// Where files cannot be locked, nobody finds any.
#[cfg(unix)]
fn is_ours(file: &NamedTempFile) -> bool {
    let locked = file.as_file().try_lock();
    !matches!(locked, Err(fs::TryLockError::WouldBlock)) && file.path().exists()
}

/// Removes the temporary files that processes have left in a directory because they were killed: those
/// that no process has locked. A file that cannot be removed stays.
#[cfg(unix)]
fn remove_abandoned(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let random = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        let is_named = random.is_some_and(|random| random.len() == RANDOM_BYTES);
        if is_named
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Elsewhere a lock would keep a file's own process from reading it.
#[cfg(not(unix))]
fn is_ours(_: &NamedTempFile) -> bool {
    true
}

#[cfg(not(unix))]
fn remove_abandoned(_: &Path) {}

/// Temporary files are named so, with so many letters and digits in between.
const PREFIX: &str = ".zonda-";
const SUFFIX: &str = ".tmp";
const RANDOM_BYTES: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| directory.path().join(name));
        fs::write(&a, "a longer text than the new one").unwrap();
        let destinations =
            Destinations::check([("--a", Some(&a)), ("--b", Some(&b)), ("--c", None)], &[]);
        assert_eq!(names(directory.path()), ["a"], "the check leaves nothing");
        let contents = [&b"new"[..], b"", b"c"].map(Content::Bytes);
        destinations.unwrap().write(contents).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"new");
        assert_eq!(fs::read(&b).unwrap(), b"");
        assert_eq!(names(directory.path()), ["a", "b"]);
    }

    #[test]
    fn failures_leave_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| directory.path().join(name));
        fs::write(&a, "old").unwrap();
        let destinations = Destinations::check(
            [("--b", Some(&b)), ("--full", Some(Path::new("/dev/full")))],
            &[],
        );
        if let Ok(destinations) = destinations
            && Path::new("/dev/full").exists()
        {
            let contents = [&b"b"[..], b"no room"].map(Content::Bytes);
            destinations.write(contents).unwrap_err();
            assert_eq!(names(directory.path()), ["a"]);
        }

        // The results of the check may be out of date.
        let destinations = Destinations::check([("--b", Some(&b))], &[]).unwrap();
        fs::create_dir(&b).unwrap();
        destinations.write([Content::Bytes(b"b")]).unwrap_err();
        assert_eq!(names(directory.path()), ["a", "b"]);
        assert_eq!(names(&b), [""; 0]);
        assert_eq!(fs::read(&a).unwrap(), b"old");
    }

    #[test]
    fn drafts_take_their_place_or_vanish() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("place");
        fs::write(&place, "old").unwrap();
        let check = |path| Destinations::check([("--proof", Some(path))], &[]).unwrap();
        let draft = |destinations: &Destinations<1>| {
            let mut draft = destinations.draft().unwrap();
            draft.write_all(b"part by part").unwrap();
            draft
        };
        let destinations = check(&place);
        drop(draft(&destinations));
        assert_eq!(names(directory.path()), ["place"]);
        let written = draft(&destinations);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        let mut read = String::new();
        written.reader().unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "part by part");
        destinations.write([Content::Draft(written)]).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"part by part");
        assert_eq!(names(directory.path()), ["place"]);

        let null = Path::new("/dev/null");
        if null.exists() {
            let destinations = check(null);
            let written = draft(&destinations);
            destinations.write([Content::Draft(written)]).unwrap();
            assert!(!fs::metadata(null).unwrap().is_file());
        }
    }

    #[test]
    #[cfg(unix)]
    fn what_the_killed_have_left_is_removed_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("place");
        let check = || Destinations::check([("--proof", Some(&*place))], &[]).unwrap();
        // Being written, and left behind.
        let destinations = check();
        let mut draft = destinations.draft().unwrap();
        let abandoned = temporary(directory.path()).unwrap().keep().unwrap();
        let others = [".zonda-1.tmp", ".zonda-1234567.tmp", "zonda-123456.tmp"];
        for name in others {
            fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(names(directory.path()).len(), 5);
        // As long as the process lives, its lock does.
        let (file, path) = abandoned;
        check();
        assert!(path.exists());
        drop(file);
        check();
        assert!(!path.exists());

        draft.write_all(b"whole").unwrap();
        destinations.write([Content::Draft(draft)]).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"whole");
        let [a, b, c] = others;
        assert_eq!(names(directory.path()), [a, b, "place", c]);
    }

    #[test]
    fn places_without_room_for_a_file_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "x").unwrap();
        let refused = |path: &Path| {
            format!(
                "{:#}",
                Destinations::check([("--output", Some(path))], &[]).unwrap_err()
            )
        };
        assert!(refused(directory.path()).contains("is a directory"));
        assert!(refused(&directory.path().join("none/file")).contains("no directory"));
        assert!(refused(&file.join("below")).contains("cannot write --output"));
        assert!(refused(Path::new("")).contains("cannot write --output"));
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn no_file_is_named_twice() {
        let directory = tempfile::tempdir().unwrap();
        let [a, new] = ["a", "new"].map(|name| directory.path().join(name));
        fs::write(&a, "x").unwrap();
        let indirect = directory.path().join(".").join("new");
        Destinations::check([("--output", Some(&a))], &[Some(&a)]).unwrap_err();
        Destinations::check([("--a", Some(&new)), ("--b", Some(&indirect))], &[]).unwrap_err();
        let null = Path::new("/dev/null");
        if null.exists() {
            Destinations::check([("--a", Some(null)), ("--b", Some(null))], &[])
                .unwrap()
                .write([Content::Bytes(b"a"), Content::Bytes(b"b")])
                .unwrap();
            assert!(
                !fs::metadata(null).unwrap().is_file(),
                "devices stay devices"
            );
        }
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let [a, link] = ["a", "link"].map(|name| directory.path().join(name));
        fs::write(&a, "x").unwrap();
        fs::set_permissions(&a, Permissions::from_mode(0o640)).unwrap();
        symlink(&a, &link).unwrap();
        Destinations::check([("--output", Some(&link))], &[])
            .unwrap()
            .write([Content::Bytes(b"new")])
            .unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs::metadata(&a).unwrap().permissions().mode() & 0o777,
            0o640
        );
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "1234").unwrap();
        assert_eq!(read(&file, "the file", 4).unwrap(), b"1234");
        assert!(read(&file, "the file", 3).unwrap_err().is::<TooLarge>());
        let zeros = Path::new("/dev/zero");
        if zeros.exists() {
            assert!(
                read(zeros, "the file", 1 << 16)
                    .unwrap_err()
                    .is::<TooLarge>()
            );
        }
        assert!(
            !read(directory.path(), "the file", 4)
                .unwrap_err()
                .is::<TooLarge>()
        );
    }
}
