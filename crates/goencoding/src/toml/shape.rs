//! What values are to TOML: behind an equals sign, a table, a list of tables, or nothing.

use std::cell::Cell;

use hoist_govalue::{Kind, Object, Str, Value, deep};

use super::{MAX_DEPTH, TomlError};

/// What TOML calls a value, as far as it decides how it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing: it is left out, and no list may have it.
    Nil,
    /// What is written behind an equals sign.
    Plain,
    Table,
    /// A list of tables alone.
    Tables,
}

/// An entry of a table.
pub(super) struct Entry {
    pub(super) key: Str,
    pub(super) value: Value,
    /// Whether a comma follows it between braces, where it is written there. The library decides that before it knows
    /// which entries are left out, and for structs by another number than it should.
    pub(super) comma: bool,
}

/// How an object is written.
pub(super) enum Form {
    Table(Vec<Entry>),
    List(Vec<Value>),
    Quoted(Str),
    Bare(Vec<u8>),
    Scalar(Value),
}

pub(super) fn refused(text: impl Into<String>) -> TomlError {
    TomlError::Refused(text.into())
}

pub(super) fn too_deep() -> TomlError {
    TomlError::Limit(format!("a value is nested more than {MAX_DEPTH} deep"))
}

/// How many values are looked at. Where lists share their elements there can be far more ways to them than values, and
/// the library goes all of them before it writes a byte.
const MAX_LOOKS: usize = 32 << 20;

/// Counts the values that are looked at.
#[derive(Default)]
pub(super) struct Looks(Cell<usize>);

pub(super) fn shape(value: &Value, looks: &Looks, depth: usize) -> Result<Shape, TomlError> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    looks.0.set(looks.0.get() + 1);
    if looks.0.get() > MAX_LOOKS {
        let text = format!("more than {MAX_LOOKS} values, each counted as often as it is found");
        return Err(TomlError::Limit(text));
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
                Form::List(items) => shape(&Value::list(items), looks, depth),
                _ => Ok(Shape::Plain),
            };
        }
        _ => return Ok(Shape::Plain),
    };
    let mut tables = !list.is_empty();
    for item in list.iter() {
        match deep::step(|| shape(item, looks, depth + 1))? {
            Shape::Nil => return Err(refused("toml: cannot encode array with nil element")),
            Shape::Table => {}
            Shape::Plain | Shape::Tables => tables = false,
        }
    }
    Ok(if tables { Shape::Tables } else { Shape::Plain })
}

pub(super) fn items(list: &Value) -> Result<Vec<Value>, TomlError> {
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

/// A table's entries: those behind an equals sign, and the tables; of a map each sorted by key.
pub(super) fn split(table: &Value, looks: &Looks) -> Result<(Vec<Entry>, Vec<Entry>), TomlError> {
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    let mut sort = |entry: Entry| {
        match shape(&entry.value, looks, 0)? {
            Shape::Nil | Shape::Plain => plain.push(entry),
            Shape::Table | Shape::Tables => tables.push(entry),
        }
        Ok::<(), TomlError>(())
    };
    match table {
        Value::Map(map) => {
            for (key, value) in map.borrow().iter() {
                sort(entry(key.clone(), value.clone()))?;
            }
        }
        Value::Object(object) => match form(object.as_ref())? {
            Form::Table(entries) if object.ty().kind() == Kind::Map => entries.into_iter().try_for_each(sort)?,
            Form::Table(entries) => {
                entries.into_iter().try_for_each(sort)?;
                return Ok((plain, tables));
            }
            _ => {}
        },
        _ => {}
    }
    if tables.is_empty()
        && let Some(last) = plain.last_mut()
    {
        last.comma = false;
    }
    if let Some(last) = tables.last_mut() {
        last.comma = false;
    }
    Ok((plain, tables))
}

fn entry(key: Str, value: Value) -> Entry {
    Entry {
        key,
        value,
        comma: true,
    }
}

/// The fields of a struct that are exported, in their order.
fn fields(object: &dyn Object) -> Result<Vec<Entry>, TomlError> {
    let fields = object.fields();
    if fields.is_empty() && object.text().is_some() {
        let name = object.ty().name();
        return Err(TomlError::Limit(format!("hoist does not know the fields of a {name}")));
    }
    let exported = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
    let count = fields.iter().filter(|(name, _)| exported(name)).count();
    let fields = fields.into_iter().enumerate().filter(|(_, (name, _))| exported(name));
    Ok(fields
        .map(|(place, (name, value))| Entry {
            key: Str::from(name),
            value,
            comma: place + 1 != count,
        })
        .collect())
}

pub(super) fn form(object: &dyn Object) -> Result<Form, TomlError> {
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
                    Value::Str(key) => Ok(entry(key, value)),
                    _ => Err(refused("toml: cannot encode a map with non-string key type")),
                })
                .collect::<Result<Vec<_>, _>>()?;
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(Form::Table(entries))
        }
        (_, Kind::Slice) => {
            let entries = object.entries().unwrap_or_default();
            Ok(Form::List(entries.into_iter().map(|(_, value)| value).collect()))
        }
        (_, Kind::Func) => Err(refused("unsupported type: func")),
        (_, Kind::Struct | Kind::Ptr) => Ok(Form::Table(fields(object)?)),
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
