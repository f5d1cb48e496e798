//! Defaults, emptiness and flow.

use hoist_govalue::{Args, Func, FuncError, FuncResult, Type, Value};

use crate::def::{pure, variadic};

const ANY: &[Type] = &[Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    variadic("default", &[Type::Any, Type::Any], |args| {
        let given = args.rest(1).first().filter(|given| !is_empty(given));
        Ok(given.unwrap_or(args.any(0)).clone())
    }),
    pure("empty", ANY, |args| Ok(is_empty(args.any(0)).into())),
    variadic("coalesce", ANY, |args| {
        let first = args.all().iter().find(|value| !is_empty(value));
        Ok(first.cloned().unwrap_or_default())
    }),
    variadic("all", ANY, |args| Ok((!args.all().iter().any(is_empty)).into())),
    variadic("any", ANY, |args| {
        Ok(args.all().iter().any(|value| !is_empty(value)).into())
    }),
    pure("ternary", &[Type::Any, Type::Any, Type::Bool], ternary),
    pure("fail", &[Type::Str], |args| Err(FuncError::new(args.str(0)?.text()))),
];

/// Sprig's `empty`: nil, zero, and what has no elements. A struct never is.
pub(crate) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}

fn ternary(args: Args<'_>) -> FuncResult {
    Ok(if args.bool(2)? { args.any(0) } else { args.any(1) }.clone())
}
