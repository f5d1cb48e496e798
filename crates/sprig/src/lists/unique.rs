//! Lists as sets: what is in them, by `reflect.DeepEqual`.

use std::collections::HashSet;

use hoist_govalue::{Args, Func, FuncResult, Kind, Str, Type, Value};

use super::items_or;
use crate::def::{pure, variadic};

const ANY: &[Type] = &[Type::Any];
const ANY_ANY: &[Type] = &[Type::Any, Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("uniq", ANY, uniq),
    pure("mustUniq", ANY, uniq),
    variadic("without", ANY_ANY, without),
    variadic("mustWithout", ANY_ANY, without),
    pure("has", ANY_ANY, has),
    pure("mustHas", ANY_ANY, has),
];

/// A scalar that equals another exactly when they are deeply equal, so that long lists are not compared pair by pair.
#[derive(PartialEq, Eq, Hash)]
enum Scalar {
    Nil,
    Bool(bool),
    Int(i64, Kind),
    Uint(u64, Kind),
    Str(Str),
}

fn scalar(value: &Value) -> Option<Scalar> {
    Some(match value {
        Value::Nil => Scalar::Nil,
        Value::Bool(truth) => Scalar::Bool(*truth),
        Value::Int(number, kind) => Scalar::Int(*number, *kind),
        Value::Uint(number, kind) => Scalar::Uint(*number, *kind),
        Value::Str(text) => Scalar::Str(text.clone()),
        // Floats have two zeros and unequal NaNs.
        Value::Float(..) | Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::Object(_) => return None,
    })
}

/// Values that can be asked whether they hold another.
#[derive(Default)]
struct Set {
    scalars: HashSet<Scalar>,
    others: Vec<Value>,
}

impl Set {
    /// Whether the value is new to the set, which holds it then.
    fn insert(&mut self, value: &Value) -> bool {
        match scalar(value) {
            Some(scalar) => self.scalars.insert(scalar),
            None if self.others.iter().any(|other| value.deep_eq(other)) => false,
            None => {
                self.others.push(value.clone());
                true
            }
        }
    }

    fn contains(&self, value: &Value) -> bool {
        match scalar(value) {
            Some(scalar) => self.scalars.contains(&scalar),
            None => self.others.iter().any(|other| value.deep_eq(other)),
        }
    }
}

fn uniq(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find uniq on type")?;
    let mut seen = Set::default();
    Ok(Value::list(
        items.iter().filter(|item| seen.insert(item)).cloned().collect(),
    ))
}

fn without(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find without on type")?;
    let mut left_out = Set::default();
    for value in args.rest(1) {
        left_out.insert(value);
    }
    let kept = items.iter().filter(|item| !left_out.contains(item));
    Ok(Value::list(kept.cloned().collect()))
}

fn has(args: Args<'_>) -> FuncResult {
    let (needle, haystack) = (args.any(0), args.any(1));
    if matches!(haystack, Value::Nil) {
        return Ok(false.into());
    }
    let items = items_or(haystack, "Cannot find has on type")?;
    Ok(items.iter().any(|item| needle.deep_eq(item)).into())
}
