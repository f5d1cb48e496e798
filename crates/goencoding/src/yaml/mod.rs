//! YAML, as sigs.k8s.io/yaml and Helm read and write it.
//!
//! Reading goes by way of go-yaml v2 and JSON: YAML 1.1 with some of 1.2, all numbers `float64`, all keys strings.
//! Writing goes from JSON to go-yaml v2 as well, with its order of keys, its quoting and its folding at 80 columns;
//! [`encode_pretty`] is go-yaml v3's, without JSON. Errors have the texts of those libraries.

mod analyze;
mod chars;
mod decode;
mod emit;
mod encode;
mod error;
mod gosyntax;
mod keys;
mod nodes;
mod numbers;
mod parser;
mod reader;
mod resolve;
mod scalar;
mod scanner;
mod tags;
mod token;

use hoist_govalue::{List, Map, Type, Value};

pub use error::{MAX_DEPTH, YamlError};

use decode::Numbers;
use nodes::Document;

/// Reads the first document of a text: `yaml.Unmarshal` into an `interface {}`. An empty text is nil.
pub fn decode(text: &[u8]) -> Result<Value, YamlError> {
    let input = reader::prepare(text);
    let document = Document::parse(&input.text, input.watch)?;
    decode::decode(&document, Numbers::Floats)
}

/// Reads the first document of a text as go-yaml does by itself: integers stay what they are. It is what sigs.k8s.io/yaml
/// has in hand where it makes strings of numbers, for fields that are strings.
pub fn decode_exact(text: &[u8]) -> Result<Value, YamlError> {
    let input = reader::prepare(text);
    let document = Document::parse(&input.text, input.watch)?;
    decode::decode(&document, Numbers::Exact)
}

/// Reads a mapping: `yaml.Unmarshal` into a `map[string]interface {}`, which `fromYaml` does. An empty text is an empty
/// map.
pub fn decode_map(text: &[u8]) -> Result<Map, YamlError> {
    match decode(text)? {
        Value::Map(map) => Ok(map),
        Value::Nil => Ok(Map::new()),
        other => Err(mismatch(&other, Type::Map)),
    }
}

/// Reads a sequence: `yaml.Unmarshal` into an empty `[]interface {}`, which `fromYamlArray` does. An empty text is an
/// empty list.
pub fn decode_list(text: &[u8]) -> Result<List, YamlError> {
    match decode(text)? {
        Value::List(list) => Ok(list),
        Value::Nil => Ok(List::new(Vec::new())),
        other => Err(mismatch(&other, Type::List)),
    }
}

fn mismatch(found: &Value, wanted: Type) -> YamlError {
    let found = match found {
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    };
    YamlError::Decode(format!("json: cannot unmarshal {found} into Go value of type {wanted}"))
}

/// Writes a value: `yaml.Marshal`, whose text `toYaml` gives without the line break at its end.
pub fn encode(value: &Value) -> Result<Vec<u8>, YamlError> {
    encode::through_yaml(value)
}

/// Writes a value as `toYamlPretty` does (without the line break at its end): sequences indented, nothing folded.
pub fn encode_pretty(value: &Value) -> Result<Vec<u8>, YamlError> {
    encode::directly(value)
}
