//! Types and kinds.

use hoist_govalue::{Args, Func, FuncResult, Type};

use crate::def::pure;

const ANY: &[Type] = &[Type::Any];
const STR_ANY: &[Type] = &[Type::Str, Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("typeOf", ANY, |args| Ok(args.any(0).type_name().into())),
    pure("typeIs", STR_ANY, |args| {
        Ok((*args.str(0)? == args.any(1).type_name()).into())
    }),
    pure("typeIsLike", STR_ANY, type_is_like),
    pure("kindOf", ANY, |args| Ok(args.any(0).kind().name().into())),
    pure("kindIs", STR_ANY, |args| {
        Ok((*args.str(0)? == args.any(1).kind().name()).into())
    }),
    pure("deepEqual", &[Type::Any, Type::Any], |args| {
        Ok(args.any(0).deep_eq(args.any(1)).into())
    }),
];

/// The type, or a pointer to it.
fn type_is_like(args: Args<'_>) -> FuncResult {
    let (wanted, found) = (args.str(0)?, args.any(1).type_name().as_bytes());
    let alike = **wanted == *found || found.strip_prefix(b"*").is_some_and(|it| *it == **wanted);
    Ok(alike.into())
}
