//! Go's slice, which no template function changes in place, but for one that sorts strings.

use std::cell::OnceCell;
use std::ops::Deref;
use std::rc::Rc;

use crate::{Str, Type, Value, later};

/// A list: `[]interface {}`, `[]string` or another slice. Cheap to clone.
#[derive(Clone, Debug)]
pub struct List {
    ty: Type,
    nil: bool,
    items: Rc<Items>,
}

#[derive(Debug)]
struct Items {
    made: Vec<Value>,
    // Takes the place of `made` once it is there. So the elements can be lent without a guard.
    sorted: OnceCell<Vec<Value>>,
}

impl Items {
    fn new(made: Vec<Value>) -> Rc<Self> {
        Rc::new(Self {
            made,
            sorted: OnceCell::new(),
        })
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        // The sorted ones are strings.
        later::drop_values(std::mem::take(&mut self.made).into_iter());
    }
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
            items: Items::new(items),
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
            items: Items::new(Vec::new()),
        }
    }

    /// Its type (of the list, not of its elements).
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Where its elements are in memory, to tell lists apart.
    pub(crate) fn place(&self) -> usize {
        Rc::as_ptr(&self.items).addr()
    }

    /// Whether it is Go's nil slice.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// Sorts a list of strings in place: each clone of it is sorted, too. Sprig's `sortAlpha` does so to a `[]string`.
    pub fn sort_strings(&self) {
        self.items.sorted.get_or_init(|| {
            let mut sorted = self.items.made.clone();
            sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            sorted
        });
    }
}

impl Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        self.items.sorted.get().unwrap_or(&self.items.made)
    }
}
