//! `eq`, `lt` and those that follow from them.

use std::rc::Rc;

use hoist_govalue::{Kind, Value, fmt};

use super::{Result, fail, show};
use crate::value::Seen;

/// A value of a type that can be compared with others of its kind.
enum Basic<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str(std::borrow::Cow<'a, [u8]>),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    Some(match value {
        Value::Bool(truth) => Basic::Bool(*truth),
        Value::Int(number, _) => Basic::Int(*number),
        Value::Uint(number, _) => Basic::Uint(*number),
        Value::Float(number, _) => Basic::Float(*number),
        Value::Str(text) => Basic::Str(text.as_bytes().into()),
        // A named string, number or bool.
        Value::Object(object) => match (object.ty().kind(), object.plain()) {
            (Kind::Bool, Value::Bool(truth)) => Basic::Bool(truth),
            (kind, Value::Int(number, _)) if kind.is_int() => Basic::Int(number),
            (kind, Value::Uint(number, _)) if kind.is_uint() => Basic::Uint(number),
            (kind, Value::Float(number, _)) if kind.is_float() => Basic::Float(number),
            (Kind::String, Value::Str(text)) => Basic::Str(text.as_bytes().to_vec().into()),
            _ => return None,
        },
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => return None,
    })
}

fn incompatible<T>(a: &Value, b: &Value) -> Result<T> {
    let (a, b) = (a.type_name(), b.type_name());
    fail(format!("incompatible types for comparison: {a} and {b}"))
}

pub(super) fn equal(first: &Value, others: &[Seen]) -> Result<bool> {
    if others.is_empty() {
        return fail("missing argument for comparison");
    }
    for other in others {
        if equal_to(first, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp)]
fn equal_to(a: &Value, b: &Value) -> Result<bool> {
    let (left, right) = (basic(a), basic(b));
    Ok(match (&left, &right) {
        (Some(Basic::Bool(a)), Some(Basic::Bool(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Int(b))) => a == b,
        (Some(Basic::Uint(a)), Some(Basic::Uint(b))) => a == b,
        (Some(Basic::Float(a)), Some(Basic::Float(b))) => a == b,
        (Some(Basic::Str(a)), Some(Basic::Str(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Uint(b))) | (Some(Basic::Uint(b)), Some(Basic::Int(a))) => {
            u64::try_from(*a) == Ok(*b)
        }
        (None, None) => return equal_other(a, b),
        _ if matches!(a, Value::Nil) || matches!(b, Value::Nil) => false,
        _ => return incompatible(a, b),
    })
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Map(map) => map.is_nil(),
        Value::List(list) => list.is_nil(),
        _ => false,
    }
}

/// Two values of which neither is a number, string or bool.
fn equal_other(a: &Value, b: &Value) -> Result<bool> {
    let nil = |value: &Value| matches!(value, Value::Nil);
    if a.kind() != b.kind() && !nil(a) && !nil(b) {
        let shown = fmt::sprintf(b"%s", std::slice::from_ref(a))?;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let (left, right) = (a.type_name(), b.type_name());
        return fail(format!("non-comparable types {shown}: {left}, {right}: {}", show(b)));
    }
    if is_nil(a) || is_nil(b) {
        return Ok(is_nil(a) == is_nil(b));
    }
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => match b.kind() {
            Kind::Ptr => Ok(Rc::ptr_eq(left, right)),
            Kind::Struct => Ok(a.deep_eq(b)),
            _ => incomparable(b),
        },
        _ => incomparable(b),
    }
}

fn incomparable<T>(value: &Value) -> Result<T> {
    let shown = fmt::sprintf(b"%s", std::slice::from_ref(value))?;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    fail(format!("non-comparable type {shown}: {}", value.type_name()))
}

pub(super) fn less(a: &Value, b: &Value) -> Result<bool> {
    const BAD: &str = "invalid type for comparison";
    let (Some(left), Some(right)) = (basic(a), basic(b)) else {
        return fail(BAD);
    };
    Ok(match (left, right) {
        (Basic::Bool(_), Basic::Bool(_)) => return fail(BAD),
        (Basic::Int(a), Basic::Int(b)) => a < b,
        (Basic::Uint(a), Basic::Uint(b)) => a < b,
        (Basic::Float(a), Basic::Float(b)) => a < b,
        (Basic::Str(a), Basic::Str(b)) => a < b,
        (Basic::Int(a), Basic::Uint(b)) => u64::try_from(a).is_ok_and(|a| a < b) || a < 0,
        (Basic::Uint(a), Basic::Int(b)) => u64::try_from(b).is_ok_and(|b| a < b),
        _ => return incompatible(a, b),
    })
}

pub(super) fn less_or_equal(a: &Value, b: &Value) -> Result<bool> {
    Ok(less(a, b)? || equal_to(a, b)?)
}
