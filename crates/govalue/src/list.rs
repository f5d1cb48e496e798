//! Go's slice, which no template function changes in place.

use std::ops::Deref;
use std::rc::Rc;

use crate::{Str, Type, Value};

/// A list: `[]interface {}`, `[]string` or another slice. Cheap to clone.
#[derive(Clone, Debug)]
pub struct List {
    ty: Type,
    nil: bool,
    items: Rc<[Value]>,
}

impl List {
    /// A `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::typed(Type::List, items)
    }

    /// A list of a type.
    pub fn typed(ty: Type, items: Vec<Value>) -> Self {
        Self {
            ty,
            nil: false,
            items: items.into(),
        }
    }

    /// A `[]string`.
    pub fn strings<S: Into<Str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::typed(
            Type::StrList,
            items.into_iter().map(|item| Value::Str(item.into())).collect(),
        )
    }

    /// The nil slice of a type: reads as empty, encodes as null.
    pub fn nil(ty: Type) -> Self {
        Self {
            ty,
            nil: true,
            items: Rc::from([]),
        }
    }

    /// Its type (of the list, not of its elements).
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Whether it is Go's nil slice.
    pub fn is_nil(&self) -> bool {
        self.nil
    }
}

impl Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.items
    }
}
