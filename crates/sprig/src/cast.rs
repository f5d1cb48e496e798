//! spf13/cast: numbers out of anything, zero out of what is none.

use hoist_govalue::{Kind, Type, Value, strconv};

/// `cast.ToInt64`, and `cast.ToInt`, which is the same where an int has 64 bits.
pub(crate) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(number, _) => *number,
        Value::Uint(number, _) => number.cast_signed(),
        Value::Float(number, _) => float_to_int(*number),
        Value::Bool(truth) => i64::from(*truth),
        Value::Str(text) => strconv::parse_int(without_zero_decimals(text), 0, 64).unwrap_or(0),
        Value::Object(_) => calendar(value).unwrap_or(0),
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// `cast.ToFloat64`.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn to_float64(value: &Value) -> f64 {
    match value {
        Value::Int(number, _) => *number as f64,
        Value::Uint(number, _) => *number as f64,
        Value::Float(number, _) => *number,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Str(text) => strconv::parse_float(text, 64).unwrap_or(0.0),
        Value::Object(_) => calendar(value).map_or(0.0, |number| number as f64),
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0.0,
    }
}

/// A float as an integer, as Go's compiler converts it on amd64: what does not fit is the least integer.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn float_to_int(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// The two named integers that cast knows.
fn calendar(value: &Value) -> Option<i64> {
    let Value::Object(object) = value else {
        return None;
    };
    match object.ty() {
        Type::Named("time.Month" | "time.Weekday", Kind::Int) => match object.plain() {
            Value::Int(number, _) => Some(number),
            _ => None,
        },
        _ => None,
    }
}

/// Without the last decimal point and what follows it, where that is zeros (and points): so `"1.0"` is an integer.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    let mut zero = false;
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b'.' if zero => return text.get(..at).unwrap_or(text),
            b'.' => {}
            b'0' => zero = true,
            _ => break,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_after_the_point_go() {
        assert_eq!(without_zero_decimals(b"10.00"), b"10");
        assert_eq!(without_zero_decimals(b"1."), b"1.");
        assert_eq!(without_zero_decimals(b"1.0."), b"1");
        assert_eq!(without_zero_decimals(b"1.50"), b"1.50");
        assert_eq!(without_zero_decimals(b"100"), b"100");
    }

    #[test]
    fn floats_that_do_not_fit_are_the_least_integer() {
        assert_eq!(float_to_int(-1.9), -1);
        assert_eq!(float_to_int(1e19), i64::MIN);
        assert_eq!(float_to_int(f64::NAN), i64::MIN);
    }
}
