//! The functions that a template's text may name.

use std::collections::HashMap;

use hoist_govalue::Func;

use crate::builtin::Builtin;

/// The functions that every template has. A [`FuncTable`]'s function of the same name takes precedence.
pub const BUILTINS: &[&str] = &[
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf",
    "println", "slice", "urlquery",
];

/// Functions by name.
#[derive(Clone, Default)]
pub struct FuncTable {
    functions: Vec<Func>,
    by_name: HashMap<&'static str, u32>,
}

/// What a name in a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Function(u32),
}

impl FuncTable {
    /// A table without functions: only the builtin ones are known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function; one of the same name is replaced.
    pub fn insert(&mut self, function: Func) {
        if let Some(known) = self.by_name.get(function.name)
            && let Some(slot) = self.functions.get_mut(*known as usize)
        {
            *slot = function;
            return;
        }
        if let Ok(index) = u32::try_from(self.functions.len()) {
            self.by_name.insert(function.name, index);
            self.functions.push(function);
        }
    }

    /// The function of a name; the builtin ones are not here.
    pub fn get(&self, name: &str) -> Option<&Func> {
        let index = self.by_name.get(name)?;
        self.functions.get(*index as usize)
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Func> {
        self.functions.iter()
    }

    pub(crate) fn at(&self, index: u32) -> Option<&Func> {
        self.functions.get(index as usize)
    }

    pub(crate) fn callee(&self, name: &str) -> Option<Callee> {
        match self.by_name.get(name) {
            Some(index) => Some(Callee::Function(*index)),
            None => Builtin::named(name).map(Callee::Builtin),
        }
    }
}

impl Extend<Func> for FuncTable {
    fn extend<I: IntoIterator<Item = Func>>(&mut self, functions: I) {
        for function in functions {
            self.insert(function);
        }
    }
}

impl FromIterator<Func> for FuncTable {
    fn from_iter<I: IntoIterator<Item = Func>>(functions: I) -> Self {
        let mut table = Self::new();
        table.extend(functions);
        table
    }
}
