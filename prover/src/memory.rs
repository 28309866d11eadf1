//! The memory of the process and of the machine, as the operating system counts it.

use std::{fs, path::Path};

/// The most physical memory that this process has held so far, in bytes; `None` where the system
/// does not say (it does on Linux).
pub fn peak_rss_bytes() -> Option<u64> {
    kibibytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// How much memory this process may take now, in bytes: the least of what the machine has available,
/// what is left of the limit of the process's control group, and what is left of its limits of
/// address space and data (`ulimit -v` and `-d`). `None` where the system does not say (it does on
/// Linux).
pub fn available_bytes() -> Option<u64> {
    let machine = kibibytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    let group = fs::read_to_string("/proc/self/cgroup").ok();
    let group = group.and_then(|groups| group_bytes(Path::new("/sys/fs/cgroup"), &groups));
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let limit = limit_bytes(&limits, &status, threads);
    [Some(machine), group, limit].into_iter().flatten().min()
}

/// The rest of the tightest limit of a process; `limits` and `status` are the contents of these
/// files of `/proc/self`. `None` if there is no limit.
///
/// Limits count addresses, taken or not, and threads reserve some that they do not use; up to
/// half of what is left is set aside for them.
fn limit_bytes(limits: &str, status: &str, threads: u64) -> Option<u64> {
    /// A thread's stack, and the piece that the C library's allocator reserves for it.
    const THREAD: u64 = (2 << 20) + (64 << 20);
    let left = |name: &str, used: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
        let left = limit.saturating_sub(kibibytes(status, used).unwrap_or(0));
        Some(left - (THREAD * threads).min(left / 2))
    };
    let limits = [
        ("Max address space", "VmSize:"),
        ("Max data size", "VmData:"),
    ];
    let left = limits
        .into_iter()
        .filter_map(|(name, used)| left(name, used));
    left.min()
}

/// The number of kibibytes in the line that begins with `name`, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}

/// The rest of the tightest limit of a control group and of those it is in; `groups` is the
/// content of `/proc/self/cgroup`. `None` if there is no limit.
fn group_bytes(root: &Path, groups: &str) -> Option<u64> {
    let number = |path: &Path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let left = |directory: &Path, limit, used| {
        let limit = number(&directory.join(limit))?;
        Some(limit.saturating_sub(number(&directory.join(used)).unwrap_or(0)))
    };
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        // The second version has one hierarchy and names no controllers; the first has one for
        // memory.
        let (root, limit, used) = if controllers.is_empty() {
            (root.to_path_buf(), "memory.max", "memory.current")
        } else if controllers.split(',').any(|name| name == "memory") {
            let root = root.join("memory");
            (root, "memory.limit_in_bytes", "memory.usage_in_bytes")
        } else {
            return None;
        };
        let directory = root.join(path);
        let directories = directory.ancestors().take_while(|at| at.starts_with(&root));
        directories.filter_map(|at| left(at, limit, used)).min()
    };
    groups.lines().filter_map(of_line).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_how_much_there_is() {
        let text = "MemTotal:  100 kB\nMemAvailable:       7 kB\nMemFree: x\n";
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(7 << 10));
        assert_eq!(kibibytes(text, "MemFree:"), None);
        assert_eq!(kibibytes(text, "Swap:"), None);
        if cfg!(target_os = "linux") {
            assert!(peak_rss_bytes().is_some_and(|bytes| bytes > 1 << 20));
            assert!(available_bytes().is_some_and(|bytes| bytes > 1 << 20));
        }
    }

    #[test]
    fn the_tightest_limit_of_the_process_counts() {
        let limits = |space: &str, data: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max cpu time              unlimited            unlimited            seconds   \n\
                 Max data size             {data:<20} unlimited            bytes     \n\
                 Max address space         {space:<20} 9000000000           bytes     \n"
            )
        };
        let status = "VmPeak:\t  300 kB\nVmSize:\t  200 kB\nVmData:\t  100 kB\n";
        let left = |space, data, threads| limit_bytes(&limits(space, data), status, threads);
        assert_eq!(left("unlimited", "unlimited", 1), None);
        let gibibyte = "1073741824";
        let thread = 66 << 20;
        assert_eq!(
            left(gibibyte, "unlimited", 0),
            Some((1 << 30) - (200 << 10))
        );
        assert_eq!(
            left("unlimited", gibibyte, 0),
            Some((1 << 30) - (100 << 10))
        );
        let both = Some((1 << 30) - (200 << 10) - 2 * thread);
        assert_eq!(left(gibibyte, gibibyte, 2), both);
        // Half is left for memory, however many threads there are.
        assert_eq!(left(gibibyte, gibibyte, 64), Some((1 << 29) - (100 << 10)));
        assert_eq!(left("1000", "unlimited", 1), Some(0));
        assert_eq!(limit_bytes("", "", 1), None);
    }

    #[test]
    fn the_tightest_limit_of_a_control_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let left = |groups| group_bytes(root.path(), groups);
        assert_eq!(left("0::/a/b\n"), None);
        write("a/b/memory.max", "max\n");
        assert_eq!(left("0::/a/b\n"), None);
        write("a/memory.max", "1000\n");
        write("a/memory.current", "300\n");
        assert_eq!(left("0::/a/b\n"), Some(700));
        write("a/b/memory.max", "500\n");
        write("a/b/memory.current", "600\n");
        assert_eq!(left("0::/a/b\n"), Some(0));

        // The first version.
        write("memory/c/memory.limit_in_bytes", "50\n");
        assert_eq!(left("4:cpu,cpuacct:/c\n2:memory:/c\n"), Some(50));
        assert_eq!(left("4:cpu,cpuacct:/c\n"), None);
    }
}
