//! Building the guests of a workspace, step by step.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cargo,
    error::BuildError,
    stage,
    target::{
        FLAGS, FROM_SOURCE, LINES, LOWER_ATOMICS, NAMES, PROFILE, RANDOM, TARGET,
        TARGET_WITH_ATOMICS,
    },
    toolchain::{Compiler, Toolchain},
    workspace::{self, Package, Settings, Workspace},
};

/// How to build guests.
///
/// ```no_run
/// for guest in zonda_build::Build::new("my-guest").run()? {
///     println!("{}: {}", guest.name, guest.elf.display());
/// }
/// # Ok::<(), zonda_build::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Build {
    folder: PathBuf,
    target: Option<PathBuf>,
    toolchain: Option<Toolchain>,
    has_lines: bool,
    is_locked: bool,
    is_quiet: bool,
    is_in_script: bool,
}

/// A guest that has been built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Guest {
    /// The name of the binary.
    pub name: String,
    /// Its file.
    pub elf: PathBuf,
    /// The folder of its package.
    pub package: PathBuf,
}

impl Build {
    /// The guests of the package or workspace in a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            target: None,
            toolchain: None,
            has_lines: false,
            is_locked: false,
            is_quiet: false,
            is_in_script: false,
        }
    }

    /// Where to build: in a folder `zonda` of this one, which is Cargo's target folder if nothing is said.
    pub fn target(mut self, folder: impl Into<PathBuf>) -> Self {
        self.target = Some(folder.into());
        self
    }

    /// Builds with this compiler, or not at all.
    pub fn toolchain(mut self, toolchain: Toolchain) -> Self {
        self.toolchain = Some(toolchain);
        self
    }

    /// Keeps lines and inlined functions, for profiles. Files end in `.debug.elf`; their program ids
    /// are not those of guests without.
    pub fn lines(mut self, has_lines: bool) -> Self {
        self.has_lines = has_lines;
        self
    }

    /// Refuses a `Cargo.lock` that is missing or out of date, instead of bringing it up to date.
    pub fn locked(mut self, is_locked: bool) -> Self {
        self.is_locked = is_locked;
        self
    }

    /// Leaves Cargo's progress out: it prints warnings and errors alone.
    pub fn quiet(mut self, is_quiet: bool) -> Self {
        self.is_quiet = is_quiet;
        self
    }

    /// In a build script, Cargo has just read `Cargo.lock`.
    pub(crate) fn in_script(mut self) -> Self {
        self.is_in_script = true;
        self
    }

    /// Builds the guests, each to a file `zonda/NAME.elf` of the target folder.
    ///
    /// # Errors
    /// If there is no guest, no compiler for it, or it does not compile.
    pub fn run(&self) -> Result<Vec<Guest>, BuildError> {
        let workspace = Workspace::find(&self.folder)?;
        let guests = workspace.guests()?;
        if !self.is_in_script {
            workspace::lock(&workspace.root, self.is_locked)?;
        }
        let compiler = Compiler::choose(self.toolchain, &workspace.root)?;
        let target = self.target.as_ref().unwrap_or(&workspace.target);
        stage::make_target(target)?;
        let out = target.join("zonda");
        let job = Job::new(&out, &workspace, compiler)?;
        // Other processes that build the same wait.
        let _lock = job.lock()?;
        stage::fill(&job.stage, &workspace, &workspace.closure(&guests)?)?;
        job.fetch()?;
        let mut groups = BTreeMap::<&Settings, Vec<&Package>>::new();
        for guest in guests {
            groups.entry(&guest.settings).or_default().push(guest);
        }
        let mut built = Vec::new();
        for (settings, guests) in groups {
            let elves = job.build(settings, &guests, self)?;
            for guest in guests.into_iter().filter(|guest| workspace.is_asked(guest)) {
                for name in &guest.binaries {
                    let extension = if self.has_lines { "debug.elf" } else { "elf" };
                    let elf = out.join(format!("{name}.{extension}"));
                    install(&elves.join(name), &elf)?;
                    built.push(Guest {
                        name: name.clone(),
                        elf,
                        package: guest.folder.clone(),
                    });
                }
            }
        }
        Ok(built)
    }
}

/// Building in one folder with one compiler.
struct Job<'a> {
    workspace: &'a Workspace,
    compiler: Compiler,
    /// The folder that other processes leave alone.
    work: PathBuf,
    stage: PathBuf,
}

impl<'a> Job<'a> {
    fn new(out: &Path, workspace: &'a Workspace, compiler: Compiler) -> Result<Self, BuildError> {
        // Several workspaces may share a target folder.
        let work = out.join(format!("build-{:016x}", fingerprint(&workspace.root)));
        let stage = work.join("stage");
        fs::create_dir_all(&stage).map_err(BuildError::file("make", &stage))?;
        Ok(Self {
            stage: workspace::canonical(&stage)?,
            workspace,
            compiler,
            work,
        })
    }

    /// Waits until no other process builds here.
    fn lock(&self) -> Result<File, BuildError> {
        let path = self.work.join("lock");
        let file = File::create(&path).map_err(BuildError::file("make", &path))?;
        file.lock().map_err(BuildError::file("lock", &path))?;
        Ok(file)
    }

    /// Fetches the versions that `Cargo.lock` has. What the guests do not need falls out of the
    /// stage's.
    fn fetch(&self) -> Result<(), BuildError> {
        // For the target alone: who has fetched what the guests need is not asked for more.
        let fetch = ["fetch", "--quiet", "--target", TARGET];
        cargo::output(self.cargo().args(fetch))?;
        stage::check_lock(&self.stage, self.workspace)
    }

