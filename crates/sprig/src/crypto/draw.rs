//! What is random is drawn once: an earlier run's result is used again where the host has kept it.

use hoist_govalue::{Args, FuncError, FuncResult, Host, Value};

/// The kept result of a draw, or a new one, which is told to the host.
pub(crate) fn once(
    host: &mut dyn Host,
    kind: &'static str,
    args: Args<'_>,
    accept: fn(Value) -> Option<Value>,
    draw: impl FnOnce(&mut dyn Host) -> Result<Value, FuncError>,
) -> FuncResult {
    if let Some(kept) = host.recall(kind, args.all()).and_then(accept) {
        return Ok(kept);
    }
    let drawn = draw(host)?;
    host.drawn(kind, args.all(), &drawn);
    Ok(drawn)
}

/// Accepts kept strings.
pub(crate) fn text(value: Value) -> Option<Value> {
    matches!(value, Value::Str(_)).then_some(value)
}
