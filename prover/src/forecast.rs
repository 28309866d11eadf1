//! How long the rest of a proof takes: what its stages cost by their shapes, at the speed so far.

use std::time::Duration;

use zonda_verifier::{Layout, Preset, Shape, layout::Phase};

use crate::stage::Stage;

/// The cost of each stage of proving a part, in nanoseconds of one core of the reference machine. Only
/// ratios count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost([f64; Stage::ALL.len()]);

impl Cost {
    /// The cost of a part of this shape.
    pub(crate) fn of(shape: &Shape, preset: Preset) -> Self {
        let layout = Layout::new(shape, preset.degree());
        let parameters = preset.parameters();
        let [boundary, main, sums] = [layout.boundary(), layout.main(), layout.sums()].map(cells);
        let every = boundary + main + sums;
        let rows = f64::from(layout.log_height).exp2();
        let work = |bits: u32| f64::from(bits).exp2() * ATTEMPT;
        let folds = layout.folds().len() as f64 * work(parameters.fold_work_bits);
        let mut cost = Self::default();
        let costs = [
            (Stage::Boundary, COMMIT * boundary),
            (Stage::Witness, WITNESS * main),
            (Stage::Commit, COMMIT * main + COMMIT_ROW * rows),
            (Stage::Sums, SUMS * sums + work(parameters.lookup_work_bits)),
            (
                Stage::Quotient,
                QUOTIENT * every + QUOTIENT_ROW * rows + work(parameters.constraints_work_bits),
            ),
            (Stage::Open, OPEN * every + work(parameters.point_work_bits)),
            (
                Stage::Compose,
                COMPOSE * every + COMPOSE_ROW * rows + work(parameters.batch_work_bits),
            ),
            (
                Stage::Fold,
                FOLD_ROW * rows + folds + work(parameters.query_work_bits),
            ),
        ];
        for (stage, nanoseconds) in costs {
            cost.0[stage as usize] = nanoseconds;
        }
        cost
    }

    /// The cost of a stage and all that follow it.
    fn from(&self, stage: Stage) -> f64 {
        self.0[stage as usize..].iter().sum()
    }
}

/// Nanoseconds for each cell: those of the stage for each instruction, from the table in ARCHITECTURE,
/// "Where the time goes", by its cells for each instruction.
const COMMIT: f64 = 260.0 / 27.6;
const WITNESS: f64 = 65.0 / 27.6;
const SUMS: f64 = 421.0 / 33.4;
const QUOTIENT: f64 = 267.0 / 61.0;
const OPEN: f64 = 33.0 / 61.0;
const COMPOSE: f64 = 73.0 / 61.0;
/// Nanoseconds for each row of the highest table, which decide where there are few cells: fitted to the
/// stages of short runs.
const COMMIT_ROW: f64 = 60.0;
const QUOTIENT_ROW: f64 = 80.0;
const COMPOSE_ROW: f64 = 120.0;
const FOLD_ROW: f64 = 100.0;
/// Nanoseconds for each attempt of a proof of work.
const ATTEMPT: f64 = 3.0;

fn cells(phase: &Phase) -> f64 {
    let groups = phase.groups.iter();
    let cells = groups.map(|group| group.width as f64 * f64::from(group.log_height).exp2());
    cells.sum()
}

/// Foretells how long the rest of a proof takes.
#[derive(Debug, Default)]
pub(crate) struct Forecast {
    parts: Vec<Cost>,
    /// The cost of the stages that are done, and the time that they took.
    done: (f64, Duration),
    /// Whether tables have been committed to, so that the speed is known of more than what is small.
    begun: bool,
}

impl Forecast {
    pub(crate) fn new(parts: Vec<Cost>) -> Self {
        Self {
            parts,
            ..Self::default()
        }
    }

    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// A stage of a part is done, and has taken so long.
    pub(crate) fn done(&mut self, part: usize, stage: Stage, time: Duration) {
        let Some(cost) = self.parts.get(part) else {
            return;
        };
        let cost = cost.0[stage as usize];
        // The time of a stage without a known cost does not predict the others.
        if cost > 0.0 {
            self.done = (self.done.0 + cost, self.done.1 + time);
            self.begun |= stage >= Stage::Commit;
        }
    }

    /// How long it takes from the beginning of a part's stage to the end of the last part.
    pub(crate) fn remaining(&self, part: usize, stage: Stage) -> Option<Duration> {
        let left = self.parts.get(part..)?.iter().enumerate();
        let left = left.map(|(index, cost)| match index {
            0 => cost.from(stage),
            _ => cost.from(Stage::Execute),
        });
        let left: f64 = left.sum();
        let seconds = self.done.1.as_secs_f64() * left / self.done.0;
        self.begun
            .then(|| Duration::try_from_secs_f64(seconds).ok())?
    }
}

#[cfg(test)]
mod tests {
    use zonda_riscv_emu::{execute::Discard, program::Program};

    use super::*;
    use crate::{Options, Setup, engine::Engine, plan};

