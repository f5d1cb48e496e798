//! Go's types and kinds, as far as templates can meet them.

use std::fmt;

/// What `reflect.Kind` says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float32,
    Float64,
    Func,
    Interface,
    Map,
    Ptr,
    Slice,
    String,
    Struct,
}

impl Kind {
    /// Go's name of it, as sprig's `kindOf` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Func => "func",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Ptr => "ptr",
            Self::Slice => "slice",
            Self::String => "string",
            Self::Struct => "struct",
        }
    }

    /// Whether it is one of the signed integers.
    pub fn is_int(self) -> bool {
        matches!(self, Self::Int | Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// Whether it is one of the unsigned integers.
    pub fn is_uint(self) -> bool {
        matches!(
            self,
            Self::Uint | Self::Uint8 | Self::Uint16 | Self::Uint32 | Self::Uint64
        )
    }

    /// Whether it is a floating-point number.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }
}

/// A Go type: of a value, of a parameter, of the elements of a list or map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `interface {}`: anything.
    Any,
    /// `bool`.
    Bool,
    /// `string`.
    Str,
    /// One of the numbers, by its kind.
    Num(Kind),
    /// `[]uint8`.
    Bytes,
    /// `map[string]interface {}`.
    Map,
    /// `map[string]string`.
    StrMap,
    /// `[]interface {}`.
    List,
    /// `[]string`.
    StrList,
    /// `[]int`.
    IntList,
    /// A parameter that takes a `reflect.Value`: anything, nil too.
    Reflect,
    /// Any other, by its name in Go and its kind: `common.Values`, `*semver.Version`, `time.Time`, `[]*v3.Dependency`.
    Named(&'static str, Kind),
}

impl Type {
    /// `int`.
    pub const INT: Self = Self::Num(Kind::Int);
    /// `int64`.
    pub const INT64: Self = Self::Num(Kind::Int64);
    /// `float64`.
    pub const FLOAT64: Self = Self::Num(Kind::Float64);

    /// The kind of its values.
    pub fn kind(self) -> Kind {
        match self {
            Self::Any | Self::Reflect => Kind::Interface,
            Self::Bool => Kind::Bool,
            Self::Str => Kind::String,
            Self::Num(kind) | Self::Named(_, kind) => kind,
            Self::Bytes | Self::List | Self::StrList | Self::IntList => Kind::Slice,
            Self::Map | Self::StrMap => Kind::Map,
        }
    }

    /// Go's name of it, as `%T` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Str => "string",
            Self::Num(kind) => kind.name(),
            Self::Bytes => "[]uint8",
            Self::Map => "map[string]interface {}",
            Self::StrMap => "map[string]string",
            Self::List => "[]interface {}",
            Self::StrList => "[]string",
            Self::IntList => "[]int",
            Self::Reflect => "reflect.Value",
            Self::Named(name, _) => name,
        }
    }

    /// The type of the elements of a list or map of this type.
    pub fn elem(self) -> Self {
        match self {
            Self::StrMap | Self::StrList => Self::Str,
            Self::IntList => Self::INT,
            Self::Bytes => Self::Num(Kind::Uint8),
            Self::Named("[][]interface {}", _) => Self::List,
            _ => Self::Any,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
