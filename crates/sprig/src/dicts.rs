//! Maps: made, read, changed in place. Merging is in `merge`, copying in `copy`.

use hoist_govalue::{Args, Func, FuncError, FuncResult, List, Map, Type, Value};

use crate::def::{map_at, map_of, not_assertable, pure, variadic};
use crate::text::strval;

const MAP_STR: &[Type] = &[Type::Map, Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    variadic("dict", &[Type::Any], dict),
    pure("get", MAP_STR, |args| {
        Ok(map_at(args, 0)?.get(args.str(1)?).unwrap_or_else(|| "".into()))
    }),
    pure("set", &[Type::Map, Type::Str, Type::Any], set),
    pure("unset", MAP_STR, |args| {
        let map = map_at(args, 0)?;
        map.remove(args.str(1)?);
        Ok(map.into())
    }),
    pure("hasKey", MAP_STR, |args| {
        Ok(map_at(args, 0)?.contains(args.str(1)?).into())
    }),
    variadic("pluck", &[Type::Str, Type::Map], pluck),
    variadic("keys", &[Type::Map], keys),
    pure("values", &[Type::Map], |args| {
        let map = map_at(args, 0)?;
        let values = map.borrow().values().cloned().collect();
        Ok(Value::list(values))
    }),
    variadic("pick", MAP_STR, pick),
    variadic("omit", MAP_STR, omit),
    variadic("dig", &[Type::Any], dig),
];

fn dict(args: Args<'_>) -> FuncResult {
    let map = Map::new();
    for pair in args.all().chunks(2) {
        if let [key, rest @ ..] = pair {
            map.set(strval(key)?, rest.first().cloned().unwrap_or_else(|| "".into()));
        }
    }
    Ok(map.into())
}

fn set(args: Args<'_>) -> FuncResult {
    let map = map_at(args, 0)?;
    if !map.set(args.str(1)?.clone(), args.any(2).clone()) {
        return Err(FuncError::new("assignment to entry in nil map"));
    }
    Ok(map.into())
}

fn pluck(args: Args<'_>) -> FuncResult {
    let key = args.str(0)?;
    let mut found = Vec::new();
    for value in args.rest(1) {
        found.extend(map_of(value)?.get(key));
    }
    Ok(Value::list(found))
}

/// The keys of all maps, sorted in each. Go has no order of its own here.
fn keys(args: Args<'_>) -> FuncResult {
    let mut keys = Vec::new();
    for value in args.all() {
        keys.extend(map_of(value)?.borrow().keys().cloned());
    }
    Ok(List::strings(keys).into())
}

fn pick(args: Args<'_>) -> FuncResult {
    let map = map_at(args, 0)?;
    let wanted = args.rest(1).iter().filter_map(Value::as_str);
    let picked: Map = wanted.filter_map(|key| Some((key.clone(), map.get(key)?))).collect();
    Ok(picked.into())
}

fn omit(args: Args<'_>) -> FuncResult {
    let map = map_at(args, 0)?;
    let mut kept = map.borrow().clone();
    for key in args.rest(1).iter().filter_map(Value::as_str) {
        kept.remove(&**key);
    }
    Ok(Map::typed(Type::Map, kept).into())
}

/// `dig "a" "b" default map`
fn dig(args: Args<'_>) -> FuncResult {
    let [path @ .., default, start] = args.all() else {
        return Err(FuncError::new("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(FuncError::new("dig needs at least three arguments"));
    }
    let mut map = plain_map(start)?;
    let mut keys = Vec::with_capacity(path.len());
    for key in path {
        keys.push(key.as_str().ok_or_else(|| not_assertable(key, Type::Str))?);
    }
    let Some((last, steps)) = keys.split_last() else {
        return Ok(default.clone());
    };
    for key in steps {
        match map.get(key) {
            Some(next) => map = plain_map(&next)?,
            None => return Ok(default.clone()),
        }
    }
    Ok(map.get(last).unwrap_or_else(|| default.clone()))
}

/// The value, asserted to be a `map[string]interface {}`.
fn plain_map(value: &Value) -> Result<Map, FuncError> {
    match value {
        Value::Map(map) if map.ty() == Type::Map => Ok(map.clone()),
        other => Err(not_assertable(other, Type::Map)),
    }
}
