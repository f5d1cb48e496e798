//! Reads YAML into typed fields as Go does: scalars become strings where a string is wanted, names match whatever their
//! case, the first wrong type is the error.

use std::collections::BTreeMap;

use hoist_govalue::{Kind, Map, Value, strconv};

/// Fields are read one by one; the first that has the wrong type is remembered.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    error: Option<String>,
    path: Vec<&'static str>,
}

impl Reader {
    /// What was wrong, in Go's words.
    pub(crate) fn finish(self) -> Result<(), String> {
        match self.error {
            Some(error) => Err(format!("error unmarshaling JSON: while decoding JSON: {error}")),
            None => Ok(()),
        }
    }

    /// Reads the fields of a struct. `field` gets each entry with the name, as declared, of the field that it is for.
    pub(crate) fn fields(&mut self, value: &Value, of: Struct, mut field: impl FnMut(&mut Self, &'static str, &Value)) {
        match value {
            Value::Nil => {}
            Value::Map(map) => {
                for (key, value) in map.entries() {
                    let exact = of.fields.iter().find(|name| key == **name);
                    let folded = || of.fields.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(&key));
                    if let Some(name) = exact.or_else(folded) {
                        self.path.push(name);
                        field(self, name, &value);
                        self.path.pop();
                    }
                }
            }
            other => self.wrong(other, of.go_type, of.name),
        }
    }

    /// The fields of a struct that is a field of another.
    pub(crate) fn nested(
        &mut self,
        value: &Value,
        inner: Struct,
        of: &str,
        field: impl FnMut(&mut Self, &'static str, &Value),
    ) {
        match value {
            Value::Nil | Value::Map(_) => self.fields(value, inner, field),
            other => self.wrong(other, inner.go_type, of),
        }
    }

    /// A `string`.
    pub(crate) fn string(&mut self, value: &Value, of: &str, into: &mut String) {
        if let Some(text) = self.text(value, of) {
            *into = text;
        }
    }

    fn text(&mut self, value: &Value, of: &str) -> Option<String> {
        match value {
            Value::Nil => None,
            Value::Str(text) => Some(text.text().into_owned()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Int(number, _) => Some(number.to_string()),
            Value::Uint(number, _) => Some(number.to_string()),
            // The yaml package formats with the precision of a float32, whatever was written.
            Value::Float(number, _) => Some(strconv::format_float(*number, b'g', None, 32)),
            other => {
                self.wrong(other, "string", of);
                None
            }
        }
    }

    /// A `bool`.
    pub(crate) fn bool(&mut self, value: &Value, of: &str, into: &mut bool) {
        match value {
            Value::Nil => {}
            Value::Bool(truth) => *into = *truth,
            other => self.wrong(other, "bool", of),
        }
    }

    /// A `[]string`.
    pub(crate) fn strings(&mut self, value: &Value, of: &str, into: &mut Vec<String>) {
        match value {
            Value::Nil => into.clear(),
            Value::List(list) => {
                *into = list
                    .iter()
                    .map(|item| self.text(item, of).unwrap_or_default())
                    .collect();
            }
            other => self.wrong(other, "[]string", of),
        }
    }

    /// A `map[string]string`.
    pub(crate) fn string_map(&mut self, value: &Value, of: &str, into: &mut Option<BTreeMap<String, String>>) {
        match value {
            Value::Nil => *into = None,
            Value::Map(map) => {
                let into = into.get_or_insert_default();
                for (key, item) in map.entries() {
                    let text = self.text(&item, of).unwrap_or_default();
                    into.insert(key.text().into_owned(), text);
                }
            }
            other => self.wrong(other, "map[string]string", of),
        }
    }

    /// The items of a list of a type; `None` where there is no list.
    pub(crate) fn items(&mut self, value: &Value, of: &str, go_type: &str) -> Option<Vec<Value>> {
        match value {
            Value::Nil => None,
            Value::List(list) => Some(list.to_vec()),
            other => {
                self.wrong(other, go_type, of);
                None
            }
        }
    }

    /// Notes a wrong type.
    pub(crate) fn wrong(&mut self, got: &Value, wanted: &str, of: &str) {
        let got = match got {
            Value::Map(_) | Value::Object(_) => "object",
            Value::List(_) | Value::Bytes(_) => "array",
            Value::Str(_) => "string",
            Value::Bool(_) => "bool",
            Value::Nil => "null",
            Value::Int(..) | Value::Uint(..) | Value::Float(..) => "number",
        };
        let into = if self.path.is_empty() {
            "value".to_owned()
        } else {
            format!("struct field {of}.{}", self.path.join("."))
        };
        self.error
            .get_or_insert_with(|| format!("json: cannot unmarshal {got} into Go {into} of type {wanted}"));
    }
}

/// A struct of Go's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Struct {
    /// Its name in errors about its fields.
    pub(crate) name: &'static str,
    /// Its type in errors about itself.
    pub(crate) go_type: &'static str,
    /// Its fields, by the names of their tags.
    pub(crate) fields: &'static [&'static str],
}

/// A value as encoding/json decodes it: all numbers are float64, as deep as it goes.
pub(crate) fn as_json(value: &Value) -> Value {
    match value {
        Value::Int(number, _) => Value::Float(*number as f64, Kind::Float64),
        Value::Uint(number, _) => Value::Float(*number as f64, Kind::Float64),
        Value::Map(map) => {
            let entries = map.entries().into_iter();
            Value::Map(entries.map(|(key, value)| (key, as_json(&value))).collect::<Map>())
        }
        Value::List(list) => Value::list(list.iter().map(as_json).collect()),
        other => other.clone(),
    }
}
