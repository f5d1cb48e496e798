//! Values as text: sprig's `strval` and `%v`.

use hoist_govalue::{FuncError, Str, Value, fmt};

/// Sprig's `strval`: strings and bytes as they are, what has a text by it, everything else as `%v`.
pub(crate) fn strval(value: &Value) -> Result<Str, FuncError> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Bytes(bytes) => Ok(Str::from(&**bytes)),
        Value::Object(object) => object.text().map_or_else(|| print(value), Ok),
        other => print(other),
    }
}

/// `fmt.Sprint` of one value.
pub(crate) fn print(value: &Value) -> Result<Str, FuncError> {
    let mut out = Vec::new();
    append(&mut out, value)?;
    Ok(out.into())
}

/// Appends `%v` of a value.
pub(crate) fn append(out: &mut Vec<u8>, value: &Value) -> Result<(), FuncError> {
    fmt::append(out, std::slice::from_ref(value))
}
