//! From values to YAML: by way of JSON as sigs.k8s.io/yaml goes, and without it as `toYamlPretty` does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_govalue::{Kind, MAX_STRING, Map, Object, Str, Value, deep};

use super::chars::is_printable;
use super::decode::{self, Numbers};
use super::emit::{Emitter, Place};
use super::error::{MAX_DEPTH, TOO_DEEP, YamlError};
use super::keys;
use super::nodes::Document;
use super::numbers::{format_g, through_json};
use super::reader;
use super::resolve::Dialect;
use crate::json::{self, JsonError};

/// The longest key that is certainly one when its JSON is read as YAML, where keys have 1024 characters at most.
const SAFE_KEY: usize = 160;

/// Why writing stopped.
enum Stop {
    /// The value holds what reading its JSON as YAML may change or refuse.
    Unusual,
    /// A list or map was too deep. On the way up it is looked for among those that hold it.
    Deep(Value),
    Error(YamlError),
}

impl From<YamlError> for Stop {
    fn from(error: YamlError) -> Self {
        Self::Error(error)
    }
}

/// As `yaml.Marshal` of sigs.k8s.io/yaml: JSON, which is read as YAML and written again.
pub(super) fn through_yaml(value: &Value) -> Result<Vec<u8>, YamlError> {
    let mut writer = Writer::new(true);
    match writer.value(value, Place::Root) {
        Ok(()) => return Ok(writer.emitter.finish()),
        Err(Stop::Error(error)) => return Err(error),
        Err(Stop::Deep(_)) => return Err(too_deep()),
        Err(Stop::Unusual) => {}
    }
    let text = json::encode(value).map_err(|error| match error {
        JsonError::Limit(_) => YamlError::Limit(error.to_string()),
        _ => YamlError::Marshal(error.to_string()),
    })?;
    let input = reader::prepare(&text);
    let read = Document::parse(&input.text, input.watch)
        .map_err(YamlError::from)
        .and_then(|document| decode::decode(&document, Numbers::Exact));
    let value = read.map_err(|error| match error {
        YamlError::Convert(text) => YamlError::Write(text),
        error => error,
    })?;
    let mut writer = Writer::new(false);
    match writer.value(&value, Place::Root) {
        Ok(()) => Ok(writer.emitter.finish()),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Deep(_) | Stop::Unusual) => Err(too_deep()),
    }
}

fn too_deep() -> YamlError {
    YamlError::Write(format!("yaml: {TOO_DEEP}"))
}

fn check_size(emitter: &Emitter) -> Result<(), YamlError> {
    if emitter.out.len() > MAX_STRING {
        return Err(YamlError::Limit(format!(
            "yaml: a text of more than {MAX_STRING} bytes"
        )));
    }
    Ok(())
}

struct Writer {
    emitter: Emitter,
    /// Whether what is unusual stops it.
    strict: bool,
    depth: usize,
}

impl Writer {
    fn new(strict: bool) -> Self {
        Self {
            emitter: Emitter::new(Dialect::V2),
            strict,
            depth: 0,
        }
    }

    fn value(&mut self, value: &Value, place: Place) -> Result<(), Stop> {
        check_size(&self.emitter)?;
        let written = match value {
            Value::List(list) if !list.is_empty() => deep::step(|| self.sequence(list, place)),
            Value::Map(map) if !map.is_empty() => deep::step(|| self.map(map)),
            Value::Object(object) => deep::step(|| self.object(object.as_ref(), place)),
            _ => return self.scalar(value, place),
        };
        match written {
            Err(Stop::Deep(Value::Nil)) => Err(Stop::Deep(value.clone())),
            Err(Stop::Deep(deep)) if is_same(value, &deep) => Err(cycle(&deep)),
            written => written,
        }
    }

