//! Coalescing: a chart's defaults under the values given to it, subchart by subchart, with globals and null as Helm has
//! them.

use std::collections::BTreeSet;

use hoist_govalue::{FuncError, List, Map, Str, Value, fmt};

use crate::chart::Chart;
use crate::warning::Warning;

const GLOBAL: &[u8] = b"global";

/// Coalesces, and collects what it warns of.
pub(crate) struct Coalescer<'w> {
    pub(crate) warnings: &'w mut Vec<Warning>,
}

impl Coalescer<'_> {
    /// The values that a chart sees: its defaults under `values`, where null takes a default away.
    pub(crate) fn coalesce_values(&mut self, chart: &Chart, values: &Map) -> Result<Map, String> {
        self.chart(chart, copy_or_new(values), "", false)
    }

    /// The same with null kept, for when there will be a later coalescing.
    pub(crate) fn merge_values(&mut self, chart: &Chart, values: &Map) -> Result<Map, String> {
        self.chart(chart, copy_or_new(values), "", true)
    }

    /// `src` under `dst`, null kept.
    pub(crate) fn merge_tables(&mut self, dst: Map, src: Map) -> Map {
        self.tables(dst, src, "", true)
    }

    fn chart(&mut self, chart: &Chart, dest: Map, prefix: &str, merge: bool) -> Result<Map, String> {
        self.defaults(chart, &dest, prefix, merge);
        let below = concat(prefix, chart.name());
        for sub in chart.dependencies() {
            let name = sub.name();
            let values = match dest.get(name.as_bytes()) {
                None => {
                    let values = Map::new();
                    dest.set(Str::from(name), Value::Map(values.clone()));
                    values
                }
                Some(Value::Map(values)) => values,
                Some(other) => {
                    let shown = printed(fmt::sprintf(b"%t", &[other]));
                    return Err(format!("type mismatch on {name}: {shown}"));
                }
            };
            self.globals(&values, &dest, &below);
            let values = self.chart(sub, values, &below, merge)?;
            dest.set(Str::from(name), Value::Map(values));
        }
        Ok(dest)
    }

    fn globals(&mut self, dest: &Map, src: &Map, prefix: &str) {
        let dest_globals = match dest.get(GLOBAL) {
            None => Map::new(),
            Some(Value::Map(globals)) => globals,
            Some(_) => return self.warn("warning: skipping globals because destination global is not a table."),
        };
        let src_globals = match src.get(GLOBAL) {
            None => Map::new(),
            Some(Value::Map(globals)) => globals,
            Some(_) => return self.warn("warning: skipping globals because source global is not a table."),
        };
        for (key, value) in src_globals.entries() {
            match (value, dest_globals.get(&key)) {
                (Value::Map(table), None) => {
                    dest_globals.set(key, Value::Map(shallow(&table)));
                }
                (Value::Map(table), Some(Value::Map(under))) => {
                    let merged = self.tables(shallow(&table), under, &concat(prefix, &key.text()), true);
                    dest_globals.set(key, Value::Map(merged));
                }
                (Value::Map(_), Some(_)) => {
                    self.warn(format!(
                        "Conflict: cannot merge map onto non-map for {key:?}. Skipping."
                    ));
                }
                (_, Some(Value::Map(_))) => self.warn(format!("key {key} is table. Skipping")),
                (value, _) => {
                    dest_globals.set(key, value);
                }
            }
        }
        dest.set(Str::from(GLOBAL), Value::Map(dest_globals));
    }

    fn defaults(&mut self, chart: &Chart, values: &Map, prefix: &str, merge: bool) {
        let Some(defaults) = chart.values() else { return };
        let prefix = concat(prefix, chart.name());
        // The chart's own tables end up in the result, where templates may change them.
        for (key, default) in deep_copy_map(defaults).entries() {
            match values.get(&key) {
                Some(Value::Nil) if !merge => {
                    values.remove(&key);
                }
                Some(Value::Map(over)) => match default {
                    Value::Map(under) => {
                        let is_subchart = chart.dependencies().iter().any(|sub| sub.name().as_bytes() == &*key);
                        let merge = merge || is_subchart;
                        if !merge {
                            remove_nulls(&under);
                        }
                        self.tables(over, under, &concat(&prefix, &key.text()), merge);
                    }
                    Value::Nil => {}
                    _ => self.warn(format!("warning: skipped value for {prefix}.{key}: Not a table.")),
                },
                Some(_) => {}
                None => {
                    if !merge {
                        match &default {
                            Value::Nil => continue,
                            Value::Map(table) => remove_nulls(table),
                            _ => {}
                        }
                    }
                    values.set(key, default);
                }
            }
        }
    }

    fn tables(&mut self, dst: Map, src: Map, prefix: &str, merge: bool) -> Map {
        if src.is_nil() {
            return dst;
        }
        if dst.is_nil() {
            return src;
        }
        let defaults: BTreeSet<Str> = src
            .entries()
            .into_iter()
            .filter(|(_, value)| !matches!(value, Value::Nil))
            .map(|(key, _)| key)
            .collect();
        for (key, value) in dst.entries() {
            if matches!(value, Value::Nil) {
                src.set(key, Value::Nil);
            }
        }
        for (key, value) in src.entries() {
            match (dst.get(&key), value) {
                (Some(Value::Nil), _) if !merge && defaults.contains(&key) => {
                    dst.remove(&key);
                }
                (None, value) => {
                    dst.set(key, value);
                }
                (Some(Value::Map(over)), Value::Map(under)) => {
                    self.tables(over, under, &concat(prefix, &key.text()), merge);
                }
                (Some(_), value @ Value::Map(_)) => {
                    let full = concat(prefix, &key.text());
                    self.warn(format!(
                        "warning: cannot overwrite table with non table for {full} ({})",
                        shown(value)
                    ));
                }
                (Some(Value::Map(_)), value) if !matches!(value, Value::Nil) => {
                    let full = concat(prefix, &key.text());
                    self.warn(format!(
                        "warning: destination for {full} is a table. Ignoring non-table value ({})",
                        shown(value)
                    ));
                }
                _ => {}
            }
        }
        dst
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(Warning::Values(text.into()));
    }
}

