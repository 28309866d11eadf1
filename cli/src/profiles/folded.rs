//! Folded stacks: a line for each call stack, functions from the first one on with semicolons between,
//! then a space and a number. Tools that draw flame graphs read them.

use std::{fmt::Write, iter};

use zonda::Profile;

use super::By;

/// The lines of a profile. Stacks that took nothing themselves have none.
pub fn lines(profile: &Profile, by: By) -> String {
    let names: Vec<String> = profile
        .functions
        .iter()
        .map(|function| plain(&function.name))
        .collect();
    let mut text = String::new();
    for stack in &profile.stacks {
        let weight = by.of(stack.own);
        if weight == 0 {
            continue;
        }
        let callers = iter::successors(Some(stack), |stack| {
            stack.parent.map(|parent| &profile.stacks[parent])
        });
        let mut functions: Vec<&str> = callers.map(|stack| &*names[stack.function]).collect();
        functions.reverse();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{} {weight}", functions.join(";"));
    }
    text
}

/// A name without what separates names; it may come from anyone's ELF file.
fn plain(name: &str) -> String {
    let replaced = name.chars().map(|c| match c {
        ';' => ':',
        c if c.is_control() => '?',
        c => c,
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::{super::example, *};

    #[test]
    fn lines_have_stacks_and_weights() {
        let mut profile = example::profile();
        assert_eq!(
            lines(&profile, By::Instructions),
            "main 10\nmain;main 5\nmain;a:b 85\n"
        );
        let cells = "main 300\nmain;main 50\nmain;main;<T as U>::c 7\nmain;a:b 1000\n";
        assert_eq!(lines(&profile, By::Cells), cells);
        profile.functions[1].name = "a\nb \u{1b}[2J".into();
        assert!(lines(&profile, By::Cells).ends_with("main;a?b ?[2J 1000\n"));
    }
}
