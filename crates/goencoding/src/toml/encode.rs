//! Writes values as TOML.

use hoist_govalue::{Kind, MAX_STRING, Object, Str, Value, deep, strconv};

use super::key::{append_part, append_quoted, join};
use super::{MAX_DEPTH, TomlError};

/// What TOML calls a value, as far as it decides how it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Nothing: it is left out, and no list may have it.
    Nil,
    /// What is written behind an equals sign.
    Plain,
    Table,
    /// A list of tables alone.
    Tables,
}

/// How an object is written.
enum Form {
    Table(Vec<(Str, Value)>),
    List(Vec<Value>),
    Quoted(Str),
    Bare(Vec<u8>),
    Scalar(Value),
}

struct Encoder {
    out: Vec<u8>,
    key: Vec<Str>,
    depth: usize,
}

pub(super) fn document(value: &Value) -> Result<Vec<u8>, TomlError> {
    if matches!(value, Value::Nil) {
        let text = "reflect: call of reflect.Value.Type on zero Value";
        return Err(TomlError::Panic(text.to_owned()));
    }
    let mut encoder = Encoder {
        out: Vec::new(),
        key: Vec::new(),
        depth: 0,
    };
    encoder.value(value)?;
    Ok(encoder.out)
}

fn refused(text: impl Into<String>) -> TomlError {
    TomlError::Refused(text.into())
}

