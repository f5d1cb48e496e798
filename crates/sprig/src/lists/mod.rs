//! Lists. Sprig takes any slice and answers with `[]interface {}`.

mod pick;
mod ranges;
mod unique;

use std::borrow::Cow;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Kind, List, Type, Value, check_items};

use crate::cast::to_int64;
use crate::def::{nil_dereference, pure, variadic};

const ANY: &[Type] = &[Type::Any];
const ANY_ANY: &[Type] = &[Type::Any, Type::Any];
const INT_ANY: &[Type] = &[Type::INT, Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[&[Func]] = &[OWN, pick::FUNCTIONS, ranges::FUNCTIONS, unique::FUNCTIONS];

const OWN: &[Func] = &[
    variadic("list", ANY, |args| Ok(Value::list(args.all().to_vec()))),
    variadic("tuple", ANY, |args| Ok(Value::list(args.all().to_vec()))),
    pure("append", ANY_ANY, push),
    pure("push", ANY_ANY, push),
    pure("mustAppend", ANY_ANY, push),
    pure("mustPush", ANY_ANY, push),
    pure("prepend", ANY_ANY, prepend),
    pure("mustPrepend", ANY_ANY, prepend),
    variadic("concat", ANY, concat),
    pure("reverse", ANY, reverse),
    pure("mustReverse", ANY, reverse),
    pure("chunk", INT_ANY, chunk),
    pure("mustChunk", INT_ANY, chunk),
    variadic("slice", ANY_ANY, slice),
    variadic("mustSlice", ANY_ANY, slice),
];

/// The elements, where the value is a slice.
pub(crate) fn items(value: &Value) -> Option<Cow<'_, [Value]>> {
    match value {
        Value::List(list) => Some(Cow::Borrowed(list)),
        Value::Bytes(bytes) => Some(Cow::Owned(
            bytes
                .iter()
                .map(|byte| Value::Uint(u64::from(*byte), Kind::Uint8))
                .collect(),
        )),
        Value::Object(object) if object.ty().kind() == Kind::Slice => Some(Cow::Owned(
            object.entries()?.into_iter().map(|(_, element)| element).collect(),
        )),
        _ => None,
    }
}

/// The elements of a slice; for anything else the error that begins with `refusal`.
fn items_or<'a>(value: &'a Value, refusal: &str) -> Result<Cow<'a, [Value]>, FuncError> {
    match items(value) {
        Some(items) => Ok(items),
        None if matches!(value, Value::Nil) => Err(nil_dereference()),
        None => Err(FuncError::new(format!("{refusal} {}", value.kind().name()))),
    }
}

fn push(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot push on type")?;
    check_items("append", items.len() + 1)?;
    let mut longer = Vec::with_capacity(items.len() + 1);
    longer.extend_from_slice(&items);
    longer.push(args.any(1).clone());
    Ok(Value::list(longer))
}

fn prepend(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot prepend on type")?;
    check_items("prepend", items.len() + 1)?;
    let mut longer = Vec::with_capacity(items.len() + 1);
    longer.push(args.any(1).clone());
    longer.extend_from_slice(&items);
    Ok(Value::list(longer))
}

fn concat(args: Args<'_>) -> FuncResult {
    let mut all = Vec::new();
    for list in args.all() {
        let Some(items) = items(list) else {
            return Err(match list {
                Value::Nil => nil_dereference(),
                other => FuncError::new(format!("Cannot concat type {} as list", other.kind().name())),
            });
        };
        check_items("concat", all.len() + items.len())?;
        all.extend_from_slice(&items);
    }
    // Go appends to a nil slice.
    Ok(if all.is_empty() {
        List::nil(Type::List).into()
    } else {
        Value::list(all)
    })
}

fn reverse(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find reverse on type")?;
    Ok(Value::list(items.iter().rev().cloned().collect()))
}

/// Lists of `size` elements. How many there are sprig reckons with floats, which decides what sizes below 1 do.
#[allow(clippy::cast_precision_loss)]
fn chunk(args: Args<'_>) -> FuncResult {
    let size = args.int(0)?;
    let items = items_or(args.any(1), "Cannot chunk type")?;
    let too_long = || FuncError::new("runtime error: makeslice: len out of range");
    let count = ((items.len() as f64 - 1.0) / size as f64).floor() + 1.0;
    let count = usize::try_from(crate::cast::float_to_int(count)).map_err(|_| too_long())?;
    check_items("chunk", count)?;
    let mut chunks = Vec::with_capacity(count);
    let mut from = 0_usize;
    for at in 0..count {
        let mut length = size;
        if at + 1 == count {
            length = crate::cast::float_to_int((items.len() as f64 % size as f64).floor());
            if length == 0 {
                length = size;
            }
        }
        let length = usize::try_from(length).map_err(|_| too_long())?;
        let part = items.get(from..from.saturating_add(length)).unwrap_or_default();
        chunks.push(Value::list(part.to_vec()));
        from = from.saturating_add(length);
    }
    Ok(List::typed(Type::Named("[][]interface {}", Kind::Slice), chunks).into())
}

/// A part of a slice, of the same type. Go would look beyond the end, too, where memory was left over; we do not.
fn slice(args: Args<'_>) -> FuncResult {
    let value = args.any(0);
    let items = items_or(value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let bounds = args.rest(1);
    let start = bounds.first().map_or(0, to_int64);
    let end = bounds.get(1).map(to_int64);
    let part = usize::try_from(start)
        .ok()
        .zip(end.map_or(Some(items.len()), |end| usize::try_from(end).ok()))
        .and_then(|(start, end)| items.get(start..end))
        .ok_or_else(|| FuncError::new("reflect.Value.Slice: slice index out of bounds"))?;
    Ok(match value {
        Value::List(list) => List::typed(list.ty(), part.to_vec()).into(),
        Value::Bytes(bytes) => {
            let start = usize::try_from(start).unwrap_or(0);
            Value::Bytes(bytes.get(start..start + part.len()).unwrap_or_default().into())
        }
        other => List::typed(other.ty().unwrap_or(Type::List), part.to_vec()).into(),
    })
}
