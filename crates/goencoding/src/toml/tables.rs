//! The tables of a document while it is read, and what may be added to them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use hoist_govalue::{Kind, List, Map, Str, Type, Value, deep};

use super::key;

/// The type of a list of tables that are written with double brackets.
const TABLES: Type = Type::Named("[]map[string]interface {}", Kind::Slice);

/// A table that is still growing.
#[derive(Clone, Default)]
pub(super) struct Table(Rc<RefCell<BTreeMap<Str, Node>>>);

impl Drop for Table {
    fn drop(&mut self) {
        // The last holder drops the tables below, each with room for it.
        if let Some(nodes) = Rc::get_mut(&mut self.0) {
            let nodes = std::mem::take(nodes.get_mut());
            if !nodes.is_empty() {
                deep::step(|| drop(nodes));
            }
        }
    }
}

/// What is at a key.
#[derive(Clone)]
pub(super) enum Node {
    Plain(Value),
    Table(Table),
    Tables(Vec<Table>),
}

impl Table {
    fn get(&self, key: &Str) -> Option<Node> {
        self.0.borrow().get(key).cloned()
    }

    fn has(&self, key: &Str) -> bool {
        self.0.borrow().contains_key(key)
    }

    pub(super) fn set(&self, key: Str, node: Node) {
        self.0.borrow_mut().insert(key, node);
    }

    /// The table at a key, made where nothing is there; `None` where something else is.
    pub(super) fn table_at(&self, key: &Str) -> Option<Self> {
        match self.get(key) {
            Some(Node::Table(table)) => Some(table),
            Some(_) => None,
            None => {
                let table = Self::default();
                self.set(key.clone(), Node::Table(table.clone()));
                Some(table)
            }
        }
    }

    pub(super) fn into_map(self) -> Map {
        let nodes = std::mem::take(&mut *self.0.borrow_mut());
        nodes.into_iter().map(|(key, node)| (key, node.into_value())).collect()
    }
}

impl Node {
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Plain(value) => value,
            Self::Table(table) => Value::Map(deep::step(|| table.into_map())),
            Self::Tables(tables) => {
                let maps = tables
                    .into_iter()
                    .map(|table| Value::Map(deep::step(|| table.into_map())));
                Value::List(List::typed(TABLES, maps.collect()))
            }
        }
    }

    /// The table that keys below this one belong to: of several the last.
    fn open(&self) -> Option<Table> {
        match self {
            Self::Plain(_) => None,
            Self::Table(table) => Some(table.clone()),
            Self::Tables(tables) => tables.last().cloned(),
        }
    }
}

/// A number for each key that there is, by the number of its parent; that of the root is 0.
#[derive(Default)]
struct Names(HashMap<(usize, Str), usize>);

impl Names {
    fn of(&mut self, key: &[Str]) -> usize {
        key.iter().fold(0, |parent, part| {
            let next = self.0.len() + 1;
            *self.0.entry((parent, part.clone())).or_insert(next)
        })
    }
}

/// The document, with what is known of its keys. They are known by their parts alone, as in Go: of an array of tables
/// each table's keys are the same.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) root: Table,
    names: Names,
    /// The keys of tables that were made because keys in them are.
    implicit: HashSet<usize>,
    /// The keys of arrays between brackets.
    arrays: HashSet<usize>,
}

/// What the parser says when a key is in the way.
pub(super) type InTheWay = Vec<u8>;

fn in_the_way(key: &[Str], what: &str) -> InTheWay {
    [
        b"Key '",
        key::join(key).as_slice(),
        b"' was already created ",
        what.as_bytes(),
    ]
    .concat()
}

fn defined(key: &[Str]) -> InTheWay {
    [b"Key '", key::join(key).as_slice(), b"' has already been defined."].concat()
}

impl Tables {
    pub(super) fn add_implicit(&mut self, key: &[Str]) {
        let name = self.names.of(key);
        self.implicit.insert(name);
    }

    /// Notes whether a key's value is an array.
    pub(super) fn set_type(&mut self, key: &[Str], array: bool) {
        // Of no key at all Go notes it at the empty one.
        let empty = [Str::default()];
        let name = self.names.of(if key.is_empty() { &empty } else { key });
        if array {
            self.arrays.insert(name);
        } else {
            self.arrays.remove(&name);
        }
    }

    /// Finds or makes the table that holds a key's last part.
    pub(super) fn parent(&mut self, parents: &[Str]) -> Result<Table, InTheWay> {
        let mut table = self.root.clone();
        for (index, part) in parents.iter().enumerate() {
            let so_far = parents.get(..=index).unwrap_or_default();
            let next = match table.get(part) {
                Some(node) => node.open(),
                None => {
                    self.add_implicit(so_far);
                    table.table_at(part)
                }
            };
            table = next.ok_or_else(|| in_the_way(so_far, "as a hash."))?;
        }
        Ok(table)
    }

    /// Adds one more table to the array of tables at a key, which `parent` holds.
    pub(super) fn append(parent: &Table, key: &[Str]) -> Result<(), InTheWay> {
        let Some(last) = key.last() else {
            return Ok(());
        };
        let mut tables = match parent.get(last) {
            None => Vec::new(),
            Some(Node::Tables(tables)) => tables,
            Some(_) => return Err(in_the_way(key, "and cannot be used as an array.")),
        };
        tables.push(Table::default());
        parent.set(last.clone(), Node::Tables(tables));
        Ok(())
    }

    /// Sets a key of the table at `context`.
    pub(super) fn set(&mut self, context: &[Str], key: Str, node: Node) -> Result<(), InTheWay> {
        let mut table = self.root.clone();
        for (index, part) in context.iter().enumerate() {
            let next = table.get(part).and_then(|node| node.open());
            table = next.ok_or_else(|| defined(context.get(..=index).unwrap_or_default()))?;
        }
        if !table.has(&key) {
            table.set(key, node);
            return Ok(());
        }
        let full: Vec<Str> = context.iter().cloned().chain([key.clone()]).collect();
        let name = self.names.of(&full);
        // What is there because of keys in it may be defined once, and stays as it is; but of an array between brackets
        // the tables in it are there twice, and the array counts.
        if !self.implicit.remove(&name) {
            return Err(defined(&full));
        }
        if self.arrays.contains(&name) {
            table.set(key, node);
        }
        Ok(())
    }
}
