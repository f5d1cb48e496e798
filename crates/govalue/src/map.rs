//! Go's map with string keys: shared, mutable in place, walked in the order of its keys.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::{Str, Type, Value, later};

struct Inner {
    nil: bool,
    entries: RefCell<BTreeMap<Str, Value>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        later::drop_values(std::mem::take(self.entries.get_mut()).into_values());
    }
}

/// A map. A clone is the same map, as in Go.
#[derive(Clone)]
pub struct Map {
    // Of this handle and not of the map: Go converts `common.Values` to `map[string]interface {}` without a copy.
    ty: Type,
    inner: Rc<Inner>,
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::typed(Type::Map, BTreeMap::new())
    }

    /// A map of a type: `Type::Map`, `Type::StrMap`, or a named one.
    pub fn typed(ty: Type, entries: BTreeMap<Str, Value>) -> Self {
        Self {
            ty,
            inner: Rc::new(Inner {
                nil: false,
                entries: RefCell::new(entries),
            }),
        }
    }

    /// The nil map of a type: reads as empty, encodes as null.
    pub fn nil(ty: Type) -> Self {
        Self {
            ty,
            inner: Rc::new(Inner {
                nil: true,
                entries: RefCell::default(),
            }),
        }
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// The same map in memory, seen as another type: what Go's conversion between map types does.
    #[must_use]
    pub fn as_type(&self, ty: Type) -> Self {
        Self {
            ty,
            inner: Rc::clone(&self.inner),
        }
    }

    /// Whether it is Go's nil map.
    pub fn is_nil(&self) -> bool {
        self.inner.nil
    }

    /// The value at a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.inner.entries.borrow().get(key).cloned()
    }

    /// Whether there is a value at a key, be it nil.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.inner.entries.borrow().contains_key(key)
    }

    /// Sets the value at a key. On a nil map, where Go panics, it does nothing and says so with `false`.
    pub fn set(&self, key: Str, value: Value) -> bool {
        if self.inner.nil {
            return false;
        }
        self.inner.entries.borrow_mut().insert(key, value);
        true
    }

    /// Removes a key.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.inner.entries.borrow_mut().remove(key)
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.inner.entries.borrow().len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its entries as they are now, sorted by key. The map may change while they are walked.
    pub fn entries(&self) -> Vec<(Str, Value)> {
        let entries = self.inner.entries.borrow();
        entries
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Its entries without a copy. Do not change the map while this is held.
    pub fn borrow(&self) -> Ref<'_, BTreeMap<Str, Value>> {
        self.inner.entries.borrow()
    }

    /// Where its entries are in memory, to tell maps apart.
    pub(crate) fn place(&self) -> usize {
        Rc::as_ptr(&self.inner).addr()
    }

    /// Whether both are the same map in memory.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<(Str, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(entries: I) -> Self {
        Self::typed(Type::Map, entries.into_iter().collect())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A map can hold itself (`set . "me" .`): its contents are not followed.
        write!(f, "{} of {} entries", self.ty, self.len())
    }
}
