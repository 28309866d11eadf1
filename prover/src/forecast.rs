//! How long the rest of a proof takes: what its stages cost by their heights, at the speed so far.

use std::time::Duration;

use zonda_verifier::{
    Counts, Heights, Layout, Preset,
    layout::{BOUNDARY, MAIN, Matrix, column_bits},
    opening::present,
    words::folds,
};

use crate::stage::Stage;

/// The cost of each stage of proving a part, in nanoseconds of one core of the reference machine. Only
/// ratios count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost([f64; Stage::ALL.len()]);

impl Cost {
    /// The cost of a part of these heights.
    pub(crate) fn of(heights: &Heights, preset: Preset) -> Self {
        let layout = Layout::new(heights);
        let parameters = preset.parameters();
        let [boundary, main] = [&layout.phases[BOUNDARY], &layout.phases[MAIN]].map(cells);
        let tables = heights.tables().map(|(table, rows)| {
            let counts = Counts::of(table);
            f64::from(rows) * (counts.local + counts.global) as f64
        });
        let messages: f64 = tables.sum();
        let field = (preset.degree() as f64 / 4.0).powi(2);
        let rows = f64::from(layout.log_height()).exp2();
        let work = |bits: u32| f64::from(bits).exp2() * ATTEMPT;
        let columns = present(&layout).map(|(phase, _)| f64::from(column_bits(phase)));
        let columns = columns.fold(0.0, f64::max) * work(parameters.columns_work_bits);
        let halvings = folds(layout.log_height()).into_iter().sum::<u32>();
        let halvings = f64::from(halvings) * work(parameters.fold_work_bits);
        let queries = work(parameters.words_work_bits) + work(parameters.query_work_bits);
        let mut cost = Self::default();
        let costs = [
            (Stage::Boundary, COMMIT * boundary),
            (Stage::Witness, WITNESS * main),
            (
                Stage::Commit,
                COMMIT * main + COMMIT_PART + work(parameters.lookup_work_bits),
            ),
            (Stage::Tree, (TREE * messages + TREE_PART) * field),
            (Stage::Rows, (ROWS * main + ROWS_PART) * field),
            (Stage::Open, OPEN * main + columns),
            (Stage::Fold, FOLD_ROW * rows * field + halvings + queries),
        ];
        for (stage, nanoseconds) in costs {
            cost.0[stage as usize] = nanoseconds;
        }
        cost
    }

    /// The cost of all stages.
    pub(crate) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// The cost of a stage and all that follow it.
    fn from(&self, stage: Stage) -> f64 {
        self.0[stage as usize..].iter().sum()
    }
}

/// Nanoseconds for each cell, or each message, at degree 4: from the figures of the benchmarks `sums` and `opening`.
const COMMIT: f64 = 7.5;
/// Nanoseconds for what does not grow with the cells.
const COMMIT_PART: f64 = 3.0e6;
const WITNESS: f64 = 5.0;
const TREE: f64 = 32.0;
/// Nanoseconds for the many slots with few rows.
const TREE_PART: f64 = 3.0e7;
const ROWS: f64 = 3.2;
/// Nanoseconds for the many tables with few rows.
const ROWS_PART: f64 = 4.0e6;
const OPEN: f64 = 1.4;
/// Nanoseconds for each row of the main matrix.
const FOLD_ROW: f64 = 60.0;
/// Nanoseconds for each attempt of a proof of work.
const ATTEMPT: f64 = 9.0;

fn cells(matrix: &Matrix) -> f64 {
    matrix.width as f64 * f64::from(matrix.log_height).exp2()
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
    use crate::{Budget, Options, Setup, engine::Engine, plan};

    const STAGES: [Stage; 6] = [
        Stage::Witness,
        Stage::Commit,
        Stage::Tree,
        Stage::Rows,
        Stage::Open,
        Stage::Fold,
    ];

    /// A run of one part, and the milliseconds that its stages took in a process of its own.
    struct Recorded {
        name: &'static str,
        elf: &'static [u8],
        input: Vec<u8>,
        preset: Preset,
        milliseconds: [f64; 6],
    }

    /// Recorded on a machine that was busy with other things, with one thread and with two.
    fn recorded() -> Vec<Recorded> {
        let fibonacci = include_bytes!("../../guests/elf/fibonacci.elf");
        let sha256 = include_bytes!("../../guests/elf/sha256.elf");
        let json = include_bytes!("../../guests/elf/json.elf");
        let canada = include_bytes!("../../guests/inputs/canada-like.json");
        let (thousand, standard) = (1002_u32.to_le_bytes(), Preset::Standard);
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
                [2.6, 14.0, 50.5, 9.2, 8.2, 15.3],
            ),
            run(
                "fibonacci, two threads",
                fibonacci,
                &thousand,
                standard,
                [2.4, 8.3, 48.1, 3.7, 11.4, 15.2],
            ),
            run(
                "fibonacci, high",
                fibonacci,
                &1005_u32.to_le_bytes(),
                Preset::High,
                [3.2, 9.7, 92.1, 6.9, 1.9, 29.2],
            ),
            run(
                "sha256, one thread",
                sha256,
                &[0; 4128],
                standard,
                [62.7, 50.2, 182.2, 27.0, 14.9, 9.6],
            ),
            run(
                "sha256, two threads",
                sha256,
                &[0; 4128],
                standard,
                [55.8, 49.9, 163.1, 29.1, 15.1, 9.9],
            ),
            run(
                "sha256 of more, two threads",
                sha256,
                &[0; 17_920],
                standard,
                [102.1, 207.7, 773.9, 96.5, 67.3, 25.6],
            ),
            run(
                "json, two threads",
                json,
                canada,
                standard,
                [97.8, 157.1, 473.5, 82.5, 29.8, 21.1],
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
                budget: Budget {
                    bytes: 1 << 33,
                    shard_cycles: 1 << 21,
                },
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
        assert_eq!(forecast.remaining(0, Stage::Tree), None);
    }
}
