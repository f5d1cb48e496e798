//! Values that are neither plain data nor a map or list: Go's structs, pointers and types with methods.

use std::any::Any;
use std::fmt::Debug;

use crate::{FuncError, FuncResult, Host, Str, Type, Value};

/// A method's signature, without its receiver.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// The types of its parameters; of the last one's elements where it is variadic.
    pub params: &'static [Type],
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
}

/// A struct, a pointer to one, or a named type with methods.
pub trait Object: Debug {
    /// Its type: name as `%T` prints it, and kind.
    fn ty(&self) -> Type;

    /// Its exported fields in the order of their declaration. The fields of embedded structs are promoted: they are
    /// found by [`Object::field`] and need not be listed here.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// One field.
    fn field(&self, name: &str) -> Option<Value> {
        let fields = self.fields();
        fields
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Its methods.
    fn methods(&self) -> &'static [Method] {
        &[]
    }

    /// Calls a method; the arguments have been checked against its signature.
    fn call(&self, method: &str, _host: &mut dyn Host, _args: &[Value]) -> FuncResult {
        Err(FuncError::new(format!("{} has no method {method}", self.ty())))
    }

    /// Its entries (key or index, value), where it is a map or a slice to `range`, `len` and `index`.
    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        None
    }

    /// The type of its elements, where it is a map or a slice: what a missing key is worth is its zero.
    fn elem(&self) -> Type {
        Type::Any
    }

    /// What its `String()` or `Error()` answers, where it has one: so does fmt print it.
    fn text(&self) -> Option<Str> {
        None
    }

    /// What its pointer's `String()` answers, where only that has one: templates print it for a value in its place, and
    /// fmt does not.
    fn pointer_text(&self) -> Option<Str> {
        None
    }

    /// What encoding/json makes of it, as plain data.
    fn plain(&self) -> Value;

    /// The members of the JSON object that it is, where their order is not that of their names: encoding/json writes a
    /// struct's in the order of its fields.
    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        None
    }

    /// What a deep copy of it is, where that is not the same: sprig's copies lose the fields that are not exported.
    fn deep_copy(&self) -> Option<Value> {
        None
    }

    /// For functions that know the type behind it.
    fn any(&self) -> &dyn Any;
}
