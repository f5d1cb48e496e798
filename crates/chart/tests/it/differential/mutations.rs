//! Values that nobody wrote: each default of a chart changed alone, once over the defaults and once with all that is off
//! switched on. They reach branches and failures that sets by hand do not.

use std::path::{Path, PathBuf};

use hoist_helmpeer::{Case, Command, chart, helm, merge, tool};
use serde_json::{Value, json};

use super::sets::Call;
use super::{command, differences, report};

/// Flags that let everything be on.
const UNCHECKED: &[&str] = &["--skip-schema-validation", "--api-versions", "monitoring.coreos.com/v1"];

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

/// The packed charts in a folder of repositories, in order.
pub(super) fn archives(folder: &Path) -> Vec<PathBuf> {
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

#[test]
#[ignore = "thousands of cases: for the long run"]
fn several_defaults_changed_at_once() {
    // A round draws other changes, so that another run with more of them looks at others, too.
    let rounds = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(100);
    compare_calls(&archives(&tool("charts")), |chart| {
        combined(calls(chart, usize::MAX), rounds)
    });
}

fn compare(charts: &[PathBuf], most: usize) {
    compare_calls(charts, |chart| calls(chart, most));
}

fn compare_calls(charts: &[PathBuf], calls: impl Fn(&Path) -> Vec<Call>) {
    let mut findings = Vec::new();
    let mut all = 0;
    for chart in charts {
        let calls = calls(chart);
        all += calls.len();
        findings.extend(differences(chart, &calls));
    }
    report(&findings, all);
}

/// The values of two to five calls, one over the other.
fn combined(calls: Vec<Call>, rounds: usize) -> Vec<Call> {
    // Any even spread will do, as long as it is the same each time.
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    // Without a change, a chart is compared in any case.
    let mut all = vec![calls[0].clone()];
    for _ in 0..rounds {
        let mut call = calls[draw(calls.len())].clone();
        let mut values: Value = serde_json::from_str(call.text.as_deref().unwrap_or("{}")).unwrap();
        for _ in 0..draw(4) + 1 {
            let other = &calls[draw(calls.len())];
            merge_into(
                &mut values,
                serde_json::from_str(other.text.as_deref().unwrap_or("{}")).unwrap(),
            );
            call.name = format!("{}, {}", call.name, other.name);
        }
        call.text = Some(values.to_string());
        all.push(call);
    }
    all
}

fn merge_into(values: &mut Value, over: Value) {
    match (values, over) {
        (Value::Object(values), Value::Object(over)) => {
            for (key, value) in over {
                merge_into(values.entry(key).or_insert(Value::Null), value);
            }
        }
        (values, over) => *values = over,
    }
}

fn calls(chart: &Path, most: usize) -> Vec<Call> {
    let shown = helm(&Command::new(["show", "values", &chart.display().to_string()]));
    let text = String::from_utf8(shown.stdout).unwrap();
    let defaults = merge(&Case::default().values_file(text)).unwrap().json;
    // external-dns renders nothing without a policy.
    let bare = match defaults.get("policy") {
        Some(Value::Null) => json!({ "policy": "sync" }),
        _ => json!({}),
    };
    let mut on = bare.clone();
    switch_on(chart, &mut on, &switches(&defaults));
    // What is switched on may have no default that the schema knows.
    let bases = [(bare, "", &UNCHECKED[..0]), (on, " with all on", UNCHECKED)];
    let mut calls = Vec::new();
    for (base, name, flags) in bases {
        let call = |name, values: &Value| Call {
            flags: flags.iter().map(|it| (*it).to_owned()).collect(),
            ..Call::of_text(name, values.to_string())
        };
        calls.push(call(format!("nothing changed{name}"), &base));
        for (path, value) in changes(&defaults) {
            let mut values = base.clone();
            put(&mut values, &path, value.clone());
            calls.push(call(format!("{}={value}{name}", path.join(".")), &values));
        }
    }
    // Spread over the chart, and the same ones each time.
    let step = calls.len().div_ceil(most).max(1);
    calls.into_iter().step_by(step).collect()
}

/// Everything that has a switch, and is off.
fn switches(defaults: &Value) -> Vec<Vec<String>> {
    let is_switch = |path: &[String]| {
        path.last()
            .is_some_and(|it| ["enabled", "enable", "create", "install"].contains(&it.as_str()))
    };
    let all = places(defaults).into_iter();
    all.filter(|(path, value)| **value == Value::Bool(false) && is_switch(path))
        .map(|(path, _)| path)
        .collect()
}

/// Switches on what can be on together: where that is not all of it, each half, down to those that cannot.
fn switch_on(chart: &Path, values: &mut Value, switches: &[Vec<String>]) {
    let mut more = values.clone();
    for path in switches {
        put(&mut more, path, true.into());
    }
    let mut call = Call::of_text("", more.to_string());
    call.flags = UNCHECKED.iter().map(|it| (*it).to_owned()).collect();
    if helm(&command(chart, &call)).error.is_none() {
        *values = more;
    } else if switches.len() > 1 {
        let (left, right) = switches.split_at(switches.len() / 2);
        switch_on(chart, values, left);
        switch_on(chart, values, right);
    }
}

/// Each place in the defaults with something else for it.
fn changes(defaults: &Value) -> Vec<(Vec<String>, Value)> {
    let all = places(defaults).into_iter().enumerate();
    all.map(|(number, (path, value))| (path, other(value, number)))
        .collect()
}

/// Each place in the defaults, by its path.
fn places(defaults: &Value) -> Vec<(Vec<String>, &Value)> {
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
            all.push((path, value));
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