    fn scalar(&mut self, value: &Value, place: Place) -> Result<(), Stop> {
        match value {
            Value::Bool(truth) => self.emitter.literal(if *truth { "true" } else { "false" }),
            Value::Int(number, _) => self.emitter.literal(&number.to_string()),
            Value::Uint(number, _) => self.emitter.literal(&number.to_string()),
            Value::Float(number, kind) => {
                if !number.is_finite() {
                    return Err(Stop::Unusual);
                }
                self.emitter.literal(&through_json(*number, *kind));
            }
            Value::Str(text) => {
                self.check(text)?;
                self.emitter.string(text, place);
            }
            Value::Bytes(bytes) => self.emitter.string(STANDARD.encode(bytes).as_bytes(), place),
            Value::List(list) if !list.is_nil() => self.emitter.empty(*b"[]"),
            Value::Map(map) if !map.is_nil() => self.emitter.empty(*b"{}"),
            Value::Nil | Value::List(_) | Value::Map(_) | Value::Object(_) => self.emitter.literal("null"),
        }
        Ok(())
    }

    fn sequence(&mut self, items: &[Value], place: Place) -> Result<(), Stop> {
        self.enter()?;
        self.emitter.begin_sequence(place);
        for item in items {
            self.emitter.item();
            self.value(item, Place::Item)?;
        }
        self.leave();
        Ok(())
    }

    fn map(&mut self, map: &Map) -> Result<(), Stop> {
        let entries = map.borrow();
        self.mapping(entries.iter().map(|(key, value)| (&**key, value)).collect())
    }

