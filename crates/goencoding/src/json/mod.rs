//! JSON, as encoding/json reads and writes it.

mod decode;
mod encode;

use hoist_govalue::{List, Map, Type, Value};
use thiserror::Error;

pub use encode::append_string;

/// How deep values may be nested: as in Go where they are read; where they are written Go goes on without end.
pub const MAX_DEPTH: usize = 10_000;

/// Why JSON was not read or written: in encoding/json's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonError {
    /// The text is not JSON.
    #[error("{0}")]
    Syntax(String),
    /// The text is JSON of another type than is wanted.
    #[error("json: cannot unmarshal {found} into Go value of type {wanted}")]
    Type {
        /// What the text has.
        found: String,
        /// The Go type that is wanted.
        wanted: &'static str,
    },
    /// A value that JSON does not have: a number that is none, a map that holds itself.
    #[error("json: unsupported value: {0}")]
    Value(String),
    /// A value of a type that JSON does not have.
    #[error("json: unsupported type: {0}")]
    Unsupported(&'static str),
    /// More than hoist does, where Go would go on. It is not to be swallowed as Go's errors may be.
    #[error("json: {0}")]
    Limit(String),
}

/// A value as JSON, with `<`, `>` and `&` escaped: `json.Marshal`.
pub fn encode(value: &Value) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::new();
    encode::Encoder::new(&mut out, true, None).document(value)?;
    Ok(out)
}

/// A value as JSON, with nothing escaped that need not be.
pub fn encode_raw(value: &Value) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::new();
    encode::Encoder::new(&mut out, false, None).document(value)?;
    Ok(out)
}

/// A value as JSON on lines indented by two spaces a level: `json.MarshalIndent(value, "", "  ")`.
pub fn encode_pretty(value: &Value) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::new();
    encode::Encoder::new(&mut out, true, Some("  ")).document(value)?;
    Ok(out)
}

/// Reads any JSON: `json.Unmarshal` into an `interface {}`. Numbers become `float64`.
pub fn decode(text: &[u8]) -> Result<Value, JsonError> {
    let (value, error) = decode::document(text)?;
    match error {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// Reads the JSON value that a text begins with, and tells how long it is: `json.NewDecoder(..).Decode(..)`.
pub fn decode_prefix(text: &[u8]) -> Result<(Value, usize), JsonError> {
    decode::prefix(text)
}

/// Reads a JSON object: `json.Unmarshal` into an empty `map[string]interface {}`. What was read before an error is
/// there beside it, as in Go; `null` makes the map nil.
pub fn decode_map(text: &[u8]) -> (Map, Option<JsonError>) {
    match decode::document(text) {
        Err(error) => (Map::new(), Some(error)),
        Ok((Value::Map(map), error)) => (map, error),
        Ok((Value::Nil, None)) => (Map::nil(Type::Map), None),
        // A number that is out of range is told as such only where a number fits.
        Ok((other, _)) => (Map::new(), Some(mismatch(&other, Type::Map))),
    }
}

/// Reads a JSON array: `json.Unmarshal` into an empty `[]interface {}`; `null` makes it nil.
pub fn decode_list(text: &[u8]) -> Result<List, JsonError> {
    match decode::document(text)? {
        (Value::List(list), None) => Ok(list),
        (Value::List(_), Some(error)) => Err(error),
        (Value::Nil, None) => Ok(List::nil(Type::List)),
        (other, _) => Err(mismatch(&other, Type::List)),
    }
}

fn mismatch(found: &Value, wanted: Type) -> JsonError {
    let found = match found {
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        // A number that was out of range is nil.
        _ => "number",
    };
    JsonError::Type {
        found: found.to_owned(),
        wanted: wanted.name(),
    }
}
