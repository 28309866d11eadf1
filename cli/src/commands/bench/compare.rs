//! Comparing two measurements.

use super::{
    metrics::{Better, METRICS, Metric},
    report::{BenchReport, Measured, STAGE, number},
    statistics::Spread,
};
use crate::summary::aligned;

/// A table for each workload that both reports have, and a line on each other difference.
pub fn compared(a: &BenchReport, b: &BenchReport) -> String {
    let mut text = differences(a, b);
    for of_a in &a.workloads {
        let Some(of_b) = b.workloads.iter().find(|of_b| of_b.name == of_a.name) else {
            text += &format!("\n{}: only in A\n", of_a.name);
            continue;
        };
        text.push('\n');
        if (&of_a.program_id, of_a.input_bytes) != (&of_b.program_id, of_b.input_bytes) {
            text += &format!("{}: another program or input in A than in B\n", of_a.name);
        }
        text += &table(of_a, of_b);
    }
    let in_a = |name: &str| a.workloads.iter().any(|of_a| of_a.name == name);
    for of_b in b.workloads.iter().filter(|of_b| !in_a(&of_b.name)) {
        text += &format!("\n{}: only in B\n", of_b.name);
    }
    text += "\nnoise: the samples of A and B overlap, so the difference has no meaning\n";
    let fewest = |report: &BenchReport| {
        let counts = report.workloads.iter().map(|of| of.samples.len());
        counts.min().unwrap_or_default()
    };
    let [of_a, of_b] = [fewest(a), fewest(b)];
    if of_a.min(of_b) > 1 {
        let chance = 100.0 * chance(of_a, of_b);
        text += &format!(
            "with {of_a} and {of_b} samples, those of equals do not overlap in {chance:.1}% of cases: \
             among many metrics, some are better or worse by chance\n"
        );
    }
    text
}

/// How probable it is that so many samples of A and of B, all of one distribution, do not overlap:
/// 2 of all ways to order them.
fn chance(of_a: usize, of_b: usize) -> f64 {
    let orders = (1..=of_a).map(|i| (of_b + i) as f64 / i as f64);
    2.0 / orders.product::<f64>()
}

/// Properties that should be the same.
fn differences(a: &BenchReport, b: &BenchReport) -> String {
    let mut text = String::new();
    let mut unequal = |what: &str, a: &str, b: &str| {
        if a != b {
            text += &format!("{what} differ:\n  A  {a}\n  B  {b}\n");
        }
    };
    unequal("machines", &a.machine.line(), &b.machine.line());
    let built = |report: &BenchReport| {
        let machine = &report.machine;
        format!(
            "{} {}{}",
            machine.rustc.as_deref().unwrap_or("an unknown compiler"),
            machine.rustflags,
            if machine.release { "" } else { " (debug)" },
        )
    };
    unequal("builds", &built(a), &built(b));
    unequal("presets", &a.settings.preset, &b.settings.preset);
    let threads = |report: &BenchReport| match report.settings.threads {
        Some(threads) => threads.to_string(),
        None => "all".to_owned(),
    };
    unequal("threads", &threads(a), &threads(b));
    let chosen = |number: Option<u64>| number.map_or("default".to_owned(), |n| n.to_string());
    let memory = |report: &BenchReport| chosen(report.settings.memory_bytes);
    unequal("budgets of memory", &memory(a), &memory(b));
    let cycles = |report: &BenchReport| chosen(report.settings.shard_cycles);
    unequal("longest shards", &cycles(a), &cycles(b));
    text
}

fn table(a: &Measured, b: &Measured) -> String {
    let mut lines = vec![[&*a.name, "A", "B", "B / A", ""].map(String::from)];
    let rows = b.rows();
    for (name, of_a) in a.rows() {
        let Some((_, of_b)) = rows.iter().find(|(named, _)| *named == name) else {
            continue;
        };
        let few = a.samples.len().min(b.samples.len()) < 2;
        let ratio = match of_b.median / of_a.median {
            ratio if ratio.is_finite() => format!("{ratio:.3}"),
            _ => "-".to_owned(),
        };
        let verdict = verdict(&name, &of_a, of_b, few).to_owned();
        lines.push([
            name,
            number(of_a.median),
            number(of_b.median),
            ratio,
            verdict,
        ]);
    }
    aligned(&lines)
}