    const STAGES: [Stage; 7] = [
        Stage::Witness,
        Stage::Commit,
        Stage::Sums,
        Stage::Quotient,
        Stage::Open,
        Stage::Compose,
        Stage::Fold,
    ];

    /// A run of one part, and the milliseconds that its stages took in a process of its own.
    struct Recorded {
        name: &'static str,
        elf: &'static [u8],
        input: Vec<u8>,
        preset: Preset,
        milliseconds: [f64; 7],
    }

    /// Recorded on a machine that was busy with other things, with one thread and with two.
    fn recorded() -> Vec<Recorded> {
        let fibonacci = include_bytes!("../../guests/elf/fibonacci.elf");
        let sha256 = include_bytes!("../../guests/elf/sha256.elf");
        let json = include_bytes!("../../guests/elf/json.elf");
        let canada = include_bytes!("../../guests/inputs/canada-like.json");
        let (thousand, standard) = (1000_u32.to_le_bytes(), Preset::Standard);
        let run = |name, elf, input: &[u8], preset, milliseconds| Recorded {
            name,
            elf,
            input: input.to_vec(),
            preset,
            milliseconds,
        };
        vec![
            run(
                "fibonacci, one thread",
                fibonacci,
                &thousand,
                standard,
                [5.9, 26.9, 61.5, 40.2, 4.5, 36.1, 46.2],
            ),
            run(
                "fibonacci, two threads",
                fibonacci,
                &thousand,
                standard,
                [1.9, 49.9, 65.5, 94.3, 8.2, 59.2, 44.4],
            ),
            run(
                "fibonacci, high",
                fibonacci,
                &thousand,
                Preset::High,
                [1.9, 29.4, 53.7, 67.7, 10.3, 56.8, 63.9],
            ),
            run(
                "sha256, one thread",
                sha256,
                &[0; 4000],
                standard,
                [77.4, 203.5, 363.9, 249.2, 36.1, 112.6, 39.5],
            ),
            run(
                "sha256, two threads",
                sha256,
                &[0; 4000],
                standard,
                [92.9, 220.4, 406.4, 260.3, 41.2, 123.5, 53.2],
            ),
            run(
                "sha256 of more, two threads",
                sha256,
                &[0; 17_920],
                standard,
                [312.8, 1101.6, 2865.9, 1013.3, 133.4, 402.5, 165.1],
            ),
            run(
                "json, one thread",
                json,
                canada,
                standard,
                [226.5, 533.9, 935.9, 554.5, 75.6, 227.0, 90.8],
            ),
            run(
                "json, two threads",
                json,
                canada,
                standard,
                [222.3, 623.1, 1088.3, 696.6, 124.7, 258.2, 93.9],
            ),
        ]
    }

    impl Recorded {
        fn cost(&self) -> Cost {
            let engine = Engine::default();
            let program = Program::from_elf(self.elf).unwrap();
            let setup = Setup::new(&engine, &program, self.preset).unwrap();
            let options = Options {
                preset: self.preset,
                ..Options::default()
            };
            let plan = plan(&engine, &setup, &self.input, &options, &mut Discard).unwrap();
            assert_eq!(plan.costs.len(), 1, "{}", self.name);
            plan.costs.into_iter().next().unwrap()
        }

        /// The forecast at the beginning of each stage of so many parts like this one, and how long
        /// it then takes, in milliseconds.
        fn foretold(&self, parts: usize) -> Vec<(Stage, Option<f64>, f64)> {
            let mut forecast = Forecast::new(vec![self.cost(); parts]);
            let mut left = parts as f64 * self.milliseconds.iter().sum::<f64>();
            let mut foretold = Vec::new();
            for part in 0..parts {
                for (stage, milliseconds) in STAGES.into_iter().zip(self.milliseconds) {
                    let remaining = forecast.remaining(part, stage);
                    let remaining = remaining.map(|time| time.as_secs_f64() * 1000.0);
                    foretold.push((stage, remaining, left));
                    forecast.done(part, stage, Duration::from_secs_f64(milliseconds / 1000.0));
                    left -= milliseconds;
                }
            }
            assert_eq!(
                forecast.remaining(parts, Stage::Execute),
                Some(Duration::ZERO)
            );
            foretold
        }
    }

    #[test]
    fn the_time_left_neither_doubles_nor_is_half() {
        for run in recorded() {
            for parts in [1, 3] {
                let foretold = run.foretold(parts);
                let text = format!("{}: {foretold:.0?}", run.name);
                // From the first tables on.
                let from = foretold.iter().position(|(_, time, _)| time.is_some());
                assert_eq!(from, Some(2), "{text}");
                for (_, remaining, left) in &foretold[2..] {
                    let ratio = remaining.unwrap() / left;
                    assert!((0.5..2.0).contains(&ratio), "{text}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_foretold_of_what_is_not_known() {
        let mut forecast = Forecast::default();
        forecast.done(0, Stage::Commit, Duration::from_secs(1));
        assert_eq!(forecast.remaining(0, Stage::Sums), None);
    }
}
