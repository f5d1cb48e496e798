//! The values that a person gives: files of YAML and `--set` in its kinds, merged in Helm's order.

mod coalesce;
mod literal;
mod set;

use hoist_goencoding::{json, yaml};
use hoist_govalue::{Map, Value};

use crate::ChartError;

pub(crate) use coalesce::{Coalescer, deep_copy_map, path_value, printed, table};

/// How deep values may nest. Go has no such limit; charts nest a dozen levels.
pub(crate) const MAX_DEPTH: usize = 256;

/// Where the values of one rendering come from, each kind in the order it was given in.
///
/// They are merged in Helm's order, later over earlier: files, `--set-json`, `--set`, `--set-string`, `--set-file`,
/// `--set-literal`.
#[derive(Clone, Debug, Default)]
pub struct ValueSources {
    /// Files of YAML (`-f`).
    pub files: Vec<ValueFile>,
    /// `key=json,key=json` or a whole JSON object (`--set-json`).
    pub json: Vec<String>,
    /// `key=value,key=value`, with numbers, booleans and null told apart (`--set`).
    pub set: Vec<String>,
    /// `key=value,key=value`, all strings (`--set-string`).
    pub string: Vec<String>,
    /// `key=path,key=path`, the value being the file's text (`--set-file`).
    pub file: Vec<String>,
    /// `key=value`, the value taken as it stands (`--set-literal`).
    pub literal: Vec<String>,
}

/// A file of values.
#[derive(Clone, Debug)]
pub struct ValueFile {
    /// What it is called in errors.
    pub name: String,
    /// Its text: YAML, of any number of documents.
    pub text: Vec<u8>,
}

impl ValueSources {
    /// Merges them. `read` gives the text of the files that `--set-file` names, or says why not.
    ///
    /// # Errors
    ///
    /// [`ChartError::Values`] for what is no YAML, no JSON or no `key=value`.
    pub fn merge(&self, mut read: impl FnMut(&str) -> Result<Vec<u8>, String>) -> Result<Map, ChartError> {
        let mut base = Map::new();
        for file in &self.files {
            let values =
                documents(&file.text).map_err(|why| values_error(format!("failed to parse {}: {why}", file.name)))?;
            base = merge_maps(&base, &values);
        }
        for text in &self.json {
            base = set_json(base, text)?;
        }
        let apply = |kind: &str, texts: &[String], how: &mut set::Kind<'_>| {
            texts.iter().try_for_each(|text| {
                set::parse_into(text, &base, how)
                    .map_err(|why| values_error(format!("failed parsing {kind} data: {why}")))
            })
        };
        apply("--set", &self.set, &mut set::Kind::Typed)?;
        apply("--set-string", &self.string, &mut set::Kind::String)?;
        apply("--set-file", &self.file, &mut set::Kind::File(&mut read))?;
        for text in &self.literal {
            literal::parse_into(text, &base)
                .map_err(|why| values_error(format!("failed parsing --set-literal data: {why}")))?;
        }
        check_depth(&Value::Map(base.clone())).map_err(values_error)?;
        Ok(base)
    }
}

fn values_error(why: String) -> ChartError {
    ChartError::Values { why }
}

fn set_json(base: Map, text: &str) -> Result<Map, ChartError> {
    let trimmed = text.trim();
    if trimmed.starts_with('{') {
        let (values, error) = json::decode_map(trimmed.as_bytes());
        if let Some(why) = error {
            return Err(values_error(format!(
                "failed parsing --set-json data JSON: {text}: {why}"
            )));
        }
        return Ok(merge_maps(&base, &values));
    }
    set::parse_into(text, &base, &mut set::Kind::Json)
        .map_err(|why| values_error(format!("failed parsing --set-json data {text}: {why}")))?;
    Ok(base)
}

/// The values of a text of YAML, later documents over earlier ones.
pub(crate) fn documents(text: &[u8]) -> Result<Map, String> {
    let mut values = Map::new();
    for document in split_documents(text)? {
        let decoded = yaml::decode_map(&document).map_err(|why| format!("cannot unmarshal yaml document: {why}"))?;
        check_depth(&Value::Map(decoded.clone()))?;
        values = merge_maps(&values, &decoded);
    }
    Ok(values)
}

/// Splits at lines of `---`, as Kubernetes' reader of YAML does.
fn split_documents(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut documents = Vec::new();
    let mut current: Vec<u8> = Vec::with_capacity(text.len() + 1);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = String::from_utf8_lossy(rest);
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(format!(
                    "error reading yaml document: invalid Yaml document separator: {rest}"
                ));
            }
            if !current.is_empty() {
                documents.push(std::mem::take(&mut current));
                continue;
            }
        }
        current.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            current.push(b'\n');
        }
    }
    if !current.is_empty() {
        documents.push(current);
    }
    Ok(documents)
}

/// Both maps in one, `b` over `a`; maps at the same key are merged. Neither is changed.
pub(crate) fn merge_maps(a: &Map, b: &Map) -> Map {
    let merged: Map = a.entries().into_iter().collect();
    for (key, value) in b.entries() {
        let both = match (&value, merged.get(&key)) {
            (Value::Map(over), Some(Value::Map(under))) => Some(merge_maps(&under, over)),
            _ => None,
        };
        merged.set(key, both.map_or(value, Value::Map));
    }
    merged
}

/// Refuses values that nest too deep to be walked.
pub(crate) fn check_depth(value: &Value) -> Result<(), String> {
    fn fits(value: &Value, left: usize) -> bool {
        match value {
            Value::Map(map) => left > 0 && map.borrow().values().all(|value| fits(value, left - 1)),
            Value::List(list) => left > 0 && list.iter().all(|value| fits(value, left - 1)),
            _ => true,
        }
    }
    if fits(value, MAX_DEPTH) {
        return Ok(());
    }
    Err(format!("the values nest deeper than {MAX_DEPTH} levels"))
}
