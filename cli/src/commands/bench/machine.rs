//! The machine that measurements are of.

use std::{fs, thread::available_parallelism};

use serde::{Deserialize, Serialize};

/// The properties that decide a prover's speed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Machine {
    /// The CPU's model, if the system reports it.
    pub cpu: Option<String>,
    /// Cores that this process may use.
    pub cores: usize,
    /// Physical memory in bytes, if the system reports it.
    pub memory_bytes: Option<u64>,
    /// The operating system, and its kernel.
    pub os: String,
    /// The instruction set.
    pub architecture: String,
    /// The vectors that the prover computes with.
    pub platform: String,
    /// The compiler, if it was known.
    pub rustc: Option<String>,
    /// The compiler's flags; empty if there were none.
    pub rustflags: String,
    /// Whether the binary was built without debug assertions.
    pub release: bool,
}

impl Machine {
    /// This machine, and this binary.
    pub fn this() -> Self {
        let rustc = Some(env!("ZONDA_RUSTC")).filter(|version| !version.is_empty());
        Self {
            cpu: field("/proc/cpuinfo", "model name", ':'),
            cores: available_parallelism().map_or(1, Into::into),
            memory_bytes: field("/proc/meminfo", "MemTotal", ':').and_then(|total| {
                let kibibytes: u64 = total.strip_suffix("kB")?.trim().parse().ok()?;
                Some(kibibytes << 10)
            }),
            os: os(),
            architecture: std::env::consts::ARCH.to_owned(),
            platform: zonda::platform().to_owned(),
            rustc: rustc.map(Into::into),
            rustflags: env!("ZONDA_RUSTFLAGS").to_owned(),
            release: !cfg!(debug_assertions),
        }
    }

    /// The machine's identity, in one line.
    pub fn line(&self) -> String {
        let cpu = self.cpu.as_deref().unwrap_or(&self.architecture);
        let memory = self.memory_bytes.map_or_else(String::new, |bytes| {
            format!(", {:.0} GiB", bytes as f64 / f64::from(1 << 30))
        });
        format!(
            "{cpu}, {} cores, {}{memory}, {}",
            self.cores, self.platform, self.os
        )
    }
}

/// How many processes wanted to run in the last minute, if the system reports it.
pub fn load_average() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn os() -> String {
    let name = field("/etc/os-release", "PRETTY_NAME", '=');
    let name = name.map_or_else(
        || std::env::consts::OS.to_owned(),
        |name| name.trim_matches('"').to_owned(),
    );
    match fs::read_to_string("/proc/sys/kernel/osrelease") {
        Ok(kernel) => format!("{name}, kernel {}", kernel.trim()),
        Err(_) => name,
    }
}

/// The value of the first line that has this name before the separator.
fn field(path: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}
