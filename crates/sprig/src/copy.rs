//! Deep copies, as copystructure makes them.

use std::rc::Rc;

use hoist_govalue::{Args, Func, FuncError, FuncResult, List, Map, Type, Value};

use crate::def::pure;

/// How deep a value may be: a map can hold itself, which ends Go's program.
pub(crate) const MAX_DEPTH: usize = 1000;

const ANY: &[Type] = &[Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[pure("deepCopy", ANY, deep_copy), pure("mustDeepCopy", ANY, deep_copy)];

fn deep_copy(args: Args<'_>) -> FuncResult {
    match args.any(0) {
        Value::Nil => Err(FuncError::new("reflect: call of reflect.Value.Type on zero Value")),
        value => copied(value, 0),
    }
}

fn copied(value: &Value, depth: usize) -> FuncResult {
    if depth > MAX_DEPTH {
        return Err(FuncError::new(format!(
            "deepCopy: the value is deeper than {MAX_DEPTH}, or holds itself"
        )));
    }
    Ok(match value {
        Value::Map(map) if map.is_nil() => Map::nil(map.ty()).into(),
        Value::Map(map) => {
            let mut entries = std::collections::BTreeMap::new();
            for (key, value) in map.borrow().iter() {
                entries.insert(key.clone(), copied(value, depth + 1)?);
            }
            Map::typed(map.ty(), entries).into()
        }
        Value::List(list) if list.is_nil() => Value::List(list.clone()),
        Value::List(list) => {
            let items: Result<_, _> = list.iter().map(|item| copied(item, depth + 1)).collect();
            List::typed(list.ty(), items?).into()
        }
        // Nothing changes objects, so that most copies could not be told from the original.
        Value::Object(object) => object.deep_copy().unwrap_or_else(|| Value::Object(Rc::clone(object))),
        other => other.clone(),
    })
}
