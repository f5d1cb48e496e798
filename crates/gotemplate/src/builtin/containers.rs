//! `len`, `index` and `slice`.

use hoist_govalue::{Kind, List, Str, Value};

use super::{Result, fail};
use crate::value::{Seen, zero};

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Str(text) => Some(text.len()),
        Value::Bytes(bytes) => Some(bytes.len()),
        Value::List(list) => Some(list.len()),
        Value::Map(map) => Some(map.len()),
        Value::Object(object) => object.entries().map(|entries| entries.len()),
        _ => None,
    }
}

pub(super) fn len(item: &Seen) -> Result<Seen> {
    match length(&item.value) {
        Some(length) => Ok(Seen::plain(Value::int(i64::try_from(length).unwrap_or(i64::MAX)))),
        None if item.is_invalid() => fail("reflect: call of reflect.Value.Type on zero Value"),
        None if item.is_nil_interface() => fail("len of nil pointer"),
        None => fail(format!("len of type {}", item.value.type_name())),
    }
}

fn position(index: &Value, limit: usize) -> Result<usize> {
    let out_of_range = |shown: String| fail(format!("index out of range: {shown}"));
    match index {
        Value::Int(number, _) => match usize::try_from(*number) {
            Ok(number) if number <= limit => Ok(number),
            _ => out_of_range(number.to_string()),
        },
        #[allow(clippy::cast_possible_wrap)]
        Value::Uint(number, _) => match usize::try_from(*number as i64) {
            Ok(number) if number <= limit => Ok(number),
            _ => out_of_range((*number as i64).to_string()),
        },
        // A named number, such as a duration.
        Value::Object(object) if object.ty().kind().is_int() => match object.plain() {
            number @ Value::Int(..) => position(&number, limit),
            _ => fail(format!("cannot index slice/array with type {}", index.type_name())),
        },
        Value::Nil => fail("cannot index slice/array with nil"),
        other => fail(format!("cannot index slice/array with type {}", other.type_name())),
    }
}

fn key(index: &Value) -> Result<&Str> {
    match index {
        Value::Str(key) => Ok(key),
        Value::Nil => fail("value is nil; should be of type string"),
        other => fail(format!("value has type {}; should be string", other.type_name())),
    }
}

pub(super) fn index(item: &Seen, indexes: &[Seen]) -> Result<Seen> {
    if matches!(item.value, Value::Nil) {
        return fail("index of untyped nil");
    }
    let mut item = item.clone().unboxed();
    for index in indexes {
        item = element(&item.value, &index.value)?;
    }
    Ok(item)
}

fn element(item: &Value, index: &Value) -> Result<Seen> {
    const OUT_OF_RANGE: &str = "reflect: slice index out of range";
    let byte = |byte: u8| Seen::plain(Value::Uint(u64::from(byte), Kind::Uint8));
    match item {
        Value::Nil => fail("index of nil pointer"),
        Value::Str(text) => match text.get(position(index, text.len())?) {
            Some(found) => Ok(byte(*found)),
            None => fail("reflect: string index out of range"),
        },
        Value::Bytes(bytes) => match bytes.get(position(index, bytes.len())?) {
            Some(found) => Ok(byte(*found)),
            None => fail(OUT_OF_RANGE),
        },
        Value::List(list) => match list.get(position(index, list.len())?) {
            Some(found) => Ok(Seen::element(found.clone(), list.ty().elem())),
            None => fail(OUT_OF_RANGE),
        },
        Value::Map(map) => {
            let element = map.ty().elem();
            let found = map.get(key(index)?);
            Ok(Seen::element(found.unwrap_or_else(|| zero(element)), element))
        }
        Value::Object(object) => {
            let Some(entries) = object.entries() else {
                return fail(format!("can't index item of type {}", item.type_name()));
            };
            let mut entries = entries.into_iter();
            if object.ty().kind() == Kind::Map {
                let key = key(index)?;
                let found = entries.find_map(|(known, value)| (known.as_str() == Some(key)).then_some(value));
                let element = object.elem();
                return Ok(Seen::element(found.unwrap_or_else(|| zero(element)), element));
            }
            let length = entries.len();
            match entries.nth(position(index, length)?) {
                Some((_, value)) => Ok(Seen::element(value, object.elem())),
                None => fail(OUT_OF_RANGE),
            }
        }
        other => fail(format!("can't index item of type {}", other.type_name())),
    }
}

pub(super) fn slice(item: &Value, indexes: &[Seen]) -> Result<Seen> {
    if matches!(item, Value::Nil) {
        return fail("slice of untyped nil");
    }
    if indexes.len() > 3 {
        return fail(format!("too many slice indexes: {}", indexes.len()));
    }
    let length = match item {
        Value::Str(_) if indexes.len() == 3 => return fail("cannot 3-index slice a string"),
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        other => return fail(format!("can't slice item of type {}", other.type_name())),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(&index.value, length)?;
    }
    let [start, end, capacity] = bounds;
    if start > end {
        return fail(format!("invalid slice index: {start} > {end}"));
    }
    if indexes.len() == 3 && end > capacity {
        return fail(format!("invalid slice index: {end} > {capacity}"));
    }
    let value = match item {
        Value::Str(text) => Value::Str(text.get(start..end).unwrap_or_default().into()),
        Value::Bytes(bytes) => Value::Bytes(bytes.get(start..end).unwrap_or_default().into()),
        Value::List(list) if list.is_nil() => Value::List(list.clone()),
        Value::List(list) => Value::List(List::typed(
            list.ty(),
            list.get(start..end).unwrap_or_default().to_vec(),
        )),
        _ => Value::Nil,
    };
    Ok(Seen::plain(value))
}
