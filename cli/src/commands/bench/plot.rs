//! Where the time goes: a bar for each workload, in SVG that is readable on light and on dark.

use std::fmt::Write;

use zonda::Stage;

use super::report::{BenchReport, Measured, number};

const WIDTH: f64 = 960.0;
/// Where bars begin and how long they are.
const LEFT: f64 = 130.0;
const BAR: f64 = 640.0;
const BAR_HEIGHT: f64 = 30.0;
const ROW: f64 = 50.0;
const TOP: f64 = 84.0;
/// About how wide a character of a label is.
const CHARACTER: f64 = 6.3;

/// Each stage's colour: light enough for dark text, dark enough for a light page.
const COLOURS: [&str; Stage::ALL.len()] = [
    "#9fb0c0", "#7fb3d5", "#c39bd3", "#f0b27a", "#7dcea0", "#f1948a", "#e8cf62", "#6fcfc0",
    "#d0a58a",
];
/// Of stages of other versions.
const OTHER: &str = "#b0b0b0";

const STYLE: &str = "\
text{font-family:system-ui,sans-serif;font-size:12px;fill:#1f2328}\
.page{fill:#fff}.title{font-size:16px;font-weight:600}.faint{fill:#59636e}\
.name{font-size:13px;font-weight:600}.in{font-size:11px;fill:#14181f}\
.bar{stroke:#fff;stroke-width:1}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.faint{fill:#9198a1}\
.in{fill:#14181f}.bar{stroke:#0d1117}}";

/// The plot of a report.
pub fn draw(report: &BenchReport) -> String {
    let names = stages(report);
    let legend_rows = names.len().div_ceil(LEGEND_COLUMNS);
    let bars_end = TOP + ROW * report.workloads.len() as f64;
    let height = bars_end + 24.0 + 20.0 * legend_rows as f64;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>Where the time of proofs goes, by stage</title>\n\
         <style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    text(&mut svg, 16.0, 30.0, "title", "Where the time goes");
    let settings = &report.settings;
    text(&mut svg, 16.0, 50.0, "faint", &report.machine.line());
    let how = format!(
        "zonda {}, preset {}, medians of {} samples",
        report.zonda, settings.preset, settings.repetitions
    );
    text(&mut svg, 16.0, 67.0, "faint", &how);
    for (row, measured) in report.workloads.iter().enumerate() {
        bar(&mut svg, measured, TOP + ROW * row as f64);
    }
    legend(&mut svg, &names, bars_end + 16.0);
    svg += "</svg>\n";
    svg
}

/// All stages that take time anywhere, in order.
fn stages(report: &BenchReport) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for measured in &report.workloads {
        for (name, _) in measured.stages() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let place = |name: &str| Stage::ALL.iter().position(|stage| stage.name() == name);
    names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    names
}

fn colour(stage: &str) -> &'static str {
    let known = Stage::ALL.iter().zip(COLOURS);
    let mut known = known.filter(|(known, _)| known.name() == stage);
    known.next().map_or(OTHER, |(_, colour)| colour)
}

/// A workload's bar, each stage a part of it.
fn bar(svg: &mut String, measured: &Measured, top: f64) {
    let middle = top + BAR_HEIGHT / 2.0 + 4.0;
    text(svg, 16.0, middle, "name", &measured.name);
    let total: f64 = measured.stages().map(|(_, spread)| spread.median).sum();
    let mut left = LEFT;
    for (name, spread) in measured.stages() {
        let share = if total > 0.0 {
            (spread.median / total).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let width = BAR * share;
        let percent = format!("{:.0}%", 100.0 * share);
        let fill = colour(name);
        let _ = writeln!(
            svg,
            "<g><title>{}: {} s, {percent}</title>\
             <rect class=\"bar\" x=\"{left:.2}\" y=\"{top}\" width=\"{width:.2}\" \
             height=\"{BAR_HEIGHT}\" fill=\"{fill}\"/></g>",
            escaped(name),
            number(spread.median),
        );
        let labels = [format!("{name} {percent}"), name.to_owned(), percent];
        let fits = |label: &&String| CHARACTER * label.chars().count() as f64 + 6.0 <= width;
        if let Some(label) = labels.iter().find(fits) {
            let x = left + width / 2.0;
            let _ = writeln!(
                svg,
                "<text class=\"in\" text-anchor=\"middle\" x=\"{x:.2}\" y=\"{middle}\">{}</text>",
                escaped(label)
            );
        }
        left += width;
    }
    let metric = |name: &str| measured.metrics.get(name).map(|spread| spread.median);
    // The time of both: from the program and its input to the proof.
    let mut result = format!("{} s", number(metric("wall_seconds").unwrap_or(total)));
    if let Some(khz) = metric("end_to_end_khz") {
        let _ = write!(result, ", {} kHz", number(khz));
    }
    text(svg, LEFT + BAR + 10.0, middle, "faint", &result);
}

const LEGEND_COLUMNS: usize = 9;

fn legend(svg: &mut String, names: &[&str], top: f64) {
    let column = (WIDTH - 32.0) / LEGEND_COLUMNS as f64;
    for (index, name) in names.iter().enumerate() {
        let x = 16.0 + column * (index % LEGEND_COLUMNS) as f64;
        let y = top + 20.0 * (index / LEGEND_COLUMNS) as f64;
        let fill = colour(name);
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.2}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{fill}\"/>"
        );
        text(svg, x + 18.0, y + 10.5, "key", name);
    }
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.2}\" y=\"{y}\">{text}</text>"
    );
}

/// Text as XML has it, without characters that it cannot have.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{
        super::{report::tests::report, statistics::Spread},
        *,
    };

    /// Checks that tags are balanced and that text is escaped.
    fn check(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some(start) = rest.find('<') {
            assert!(!rest[..start].contains('>'), "{}", &rest[..start]);
            let end = start + rest[start..].find('>').expect("a tag ends");
            let tag = &rest[start + 1..end];
            assert!(!tag.contains('<'), "{tag}");
            assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
            rest = &rest[end + 1..];
        }
        assert_eq!(open, [""; 0]);
        assert_eq!(rest.trim(), "");
    }

    #[test]
    fn plots_are_well_formed() {
        let mut report = report("sha256", &[1.0, 2.0, 3.0]);
        report.workloads.push(Measured {
            name: "a <b> & \"c\"\u{1b}".to_owned(),
            ..Measured::default()
        });
        let stages = &mut report.workloads[1].stages;
        stages.insert("an <odd> stage".to_owned(), Spread::of(&[1.0]));
        stages.insert("fold".to_owned(), Spread::of(&[1e-9]));
        let svg = draw(&report);
        check(&svg);
        for said in [
            "sha256",
            "commit 75%",
            "fold 25%",
            "a &lt;b&gt; &amp; &quot;c&quot; <",
            "an &lt;odd&gt; stage 100%",
            "prefers-color-scheme:dark",
        ] {
            assert!(svg.contains(said), "no {said:?} in {svg}");
        }
        assert!(!svg.contains("NaN"));
        check(&draw(&BenchReport::default()));
    }

    #[test]
    fn every_stage_has_a_colour_of_its_own() {
        let mut colours: Vec<_> = Stage::ALL.map(|stage| colour(stage.name())).into();
        colours.push(colour("another"));
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), Stage::ALL.len() + 1);
    }
}
