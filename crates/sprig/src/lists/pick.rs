//! Single elements of lists, and what is left without them.

use hoist_govalue::{Args, Func, FuncResult, List, Type, Value};

use super::items_or;
use crate::def::pure;
use crate::defaults::is_empty;

const ANY: &[Type] = &[Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("first", ANY, first),
    pure("mustFirst", ANY, first),
    pure("last", ANY, last),
    pure("mustLast", ANY, last),
    pure("rest", ANY, rest),
    pure("mustRest", ANY, rest),
    pure("initial", ANY, initial),
    pure("mustInitial", ANY, initial),
    pure("compact", ANY, compact),
    pure("mustCompact", ANY, compact),
];

fn first(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find first on type")?;
    Ok(items.first().cloned().unwrap_or_default())
}

fn last(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find last on type")?;
    Ok(items.last().cloned().unwrap_or_default())
}

fn rest(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find rest on type")?;
    Ok(match &*items {
        [] => List::nil(Type::List).into(),
        [_, rest @ ..] => Value::list(rest.to_vec()),
    })
}

fn initial(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot find initial on type")?;
    Ok(match &*items {
        [] => List::nil(Type::List).into(),
        [initial @ .., _] => Value::list(initial.to_vec()),
    })
}

fn compact(args: Args<'_>) -> FuncResult {
    let items = items_or(args.any(0), "Cannot compact on type")?;
    Ok(Value::list(
        items.iter().filter(|item| !is_empty(item)).cloned().collect(),
    ))
}
