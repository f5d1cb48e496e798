//! The file as a tree whose every key and value knows its place: what the checks point at.

use std::fmt;
use std::path::{Path, PathBuf};

use hoist_model::{Diagnostic, Diagnostics, Span};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Options, Spanned};

/// A place in the text: where it begins and how many characters it has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    line: usize,
    column: usize,
    length: usize,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self {
            line: location.line() as usize,
            column: location.column() as usize,
            length: location.span().len() as usize,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The same as plain data.
    pub(crate) fn value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Node::value).collect(),
            Kind::Map(entries) => {
                let map: Map<String, Value> = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.value()))
                    .collect();
                Value::Object(map)
            }
        }
    }

    /// The place to point at for a path: its value where it is a scalar, else its key; else the nearest that is there.
    pub(crate) fn place_of(&self, path: &[&str]) -> Place {
        let mut node = self;
        let mut place = self.place;
        for step in path {
            if let Some(entry) = node.get(step) {
                node = &entry.value;
                place = match node.kind {
                    Kind::List(_) | Kind::Map(_) | Kind::Null => entry.key_place,
                    _ => node.place,
                };
            } else if let (Kind::List(items), Ok(index)) = (&node.kind, step.parse::<usize>()) {
                let Some(item) = items.get(index) else { break };
                node = item;
                place = item.place;
            } else {
                break;
            }
        }
        place
    }

    /// The place of a path's key.
    pub(crate) fn key_place_of(&self, path: &[&str]) -> Place {
        let Some((last, parents)) = path.split_last() else {
            return self.place;
        };
        let mut node = self;
        for step in parents {
            match node.get(step) {
                Some(entry) => node = &entry.value,
                None => return self.place_of(path),
            }
        }
        node.get(last)
            .map_or_else(|| self.place_of(path), |entry| entry.key_place)
    }
}

/// A file's name and text: makes spans of places.
pub(crate) struct Source<'a> {
    pub(crate) file: &'a Path,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    pub(crate) fn span(&self, place: Place) -> Span {
        let line = place.line.max(1);
        let column = place.column.max(1);
        let rest: String = self
            .text
            .lines()
            .nth(line - 1)
            .unwrap_or_default()
            .chars()
            .skip(column - 1)
            .collect();
        // What spans several lines, or none at all, is shown by the rest of its first line.
        let length = if place.length == 0 { usize::MAX } else { place.length };
        let text: String = rest.chars().take(length).collect();
        let text = text.trim_end().to_owned();
        Span {
            file: PathBuf::from(self.file),
            line,
            column,
            length: text.chars().count().max(1),
            text,
        }
    }

    /// Reads the text as YAML.
    pub(crate) fn parse(&self) -> Result<Node, Diagnostics> {
        let mut options = Options::default();
        options.strict_booleans = true;
        options.with_snippet = false;
        serde_saphyr::from_str_with_options::<Node>(self.text, options).map_err(|error| {
            let text = error.without_snippet().to_string();
            // The rest of the parser's text repeats the place or speaks to programmers.
            let message = text.split(" at line ").next().unwrap_or(&text);
            let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or(message);
            let diagnostic = Diagnostic::new("spec/yaml", format!("this is not valid YAML: {message}"));
            let diagnostic = match error.location() {
                Some(location) => diagnostic.at(self.span(Place::from(location))),
                None => diagnostic,
            };
            if text.contains("duplicate") {
                diagnostic
                    .hint("each name stands once in its map: rename one or take it out")
                    .into()
            } else {
                diagnostic
                    .hint("look at the indentation and the quotes here and on the line before")
                    .into()
            }
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self {
            place: spanned.referenced.into(),
            kind: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Kind, E> {
        Number::from_f64(value)
            .map(Kind::Number)
            .ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Kind, E> {
        Ok(Kind::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            entries.push(Entry {
                key_place: key.referenced.into(),
                key: key.value,
                value: map.next_value()?,
            });
        }
        Ok(Kind::Map(entries))
    }
}