fn verdict(name: &str, a: &Spread, b: &Spread, few: bool) -> &'static str {
    let metric = METRICS.iter().find(|metric| metric.name == name);
    let exact = metric.is_some_and(|metric| metric.exact);
    let better = match metric {
        Some(Metric { better, .. }) => Some(*better),
        None if name.starts_with(STAGE) => Some(Better::Lower),
        None => None,
    };
    if a.median == b.median {
        return "same";
    }
    if few && !exact {
        return "one sample";
    }
    if a.overlaps(b) {
        return "noise";
    }
    match better {
        None => "differs",
        Some(Better::Lower) if b.median < a.median => "better",
        Some(Better::Higher) if b.median > a.median => "better",
        Some(_) => "worse",
    }
}

#[cfg(test)]
mod tests {
    use super::{super::report::tests::report, *};

    /// The words of the line of a metric.
    fn line(text: &str, name: &str) -> Vec<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name:?} in {text}"));
        line.split_whitespace().map(Into::into).collect()
    }

    #[test]
    fn differences_beyond_noise_are_named() {
        let a = report("w", &[4.0, 4.1, 4.2]);
        let text = compared(&a, &report("w", &[2.0, 2.05, 2.1]));
        assert_eq!(
            line(&text, "prove_seconds "),
            ["4.100", "2.050", "0.500", "better"]
        );
        assert_eq!(line(&text, "prove_khz ").last().unwrap(), "better");
        assert_eq!(line(&text, "cycles "), ["1000", "1000", "1.000", "same"]);
        assert_eq!(line(&text, "stage fold ").last().unwrap(), "better");
        let text = compared(&a, &report("w", &[5.0, 6.0, 7.0]));
        assert_eq!(line(&text, "prove_seconds ").last().unwrap(), "worse");
        assert_eq!(line(&text, "prove_khz ").last().unwrap(), "worse");
    }

    #[test]
    fn noise_hides_differences() {
        let a = report("w", &[4.0, 4.1, 4.2]);
        let text = compared(&a, &report("w", &[3.0, 3.1, 4.05]));
        assert_eq!(
            line(&text, "prove_seconds "),
            ["4.100", "3.100", "0.756", "noise"]
        );
        let text = compared(&a, &report("w", &[1.0]));
        assert!(line(&text, "prove_seconds ").ends_with(&["one".into(), "sample".into()]));
        assert!(!text.contains("by chance"), "{text}");
    }

    #[test]
    fn chance_is_told() {
        let a = report("w", &[4.0, 4.1, 4.2]);
        let text = compared(&a, &a);
        let said = "with 3 and 3 samples, those of equals do not overlap in 10.0% of cases";
        assert!(text.contains(said), "{text}");
        assert_eq!(chance(1, 1), 1.0);
        assert!((chance(5, 5) - 2.0 / 252.0).abs() < 1e-12);
        assert!((chance(2, 4) - 2.0 / 15.0).abs() < 1e-12);
    }

    #[test]
    fn what_only_one_has_is_named() {
        let mut a = report("left", &[1.0]);
        let mut b = report("right", &[1.0]);
        a.machine.cores = 2;
        b.machine.cores = 64;
        b.settings.preset = "high".to_owned();
        let text = compared(&a, &b);
        for said in [
            "left: only in A",
            "right: only in B",
            "machines differ:\n  A  , 2 cores",
            "presets differ:\n  A  \n  B  high",
        ] {
            assert!(text.contains(said), "no {said:?} in {text}");
        }
        assert!(!text.contains("builds differ"));
    }
}
