//! Progress of a command: the stages of proving, the number of executed instructions, the guest's text.
//! Shown on a terminal as a line that changes, elsewhere as lines, one in ten seconds at most.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use zonda::{DebugStream, Observer, Stage};

use crate::{
    summary::{counted, grouped},
    terminal::{self, Printable, printable},
};

/// Shows which stage of proving is under way, since when, and how long the rest takes; or how many
/// instructions were executed.
pub struct Progress {
    /// The line that changes, on a terminal.
    bar: Option<ProgressBar>,
    state: Arc<Mutex<State>>,
    /// Ends the thread that writes lines when it is dropped.
    lines: Mutex<Option<Sender<()>>>,
    guest: Arc<Mutex<GuestText>>,
}

/// How a command wants its work shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Show<'a> {
    /// Whether only the guest's text is shown.
    pub quiet: bool,
    /// Whether standard output takes results, and not the guest's text.
    pub standard_output_taken: bool,
    /// The work's name.
    pub label: Option<&'a str>,
}

/// The current work.
#[derive(Debug)]
struct State {
    label: String,
    start: Instant,
    work: Work,
    /// When everything will be done, about.
    end: Option<Instant>,
}

#[derive(Debug)]
enum Work {
    Nothing,
    /// The guest runs, and has executed so many instructions.
    Executing {
        cycles: u64,
        /// The last line, and its time.
        said: (u64, Instant),
    },
    Stage(String),
}

impl Progress {
    /// Progress of work that begins now.
    pub fn new(show: Show<'_>) -> Arc<Self> {
        let label = show.label.map(|label| format!("{}: ", printable(label)));
        let state = Arc::new(Mutex::new(State {
            label: label.unwrap_or_default(),
            start: Instant::now(),
            work: Work::Nothing,
            end: None,
        }));
        let is_terminal = io::stderr().is_terminal();
        let guest = Arc::new(Mutex::new(GuestText::new(show.standard_output_taken)));
        let lines =
            (!show.quiet).then(|| write_lines(Arc::clone(&state), Arc::clone(&guest), is_terminal));
        Arc::new(Self {
            bar: (is_terminal && !show.quiet).then(|| bar(&state)),
            state,
            lines: Mutex::new(lines),
            guest,
        })
    }

    /// Shows the work that begins.
    pub fn show(&self, name: &str) {
        lock(&self.state).work = Work::Stage(name.to_owned());
        let Some(bar) = &self.bar else { return };
        if bar.is_finished() {
            bar.reset();
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Shows nothing any more.
    pub fn finish(&self) {
        lock(&self.lines).take();
        lock(&self.state).work = Work::Nothing;
        lock(&self.guest).end_line();
        self.clear();
    }

    fn clear(&self) {
        let bar = self.bar.as_ref();
        // A line that was never drawn is none to clear.
        if let Some(bar) = bar.filter(|bar| !bar.is_finished() && !bar.message().is_empty()) {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Observer for Progress {
    fn begin(&self, progress: zonda::Progress) {
        let now = Instant::now();
        // While the guest runs for the first time, the terminal is the guest's.
        let is_first_run =
            progress.parts == 0 && [Stage::Execute, Stage::Boundary].contains(&progress.stage);
        if is_first_run {
            self.clear();
            return self.executed(0);
        }
        lock(&self.state).end = progress.remaining.and_then(|left| now.checked_add(left));
        self.show(&told(&progress));
    }

    fn executed(&self, executed: u64) {
        let mut state = lock(&self.state);
        match &mut state.work {
            Work::Executing { cycles, .. } if executed > 0 => *cycles = executed,
            Work::Executing { .. } => {}
            work => {
                *work = Work::Executing {
                    cycles: executed,
                    said: (executed, Instant::now()),
                };
            }
        }
    }

    fn debug(&self, stream: DebugStream, bytes: &[u8]) {
        lock(&self.guest).write(stream, bytes);
    }
}

impl State {
    /// The current work, on a line; the bar shows the rest on a terminal.
    fn line(&mut self, is_terminal: bool) -> Option<String> {
        let label = &self.label;
        let since = self.start.elapsed();
        match &mut self.work {
            Work::Executing { cycles, said } => {
                let now = Instant::now();
                let (before, then) = std::mem::replace(said, (*cycles, now));
                let done = counted(*cycles, "instruction");
                // Where a run is cut anew, the guest begins again.
                let rate = match cycles.checked_sub(before) {
                    Some(more) if more > 0 => {
                        let megahertz = more as f64 / (now - then).as_secs_f64() / 1e6;
                        format!(", {megahertz:.0} MHz")
                    }
                    _ => String::new(),
                };
                let since = HumanDuration(since);
                Some(format!("{label}executing: {done} so far{rate}, {since:#}"))
            }
            Work::Stage(name) if !is_terminal => {
                let left = self
                    .end
                    .map(|end| end.saturating_duration_since(Instant::now()));
                Some(format!("{label}{name}, {}", times(since, left)))
            }
            Work::Stage(_) | Work::Nothing => None,
        }
    }
}

/// The line that changes.
fn bar(state: &Arc<Mutex<State>>) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let shown = Arc::clone(state);
    let label = lock(state).label.clone();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {label}{msg}, {times}") {
        let style = style.with_key("label", move |_: &_, text: &mut dyn fmt::Write| {
            let _ = text.write_str(&label);
        });
        bar.set_style(
            style.with_key("times", move |_: &_, text: &mut dyn fmt::Write| {
                let state = lock(&shown);
                let end = state.end;
                let left = end.map(|end| end.saturating_duration_since(Instant::now()));
                // Text that is not shown is lost.
                let _ = text.write_str(&times(state.start.elapsed(), left));
            }),
        );
    }
    bar
}

/// Writes the current work, line by line, until the sender is dropped.
fn write_lines(
    state: Arc<Mutex<State>>,
    guest: Arc<Mutex<GuestText>>,
    is_terminal: bool,
) -> Sender<()> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut wait = FIRST_LINE;
        while let Err(RecvTimeoutError::Timeout) = receiver.recv_timeout(wait) {
            let line = lock(&state).line(is_terminal);
            // A terminal without a line is checked again sooner.
            wait = if line.is_some() {
                NEXT_LINE
            } else {
                FIRST_LINE
            };
            if let Some(line) = line {
                lock(&guest).end_line();
                terminal::notice(&format!("zonda: {line}\n"));
            }
        }
    });
    sender
}

