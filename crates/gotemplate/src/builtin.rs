//! The functions that text/template brings along.

use std::{any::Any, rc::Rc};

use hoist_govalue::{FuncError, Kind, List, Object, Str, Type, Value, fmt, strconv, utf8};

use crate::value::{Seen, zero};

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
        Builtin::Html => Ok(html(&joined(values)?)),
        Builtin::Js => Ok(js(&joined(values)?)),
        _ => Ok(url_query(&joined(values)?)),
    }
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

// Containers.

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

fn len(item: &Seen) -> Result<Seen> {
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

fn index(item: &Seen, indexes: &[Seen]) -> Result<Seen> {
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

fn slice(item: &Value, indexes: &[Seen]) -> Result<Seen> {
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

// Comparisons.

/// A value of a type that can be compared with others of its kind.
enum Basic<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str(std::borrow::Cow<'a, [u8]>),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    Some(match value {
        Value::Bool(truth) => Basic::Bool(*truth),
        Value::Int(number, _) => Basic::Int(*number),
        Value::Uint(number, _) => Basic::Uint(*number),
        Value::Float(number, _) => Basic::Float(*number),
        Value::Str(text) => Basic::Str(text.as_bytes().into()),
        // A named string, number or bool.
        Value::Object(object) => match (object.ty().kind(), object.plain()) {
            (Kind::Bool, Value::Bool(truth)) => Basic::Bool(truth),
            (kind, Value::Int(number, _)) if kind.is_int() => Basic::Int(number),
            (kind, Value::Uint(number, _)) if kind.is_uint() => Basic::Uint(number),
            (kind, Value::Float(number, _)) if kind.is_float() => Basic::Float(number),
            (Kind::String, Value::Str(text)) => Basic::Str(text.as_bytes().to_vec().into()),
            _ => return None,
        },
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => return None,
    })
}

fn incompatible<T>(a: &Value, b: &Value) -> Result<T> {
    let (a, b) = (a.type_name(), b.type_name());
    fail(format!("incompatible types for comparison: {a} and {b}"))
}

fn equal(first: &Value, others: &[Seen]) -> Result<bool> {
    if others.is_empty() {
        return fail("missing argument for comparison");
    }
    for other in others {
        if equal_to(first, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp)]
fn equal_to(a: &Value, b: &Value) -> Result<bool> {
    let (left, right) = (basic(a), basic(b));
    Ok(match (&left, &right) {
        (Some(Basic::Bool(a)), Some(Basic::Bool(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Int(b))) => a == b,
        (Some(Basic::Uint(a)), Some(Basic::Uint(b))) => a == b,
        (Some(Basic::Float(a)), Some(Basic::Float(b))) => a == b,
        (Some(Basic::Str(a)), Some(Basic::Str(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Uint(b))) | (Some(Basic::Uint(b)), Some(Basic::Int(a))) => {
            u64::try_from(*a) == Ok(*b)
        }
        (None, None) => return equal_other(a, b),
        _ if matches!(a, Value::Nil) || matches!(b, Value::Nil) => false,
        _ => return incompatible(a, b),
    })
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Map(map) => map.is_nil(),
        Value::List(list) => list.is_nil(),
        _ => false,
    }
}

/// Two values of which neither is a number, string or bool.
fn equal_other(a: &Value, b: &Value) -> Result<bool> {
    let nil = |value: &Value| matches!(value, Value::Nil);
    if a.kind() != b.kind() && !nil(a) && !nil(b) {
        let shown = fmt::sprintf(b"%s", std::slice::from_ref(a))?;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let (left, right) = (a.type_name(), b.type_name());
        return fail(format!("non-comparable types {shown}: {left}, {right}: {}", show(b)));
    }
    if is_nil(a) || is_nil(b) {
        return Ok(is_nil(a) == is_nil(b));
    }
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => match b.kind() {
            Kind::Ptr => Ok(Rc::ptr_eq(left, right)),
            Kind::Struct => Ok(a.deep_eq(b)),
            _ => incomparable(b),
        },
        _ => incomparable(b),
    }
}

fn incomparable<T>(value: &Value) -> Result<T> {
    let shown = fmt::sprintf(b"%s", std::slice::from_ref(value))?;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    fail(format!("non-comparable type {shown}: {}", value.type_name()))
}

fn less(a: &Value, b: &Value) -> Result<bool> {
    const BAD: &str = "invalid type for comparison";
    let (Some(left), Some(right)) = (basic(a), basic(b)) else {
        return fail(BAD);
    };
    Ok(match (left, right) {
        (Basic::Bool(_), Basic::Bool(_)) => return fail(BAD),
        (Basic::Int(a), Basic::Int(b)) => a < b,
        (Basic::Uint(a), Basic::Uint(b)) => a < b,
        (Basic::Float(a), Basic::Float(b)) => a < b,
        (Basic::Str(a), Basic::Str(b)) => a < b,
        (Basic::Int(a), Basic::Uint(b)) => u64::try_from(a).is_ok_and(|a| a < b) || a < 0,
        (Basic::Uint(a), Basic::Int(b)) => u64::try_from(b).is_ok_and(|b| a < b),
        _ => return incompatible(a, b),
    })
}

fn less_or_equal(a: &Value, b: &Value) -> Result<bool> {
    Ok(less(a, b)? || equal_to(a, b)?)
}

// Escaping.

fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    out
}

fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (at, rune, size) in utf8::runes(text) {
        match rune {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '\0'..' ' | '<' | '>' | '&' | '=' => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes())
            }
            ' '..='\x7f' => utf8::push(&mut out, rune),
            _ if strconv::is_print(rune) => out.extend_from_slice(text.get(at..at + size).unwrap_or_default()),
            _ => out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes()),
        }
    }
    out
}

fn url_query(text: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte),
            b' ' => out.push(b'+'),
            _ => out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
    out
}
