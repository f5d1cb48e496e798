//! Values in Go's syntax (`%#v`), for the errors in which go-yaml prints them.

use std::cmp::Ordering;
use std::fmt::Write as _;

use hoist_govalue::{deep, strconv};

use super::decode::{binary, resolved};
use super::nodes::{Document, NodeKind};
use super::resolve::Resolved;

/// How long a text may become, since aliases may make much of little.
const MAX_TEXT: usize = 1 << 20;

/// What go-yaml makes of a node.
#[derive(Clone, PartialEq)]
enum Raw {
    Nil,
    Str(Vec<u8>),
    Uint(u64),
    Int(i64),
    Float(f64),
    Bool(bool),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

/// A node that has been decoded without a mistake.
pub(super) fn go_syntax(document: &Document<'_>, index: u32) -> String {
    read(document, index).alone()
}

/// What is wrong with the keys of a document that has been decoded: JSON has none that are null or that large.
pub(super) fn unsupported_key(document: &Document<'_>) -> Option<String> {
    let raw = read(document, 0);
    let (key, value) = raw.unsupported_key()?;
    let ty = match key {
        Raw::Uint(_) => "uint64",
        _ => "%!s(<nil>)",
    };
    Some(format!(
        "unsupported map key of type: {ty}, key: {}, value: {}",
        key.alone(),
        value.alone()
    ))
}

fn read(document: &Document<'_>, index: u32) -> Raw {
    let Some(node) = document.get(index) else {
        return Raw::Nil;
    };
    match node.kind {
        NodeKind::Alias(target) => deep::step(|| read(document, target)),
        NodeKind::Sequence => {
            let children = document.children(index);
            Raw::List(children.map(|child| deep::step(|| read(document, child))).collect())
        }
        NodeKind::Mapping => {
            let mut entries = Vec::new();
            deep::step(|| read_entries(document, index, &mut entries));
            // Of equal keys, the last one stays.
            entries.sort_by(|(a, _), (b, _)| a.order(b));
            entries.reverse();
            entries.dedup_by(|(a, _), (b, _)| a == b);
            entries.reverse();
            Raw::Map(entries)
        }
        NodeKind::Scalar => match resolved(document, node) {
            Ok(Resolved::Null) => Raw::Nil,
            Ok(Resolved::Bool(truth)) => Raw::Bool(truth),
            Ok(Resolved::Int(number)) => Raw::Int(number),
            Ok(Resolved::Uint(number)) => Raw::Uint(number),
            Ok(Resolved::Float(number)) => Raw::Float(number),
            Ok(Resolved::Binary) => Raw::Str(binary(node).unwrap_or_default()),
            Ok(Resolved::Str | Resolved::Timestamp) | Err(_) => Raw::Str(node.value.to_vec()),
        },
    }
}

fn read_entries(document: &Document<'_>, index: u32, entries: &mut Vec<(Raw, Raw)>) {
    let mut children = document.children(index);
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        if document.is_merge(key) {
            for mapping in document
                .merged(value)
                .into_iter()
                .filter_map(|it| document.mapping(it).ok())
            {
                deep::step(|| read_entries(document, mapping, entries));
            }
            continue;
        }
        entries.push((read(document, key), read(document, value)));
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // One after the other, since they may be deep.
        let mut left = self.take();
        while let Some(mut raw) = left.pop() {
            left.append(&mut raw.take());
        }
    }
}

impl Raw {
    /// Takes out what it holds.
    fn take(&mut self) -> Vec<Self> {
        match self {
            Self::List(items) => std::mem::take(items),
            Self::Map(entries) => std::mem::take(entries)
                .into_iter()
                .flat_map(|(key, value)| [key, value])
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The order in which fmt prints keys. That of types is one of their addresses, as they are in Helm.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => match (a.is_nan(), b.is_nan()) {
                (false, false) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
                (a, b) => b.cmp(&a),
            },
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Nil => 0,
            Self::Str(_) => 1,
            Self::Uint(_) => 2,
            Self::Int(_) => 3,
            Self::Float(_) => 4,
            Self::Bool(_) => 5,
            Self::List(_) | Self::Map(_) => 6,
        }
    }

    /// The first key that JSON does not have, and its value.
    fn unsupported_key(&self) -> Option<(&Self, &Self)> {
        match self {
            Self::List(items) => items.iter().find_map(|item| deep::step(|| item.unsupported_key())),
            Self::Map(entries) => entries.iter().find_map(|(key, value)| match key {
                Self::Nil | Self::Uint(_) => Some((key, value)),
                _ => deep::step(|| value.unsupported_key()),
            }),
            _ => None,
        }
    }

    fn alone(&self) -> String {
        let mut text = String::new();
        match self {
            // A nil that stands alone has no type.
            Self::Nil => text.push_str("<nil>"),
            raw => raw.print(&mut text),
        }
        text
    }

    fn print(&self, text: &mut String) {
        if text.len() > MAX_TEXT {
            text.push_str("...");
            return;
        }
        // Writing to memory does not fail.
        let _ = match self {
            Self::Nil => text.write_str("interface {}(nil)"),
            Self::Str(bytes) => text.write_str(&strconv::quote(bytes)),
            Self::Uint(number) => write!(text, "{number:#x}"),
            Self::Int(number) => write!(text, "{number}"),
            Self::Float(number) => text.write_str(&strconv::format_float(*number, b'g', None, 64)),
            Self::Bool(truth) => write!(text, "{truth}"),
            Self::List(items) => {
                text.push_str("[]interface {}{");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    deep::step(|| item.print(text));
                }
                text.write_str("}")
            }
            Self::Map(entries) => {
                text.push_str("map[interface {}]interface {}{");
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    deep::step(|| key.print(text));
                    text.push(':');
                    deep::step(|| value.print(text));
                }
                text.write_str("}")
            }
        };
    }
}
