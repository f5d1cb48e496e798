//! Which of the charts in a chart take part, under which name, and what their parent takes over from them.

use std::collections::BTreeSet;

use hoist_govalue::{List, Map, Str, Type, Value, fmt};
use hoist_sprig::semver::{Constraint, Version};

use crate::chart::Chart;
use crate::metadata::Dependency;
use crate::values::{Coalescer, deep_copy_map, path_value, printed, table};
use crate::warning::Warning;

/// How many charts may take part. Aliases multiply those within, level by level; Helm has no limit.
const MAX_CHARTS: usize = 16_384;
/// How many names the path may have that values are imported to.
const MAX_NAMES: usize = 64;

/// Whether a version is one of those that a constraint allows. What is no version or constraint is not.
pub(crate) fn is_compatible(constraint: &str, version: &str) -> bool {
    let (Ok(version), Ok(constraint)) = (Version::parse(version), Constraint::parse(constraint)) else {
        return false;
    };
    constraint.check(&version)
}

/// Charts that Chart.yaml names and `charts/` does not have.
pub(crate) fn missing(chart: &Chart) -> Vec<&str> {
    let wanted = chart.metadata.dependencies.iter().flatten();
    wanted
        .map(|dependency| dependency.name.as_str())
        .filter(|name| !chart.dependencies.iter().any(|chart| chart.name() == *name))
        .collect()
}

/// Leaves the charts that take part, and puts into the parents' defaults what they import.
pub(crate) fn process(chart: &mut Chart, values: &Map, warnings: &mut Vec<Warning>) -> Result<(), String> {
    let mut left = MAX_CHARTS;
    enable(chart, values, "", &mut left, warnings)?;
    import_all(chart, warnings)
}

fn enable(
    chart: &mut Chart,
    values: &Map,
    path: &str,
    left: &mut usize,
    warnings: &mut Vec<Warning>,
) -> Result<(), String> {
    let Some(mut wanted) = chart.metadata.dependencies.take() else {
        return Ok(());
    };
    let is_for = |chart: &Chart, wanted: &Dependency| {
        chart.name() == wanted.name && is_compatible(&wanted.version, &chart.metadata.version)
    };
    let mut charts: Vec<Chart> = chart
        .dependencies
        .iter()
        .filter(|chart| !wanted.iter().any(|wanted| is_for(chart, wanted)))
        .cloned()
        .collect();
    for wanted in &mut wanted {
        let found = chart.dependencies.iter().find(|chart| is_for(chart, wanted));
        charts.extend(found.map(|chart| under_alias(chart, &wanted.alias)));
        if !wanted.alias.is_empty() {
            wanted.name.clone_from(&wanted.alias);
        }
        wanted.enabled = true;
    }
    *left = left
        .checked_sub(charts.iter().map(size).sum())
        .ok_or_else(|| format!("more than {MAX_CHARTS} charts take part"))?;
    chart.adopt(charts);
    let coalesced = Coalescer { warnings }.coalesce_values(chart, values)?;
    apply_tags(&mut wanted, &coalesced, warnings);
    apply_conditions(&mut wanted, &coalesced, path, warnings);
    let off: BTreeSet<String> = wanted
        .iter()
        .filter(|wanted| !wanted.enabled)
        .map(|wanted| wanted.name.clone())
        .collect();
    let mut charts = std::mem::take(&mut chart.dependencies);
    charts.retain(|chart| !off.contains(chart.name()));
    wanted.retain(|wanted| !off.contains(&wanted.name));
    for chart in &mut charts {
        let below = format!("{path}{}.", chart.name());
        enable(chart, &coalesced, &below, left, warnings)?;
    }
    chart.metadata.dependencies = (!wanted.is_empty()).then_some(wanted);
    chart.adopt(charts);
    Ok(())
}

/// How many charts a chart is, with those in it.
fn size(chart: &Chart) -> usize {
    1 + chart.dependencies.iter().map(size).sum::<usize>()
}

