//! Merging maps, as mergo does it: in place, sharing what is taken over.

use std::rc::Rc;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Kind, Map, Str, Type, Value};

use crate::copy::Walk;
use crate::def::{map_at, map_of, variadic};
use crate::defaults::is_empty;

const MAP_MAP: &[Type] = &[Type::Map, Type::Map];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    variadic("merge", MAP_MAP, |args| merged(args, false, false)),
    variadic("mustMerge", MAP_MAP, |args| merged(args, false, true)),
    variadic("mergeOverwrite", MAP_MAP, |args| merged(args, true, false)),
    variadic("mustMergeOverwrite", MAP_MAP, |args| merged(args, true, true)),
];

/// Why a merge stops.
enum Refusal {
    /// An error of mergo's, which sprig swallows unless it must not.
    Mergo(&'static str),
    /// A panic of Go's, or a limit of ours.
    Panic(FuncError),
}

fn merged(args: Args<'_>, overwrite: bool, must: bool) -> FuncResult {
    let mut target = map_at(args, 0)?;
    for source in args.rest(1) {
        let source = map_of(source)?;
        if target.is_nil() && !source.is_nil() {
            target = Map::new();
        }
        match merge(&target, &source, overwrite, &mut Walk::new("merge")) {
            Ok(()) => {}
            Err(Refusal::Mergo(why)) if must => return Err(FuncError::new(why)),
            Err(Refusal::Mergo(_)) => return Ok("".into()),
            Err(Refusal::Panic(why)) => return Err(why),
        }
    }
    Ok(target.into())
}

impl From<FuncError> for Refusal {
    fn from(why: FuncError) -> Self {
        Self::Panic(why)
    }
}

/// What the target lacks, or has empty, it takes from the source; with `overwrite`, the rest, too.
fn merge(target: &Map, source: &Map, overwrite: bool, walk: &mut Walk) -> Result<(), Refusal> {
    walk.down(source.len(), |walk| merge_entries(target, source, overwrite, walk))
}

fn merge_entries(target: &Map, source: &Map, overwrite: bool, walk: &mut Walk) -> Result<(), Refusal> {
    if target.is_nil() || target.same(source) {
        return Ok(());
    }
    // The source may be reached by the target: an entry is read when its turn comes, since the last one may have changed it.
    let keys: Vec<Str> = source.borrow().keys().cloned().collect();
    for key in keys {
        let Some(theirs) = source.get(&key) else { continue };
        let ours = target.get(&key);
        if matches!(theirs, Value::Nil) {
            if overwrite {
                put(target, source, key, theirs)?;
            }
            continue;
        }
        let kind = theirs.kind();
        if kind == Kind::Slice && ours.is_some() && target.ty().elem() == Type::Str {
            return Err(Refusal::Panic(FuncError::new(
                "reflect: call of reflect.Value.IsNil on string Value",
            )));
        }
        if matches!(kind, Kind::Map | Kind::Struct | Kind::Ptr) {
            descend(ours.as_ref(), &theirs, overwrite, walk)?;
        }
        if let Some(ours) = ours.as_ref().filter(|ours| !is_empty(ours)) {
            let both_maps = kind == Kind::Map && ours.kind() == Kind::Map;
            if both_maps || !overwrite {
                continue;
            }
        }
        put(target, source, key, theirs)?;
    }
    Ok(())
}

/// Merges into what the target has already, where both are maps.
fn descend(ours: Option<&Value>, theirs: &Value, overwrite: bool, walk: &mut Walk) -> Result<(), Refusal> {
    let Some(ours) = ours else { return Ok(()) };
    match (ours, theirs) {
        (Value::Map(ours), Value::Map(theirs)) => merge(ours, theirs, overwrite, walk),
        (Value::Map(ours), Value::Object(theirs)) if theirs.ty().kind() == Kind::Map => {
            let entries = theirs.entries().unwrap_or_default();
            let named = entries
                .into_iter()
                .filter_map(|(key, value)| Some((key.as_str()?.clone(), value)));
            merge(ours, &named.collect(), overwrite, walk)
        }
        (Value::Object(ours), Value::Object(theirs)) if Rc::ptr_eq(ours, theirs) => Ok(()),
        (Value::Object(ours), _) => match (ours.ty().kind(), theirs.kind()) {
            // What a pointer points to has another type than what is no pointer.
            (Kind::Ptr, Kind::Map | Kind::Struct) if !overwrite => {
                Err(Refusal::Mergo("src and dst must be of same type"))
            }
            (Kind::Map, Kind::Map) if !is_empty(theirs) => Err(Refusal::Panic(FuncError::new(format!(
                "merge: hoist does not change what is in a {}",
                ours.ty()
            )))),
            (Kind::Struct, Kind::Map) if !ours.fields().is_empty() => Err(Refusal::Panic(FuncError::new(
                "reflect: call of reflect.Value.Field on map Value",
            ))),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Sets an entry, where the type of the target's elements allows what the type of the source's says.
fn put(target: &Map, source: &Map, key: Str, value: Value) -> Result<(), Refusal> {
    let (wanted, found) = (target.ty().elem(), source.ty().elem());
    if wanted != Type::Any && wanted != found {
        let found = if value.kind() == Kind::Slice {
            value.type_name()
        } else {
            found.name()
        };
        return Err(Refusal::Panic(FuncError::new(format!(
            "reflect.Value.SetMapIndex: value of type {found} is not assignable to type {wanted}"
        ))));
    }
    target.set(key, value);
    Ok(())
}
