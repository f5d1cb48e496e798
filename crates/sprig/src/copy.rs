//! Deep copies, as copystructure makes them.

use std::collections::BTreeMap;

use hoist_govalue::{Args, Func, FuncError, FuncResult, List, Map, Type, Value, check_items, deep};

use crate::def::pure;

/// How deep a value may be: a map can hold itself, which ends Go's program.
const MAX_DEPTH: usize = 10_000;

const ANY: &[Type] = &[Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[pure("deepCopy", ANY, deep_copy), pure("mustDeepCopy", ANY, deep_copy)];

fn deep_copy(args: Args<'_>) -> FuncResult {
    match args.any(0) {
        Value::Nil => Err(FuncError::new("reflect: call of reflect.Value.Type on zero Value")),
        value => copied(value, &mut Walk::new("deepCopy")),
    }
}

/// How far a function has gone into values.
pub(crate) struct Walk {
    what: &'static str,
    depth: usize,
    steps: usize,
}

impl Walk {
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            depth: 0,
            steps: 0,
        }
    }

    /// Goes one level down, where there may be so many elements.
    pub(crate) fn down<T, E: From<FuncError>>(
        &mut self,
        elements: usize,
        walk: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.depth > MAX_DEPTH {
            let what = self.what;
            return Err(FuncError::new(format!("{what}: a value is deeper than {MAX_DEPTH}, or holds itself")).into());
        }
        // What is shared is counted as often as it is met.
        self.steps = self.steps.saturating_add(elements);
        check_items(self.what, self.steps)?;
        self.depth += 1;
        let result = deep::step(|| walk(self));
        self.depth -= 1;
        result
    }
}

fn copied(value: &Value, walk: &mut Walk) -> FuncResult {
    match value {
        Value::Map(map) if !map.is_nil() => walk.down(map.len(), |walk| {
            let mut entries = BTreeMap::new();
            for (key, value) in map.borrow().iter() {
                entries.insert(key.clone(), copied(value, walk)?);
            }
            Ok(Map::typed(map.ty(), entries).into())
        }),
        Value::List(list) if !list.is_nil() => walk.down(list.len(), |walk| {
            let mut items = Vec::with_capacity(list.len());
            for item in list.iter() {
                items.push(copied(item, walk)?);
            }
            Ok(List::typed(list.ty(), items).into())
        }),
        Value::Map(map) => Ok(Map::nil(map.ty()).into()),
        // Nothing changes objects, so that most copies could not be told from the original.
        Value::Object(object) => Ok(object.deep_copy().unwrap_or_else(|| value.clone())),
        other => Ok(other.clone()),
    }
}