fn shown(value: Value) -> String {
    printed(fmt::sprint(&[value]))
}

/// What Go prints, for a message.
pub(crate) fn printed(text: Result<Vec<u8>, FuncError>) -> String {
    match text {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => error.to_string(),
    }
}

fn concat(a: &str, b: &str) -> String {
    if a.is_empty() {
        return b.to_owned();
    }
    format!("{a}.{b}")
}

fn shallow(map: &Map) -> Map {
    map.entries().into_iter().collect()
}

fn remove_nulls(map: &Map) {
    for (key, value) in map.entries() {
        match value {
            Value::Nil => {
                map.remove(&key);
            }
            Value::Map(inner) => remove_nulls(&inner),
            _ => {}
        }
    }
}

fn copy_or_new(values: &Map) -> Map {
    if values.is_nil() {
        return Map::new();
    }
    deep_copy_map(values)
}

/// A copy that shares no map with the original. What is copied has been checked not to nest too deep.
pub(crate) fn deep_copy_map(map: &Map) -> Map {
    if map.is_nil() {
        return map.clone();
    }
    let entries = map.borrow();
    let copied = entries.iter().map(|(key, value)| (key.clone(), deep_copy(value)));
    Map::typed(map.ty(), copied.collect())
}

/// A copy that shares no map with the original.
pub(crate) fn deep_copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(deep_copy_map(map)),
        Value::List(list) if list.iter().any(|item| matches!(item, Value::Map(_) | Value::List(_))) => {
            Value::List(List::typed(list.ty(), list.iter().map(deep_copy).collect()))
        }
        other => other.clone(),
    }
}

/// The table at a path of names with dots.
pub(crate) fn table(values: &Map, path: &str) -> Option<Map> {
    let mut at = values.clone();
    for name in path.split('.') {
        match at.get(name.as_bytes()) {
            Some(Value::Map(map)) => at = map,
            _ => return None,
        }
    }
    Some(at)
}

/// The value at a path of names with dots, unless it is a table.
pub(crate) fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (holder, key) = match path.rsplit_once('.') {
        Some((holder, key)) => (table(values, holder)?, key),
        None => (values.clone(), path),
    };
    holder
        .get(key.as_bytes())
        .filter(|value| !matches!(value, Value::Map(_)))
}