/// A copy of a chart that others may use under another name.
fn under_alias(chart: &Chart, alias: &str) -> Chart {
    let mut copy = chart.clone();
    // The charts below those in it still know the original as the one above.
    for child in &mut copy.dependencies {
        child.adopted = true;
        for grandchild in &mut child.dependencies {
            grandchild.adopted = false;
        }
    }
    if !alias.is_empty() {
        alias.clone_into(&mut copy.metadata.name);
    }
    copy
}

fn apply_tags(wanted: &mut [Dependency], values: &Map, warnings: &mut Vec<Warning>) {
    let Some(tags) = table(values, "tags") else { return };
    for wanted in wanted {
        let (mut on, mut off) = (false, false);
        for tag in &wanted.tags {
            match tags.get(tag.as_bytes()) {
                None => {}
                Some(Value::Bool(true)) => on = true,
                Some(Value::Bool(false)) => off = true,
                Some(_) => warnings.push(Warning::Dependency(format!(
                    "returned non-bool value tag={tag} chart={}",
                    wanted.name
                ))),
            }
        }
        wanted.enabled = on || !off;
    }
}

fn apply_conditions(wanted: &mut [Dependency], values: &Map, path: &str, warnings: &mut Vec<Warning>) {
    for wanted in wanted {
        for condition in wanted.condition.trim().split(',').filter(|path| !path.is_empty()) {
            match path_value(values, &format!("{path}{condition}")) {
                Some(Value::Bool(truth)) => {
                    wanted.enabled = truth;
                    break;
                }
                Some(_) => warnings.push(Warning::Dependency(format!(
                    "returned non-bool value path={condition} chart={}",
                    wanted.name
                ))),
                None => {}
            }
        }
    }
}

fn import_all(chart: &mut Chart, warnings: &mut Vec<Warning>) -> Result<(), String> {
    for chart in &mut chart.dependencies {
        import_all(chart, warnings)?;
    }
    import(chart, warnings)
}

fn import(chart: &mut Chart, warnings: &mut Vec<Warning>) -> Result<(), String> {
    let Some(mut wanted) = chart.metadata.dependencies.take() else {
        return Ok(());
    };
    let values = Coalescer { warnings }.merge_values(chart, &Map::new())?;
    let mut imported = Map::new();
    for wanted in &mut wanted {
        let Some(imports) = wanted.import_values.take() else {
            continue;
        };
        let mut told = Vec::new();
        for item in imports.iter() {
            let (child, parent) = match item {
                Value::Map(map) => (shown(map, b"child"), shown(map, b"parent")),
                Value::Str(name) => (format!("exports.{name}"), ".".to_owned()),
                _ => continue,
            };
            if parent.split('.').count() > MAX_NAMES {
                return Err(format!(
                    "import-values to {parent}: the path has more than {MAX_NAMES} names"
                ));
            }
            told.push(Value::Map(Map::typed(
                Type::StrMap,
                [
                    (Str::from("child"), Value::str(child.as_str())),
                    (Str::from("parent"), Value::str(parent.as_str())),
                ]
                .into(),
            )));
            let path = format!("{}.{child}", wanted.name);
            match table(&values, &path) {
                Some(found) => {
                    imported = Coalescer { warnings }.merge_tables(imported, nested(&parent, found));
                }
                None => warnings.push(Warning::Dependency(format!(
                    "ImportValues missing table from chart {}: {path} is not a table",
                    wanted.name
                ))),
            }
        }
        wanted.import_values = (!told.is_empty()).then(|| List::new(told));
    }
    chart.metadata.dependencies = Some(wanted);
    // What is imported gives way to the parent's own.
    chart.values = Some(Coalescer { warnings }.merge_tables(deep_copy_map(&values), imported));
    Ok(())
}

fn shown(map: &Map, key: &[u8]) -> String {
    let value = map.get(key).unwrap_or_default();
    printed(fmt::sprint(&[value]))
}

/// The table under a path of names with dots.
fn nested(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.split('.').rev().fold(table, |inner, name| {
        [(Str::from(name), Value::Map(inner))].into_iter().collect()
    })
}
