//! Helm's functions on durations.

use hoist_govalue::{Args, Func, FuncError, FuncResult, Type, Value, fmt, strconv};
use hoist_sprig::time;

use super::funcs::pure;
use crate::values::printed;

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

pub(super) const FUNCTIONS: &[Func] = &[
    pure("mustToDuration", &[Type::Any], |args| {
        let nanos = nanoseconds(args.any(0)).map_err(FuncError::new)?;
        Ok(time::duration(nanos))
    }),
    pure("durationSeconds", &[Type::Any], |args| float(args, SECOND, 1.0)),
    pure("durationMinutes", &[Type::Any], |args| float(args, MINUTE, 1.0)),
    pure("durationHours", &[Type::Any], |args| float(args, HOUR, 1.0)),
    pure("durationDays", &[Type::Any], |args| float(args, HOUR, 24.0)),
    pure("durationWeeks", &[Type::Any], |args| {
        let Ok(nanos) = nanoseconds(args.any(0)) else {
            return Ok(Value::float(0.0));
        };
        Ok(Value::float(time::duration_in(nanos, HOUR) / 24.0 / 7.0))
    }),
    pure("durationMilliseconds", &[Type::Any], |args| whole(args, 1_000_000)),
    pure("durationMicroseconds", &[Type::Any], |args| whole(args, 1_000)),
    pure("durationNanoseconds", &[Type::Any], |args| whole(args, 1)),
    pure("durationRoundTo", &[Type::Any, Type::Any], |args| {
        multiple(args, time::round_duration)
    }),
    pure("durationTruncateTo", &[Type::Any, Type::Any], |args| {
        multiple(args, time::truncate_duration)
    }),
];

fn float(args: Args<'_>, unit: i64, by: f64) -> FuncResult {
    let nanos = nanoseconds(args.any(0));
    Ok(Value::float(
        nanos.map_or(0.0, |nanos| time::duration_in(nanos, unit) / by),
    ))
}

fn whole(args: Args<'_>, unit: i64) -> FuncResult {
    Ok(Value::int64(nanoseconds(args.any(0)).map_or(0, |nanos| nanos / unit)))
}

fn multiple(args: Args<'_>, how: fn(i64, i64) -> i64) -> FuncResult {
    let Ok(nanos) = nanoseconds(args.any(0)) else {
        return Ok(time::duration(0));
    };
    let to = nanoseconds(args.any(1));
    Ok(time::duration(to.map_or(nanos, |to| how(nanos, to))))
}

/// What a value is as a duration: one itself, a text of one, or a number of seconds.
fn nanoseconds(value: &Value) -> Result<i64, String> {
    if let Some(nanos) = time::duration_of(value) {
        return Ok(nanos);
    }
    match value {
        Value::Nil => Err("invalid duration".into()),
        Value::Str(text) => {
            let trimmed = crate::sorted::trim(text);
            if trimmed.is_empty() {
                return Err("empty duration".into());
            }
            if let Ok(nanos) = time::parse_duration(trimmed) {
                return Ok(nanos);
            }
            match strconv::parse_float(trimmed, 64) {
                Ok(seconds) => of_float(seconds),
                Err(_) => Err(format!("could not parse duration {}", strconv::quote(text))),
            }
        }
        Value::Int(seconds, _) => of_whole(*seconds),
        Value::Uint(seconds, _) => i64::try_from(*seconds)
            .map_err(|_| overflow(&seconds.to_string()))
            .and_then(of_whole),
        Value::Float(seconds, _) => of_float(*seconds),
        Value::Object(object) if object.ty().kind().is_int() => match object.plain() {
            Value::Int(seconds, _) => of_whole(seconds),
            other => Err(format!("unsupported duration type {}", other.type_name())),
        },
        other => Err(format!("unsupported duration type {}", other.type_name())),
    }
}

fn overflow(seconds: &str) -> String {
    format!("duration seconds overflow: {seconds}")
}

fn of_whole(seconds: i64) -> Result<i64, String> {
    seconds
        .checked_mul(SECOND)
        .ok_or_else(|| overflow(&seconds.to_string()))
}

fn of_float(seconds: f64) -> Result<i64, String> {
    let shown = || printed(fmt::sprint(&[Value::float(seconds)]));
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    let most = i64::MAX as f64 / SECOND as f64;
    if seconds.abs() > most {
        return Err(overflow(&shown()));
    }
    Ok((seconds * SECOND as f64) as i64)
}
