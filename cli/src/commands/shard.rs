//! `zonda shard`: a proof's parts, proved by several processes.

use std::{fs, io, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use zonda::{ProveError, Prover, Task};

use super::{input, load, options, without};
use crate::{
    arguments::{Limit, Shard, ShardCommand, ShardPlan, ShardProve},
    files::{self, Content, Destinations},
    interrupt,
    progress::{Progress, Show},
    streams,
    summary::{Facts, counted, grouped},
    terminal, work_dir,
};

/// Plans a run, or proves one of its tasks. The exit code is 1 if there is no plan, or no part.
///
/// # Errors
/// If a file cannot be read or written, or is not what it should be.
pub fn shard(arguments: &Shard) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        ShardCommand::Plan(arguments) => plan(arguments),
        ShardCommand::Prove(arguments) => prove(arguments),
    }
}

fn plan(arguments: &ShardPlan) -> anyhow::Result<ExitCode> {
    let ShardPlan { guest, talk, .. } = arguments;
    Destinations::check([], &[Some(&guest.elf), guest.input.as_deref()])?;
    let program = load(&guest.elf)?;
    let input = input(guest)?;
    let directory = &arguments.work_dir;
    let progress = Progress::new(Show {
        quiet: talk.quiet,
        ..Show::default()
    });
    let mut options = options(&arguments.limit, &progress);
    options.threads = arguments.threads.threads;
    options.preset = arguments.preset;
    options.budget = work_dir::budget(directory, &arguments.cut)?;
    options.work_dir = Some(directory.clone());
    options.cancel = interrupt::cancel()?;

    let mut bytes = 0;
    // Why a task cannot be written, which the library need not know.
    let mut failure = None;
    let planned = Prover::new(options).plan(&program, &input, |task| {
        let content = task.to_bytes()?;
        bytes += content.len() as u64;
        write(directory, &task, &content).map_err(|error| {
            let stop = io::Error::other(format!("{error:#}"));
            failure = Some(error);
            stop.into()
        })
    });
    progress.finish();
    if let Some(error) = failure {
        return Err(error);
    }
    let planned = match planned {
        Err(ProveError::Cancelled(_)) => return Ok(interrupted()),
        Err(error) => return without("no plan", &error),
        Ok(planned) => planned,
    };
    let statement = &planned.statement;
    let facts = Facts::default()
        .with_statement(&program.id(), statement.exit_code, &statement.output)
        .with("instructions", grouped(planned.cycles))
        .with("shards", grouped(planned.header.shards.into()))
        .with(
            "tasks",
            format!(
                "{} in {}, {}",
                grouped(planned.header.parts.len() as u64),
                directory.display(),
                counted(bytes, "byte"),
            ),
        );
    terminal::summary(*talk, facts);
    Ok(ExitCode::SUCCESS)
}

/// Writes a task into the work directory.
fn write(directory: &Path, task: &Task, content: &[u8]) -> anyhow::Result<()> {
    let file = directory.join(task.file_name()).with_extension(TASK);
    let destinations = Destinations::check([("task", Some(&file))], &[])?;
    destinations.write([Content::Bytes(content)])
}

fn prove(arguments: &ShardProve) -> anyhow::Result<ExitCode> {
    let ShardProve {
        elf, task, talk, ..
    } = arguments;
    let sources = [Some(&**elf), Some(task)];
    Destinations::check([], &sources)?;
    let program = load(elf)?;
    let bytes = files::read(task, "the task", files::MAX_TASK_BYTES)?;
    let no_task = || format!("{} is not a task", task.display());
    let read = Task::from_bytes(&bytes).with_context(no_task)?;
    drop(bytes);
    let output = match &arguments.output {
        Some(output) => output.clone(),
        None if streams::is_input(task) => {
            bail!("the task is standard input, so that nothing is beside it: use --output")
        }
        None => fs::canonicalize(task)?
            .with_file_name(read.file_name())
            .with_extension(PART),
    };
    let destinations = Destinations::check([("--output", Some(&output))], &sources)?;
    destinations.spare_terminals("--output")?;

    let label = format!("part {}", read.index + 1);
    let progress = Progress::new(Show {
        quiet: talk.quiet,
        label: Some(&label),
        ..Show::default()
    });
    let mut options = options(&Limit::default(), &progress);
    options.threads = arguments.threads.threads;
    options.cancel = interrupt::cancel()?;
    let part = Prover::new(options).prove_task(&program, &read);
    progress.finish();
    let part = match part {
        Err(ProveError::Cancelled(_)) => return Ok(interrupted()),
        Err(error) => return without("no part", &error),
        Ok(part) => part,
    };
    destinations.write([Content::Bytes(&read.part_file(&part))])?;
    let facts = Facts::default()
        .with("part", grouped(u64::from(read.index) + 1))
        .with("written", output.display().to_string())
        .with("bytes", grouped(part.len() as u64));
    terminal::summary(*talk, facts);
    Ok(ExitCode::SUCCESS)
}

fn interrupted() -> ExitCode {
    terminal::error("interrupted: the same command starts again");
    interrupt::interrupted()
}

/// The extension of tasks in a work directory.
const TASK: &str = "task";
/// The extension of parts in a work directory.
const PART: &str = "part";
