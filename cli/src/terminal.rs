//! Text for people: results on standard output, errors and progress on standard error.

use std::{
    fmt,
    io::{self, ErrorKind, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use zonda::{Observer, Stage};

/// Prints to standard output. That nobody reads it any more is no error.
///
/// # Errors
/// If standard output takes no more for another reason, such as a full disk.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Prints an error to standard error.
pub fn error(message: &str) {
    notice(&format!("zonda: {message}\n"));
}

/// Prints to standard error, after what the guest printed to standard output.
pub fn notice(text: &str) {
    let _ = io::stdout().flush();
    let _ = io::stderr().write_all(printable(text).as_bytes());
}

/// Text whose control characters a terminal would act on are made visible: names of functions come
/// from ELF files, which may come from anyone.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// Shows which stage of proving is under way, since when, and how long the rest takes.
pub struct Progress {
    bar: ProgressBar,
    /// When everything will be done, about.
    end: Arc<Mutex<Option<Instant>>>,
}

impl Progress {
    /// Progress of what `label` names, if there is something to tell it from. None if standard error
    /// is no terminal.
    pub fn on_terminal(label: Option<&str>) -> Option<Arc<Self>> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::new_spinner();
        let start = Instant::now();
        let end = Arc::new(Mutex::new(None));
        let shown = Arc::clone(&end);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}{msg}, {times}") {
            bar.set_style(
                style.with_key("times", move |_: &_, text: &mut dyn fmt::Write| {
                    let end = lock(&shown)
                        .map(|end: Instant| end.saturating_duration_since(Instant::now()));
                    // Text that is not shown is lost.
                    let _ = text.write_str(&times(start.elapsed(), end));
                }),
            );
        }
        if let Some(label) = label {
            bar.set_prefix(format!("{}: ", printable(label)));
        }
        Some(Arc::new(Self { bar, end }))
    }

    /// Shows what begins.
    pub fn show(&self, name: &str) {
        if self.bar.is_finished() {
            self.bar.reset();
        }
        self.bar.set_message(name.to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Clears the line.
    pub fn finish(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn begin(&self, progress: zonda::Progress) {
        // While the guest runs for the first time, the terminal is the guest's.
        if progress.stage == Stage::Execute && progress.parts == 0 {
            return self.finish();
        }
        let now = Instant::now();
        *lock(&self.end) = progress.remaining.and_then(|left| now.checked_add(left));
        self.show(&told(&progress));
    }
}

/// `part 3 of 12: commit`.
fn told(progress: &zonda::Progress) -> String {
    let stage = progress.stage.name();
    match progress.part {
        Some(part) if progress.parts > 1 => {
            format!("part {} of {}: {stage}", part + 1, progress.parts)
        }
        _ => stage.to_owned(),
    }
}

/// How long it has taken, and takes, as far as that is known.
fn times(since: Duration, left: Option<Duration>) -> String {
    let since = HumanDuration(since);
    match left {
        Some(left) if left.as_secs() > 0 => {
            format!("{since:#}, about {:#} left", HumanDuration(left))
        }
        _ => format!("{since:#}"),
    }
}

/// What a panic of another thread has left is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(printable("a\u{1b}[2Jb\r\nc é"), "a\\u{1b}[2Jb\\r\nc é");
    }

    #[test]
    fn progress_names_part_and_stage_and_time() {
        let mut progress = zonda::Progress {
            stage: Stage::Commit,
            part: Some(2),
            parts: 12,
            remaining: None,
        };
        assert_eq!(told(&progress), "part 3 of 12: commit");
        progress.parts = 1;
        assert_eq!(told(&progress), "commit");
        let seconds = Duration::from_secs;
        assert_eq!(times(seconds(30), None), "30s");
        assert_eq!(times(seconds(120), Some(seconds(240))), "2m, about 4m left");
        assert_eq!(times(seconds(120), Some(Duration::ZERO)), "2m");
    }
}
