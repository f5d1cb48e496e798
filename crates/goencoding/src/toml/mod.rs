//! TOML, as BurntSushi's library reads and writes it.

mod datetime;
mod encode;
mod key;
mod lexer;
mod parser;
mod scalar;
mod shape;
mod tables;
mod words;

use hoist_govalue::{Map, Value};
use thiserror::Error;

pub use datetime::{Datetime, Zone};

/// How deep values may be nested, read or written. Go goes on until its stack is full, and dies.
pub const MAX_DEPTH: usize = 1000;

/// Why TOML was not read or written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TomlError {
    /// In the library's words: what Helm's `toToml` and `fromToml` show in place of a result.
    #[error("{0}")]
    Refused(String),
    /// Where the library panics, with its words: of such an error the whole rendering dies.
    #[error("{0}")]
    Panic(String),
    /// More than hoist does, where the library would go on. Of such an error the rendering has to die too.
    #[error("toml: {0}")]
    Limit(String),
}

/// A value as TOML: `toml.NewEncoder(..).Encode(value)`. Tables are indented by two spaces a level.
pub fn encode(value: &Value) -> Result<Vec<u8>, TomlError> {
    encode::document(value)
}

/// Reads a document: `toml.Unmarshal` into an empty `map[string]interface {}`. Dates and times become what `datetime`
/// makes of them: a `time.Time`.
pub fn decode(text: &[u8], datetime: &dyn Fn(&Datetime) -> Value) -> Result<Map, TomlError> {
    parser::document(text, datetime)
}
