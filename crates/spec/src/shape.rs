//! Holds the tree against the JSON Schema of the types, and reports every deviation with its place.
//!
//! The schema is the one that editors get, so what an editor marks and what hoist refuses are the same.

use hoist_model::{Diagnostic, Diagnostics};
use serde_json::Value;

use crate::guess;
use crate::text::check_format;
use crate::tree::{Kind, Node, Place, Source};

/// The code of what may be a secret that was pasted by mistake: its text goes nowhere.
pub(crate) const HIDDEN: &str = "spec/secret-in-file";

pub(crate) struct Shape<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) root: &'a Value,
    pub(crate) found: Diagnostics,
}

impl Shape<'_> {
    fn report(&mut self, code: &str, message: String, place: Place, hint: Option<String>) {
        let mut span = self.source.span(place);
        if code == HIDDEN {
            "(not shown)".clone_into(&mut span.text);
        }
        let mut diagnostic = Diagnostic::new(code, message).at(span);
        diagnostic.hint = hint;
        self.found.push(diagnostic);
    }

    /// Checks a node, which the file calls `path` and whose key or text stands at `place`.
    pub(crate) fn check(&mut self, node: &Node, schema: &Value, path: &str, key_place: Place) {
        let schema = self.resolve(schema);
        if let Some(any_of) = schema.get("anyOf").and_then(Value::as_array)
            && let [only] = any_of.as_slice()
        {
            return self.check(node, &only.clone(), path, key_place);
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            return self.check_choice(node, &choices.clone(), path, key_place);
        }
        if let Some(allowed) = allowed_texts(&schema) {
            return self.check_choice(node, &allowed, path, key_place);
        }
        let Some(kind) = schema.get("type").and_then(Value::as_str) else {
            return;
        };
        match (kind, &node.kind) {
            ("object", Kind::Map(_)) => self.check_map(node, &schema, path),
            ("array", Kind::List(items)) => {
                if let Some(item_schema) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.check(item, item_schema, &format!("{path}[{index}]"), item.place);
                    }
                }
            }
            ("string", Kind::Text(text)) => {
                let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
                if let Err(refused) = check_format(format, text) {
                    let code = if refused.hidden { HIDDEN } else { "spec/invalid-value" };
                    let message = format!("{path}: {}", refused.why);
                    self.report(code, message, node.place, Some(refused.hint));
                }
            }
            ("boolean", Kind::Bool(_)) | ("number", Kind::Number(_)) => {}
            ("integer", Kind::Number(number)) if number.is_i64() || number.is_u64() => {
                let value = number.as_i64().unwrap_or(i64::MAX);
                let low = schema.get("minimum").and_then(Value::as_i64).unwrap_or(i64::MIN);
                let high = schema.get("maximum").and_then(Value::as_i64).unwrap_or(i64::MAX);
                if value < low || value > high {
                    let message = format!("{path}: {value} is out of range");
                    let hint = format!("write a number from {low} to {high}");
                    self.report("spec/invalid-value", message, node.place, Some(hint));
                }
            }
            _ => self.wrong_type(node, &schema, kind, path, key_place),
        }
    }

    fn wrong_type(&mut self, node: &Node, schema: &Value, kind: &str, path: &str, key_place: Place) {
        let wanted = word(kind);
        let (found, place) = described(node, key_place);
        let path = if path.is_empty() { "the file" } else { path };
        let hint = match (kind, &node.kind) {
            ("string", Kind::Number(_) | Kind::Bool(_)) => {
                Some(format!("put it in quotes: \"{}\"", self.source.span(node.place).text))
            }
            ("boolean", Kind::Text(_)) => Some("write true or false, without quotes".into()),
            ("object", Kind::Null) if schema.get("required").is_none() => {
                Some("write {} to take every default, or leave it out".into())
            }
            ("array", Kind::Text(_)) => Some(format!("write a list: [{}]", self.source.span(node.place).text)),
            ("object", _) => schema
                .get("properties")
                .and_then(Value::as_object)
                .filter(|properties| !properties.is_empty())
                .map(|properties| format!("its fields are {}", guess::list(properties.keys().map(String::as_str)))),
            _ => None,
        };
        self.report(
            "spec/wrong-type",
            format!("{path}: expected {wanted}, found {found}"),
            place,
            hint,
        );
    }

    fn check_map(&mut self, node: &Node, schema: &Value, path: &str) {
        let Kind::Map(entries) = &node.kind else { return };
        let empty = serde_json::Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let others = schema.get("additionalProperties");
        let key_format = schema.pointer("/propertyNames/format").and_then(Value::as_str);
        // What a misspelt field was meant to be is not told again as missing.
        let mut meant: Vec<&str> = Vec::new();
        for entry in entries {
            let entry_path = join(path, &entry.key);
            if let Some(property) = properties.get(&entry.key) {
                self.check(&entry.value, property, &entry_path, entry.key_place);
                continue;
            }
            match others {
                Some(Value::Bool(false)) => {
                    let inside = if path.is_empty() { "the file" } else { path };
                    let message = format!("{inside} has no field `{}`", entry.key);
                    let names = properties.keys().map(String::as_str);
                    meant.extend(guess::nearest(&entry.key, names.clone()));
                    let hint = guess::field(path, &entry.key, names);
                    self.report("spec/unknown-field", message, entry.key_place, Some(hint));
                }
                Some(other) => {
                    if let Some(Err(refused)) = key_format.map(|format| check_format(format, &entry.key)) {
                        let message = format!("{entry_path}: {}", refused.why);
                        self.report("spec/invalid-name", message, entry.key_place, Some(refused.hint));
                    }
                    self.check(&entry.value, other, &entry_path, entry.key_place);
                }
                None => {}
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let absent = |name: &&str| node.get(name).is_none() && !meant.contains(name);
            let Some(name) = required.as_str().filter(absent) else {
                continue;
            };
            let inside = if path.is_empty() { "the file" } else { path };
            let hint = properties
                .get(name)
                .and_then(|property| property.get("description"))
                .and_then(Value::as_str)
                .map(|text| format!("{name}: {}", text.replace('\n', " ")));
            let place = entries.first().map_or(node.place, |entry| entry.key_place);
            self.report("spec/missing-field", format!("{inside} lacks `{name}`"), place, hint);
        }
    }

    /// One of several texts, or of several maps with a single key each.
    fn check_choice(&mut self, node: &Node, choices: &[Value], path: &str, key_place: Place) {
        let mut texts: Vec<&str> = Vec::new();
        let mut keyed: Vec<(&str, &Value)> = Vec::new();
        for choice in choices {
            if let Some(text) = choice.get("const").and_then(Value::as_str) {
                texts.push(text);
            }
            for text in choice.get("enum").and_then(Value::as_array).into_iter().flatten() {
                texts.extend(text.as_str());
            }
            for (key, schema) in choice
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                keyed.push((key, schema));
            }
        }
        let keyed_words = keyed.iter().map(|(key, _)| format!("{key}: …"));
        let all: Vec<String> = texts.iter().map(|text| (*text).to_owned()).chain(keyed_words).collect();
        let hint = format!("write {}", guess::either(all.iter().map(String::as_str)));
        match &node.kind {
            Kind::Text(text) if texts.contains(&text.as_str()) => {}
            Kind::Map(entries) if !keyed.is_empty() => match entries.as_slice() {
                [entry] => match keyed.iter().find(|(key, _)| *key == entry.key) {
                    Some((_, schema)) => {
                        let entry_path = join(path, &entry.key);
                        self.check(&entry.value, schema, &entry_path, entry.key_place);
                    }
                    None => {
                        let hint = guess::field(path, &entry.key, keyed.iter().map(|(key, _)| *key));
                        let message = format!("{path} has no field `{}`", entry.key);
                        self.report("spec/unknown-field", message, entry.key_place, Some(hint));
                    }
                },
                [] => self.report("spec/invalid-value", format!("{path} is empty"), key_place, Some(hint)),
                [_, second, ..] => {
                    let names = guess::list(entries.iter().map(|entry| entry.key.as_str()));
                    let message = format!("{path} names more than one: {names}");
                    self.report("spec/exclusive-fields", message, second.key_place, Some(hint));
                }
            },
            Kind::Text(text) => {
                let hint = match guess::nearest(text, texts.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? {hint}"),
                    None => hint,
                };
                let hint = guess::later_value(path, text).map_or(hint.clone(), |later| format!("{later}; {hint}"));
                let message = format!("{path}: `{text}` is not a value that it takes");
                self.report("spec/invalid-value", message, node.place, Some(hint));
            }
            _ => {
                let (found, place) = described(node, key_place);
                let code = "spec/wrong-type";
                let message = match guess::later_value(path, "") {
                    Some(later) => format!("{path}: {later}"),
                    None => format!("{path}: expected {}, found {found}", all.join(" or ")),
                };
                self.report(code, message, place, Some(hint));
            }
        }
    }

    fn resolve(&self, schema: &Value) -> Value {
        let Some(name) = schema.get("$ref").and_then(Value::as_str) else {
            return schema.clone();
        };
        let target = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let mut resolved = self.resolve(target.unwrap_or(&Value::Bool(true)));
        // What stands beside a reference narrows it.
        if let (Some(resolved), Some(beside)) = (resolved.as_object_mut(), schema.as_object()) {
            for (key, value) in beside.iter().filter(|(key, _)| *key != "$ref") {
                resolved.insert(key.clone(), value.clone());
            }
        }
        resolved
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// An enum of plain texts, as the choices of `check_choice`.
fn allowed_texts(schema: &Value) -> Option<Vec<Value>> {
    (schema.get("enum").is_some() || schema.get("const").is_some()).then(|| vec![schema.clone()])
}

fn word(kind: &str) -> &'static str {
    match kind {
        "object" => "a map",
        "array" => "a list",
        "string" => "text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    }
}

/// What stands there, and where to point: at the value, or at the key where the value has no text of its own.
fn described(node: &Node, key_place: Place) -> (&'static str, Place) {
    match &node.kind {
        Kind::Null => ("nothing", key_place),
        Kind::Bool(_) => ("true or false", node.place),
        Kind::Number(_) => ("a number", node.place),
        Kind::Text(_) => ("text", node.place),
        Kind::List(_) => ("a list", key_place),
        Kind::Map(_) => ("a map", key_place),
    }
}
