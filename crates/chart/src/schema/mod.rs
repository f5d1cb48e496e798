//! `values.schema.json`: JSON Schema of drafts 4, 6, 7, 2019-09 and 2020-12, with the verdicts and words of the validator
//! in Helm.
//!
//! A schema of hundreds of kilobytes is met by values that touch a part of it, so it is not compiled: its form is checked
//! in one walk, and then the values are held against the text itself. Nothing is fetched.

mod document;
mod form;
mod format;
mod message;
mod number;
mod regex;
mod validate;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::thread::JoinHandle;

use hoist_govalue::{Map, Value};

use crate::ChartError;
use crate::chart::Chart;
use crate::error::SchemaViolation;
use crate::warning::Warning;
use document::Document;
use message::Violation;

/// A schema of so many bytes is read on a thread of its own while the rest of the chart is loaded: it takes as long.
const LARGE: usize = 16 << 10;
/// The stack of that thread: no less than the main one's.
const STACK: usize = 8 << 20;

/// What checking a schema found: the names that are taken for anything, or why it is no schema.
type Checked = Result<BTreeSet<String>, String>;

/// What is read on a thread of its own.
type Read = (Result<serde_json::Value, String>, Option<Checked>);

/// A schema's text, read and checked once.
#[derive(Debug, Default)]
pub(crate) struct Known {
    begun: RefCell<Option<JoinHandle<Read>>>,
    json: OnceCell<Result<serde_json::Value, String>>,
    checked: OnceCell<Checked>,
}

fn read(schema: &[u8]) -> Result<serde_json::Value, String> {
    serde_json::from_str(&String::from_utf8_lossy(schema))
        .map_err(|error| format!("values.schema.json is no JSON: {error}"))
}

impl Known {
    /// Begins to read a large schema.
    pub(crate) fn begin(&self, schema: &[u8]) {
        if schema.len() < LARGE {
            return;
        }
        let schema = schema.to_vec();
        let work = move || {
            let json = read(&schema);
            let checked = json
                .as_ref()
                .ok()
                .and_then(|json| Some(Document::new(json).ok()?.check()));
            (json, checked)
        };
        // Without a thread it is read when it is needed.
        *self.begun.borrow_mut() = std::thread::Builder::new().stack_size(STACK).spawn(work).ok();
    }

    fn json(&self, schema: &[u8]) -> Result<&serde_json::Value, String> {
        let json = self.json.get_or_init(|| {
            let begun = self.begun.borrow_mut().take();
            match begun.and_then(|thread| thread.join().ok()) {
                Some((json, checked)) => {
                    checked.into_iter().for_each(|checked| drop(self.checked.set(checked)));
                    json
                }
                None => read(schema),
            }
        });
        json.as_ref().map_err(Clone::clone)
    }

    fn checked(&self, document: &Document<'_>) -> Result<&BTreeSet<String>, String> {
        let checked = self.checked.get_or_init(|| document.check());
        checked.as_ref().map_err(Clone::clone)
    }
}

/// Holds the values of a chart, and of each chart in it, against their schemas.
pub(crate) fn check(chart: &Chart, values: &Map, warnings: &mut Vec<Warning>) -> Result<(), ChartError> {
    let mut violations = Vec::new();
    collect(chart, values, &mut violations, warnings);
    if violations.is_empty() {
        return Ok(());
    }
    Err(ChartError::Schema(violations))
}

fn collect(chart: &Chart, values: &Map, into: &mut Vec<SchemaViolation>, warnings: &mut Vec<Warning>) {
    if let Some(schema) = chart.schema()
        && let Err((text, places)) = check_one(schema, &chart.content.known_schema, values, warnings)
    {
        into.push(SchemaViolation {
            chart: chart.name().to_owned(),
            text,
            places,
        });
    }
    for sub in chart.dependencies() {
        match values.get(sub.name().as_bytes()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => collect(sub, &values, into, warnings),
            Some(other) => into.push(SchemaViolation {
                chart: sub.name().to_owned(),
                text: format!(
                    "invalid type for values: expected object (map), got {}",
                    other.type_name()
                ),
                places: vec![String::new()],
            }),
        }
    }
}

/// What is wrong with the values, or with the schema.
type Wrong = (String, Vec<String>);

fn check_one(schema: &[u8], known: &Known, values: &Map, warnings: &mut Vec<Warning>) -> Result<(), Wrong> {
    let plain = |why: String| (why, Vec::new());
    let json = known.json(schema).map_err(plain)?;
    let document = Document::new(json).map_err(plain)?;
    for unresolved in known.checked(&document).map_err(plain)? {
        warnings.push(Warning::Schema(format!(
            "unresolved URN reference ignored; using permissive schema urn={unresolved}"
        )));
    }
    validate::validate(&document, &Value::Map(values.clone())).map_err(|violations| {
        let text: Vec<String> = violations.iter().map(|violation| violation.shown(1)).collect();
        let places = violations.iter().flat_map(Violation::places).collect();
        (text.concat().trim_start_matches('\n').to_owned(), places)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let schema = br##"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["a"],
            "properties":{"a":{"type":"integer"},"b":{"$ref":"#/definitions/b"}},
            "definitions":{"b":{"anyOf":[{"type":"string"},{"type":"array","items":{"minimum":2}}]}}}"##;
        let wrong = |text: &str| {
            let (values, _) = hoist_goencoding::json::decode_map(text.as_bytes());
            check_one(schema, &Known::default(), &values, &mut Vec::new())
                .err()
                .map(|(text, _)| text)
        };
        assert_eq!(wrong(r#"{"a":1,"b":"x"}"#), None);
        assert_eq!(wrong("{}").unwrap(), "- at '': missing property 'a'");
        assert_eq!(wrong(r#"{"a":1.5}"#).unwrap(), "- at '/a': got number, want integer");
        assert_eq!(
            wrong(r#"{"a":1,"b":[1]}"#).unwrap(),
            "- at '/b': 'anyOf' failed\n  - at '/b': got array, want string\n  - at '/b/0': minimum: got 1, want 2"
        );
    }
}
