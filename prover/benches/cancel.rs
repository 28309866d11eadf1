//! How long work goes on after somebody cancels it: `cargo bench -p zonda-prover --bench cancel`.
//!
//! A run of half a million instructions is proved and cancelled in the middle of a stage. A figure is the
//! time from the cancellation until the prover has returned. The last lines are the longest of all.

use std::{
    collections::BTreeMap,
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use zonda_prover::{Cancel, Observer, Options, Progress, ProveError, Stage, engine::Engine, prove};
use zonda_riscv_emu::{execute::Discard, program::Program};

/// Where to cancel within a stage, as shares of its time.
const SHARES: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

/// Sends each stage as it begins.
struct Stages(Mutex<mpsc::Sender<(Stage, Instant)>>);

impl Observer for Stages {
    fn begin(&self, progress: Progress) {
        let begun = (progress.stage, Instant::now());
        let sender = self.0.lock().expect("no thread panics with it");
        // Whoever cancels does not listen any more.
        let _ = sender.send(begun);
    }
}

struct Run {
    engine: Engine,
    program: Program,
    input: Vec<u8>,
}

impl Run {
    /// Proves with a token, while `meanwhile` receives the stages as they begin. Returns what it
    /// returns, and when proving was over.
    fn prove<R: Send>(
        &self,
        cancel: &Cancel,
        meanwhile: impl FnOnce(mpsc::Receiver<(Stage, Instant)>) -> R + Send,
    ) -> (R, Instant) {
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            let meanwhile = scope.spawn(|| meanwhile(receiver));
            let stages = Stages(Mutex::new(sender));
            let options = Options {
                observer: Some(&stages),
                cancel: cancel.clone(),
                ..Options::default()
            };
            let (program, input) = (&self.program, &self.input);
            match prove(&self.engine, program, input, &options, &mut Discard) {
                Ok(_) | Err(ProveError::Cancelled(_)) => {}
                Err(error) => panic!("{error}"),
            }
            let end = Instant::now();
            drop(stages);
            (meanwhile.join().expect("it does not panic"), end)
        })
    }

    /// How long each stage takes.
    fn stages(&self) -> BTreeMap<Stage, Duration> {
        let (begun, end) = self.prove(&Cancel::new(), |stages| stages.iter().collect::<Vec<_>>());
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([end]);
        let mut times = BTreeMap::new();
        for ((stage, start), end) in begun.iter().zip(ends) {
            let longest: &mut Duration = times.entry(*stage).or_default();
            *longest = (*longest).max(end - *start);
        }
        times
    }

    /// Cancels so long after a stage has begun; returns how long work went on.
    fn waited(&self, stage: Stage, after: Duration) -> Duration {
        let cancel = Cancel::new();
        let (cancelled, end) = self.prove(&cancel, |stages| {
            stages.iter().find(|(begun, _)| *begun == stage);
            thread::sleep(after);
            cancel.cancel();
            Instant::now()
        });
        end.saturating_duration_since(cancelled)
    }
}

fn latency(criterion: &mut Criterion) {
    let elf = include_bytes!("../../guests/elf/sha256.elf");
    let run = Run {
        engine: Engine::default(),
        program: Program::from_elf(elf).expect("a committed guest"),
        input: vec![0; 8 << 10],
    };
    // Once for memory to be at hand.
    run.stages();
    let stages = run.stages();
    let mut longest = BTreeMap::new();
    for (stage, time) in stages {
        criterion.bench_function(&format!("cancel/{stage}"), |bencher| {
            bencher.iter_custom(|iterations| {
                let shares = SHARES.into_iter().cycle().take(iterations as usize);
                let waited = shares.map(|share| {
                    let waited = run.waited(stage, time.mul_f64(share));
                    let longest: &mut Duration = longest.entry(stage).or_default();
                    *longest = (*longest).max(waited);
                    waited
                });
                waited.sum()
            });
        });
    }
    for (stage, waited) in longest {
        println!("{stage}: {waited:.1?} at most");
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(5));
    targets = latency
}
criterion_main!(benches);
