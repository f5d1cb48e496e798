//! The functions that text/template brings along.

mod compare;
mod containers;
mod escape;

use std::{any::Any, rc::Rc};

use compare::{equal, less, less_or_equal};
use containers::{index, len, slice};
use escape::{html, js, url_query};
use hoist_govalue::{FuncError, Kind, Object, Type, Value, check_string, fmt};

use crate::value::Seen;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    UrlQuery,
}

type Result<T, E = FuncError> = std::result::Result<T, E>;

fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(FuncError::new(message))
}

impl Builtin {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "call" => Self::Call,
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "html" => Self::Html,
            "index" => Self::Index,
            "js" => Self::Js,
            "le" => Self::Le,
            "len" => Self::Len,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            "not" => Self::Not,
            "or" => Self::Or,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "slice" => Self::Slice,
            "urlquery" => Self::UrlQuery,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Call => "call",
            Self::Eq => "eq",
            Self::Ge => "ge",
            Self::Gt => "gt",
            Self::Html => "html",
            Self::Index => "index",
            Self::Js => "js",
            Self::Le => "le",
            Self::Len => "len",
            Self::Lt => "lt",
            Self::Ne => "ne",
            Self::Not => "not",
            Self::Or => "or",
            Self::Print => "print",
            Self::Printf => "printf",
            Self::Println => "println",
            Self::Slice => "slice",
            Self::UrlQuery => "urlquery",
        }
    }

    /// How many parameters it has before the variadic one, and whether it has that.
    pub(crate) fn arity(self) -> (usize, bool) {
        match self {
            Self::Html | Self::Js | Self::Print | Self::Println | Self::UrlQuery => (0, true),
            Self::And | Self::Call | Self::Eq | Self::Index | Self::Or | Self::Printf | Self::Slice => (1, true),
            Self::Len | Self::Not => (1, false),
            Self::Ge | Self::Gt | Self::Le | Self::Lt | Self::Ne => (2, false),
        }
    }

    /// Whether its parameters are interfaces, and not `reflect.Value`.
    pub(crate) fn takes_interfaces(self) -> bool {
        matches!(
            self,
            Self::Html | Self::Js | Self::Print | Self::Printf | Self::Println | Self::UrlQuery
        )
    }
}

/// Those that make a text of any values.
pub(crate) fn text(builtin: Builtin, values: &[Value]) -> Result<Vec<u8>> {
    match builtin {
        Builtin::Print => fmt::sprint(values),
        Builtin::Println => fmt::sprintln(values),
        Builtin::Printf => {
            let (format, values) = values.split_first().unwrap_or((&Value::Nil, &[]));
            fmt::sprintf(format.as_str().map_or(&[][..], |format| format), values)
        }
        Builtin::Html => Ok(html(&escapable("html", values)?)),
        Builtin::Js => Ok(js(&escapable("js", values)?)),
        _ => Ok(url_query(&escapable("urlquery", values)?)),
    }
}

/// What is to be escaped: each byte may become six, which is measured before they are made.
fn escapable(name: &str, values: &[Value]) -> Result<Vec<u8>> {
    let text = joined(values)?;
    check_string(name, text.len().saturating_mul(6))?;
    Ok(text)
}

fn joined(values: &[Value]) -> Result<Vec<u8>> {
    let printable: Vec<Value> = values
        .iter()
        .map(|value| match value {
            Value::Nil => Value::from("<no value>"),
            value => printable(value.clone()),
        })
        .collect();
    fmt::sprint(&printable)
}

/// Those that look at one value or compare several.
pub(crate) fn reflect(builtin: Builtin, values: &[Seen], callee: &str) -> Result<Seen> {
    let (first, rest) = values.split_first().unwrap_or((&Seen::INVALID, &[]));
    let second = rest.first().unwrap_or(&Seen::INVALID);
    let truth = match builtin {
        Builtin::Index => return index(first, rest),
        Builtin::Slice => return slice(&first.value, rest),
        Builtin::Len => return len(first),
        Builtin::Call => return call(&first.value, callee),
        Builtin::Eq => equal(&first.value, rest)?,
        Builtin::Ne => !equal(&first.value, rest)?,
        Builtin::Lt => less(&first.value, &second.value)?,
        Builtin::Le => less_or_equal(&first.value, &second.value)?,
        Builtin::Gt => !less_or_equal(&first.value, &second.value)?,
        Builtin::Ge => !less(&first.value, &second.value)?,
        _ => !first.value.is_true(),
    };
    Ok(Seen::plain(Value::Bool(truth)))
}

/// What a pointer without a text of its own points to: templates print that, not the pointer.
#[derive(Debug)]
struct Pointee(Rc<dyn Object>);

impl Object for Pointee {
    fn ty(&self) -> Type {
        let name = self.0.ty().name();
        Type::Named(name.strip_prefix('*').unwrap_or(name), Kind::Struct)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.0.fields()
    }

    fn plain(&self) -> Value {
        self.0.plain()
    }

    fn any(&self) -> &dyn Any {
        self.0.any()
    }
}

/// What is printed for a value.
pub(crate) fn printable(value: Value) -> Value {
    match value {
        Value::Object(object) if object.ty().kind() == Kind::Ptr && object.text().is_none() => {
            Value::Object(Rc::new(Pointee(object)))
        }
        value => value,
    }
}

/// The value as `%v` prints it, in errors.
pub(crate) fn show(value: &Value) -> String {
    match fmt::sprint(std::slice::from_ref(&printable(value.clone()))) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => format!("({error})"),
    }
}

/// What `reflect.Value.String` says.
pub(crate) fn reflected(value: &Seen) -> String {
    match &value.value {
        Value::Str(text) => text.text().into_owned(),
        Value::Nil if value.is_invalid() => "<invalid Value>".to_owned(),
        _ => format!("<{} Value>", value.static_type()),
    }
}

fn call(function: &Value, name: &str) -> Result<Seen> {
    match function {
        Value::Nil => fail("call of nil"),
        // No value that a template can reach is a function.
        other => fail(format!("non-function {name} of type {}", other.type_name())),
    }
}