impl Encoder {
    fn nested(&mut self, write: impl FnOnce(&mut Self) -> Result<(), TomlError>) -> Result<(), TomlError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        if self.out.len() > MAX_STRING {
            return Err(TomlError::Limit(format!("a text of more than {MAX_STRING} bytes")));
        }
        self.depth += 1;
        deep::step(|| write(self))?;
        self.depth -= 1;
        Ok(())
    }

    /// Writes a value at the key that is at hand; none at the top.
    fn value(&mut self, value: &Value) -> Result<(), TomlError> {
        self.nested(|it| match shape(value, 0)? {
            Shape::Nil => Ok(()),
            Shape::Plain => it.key_value(value),
            Shape::Table => it.table(value),
            Shape::Tables => it.tables(value),
        })
    }

    fn indent(&mut self) {
        for _ in 1..self.key.len() {
            self.out.extend_from_slice(b"  ");
        }
    }

    /// A line's end, but not before all others.
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn key_value(&mut self, value: &Value) -> Result<(), TomlError> {
        let Some(last) = self.key.last().cloned() else {
            return self.element(value);
        };
        self.indent();
        append_part(&mut self.out, &last);
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        self.newline();
        Ok(())
    }

    fn header(&mut self, open: &[u8], close: &[u8]) {
        self.indent();
        self.out.extend_from_slice(open);
        self.out.extend_from_slice(&join(&self.key));
        self.out.extend_from_slice(close);
        self.newline();
    }

    fn table(&mut self, value: &Value) -> Result<(), TomlError> {
        if self.key.len() == 1 {
            self.newline();
        }
        if !self.key.is_empty() {
            self.header(b"[", b"]");
        }
        self.entries(value)
    }

    fn tables(&mut self, list: &Value) -> Result<(), TomlError> {
        if self.key.is_empty() {
            return Err(refused("toml: top-level values must be Go maps or structs"));
        }
        for table in items(list)? {
            self.newline();
            self.header(b"[[", b"]]");
            self.nested(|it| it.entries(&table))?;
        }
        Ok(())
    }

    /// A table's entries, on lines of their own: first those behind an equals sign, then the tables.
    fn entries(&mut self, table: &Value) -> Result<(), TomlError> {
        let (plain, tables) = split(table)?;
        for (key, value) in plain.into_iter().chain(tables) {
            self.key.push(key);
            self.value(&value)?;
            self.key.pop();
        }
        Ok(())
    }

    /// A table between braces.
    fn inline(&mut self, table: &Value) -> Result<(), TomlError> {
        let (plain, tables) = split(table)?;
        let more = !tables.is_empty();
        self.out.push(b'{');
        for (entries, more) in [(plain, more), (tables, false)] {
            let last = entries.len().saturating_sub(1);
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if shape(&value, 0)? == Shape::Nil {
                    // With the comma before it left where it is.
                    continue;
                }
                append_part(&mut self.out, &key);
                self.out.extend_from_slice(b" = ");
                self.element(&value)?;
                if more || index < last {
                    self.out.extend_from_slice(b", ");
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list(&mut self, items: &[Value]) -> Result<(), TomlError> {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.extend_from_slice(b", ");
            }
            self.element(item)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// A value where it stands: behind an equals sign or in a list.
    fn element(&mut self, value: &Value) -> Result<(), TomlError> {
        self.nested(|it| {
            match value {
                // Not reached: what is nil has been left out or refused.
                Value::Nil => {}
                Value::Bool(truth) => it.write(if *truth { "true" } else { "false" }),
                Value::Int(number, _) => it.write(&number.to_string()),
                Value::Uint(number, _) => it.write(&number.to_string()),
                Value::Float(number, kind) => it.float(*number, *kind),
                Value::Str(text) => append_quoted(&mut it.out, text),
                Value::Bytes(_) => it.list(&items(value)?)?,
                Value::List(list) => it.list(list)?,
                Value::Map(_) => it.inline(value)?,
                Value::Object(object) => match form(object.as_ref())? {
                    Form::Table(_) => it.inline(value)?,
                    Form::List(items) => it.list(&items)?,
                    Form::Quoted(text) => append_quoted(&mut it.out, &text),
                    Form::Bare(text) => it.out.extend_from_slice(&text),
                    Form::Scalar(plain) => it.element(&plain)?,
                },
            }
            Ok(())
        })
    }

    fn write(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn float(&mut self, number: f64, kind: Kind) {
        if !number.is_finite() {
            if number.is_sign_negative() {
                self.write("-");
            }
            self.write(if number.is_nan() { "nan" } else { "inf" });
            return;
        }
        let bits = if kind == Kind::Float32 { 32 } else { 64 };
        let text = strconv::format_float(number, b'g', None, bits);
        self.write(&text);
        if !text.contains(['e', '.']) {
            self.write(".0");
        }
    }
}

fn too_deep() -> TomlError {
    TomlError::Limit(format!("a value is nested more than {MAX_DEPTH} deep"))
}

fn shape(value: &Value, depth: usize) -> Result<Shape, TomlError> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    let list = match value {
        Value::Nil => return Ok(Shape::Nil),
        Value::Map(map) if map.is_nil() => return Ok(Shape::Nil),
        Value::Map(_) => return Ok(Shape::Table),
        Value::List(list) if list.is_nil() => return Ok(Shape::Nil),
        Value::List(list) => list,
        Value::Object(object) => {
            return match form(object.as_ref())? {
                Form::Table(_) => Ok(Shape::Table),
                Form::List(items) => shape(&Value::list(items), depth),
                _ => Ok(Shape::Plain),
            };
        }
        _ => return Ok(Shape::Plain),
    };
    let mut tables = !list.is_empty();
    for item in list.iter() {
        match deep::step(|| shape(item, depth + 1))? {
            Shape::Nil => return Err(refused("toml: cannot encode array with nil element")),
            Shape::Table => {}
            Shape::Plain | Shape::Tables => tables = false,
        }
    }
    Ok(if tables { Shape::Tables } else { Shape::Plain })
}

fn items(list: &Value) -> Result<Vec<Value>, TomlError> {
    match list {
        Value::List(list) => Ok(list.to_vec()),
        Value::Bytes(bytes) => Ok(bytes
            .iter()
            .map(|byte| Value::Uint(u64::from(*byte), Kind::Uint8))
            .collect()),
        Value::Object(object) => match form(object.as_ref())? {
            Form::List(items) => Ok(items),
            _ => Ok(Vec::new()),
        },
        _ => Ok(Vec::new()),
    }
}

type Entries = Vec<(Str, Value)>;

/// A table's entries: those behind an equals sign, and the tables; each sorted by key.
fn split(table: &Value) -> Result<(Entries, Entries), TomlError> {
    let entries = match table {
        Value::Map(map) => map.entries(),
        Value::Object(object) => match form(object.as_ref())? {
            Form::Table(entries) => entries,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    for entry in entries {
        match shape(&entry.1, 0)? {
            Shape::Nil | Shape::Plain => plain.push(entry),
            Shape::Table | Shape::Tables => tables.push(entry),
        }
    }
    Ok((plain, tables))
}

fn form(object: &dyn Object) -> Result<Form, TomlError> {
    let ty = object.ty();
    let text = || object.text().unwrap_or_default();
    match (ty.name(), ty.kind()) {
        ("time.Time", _) => Ok(Form::Bare(time(object))),
        // Those that have a `MarshalText`, and one that the library knows.
        ("time.Duration" | "*semver.Version" | "semver.Version", _) => Ok(Form::Quoted(text())),
        (_, Kind::Map) => {
            let entries = object.entries().unwrap_or_default().into_iter();
            let mut entries = entries
                .map(|(key, value)| match key {
                    Value::Str(key) => Ok((key, value)),
                    _ => Err(refused("toml: cannot encode a map with non-string key type")),
                })
                .collect::<Result<Vec<_>, _>>()?;
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Ok(Form::Table(entries))
        }
        (_, Kind::Slice) => {
            let entries = object.entries().unwrap_or_default();
            Ok(Form::List(entries.into_iter().map(|(_, value)| value).collect()))
        }
        (_, Kind::Func) => Err(refused("unsupported type: func")),
        (name, Kind::Struct | Kind::Ptr) => Err(TomlError::Limit(format!("hoist does not write a {name} as TOML"))),
        _ => Ok(Form::Scalar(object.plain())),
    }
}

/// A time, without quotes. One that was read without a zone is written without.
fn time(object: &dyn Object) -> Vec<u8> {
    let text = object.text().unwrap_or_default();
    let mut words = text.split(|byte| *byte == b' ');
    let (date, time) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match words.nth(1) {
        Some(b"datetime-local") => [date, b"T", time].concat(),
        Some(b"date-local") => date.to_vec(),
        Some(b"time-local") => time.to_vec(),
        _ => match object.plain() {
            Value::Str(text) => text.to_vec(),
            _ => Vec::new(),
        },
    }
}
