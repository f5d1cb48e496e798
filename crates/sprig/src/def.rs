//! How a function is declared, and texts of Go's panics that several of them share.

use hoist_govalue::{Args, Body, Func, FuncError, FuncResult, Host, Map, Type, Value};

/// A function of its arguments alone.
pub(crate) const fn pure(name: &'static str, params: &'static [Type], run: fn(Args<'_>) -> FuncResult) -> Func {
    Func {
        name,
        params,
        variadic: false,
        body: Body::Pure(run),
    }
}

/// A function whose last parameter takes any number of arguments.
pub(crate) const fn variadic(name: &'static str, params: &'static [Type], run: fn(Args<'_>) -> FuncResult) -> Func {
    Func {
        name,
        params,
        variadic: true,
        body: Body::Pure(run),
    }
}

/// A function that asks the world.
pub(crate) const fn host(
    name: &'static str,
    params: &'static [Type],
    run: fn(&mut dyn Host, Args<'_>) -> FuncResult,
) -> Func {
    Func {
        name,
        params,
        variadic: false,
        body: Body::Host(run),
    }
}

/// The argument at `index` as a map; nil is the nil map.
pub(crate) fn map_at(args: Args<'_>, index: usize) -> Result<Map, FuncError> {
    map_of(args.any(index))
}

/// A value as a `map[string]interface {}`, which it is by the signature; nil is the nil map.
pub(crate) fn map_of(value: &Value) -> Result<Map, FuncError> {
    match value {
        Value::Map(map) => Ok(map.as_type(Type::Map)),
        Value::Nil => Ok(Map::nil(Type::Map)),
        other => Err(FuncError::new(format!(
            "wrong type for value; expected map[string]interface {{}}; got {}",
            other.type_name()
        ))),
    }
}

/// What Go's runtime says when nil is asked for its type.
pub(crate) fn nil_dereference() -> FuncError {
    FuncError::new("runtime error: invalid memory address or nil pointer dereference")
}

/// What Go's runtime says when a type assertion does not hold.
pub(crate) fn not_assertable(value: &Value, wanted: Type) -> FuncError {
    let found = value.ty().map_or("nil", Type::name);
    FuncError::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
