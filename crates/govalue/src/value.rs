//! The value itself.

use std::rc::Rc;

use crate::{Kind, List, Map, Object, Str, Type, equal};

/// What an `interface{}` holds.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// A signed integer with its kind (`Int`, `Int8`, … `Int64`); the number fits it.
    Int(i64, Kind),
    /// An unsigned integer with its kind.
    Uint(u64, Kind),
    /// `float64`, or `float32`.
    Float(f64, Kind),
    /// `string`.
    Str(Str),
    /// `[]uint8`.
    Bytes(Rc<[u8]>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A struct, pointer, or named type with methods.
    Object(Rc<dyn Object>),
}

impl Value {
    /// An `int`.
    pub fn int(number: i64) -> Self {
        Self::Int(number, Kind::Int)
    }

    /// An `int64`.
    pub fn int64(number: i64) -> Self {
        Self::Int(number, Kind::Int64)
    }

    /// A `float64`.
    pub fn float(number: f64) -> Self {
        Self::Float(number, Kind::Float64)
    }

    /// A `string`.
    pub fn str(text: impl Into<Str>) -> Self {
        Self::Str(text.into())
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(items))
    }

    /// The value's type; `None` for nil.
    pub fn ty(&self) -> Option<Type> {
        Some(match self {
            Self::Nil => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_, kind) | Self::Uint(_, kind) | Self::Float(_, kind) => Type::Num(*kind),
            Self::Str(_) => Type::Str,
            Self::Bytes(_) => Type::Bytes,
            Self::List(list) => list.ty(),
            Self::Map(map) => map.ty(),
            Self::Object(object) => object.ty(),
        })
    }

    /// The type's name as `%T` prints it: `<nil>` for nil.
    pub fn type_name(&self) -> &'static str {
        self.ty().map_or("<nil>", Type::name)
    }

    /// Its kind; `Invalid` for nil.
    pub fn kind(&self) -> Kind {
        self.ty().map_or(Kind::Invalid, Type::kind)
    }

    /// The text, where it is a `string`.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The map, where it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, where it is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Whether templates take it for true (`template.IsTrue`): not nil, zero or empty. A struct always is.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(number, _) => *number != 0,
            Self::Uint(number, _) => *number != 0,
            Self::Float(number, _) => *number != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(object) => match object.ty().kind() {
                Kind::Struct | Kind::Ptr | Kind::Func | Kind::Interface | Kind::Invalid => true,
                Kind::Map | Kind::Slice => object.entries().is_none_or(|entries| !entries.is_empty()),
                // A named number, such as a duration.
                _ => object.plain().is_true(),
            },
        }
    }

    /// `reflect.DeepEqual`: the types are the same, and the contents.
    pub fn deep_eq(&self, other: &Self) -> bool {
        equal::deep_eq(self, other)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::str(text)
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Self::Str(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}
