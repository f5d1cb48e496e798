//! A value while it is evaluated: what Go's `reflect.Value` knows beyond the value itself, and the rules by which one
//! type takes the values of another.

use hoist_govalue::{Kind, List, Map, Str, Type, Value};

/// A value, and whether Go sees it through an `interface {}`: elements of maps and lists are seen so, results of
/// pipelines are not. Nil seen so is a nil interface; nil not seen so is no value at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) value: Value,
    pub(crate) boxed: bool,
    /// Whether Go could take its address: it was reached through a pointer, and no function had it in between.
    pub(crate) placed: bool,
}

impl Seen {
    /// No value at all.
    pub(crate) const INVALID: Self = Self {
        value: Value::Nil,
        boxed: false,
        placed: false,
    };

    pub(crate) fn plain(value: Value) -> Self {
        Self {
            value,
            boxed: false,
            placed: false,
        }
    }

    /// An element of a container with this element type.
    pub(crate) fn element(value: Value, element: Type) -> Self {
        Self {
            boxed: element == Type::Any || matches!(value, Value::Nil),
            value,
            placed: false,
        }
    }

    /// What a function answered: nil is an `interface {}` then.
    pub(crate) fn result(value: Value) -> Self {
        Self {
            boxed: matches!(value, Value::Nil),
            value,
            placed: false,
        }
    }

    pub(crate) fn unboxed(self) -> Self {
        Self {
            value: self.value,
            boxed: false,
            placed: self.placed && !self.boxed,
        }
    }

    pub(crate) fn is_invalid(&self) -> bool {
        !self.boxed && matches!(self.value, Value::Nil)
    }

    /// A nil that has a place in a map or list.
    pub(crate) fn is_nil_interface(&self) -> bool {
        self.boxed && matches!(self.value, Value::Nil)
    }

    /// The type that Go's static view of it has.
    pub(crate) fn static_type(&self) -> &'static str {
        if self.boxed {
            Type::Any.name()
        } else {
            self.value.type_name()
        }
    }
}

/// Whether an untyped nil can stand for a value of the type.
pub(crate) fn can_be_nil(ty: Type) -> bool {
    matches!(
        ty.kind(),
        Kind::Func | Kind::Interface | Kind::Map | Kind::Ptr | Kind::Slice
    )
}

/// The zero value of a type.
pub(crate) fn zero(ty: Type) -> Value {
    match ty.kind() {
        Kind::Bool => Value::Bool(false),
        Kind::String => Value::Str(Str::default()),
        kind if kind.is_int() => Value::Int(0, kind),
        kind if kind.is_uint() => Value::Uint(0, kind),
        kind if kind.is_float() => Value::Float(0.0, kind),
        Kind::Map => Value::Map(Map::nil(ty)),
        Kind::Slice if ty == Type::Bytes => Value::Bytes([].into()),
        Kind::Slice => Value::List(List::nil(ty)),
        _ => Value::Nil,
    }
}

/// The value as a value of the type, where Go assigns it without a word; otherwise the value back.
pub(crate) fn assign(value: Value, ty: Type) -> Result<Value, Value> {
    if matches!(ty, Type::Any | Type::Reflect) {
        return Ok(value);
    }
    let Some(own) = value.ty() else {
        return Err(value);
    };
    if own == ty {
        return Ok(value);
    }
    match &value {
        // A named map type and `map[string]interface {}` are the same underneath.
        Value::Map(map) if ty.kind() == Kind::Map && [own, ty].contains(&Type::Map) && Type::StrMap != ty => {
            if own == Type::StrMap {
                return Err(value);
            }
            Ok(Value::Map(map.as_type(ty)))
        }
        // What a pointer points to stands in for it.
        Value::Object(_) if own.kind() == Kind::Ptr && own.name().strip_prefix('*') == Some(ty.name()) => Ok(value),
        _ => Err(value),
    }
}
