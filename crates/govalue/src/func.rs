//! The functions that templates call, with the Go types that their arguments are checked against.

use std::time::SystemTime;

use crate::{List, Map, Str, Type, Value};

/// The most bytes that one call may return as a string.
pub const MAX_STRING: usize = 128 << 20;

/// The most elements that one call may return as a list.
pub const MAX_ITEMS: usize = 4 << 20;

/// What a function answers.
pub type FuncResult = Result<Value, FuncError>;

/// Why a function refused: Go's text of the error, without the place, which the evaluator adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncError {
    message: String,
}

impl FuncError {
    /// An error with this text.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// Its text.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl std::fmt::Display for FuncError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FuncError {}

/// What functions may ask of the world. A test or a deterministic run answers with its own.
pub trait Host {
    /// The time.
    fn now(&mut self) -> SystemTime;

    /// Fills a buffer with random bytes, fit for keys.
    fn random(&mut self, buffer: &mut [u8]);

    /// What an earlier run drew at this place, to be used again; `kind` and `detail` tell what is drawn (`genCA`, its
    /// arguments). `None` draws anew.
    fn recall(&mut self, _kind: &'static str, _detail: &[Value]) -> Option<Value> {
        None
    }

    /// Tells what was drawn, so that it can be kept.
    fn drawn(&mut self, _kind: &'static str, _detail: &[Value], _result: &Value) {}

    /// The addresses of a host name, for `getHostByName`; an error text where names are not looked up.
    fn resolve(&mut self, name: &str) -> Result<Vec<std::net::IpAddr>, String>;

    /// A variable of the environment, for functions that expand `$NAME`. Helm gives templates none.
    fn env(&mut self, _name: &str) -> Option<String> {
        None
    }
}

/// How a function is carried out.
#[derive(Clone, Copy)]
pub enum Body {
    /// From its arguments alone.
    Pure(fn(Args<'_>) -> FuncResult),
    /// With the world's help: time, randomness, names.
    Host(fn(&mut dyn Host, Args<'_>) -> FuncResult),
    /// By whoever embeds the evaluator: it may run templates (`include`, `tpl`, `lookup`).
    Embedder,
}

/// A function.
#[derive(Clone, Copy)]
pub struct Func {
    /// Its name in templates.
    pub name: &'static str,
    /// The types of its parameters; of the last one's elements where it is variadic.
    pub params: &'static [Type],
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// How it is carried out.
    pub body: Body,
}

/// The arguments of a call, as many and of the types that the signature says.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [Value]);

impl<'a> Args<'a> {
    /// Wraps checked arguments.
    pub fn new(values: &'a [Value]) -> Self {
        Self(values)
    }

    /// All of them.
    pub fn all(self) -> &'a [Value] {
        self.0
    }

    /// Those from `index` on: the variadic ones.
    pub fn rest(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    /// The argument at `index`; nil where there is none.
    pub fn any(self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&Value::Nil)
    }

    /// A `string`.
    pub fn str(self, index: usize) -> Result<&'a Str, FuncError> {
        match self.any(index) {
            Value::Str(text) => Ok(text),
            other => Err(unexpected("string", other)),
        }
    }

    /// An integer of any kind.
    pub fn int(self, index: usize) -> Result<i64, FuncError> {
        match self.any(index) {
            Value::Int(number, _) => Ok(*number),
            other => Err(unexpected("int", other)),
        }
    }

    /// A `float64`.
    pub fn float(self, index: usize) -> Result<f64, FuncError> {
        match self.any(index) {
            Value::Float(number, _) => Ok(*number),
            other => Err(unexpected("float64", other)),
        }
    }

    /// A `bool`.
    pub fn bool(self, index: usize) -> Result<bool, FuncError> {
        match self.any(index) {
            Value::Bool(truth) => Ok(*truth),
            other => Err(unexpected("bool", other)),
        }
    }

    /// A map with string keys.
    pub fn map(self, index: usize) -> Result<&'a Map, FuncError> {
        match self.any(index) {
            Value::Map(map) => Ok(map),
            other => Err(unexpected("map[string]interface {}", other)),
        }
    }

    /// A list of any type.
    pub fn list(self, index: usize) -> Result<&'a List, FuncError> {
        match self.any(index) {
            Value::List(list) => Ok(list),
            other => Err(unexpected("[]interface {}", other)),
        }
    }
}

fn unexpected(wanted: &str, got: &Value) -> FuncError {
    FuncError::new(format!(
        "wrong type for value; expected {wanted}; got {}",
        got.type_name()
    ))
}

/// Refuses a string that would be too long, before it is made.
pub fn check_string(what: &str, length: usize) -> Result<(), FuncError> {
    if length <= MAX_STRING {
        return Ok(());
    }
    Err(FuncError::new(format!(
        "{what}: a string of {length} bytes is more than hoist makes ({MAX_STRING})"
    )))
}

/// Refuses a list that would be too long, before it is made.
pub fn check_items(what: &str, count: usize) -> Result<(), FuncError> {
    if count <= MAX_ITEMS {
        return Ok(());
    }
    Err(FuncError::new(format!(
        "{what}: a list of {count} elements is more than hoist makes ({MAX_ITEMS})"
    )))
}