/// The first line comes after a few seconds.
const FIRST_LINE: Duration = Duration::from_secs(4);
/// How long it is from line to line.
const NEXT_LINE: Duration = Duration::from_secs(10);

/// Writes the guest's text: raw into files and pipes, and with control characters escaped to terminals.
struct GuestText {
    /// Whether the guest's standard output goes to standard error.
    standard_output_taken: bool,
    /// Of standard output and standard error, what makes text visible if they are terminals.
    printable: [Option<Printable>; 2],
    /// Whether a terminal has a line that has not ended.
    has_open_line: bool,
}

impl GuestText {
    fn new(standard_output_taken: bool) -> Self {
        let are_terminals = [io::stdout().is_terminal(), io::stderr().is_terminal()];
        Self {
            standard_output_taken,
            printable: are_terminals.map(|is| is.then(Printable::default)),
            has_open_line: false,
        }
    }

    fn write(&mut self, stream: DebugStream, bytes: &[u8]) {
        let to_output = stream == DebugStream::Out && !self.standard_output_taken;
        let [output, error] = &mut self.printable;
        let printable = if to_output { output } else { error };
        let text = printable.as_mut().map(|printable| printable.text(bytes));
        if let Some(last) = text.as_ref().and_then(|text| text.chars().last()) {
            self.has_open_line = last != '\n';
        }
        let bytes = text.as_ref().map_or(bytes, |text| text.as_bytes());
        // Text that is not taken is lost, as it is for any program.
        let _ = if to_output {
            io::stdout().write_all(bytes)
        } else {
            io::stderr().write_all(bytes)
        };
    }

    /// Ends the line of a terminal, so that other text begins one.
    fn end_line(&mut self) {
        if std::mem::take(&mut self.has_open_line) {
            terminal::notice("\n");
        }
    }
}

/// `part 3 of 12: commit`.
fn told(progress: &zonda::Progress) -> String {
    let stage = progress.stage.name();
    match progress.part {
        Some(part) if progress.parts > 1 => {
            let (part, parts) = (grouped(u64::from(part) + 1), grouped(progress.parts.into()));
            format!("part {part} of {parts}: {stage}")
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

/// After a panic of another thread, its state is still usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn lines_say_what_is_under_way() {
        let progress = Progress::new(Show {
            quiet: true,
            label: Some("a\u{1b}"),
            ..Show::default()
        });
        let line = |is_terminal| lock(&progress.state).line(is_terminal);
        assert_eq!(line(false), None);
        let mut begun = zonda::Progress {
            stage: Stage::Execute,
            part: None,
            parts: 0,
            remaining: None,
        };
        progress.begin(begun);
        progress.executed(1_000_000);
        begun.stage = Stage::Boundary;
        progress.begin(begun);
        for is_terminal in [true, false] {
            let line = line(is_terminal).unwrap();
            let said = line.starts_with("a\\u{1b}: executing: 1,000,000 instructions so far");
            assert!(said, "{line}");
        }
        begun = zonda::Progress {
            stage: Stage::Tree,
            part: Some(0),
            parts: 3,
            remaining: Some(Duration::from_secs(250)),
        };
        progress.begin(begun);
        assert_eq!(line(true), None, "the bar says it");
        let line = line(false).unwrap();
        assert!(
            line.starts_with("a\\u{1b}: part 1 of 3: tree, 0s, about "),
            "{line}"
        );
    }
}
