//! Patterns with the rules of Go's regexp: sprig's own function, as charts have it.

use hoist_govalue::{Args, Body, Value};

/// Why a text is no pattern.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    matches(pattern, "").map(drop)
}

/// Whether a text contains a match of a pattern.
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool, String> {
    let function = hoist_sprig::functions().find(|function| function.name == "mustRegexMatch");
    let Some(Body::Pure(run)) = function.map(|function| function.body) else {
        return Err("there are no patterns here".into());
    };
    match run(Args::new(&[Value::str(pattern), Value::str(text)])) {
        Ok(Value::Bool(found)) => Ok(found),
        Ok(other) => Err(format!("a pattern answered {}", other.type_name())),
        Err(error) => Err(error.to_string()),
    }
}