    /// Builds guests with equal settings. Their ELFs are in the folder that is returned.
    fn build(
        &self,
        settings: &Settings,
        guests: &[&Package],
        options: &Build,
    ) -> Result<PathBuf, BuildError> {
        let target = match settings.lower_atomics {
            true => TARGET_WITH_ATOMICS,
            false => TARGET,
        };
        let is_from_source = self.compiler.is_from_source || settings.lower_atomics;
        if is_from_source && !self.compiler.has_source() {
            let guest = guests.first().map(|guest| guest.name.clone());
            return Err(BuildError::NoSource {
                guest: guest.unwrap_or_default(),
            });
        }
        let mut cargo = self.cargo();
        cargo.args(["build", "--locked", "--release", "--target", target]);
        if options.is_quiet {
            cargo.arg("--quiet");
        }
        let debug = if options.has_lines { LINES } else { NAMES };
        for setting in PROFILE.into_iter().chain(debug) {
            cargo.args(["--config", setting]);
        }
        if is_from_source {
            // The options are unstable; any compiler takes them so.
            cargo.env("RUSTC_BOOTSTRAP", "1").args(FROM_SOURCE);
        }
        let selected = guests.iter().flat_map(|guest| ["--package", &guest.name]);
        cargo.args(selected).arg("--bins");
        let flags = self.flags(settings, guests, target)?;
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        let built = self.work.join("target");
        cargo.env("CARGO_TARGET_DIR", &built);
        run(&mut cargo, &self.workspace.root)?;
        Ok(built.join(target).join("release"))
    }

    fn flags(
        &self,
        settings: &Settings,
        guests: &[&Package],
        target: &str,
    ) -> Result<Vec<String>, BuildError> {
        let mut flags: Vec<String> = FLAGS.map(Into::into).into();
        if let Some(linker) = &self.compiler.linker {
            flags.push(format!("-Clinker={linker}"));
        }
        flags.extend(self.remapped()?);
        if settings.lower_atomics {
            flags.push(LOWER_ATOMICS.into());
        }
        if !settings.target_features.is_empty() {
            flags.push(format!(
                "-Ctarget-feature={}",
                settings.target_features.join(",")
            ));
        }
        if self.asks_for_random_bytes(guests, target)? {
            flags.push(RANDOM.into());
        }
        Ok(flags)
    }

    /// Every path that could get into a binary becomes one that all machines have.
    fn remapped(&self) -> Result<Vec<String>, BuildError> {
        let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
        // A workspace is called after its package, if it has one.
        let name = match self.workspace.root_package() {
            Some(package) => format!("/zonda/{package}"),
            None => "/zonda".into(),
        };
        let mut flags = vec![
            remap(&self.stage, &name),
            remap(&self.compiler.source, "/rust"),
        ];
        let home = cargo::home().unwrap_or_default();
        let registries = home.join("registry/src");
        if registries.is_dir() {
            for (registry, _) in stage::entries(&registries)? {
                flags.push(remap(&registries.join(registry), "/cargo"));
            }
        }
        let repositories = home.join("git/checkouts");
        if repositories.is_dir() {
            flags.push(remap(&repositories, "/git"));
        }
        Ok(flags)
    }

    /// Whether a crate of these guests asks `getrandom` for random bytes, which then needs to be told
    /// where they come from.
    fn asks_for_random_bytes(&self, guests: &[&Package], target: &str) -> Result<bool, BuildError> {
        let mut cargo = self.cargo();
        cargo.args([
            "tree",
            "--locked",
            "--prefix=none",
            "--format={p}",
            "--target",
            target,
        ]);
        cargo.args(["--edges=normal,no-proc-macro"]);
        cargo.args(guests.iter().flat_map(|guest| ["--package", &guest.name]));
        if target == TARGET_WITH_ATOMICS {
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        let tree = cargo::output(&mut cargo)?;
        let asks = |line: &str| {
            ["0.3.", "0.4."]
                .iter()
                .any(|version| line.starts_with(&format!("getrandom v{version}")))
        };
        Ok(tree.lines().any(asks))
    }

    fn cargo(&self) -> Command {
        let mut command = cargo::command(&self.compiler.cargo, &self.stage);
        if let Some(rustc) = &self.compiler.rustc {
            command.env("RUSTC", rustc);
        }
        command
    }
}

/// Runs Cargo, whose messages go where ours go.
fn run(cargo: &mut Command, folder: &Path) -> Result<(), BuildError> {
    let status = cargo.status().map_err(|error| BuildError::Run {
        program: cargo.get_program().to_string_lossy().into_owned(),
        error,
    })?;
    match status.success() {
        true => Ok(()),
        false => Err(BuildError::Compile {
            folder: folder.to_owned(),
        }),
    }
}

/// Puts an ELF in its place, whole, unless it is there.
fn install(from: &Path, to: &Path) -> Result<(), BuildError> {
    let bytes = fs::read(from).map_err(BuildError::file("read", from))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let draft = to.with_extension(format!("{}.new", std::process::id()));
    // With the permissions of the linker's file: `qemu-riscv32` runs executable files only.
    fs::copy(from, &draft).map_err(BuildError::file("write", &draft))?;
    fs::rename(&draft, to).map_err(BuildError::file("write", to))
}

/// A number for a path; FNV-1a.
fn fingerprint(path: &Path) -> u64 {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
