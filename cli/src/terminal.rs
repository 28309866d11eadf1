//! Text for people: results on standard output, errors and progress on standard error.

use std::{
    io::{self, ErrorKind, IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
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

/// Shows which stage of proving is under way and since when.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Progress of what `label` names, if there is something to tell it from. None if standard error
    /// is no terminal.
    pub fn on_terminal(label: Option<&str>) -> Option<Arc<Self>> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}{msg} {elapsed}") {
            bar.set_style(style);
        }
        if let Some(label) = label {
            bar.set_prefix(format!("{}: ", printable(label)));
        }
        Some(Arc::new(Self { bar }))
    }

    /// Shows a stage that begins.
    pub fn show(&self, name: &'static str) {
        self.bar.reset_elapsed();
        self.bar.set_message(name);
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Clears the line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn begin(&self, progress: zonda::Progress) {
        // While the guest runs, the terminal is the guest's.
        if progress.stage != Stage::Execute {
            self.show(progress.stage.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(printable("a\u{1b}[2Jb\r\nc é"), "a\\u{1b}[2Jb\\r\nc é");
    }
}
