//! Values that nobody wrote: each default of a chart changed alone, once over the defaults and once with all that is off
//! switched on. They reach branches and failures that sets by hand do not.

use std::path::{Path, PathBuf};

use hoist_helmpeer::{Case, Command, chart, helm, merge, tool};
use serde_json::{Map, Value, json};

use super::sets::Call;
use super::{differences, report};

/// How many changes of a chart the normal run looks at.
const FEW: usize = 24;

#[test]
fn a_few_defaults_of_each_chart_changed() {
    let charts = [
        ("cilium", "cilium-1.20.0"),
        ("jetstack", "cert-manager-v1.21.1"),
        ("external-dns", "external-dns-1.21.1"),
        ("metrics-server", "metrics-server-3.13.1"),
        ("sealed-secrets", "sealed-secrets-2.17.1"),
        ("metallb", "metallb-0.15.2"),
        ("nfd", "node-feature-discovery-0.17.3"),
        ("kueue", "kueue-0.12.3"),
        ("rook", "rook-ceph-v1.14.0"),
        ("dapr", "dapr-1.14.4"),
    ];
    compare(charts.map(|(repo, archive)| chart(repo, archive)).as_slice(), FEW);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn each_default_of_each_chart_changed() {
    compare(&archives(&tool("charts")), usize::MAX);
}

#[test]
#[ignore = "thousands of cases: for the long run, after `cargo xtask tools charts-extra`"]
fn each_default_of_more_charts_changed() {
    compare(&archives(&tool("charts-extra")), usize::MAX);
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let list = |path: &Path| {
        std::fs::read_dir(path)
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect::<Vec<_>>()
    };
    let repos = list(folder).into_iter().filter(|it| it.is_dir());
    let mut archives: Vec<_> = repos
        .flat_map(|it| list(&it))
        .filter(|it| it.extension().is_some_and(|it| it == "tgz"))
        .collect();
    archives.sort();
    archives
}

fn compare(charts: &[PathBuf], most: usize) {
    let mut findings = Vec::new();
    let mut all = 0;
    for chart in charts {
        let calls = calls(chart, most);
        all += calls.len();
        findings.extend(differences(chart, &calls));
    }
    report(&findings, all);
}

fn calls(chart: &Path, most: usize) -> Vec<Call> {
    let shown = helm(&Command::new(["show", "values", &chart.display().to_string()]));
    let text = String::from_utf8(shown.stdout).unwrap();
    let defaults = merge(&Case::default().values_file(text)).unwrap().json;
    let on = switched_on(&defaults);
    let mut calls = vec![Call::of_text("all on", on.to_string())];
    let unchecked = ["--skip-schema-validation", "--api-versions", "monitoring.coreos.com/v1"];
    // What is switched on may have no default that the schema knows.
    for (base, name, flags) in [(json!({}), "", &unchecked[..0]), (on, " with all on", &unchecked[..])] {
        for (path, value) in changes(&defaults) {
            let mut values = base.clone();
            put(&mut values, &path, value.clone());
            let mut call = Call::of_text(format!("{}={value}{name}", path.join(".")), values.to_string());
            call.flags = flags.iter().map(|it| (*it).to_owned()).collect();
            calls.push(call);
        }
    }
    // Spread over the chart, and the same ones each time.
    let step = calls.len().div_ceil(most).max(1);
    calls.into_iter().step_by(step).collect()
}

/// Everything that has a switch, on.
fn switched_on(defaults: &Value) -> Value {
    let mut on = Map::new();
    for (key, value) in defaults.as_object().into_iter().flatten() {
        match value {
            Value::Bool(false) if ["enabled", "enable", "create", "install"].contains(&key.as_str()) => {
                on.insert(key.clone(), true.into());
            }
            Value::Object(_) => {
                let inner = switched_on(value);
                if inner != json!({}) {
                    on.insert(key.clone(), inner);
                }
            }
            _ => {}
        }
    }
    on.into()
}

/// Each place in the defaults with something else for it.
fn changes(defaults: &Value) -> Vec<(Vec<String>, Value)> {
    let mut all = Vec::new();
    let mut open: Vec<(Vec<String>, &Value)> = vec![(Vec::new(), defaults)];
    while let Some((path, value)) = open.pop() {
        if let Value::Object(map) = value {
            open.extend(
                map.iter()
                    .map(|(key, value)| ([path.clone(), vec![key.clone()]].concat(), value)),
            );
        }
        if !path.is_empty() {
            let other = other(value, all.len());
            all.push((path, other));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn other(value: &Value, number: usize) -> Value {
    let pick = |choices: Value| choices[number % choices.as_array().map_or(1, Vec::len)].clone();
    match value {
        Value::Bool(value) => Value::Bool(!value),
        Value::Null => pick(json!(["text", 7, true, { "a": "b" }, ["x"], [{ "name": "a", "value": "b" }]])),
        Value::String(text) if text.is_empty() => pick(json!(["text", "5", 5, "a: b", { "a": "b" }])),
        Value::String(text) => pick(json!([format!("{text}x"), "", 1, null, "tru: e\n- x"])),
        Value::Number(_) => pick(json!([0, 1_000_000, "12", 2.5, null, -3])),
        Value::Array(list) if list.is_empty() => {
            pick(json!([["x"], [{ "name": "a", "value": "b" }], "text", { "a": "b" }]))
        }
        Value::Array(_) => pick(json!([[], null, ["x", "y"]])),
        Value::Object(map) if map.is_empty() => {
            pick(json!([{ "a": "b" }, { "n": 1, "l": [1, "2"], "m": { "k": null } }, ["x"], "text"]))
        }
        Value::Object(_) => pick(json!([null, [], "text"])),
    }
}

fn put(values: &mut Value, path: &[String], value: Value) {
    let mut at = values;
    for key in path {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[key];
    }
    *at = value;
}