    fn object(&mut self, object: &dyn Object, place: Place) -> Result<(), Stop> {
        if object.ty().kind() == Kind::Func {
            return Err(Stop::Unusual);
        }
        self.enter()?;
        match object.members() {
            Some(members) => self.mapping(members.iter().map(|(key, value)| (key.as_bytes(), value)).collect())?,
            None => self.value(&object.plain(), place)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn mapping(&mut self, entries: Vec<(&[u8], &Value)>) -> Result<(), Stop> {
        if entries.is_empty() {
            self.emitter.empty(*b"{}");
            return Ok(());
        }
        self.enter()?;
        self.emitter.begin_mapping();
        for (key, value) in keys::sort(entries, &|entry| entry.0, Dialect::V2) {
            self.key(key)?;
            self.value(value, Place::Mapping)?;
        }
        self.leave();
        Ok(())
    }

    fn key(&mut self, key: &[u8]) -> Result<(), Stop> {
        self.check(key)?;
        if self.strict && key.len() > SAFE_KEY {
            return Err(Stop::Unusual);
        }
        self.emitter.key(key);
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Stop> {
        if self.depth >= MAX_DEPTH {
            // Which value that is, the one who writes it adds.
            return Err(Stop::Deep(Value::Nil));
        }
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.emitter.end();
        self.depth -= 1;
    }

    /// Whether JSON and YAML leave a string as it is.
    fn check(&self, text: &[u8]) -> Result<(), Stop> {
        if !self.strict || text.iter().all(|&byte| byte < 0x7F) {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return Err(Stop::Unusual);
        };
        let usual = |(at, character): (usize, char)| {
            !('\x7F'..='\u{FFFF}').contains(&character)
                || character == '\u{FEFF}'
                || is_printable(text.as_bytes().get(at..).unwrap_or_default())
        };
        match text.char_indices().all(usual) {
            true => Ok(()),
            false => Err(Stop::Unusual),
        }
    }
}

fn cycle(value: &Value) -> Stop {
    let text = format!("json: unsupported value: encountered a cycle via {}", value.type_name());
    Stop::Error(YamlError::Marshal(text))
}

/// Whether both are one list, map or object in memory.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => a.same(b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && std::ptr::eq(a.as_ptr(), b.as_ptr()),
        (Value::Object(a), Value::Object(b)) => std::rc::Rc::ptr_eq(a, b),
        _ => false,
    }
}

/// As the encoder of go-yaml v3 with an indentation of two.
pub(super) fn directly(value: &Value) -> Result<Vec<u8>, YamlError> {
    let mut emitter = Emitter::new(Dialect::V3);
    direct(&mut emitter, value, Place::Root, 0)?;
    Ok(emitter.finish())
}

fn direct(emitter: &mut Emitter, value: &Value, place: Place, depth: usize) -> Result<(), YamlError> {
    if depth > MAX_DEPTH {
        // Go goes on until it has no memory left.
        return Err(YamlError::Limit(format!("yaml: {TOO_DEEP}")));
    }
    deep::step(|| direct_node(emitter, value, place, depth))?;
    check_size(emitter)
}

fn direct_node(emitter: &mut Emitter, value: &Value, place: Place, depth: usize) -> Result<(), YamlError> {
    match value {
        Value::Nil => emitter.literal("null"),
        Value::Bool(truth) => emitter.literal(if *truth { "true" } else { "false" }),
        Value::Int(number, _) => emitter.literal(&number.to_string()),
        Value::Uint(number, _) => emitter.literal(&number.to_string()),
        Value::Float(number, kind) => {
            emitter.literal(&format_g(*number, if *kind == Kind::Float32 { 32 } else { 64 }));
        }
        Value::Str(text) => emitter.string(text, place),
        Value::Bytes(bytes) => {
            let items: Vec<_> = bytes
                .iter()
                .map(|&byte| Value::Uint(byte.into(), Kind::Uint8))
                .collect();
            direct_list(emitter, &items, place, depth)?;
        }
        Value::List(list) => direct_list(emitter, list, place, depth)?,
        Value::Map(map) => direct_map(emitter, map, depth)?,
        Value::Object(object) => direct_object(emitter, object.as_ref(), place, depth)?,
    }
    Ok(())
}

fn direct_list(emitter: &mut Emitter, items: &[Value], place: Place, depth: usize) -> Result<(), YamlError> {
    if items.is_empty() {
        emitter.empty(*b"[]");
        return Ok(());
    }
    emitter.begin_sequence(place);
    for item in items {
        emitter.item();
        direct(emitter, item, Place::Item, depth + 1)?;
    }
    emitter.end();
    Ok(())
}

fn direct_map(emitter: &mut Emitter, map: &Map, depth: usize) -> Result<(), YamlError> {
    let entries = map.borrow();
    let entries = entries.iter().map(|(key, value)| (&**key, value)).collect();
    direct_entries(emitter, keys::sort(entries, &|entry| entry.0, Dialect::V3), depth)
}

fn direct_entries(emitter: &mut Emitter, entries: Vec<(&[u8], &Value)>, depth: usize) -> Result<(), YamlError> {
    if entries.is_empty() {
        emitter.empty(*b"{}");
        return Ok(());
    }
    emitter.begin_mapping();
    for (key, value) in entries {
        emitter.key(key);
        direct(emitter, value, Place::Mapping, depth + 1)?;
    }
    emitter.end();
    Ok(())
}

/// A Go value of a named type. go-yaml knows nothing of the names that its fields have in JSON: they are in lower case.
fn direct_object(emitter: &mut Emitter, object: &dyn Object, place: Place, depth: usize) -> Result<(), YamlError> {
    let ty = object.ty();
    match ty.kind() {
        Kind::Func => Err(YamlError::Limit(format!("cannot marshal type: {ty}"))),
        Kind::Struct | Kind::Ptr => {
            // Those that are a text in JSON are one here as well; a time is not quoted.
            if let Value::Str(text) = object.plain() {
                match ty.name() {
                    "time.Time" | "*time.Time" => emitter.literal(&text.text()),
                    _ => emitter.string(&text, place),
                }
                return Ok(());
            }
            let fields = object.fields();
            let fields: Vec<(String, Value)> = fields
                .into_iter()
                .filter(|(name, _)| name.starts_with(char::is_uppercase))
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect();
            let entries = fields.iter().map(|(name, value)| (name.as_bytes(), value)).collect();
            direct_entries(emitter, entries, depth + 1)
        }
        Kind::Slice => {
            let items: Vec<_> = object.entries().unwrap_or_default();
            let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
            direct_list(emitter, &items, place, depth + 1)
        }
        Kind::Map => {
            let mut entries = Vec::new();
            for (key, value) in object.entries().unwrap_or_default() {
                let Value::Str(key) = key else {
                    return Err(YamlError::Limit(format!("yaml: a {ty} cannot be written without JSON")));
                };
                entries.push((key, value));
            }
            let entries: Vec<(Str, Value)> = keys::sort(entries, &|entry: &(Str, Value)| &*entry.0, Dialect::V3);
            let entries = entries.iter().map(|(key, value)| (&**key, value)).collect();
            direct_entries(emitter, entries, depth + 1)
        }
        // A duration is written as it prints.
        _ => match object.text() {
            Some(text) if ty.name() == "time.Duration" => {
                emitter.string(&text, place);
                Ok(())
            }
            _ => direct(emitter, &object.plain(), place, depth + 1),
        },
    }
}
