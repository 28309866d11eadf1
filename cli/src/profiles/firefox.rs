//! The processed format of Firefox Profiler, <https://profiler.firefox.com>, version 49.
//!
//! There is one sample for each call stack, weighted by what it took itself, and one thread for
//! instructions, one for cells. Time has no meaning: the profiler's call tree and flame graph add up
//! samples.

use serde_json::{Value, json};
use zonda::Profile;

use super::By;

/// The profile.
pub fn profile(profile: &Profile, title: &str) -> Value {
    let threads = [By::Instructions, By::Cells].map(|by| thread(profile, by));
    json!({
        "meta": {
            "version": 24,
            "preprocessedProfileVersion": 49,
            "product": title,
            "processType": 0,
            "interval": 1,
            "startTime": 0,
            "debug": false,
            "symbolicated": true,
            "pausedRanges": [],
            "markerSchema": [],
            "extensions": { "length": 0, "baseURL": [], "id": [], "name": [] },
            "categories": [
                { "name": "Function", "color": "blue", "subcategories": ["Other"] },
                { "name": "Inlined function", "color": "green", "subcategories": ["Other"] },
            ],
            "sampleUnits": { "time": "ms", "eventDelay": "ms", "threadCPUDelta": "µs" },
            "usesOnlyOneStackType": true,
            "doesNotUseFrameImplementation": true,
            "sourceCodeIsNotOnSearchfox": true,
        },
        "libs": [],
        "threads": threads,
        "pages": [],
        "profilerOverhead": [],
        "counters": [],
    })
}

/// All samples, weighted in one way.
fn thread(profile: &Profile, by: By) -> Value {
    let sampled: Vec<(usize, u64)> = profile
        .stacks
        .iter()
        .map(|stack| by.of(stack.own))
        .enumerate()
        .filter(|(_, weight)| *weight > 0)
        .collect();
    let ends = sampled.len().max(1);
    let (stacks, weights): (Vec<_>, Vec<_>) = sampled.into_iter().unzip();
    let times: Vec<_> = (0..stacks.len()).collect();
    json!({
        "name": by.name(),
        "isMainThread": by == By::Instructions,
        "processName": "guest",
        "processType": "default",
        "processStartupTime": 0,
        "processShutdownTime": ends,
        "registerTime": 0,
        "unregisterTime": ends,
        "pid": "0",
        "tid": by.name(),
        "pausedRanges": [],
        "samples": {
            "length": stacks.len(),
            "stack": stacks,
            "time": times,
            "weight": weights,
            "weightType": "samples",
        },
        "markers": {
            "length": 0, "category": [], "data": [], "endTime": [], "name": [], "phase": [],
            "startTime": [],
        },
        "stackTable": stack_table(profile),
        "frameTable": frame_table(profile),
        "funcTable": function_table(profile),
        "resourceTable": { "length": 0, "lib": [], "name": [], "host": [], "type": [] },
        "nativeSymbols": {
            "length": 0, "address": [], "functionSize": [], "libIndex": [], "name": [],
        },
        "stringArray": column(&profile.functions, |function| json!(function.name)),
    })
}

fn stack_table(profile: &Profile) -> Value {
    let stacks = &profile.stacks;
    json!({
        "length": stacks.len(),
        "prefix": column(stacks, |stack| json!(stack.parent)),
        "frame": column(stacks, |stack| json!(stack.function)),
        "category": column(stacks, |stack| category(profile, stack.function)),
        "subcategory": column(stacks, |_| json!(0)),
    })
}

/// One frame for each function.
fn frame_table(profile: &Profile) -> Value {
    let functions: Vec<usize> = (0..profile.functions.len()).collect();
    let all = |value: Value| column(&functions, |_| value.clone());
    json!({
        "length": functions.len(),
        "address": all(json!(-1)),
        // Inlined functions are frames of their own here, as they have no address.
        "inlineDepth": all(json!(0)),
        "category": column(&functions, |function| category(profile, *function)),
        "subcategory": all(json!(0)),
        "func": functions,
        "nativeSymbol": all(Value::Null),
        "innerWindowID": all(Value::Null),
        "implementation": all(Value::Null),
        "line": all(Value::Null),
        "column": all(Value::Null),
    })
}

/// Functions, and their names in the order of `stringArray`.
fn function_table(profile: &Profile) -> Value {
    let functions: Vec<usize> = (0..profile.functions.len()).collect();
    let all = |value: Value| column(&functions, |_| value.clone());
    json!({
        "length": functions.len(),
        "isJS": all(json!(false)),
        "relevantForJS": all(json!(false)),
        "resource": all(json!(-1)),
        "fileName": all(Value::Null),
        "lineNumber": all(Value::Null),
        "columnNumber": all(Value::Null),
        "name": functions,
    })
}

fn category(profile: &Profile, function: usize) -> Value {
    json!(u32::from(profile.functions[function].is_inlined))
}

fn column<T>(rows: &[T], value: impl Fn(&T) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::example, *};

    /// Checks that each column has as many rows as its table says, and each index a row.
    fn check(table: &Value, indices: &[(&str, u64)]) {
        let table = table.as_object().unwrap();
        let length = table["length"].as_u64().unwrap();
        for (name, column) in table {
            if let Some(column) = column.as_array() {
                assert_eq!(column.len() as u64, length, "{name}");
            }
        }
        for (name, rows) in indices {
            let column = table[*name].as_array().unwrap();
            let mut indices = column.iter().filter(|index| !index.is_null());
            assert!(
                indices.all(|index| index.as_u64().unwrap() < *rows),
                "{name}"
            );
        }
    }

    #[test]
    fn tables_are_consistent_and_weights_complete() {
        let written = profile(&example::profile(), "guest");
        let threads = written["threads"].as_array().unwrap();
        assert_eq!(threads.len(), 2);
        for (thread, total) in threads.iter().zip([100, 1357]) {
            check(&thread["samples"], &[("stack", 4)]);
            check(
                &thread["stackTable"],
                &[("prefix", 4), ("frame", 3), ("category", 2)],
            );
            check(&thread["frameTable"], &[("func", 3), ("category", 2)]);
            check(&thread["funcTable"], &[("name", 3)]);
            for table in ["markers", "resourceTable", "nativeSymbols"] {
                check(&thread[table], &[]);
            }
            assert_eq!(thread["stringArray"].as_array().unwrap().len(), 3);
            let weights = thread["samples"]["weight"].as_array().unwrap();
            let sum: u64 = weights.iter().map(|weight| weight.as_u64().unwrap()).sum();
            assert_eq!(sum, total);
        }
        assert_eq!(threads[0]["stackTable"]["prefix"], json!([null, 0, 1, 0]));
        assert_eq!(threads[0]["samples"]["stack"], json!([0, 1, 3]));
    }
}
