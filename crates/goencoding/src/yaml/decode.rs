//! From nodes to values, by way of what JSON can express.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_govalue::{Map, Str, Type, Value, deep, strconv, utf8};

use super::error::{MAX_DEPTH, Problem, YamlError};
use super::gosyntax::{go_syntax, unsupported_key};
use super::nodes::{Document, Node, NodeKind};
use super::numbers::format_g;
use super::resolve::{Dialect, Resolved, resolve, resolve_tagged};

/// What becomes of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// All are `float64`, as encoding/json reads them.
    Floats,
    /// Integers stay what they are.
    Exact,
}

/// A document's value; nil where there is none.
pub(super) fn decode(document: &Document<'_>, numbers: Numbers) -> Result<Value, YamlError> {
    if document.nodes.is_empty() {
        return Ok(Value::Nil);
    }
    let mut decoder = Decoder::new(document, numbers);
    let value = decoder.value(0)?;
    decoder.check_json(&value)?;
    Ok(value)
}

pub(super) struct Decoder<'d> {
    pub(super) document: &'d Document<'d>,
    numbers: Numbers,
    pub(super) counts: Counts,
    /// Whether there was a key that JSON does not have.
    unsupported: bool,
    /// Whether there was a number that JSON does not have.
    infinite: bool,
}

/// What keeps a small text from becoming a huge value.
#[derive(Default)]
pub(super) struct Counts {
    decoded: u64,
    aliased: u64,
    /// The aliases that are being followed.
    following: Vec<u32>,
    depth: usize,
    deepest: usize,
}

/// Up to so many nodes, nearly all may come of aliases.
const FEW: u64 = 400_000;
/// From so many nodes on, a tenth may.
const MANY: u64 = 4_000_000;

impl Counts {
    /// Counts a node that is about to be decoded.
    pub(super) fn count(&mut self) -> Result<(), Problem> {
        self.decoded += 1;
        if !self.following.is_empty() {
            self.aliased += 1;
        }
        if self.aliased > 100 && self.decoded > 1000 {
            let allowed = match self.decoded {
                0..=FEW => 0.99,
                MANY.. => 0.10,
                some => 0.99 - 0.89 * ((some - FEW) as f64 / (MANY - FEW) as f64),
            };
            if self.aliased as f64 / self.decoded as f64 > allowed {
                return Err(Problem::plain("document contains excessive aliasing"));
            }
        }
        Ok(())
    }

    /// Starts to follow an alias.
    pub(super) fn follow(&mut self, index: u32, name: &[u8]) -> Result<(), Problem> {
        if self.following.contains(&index) {
            let name = String::from_utf8_lossy(name);
            return Err(Problem::plain(format!("anchor '{name}' value contains itself")));
        }
        self.following.push(index);
        Ok(())
    }

    pub(super) fn followed(&mut self) {
        self.following.pop();
    }

    fn enter(&mut self) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

impl<'d> Decoder<'d> {
    pub(super) fn new(document: &'d Document<'d>, numbers: Numbers) -> Self {
        let counts = Counts {
            // The document itself.
            decoded: 1,
            ..Counts::default()
        };
        Self {
            document,
            numbers,
            counts,
            unsupported: false,
            infinite: false,
        }
    }

    /// What JSON refuses, once all has been decoded.
    pub(super) fn check_json(&mut self, value: &Value) -> Result<(), YamlError> {
        // A later key of the same name may have taken away what was noted.
        if self.unsupported
            && let Some(unsupported) = unsupported_key(self.document)
        {
            return Err(YamlError::Convert(unsupported));
        }
        if self.infinite
            && let Some(number) = infinite(value)
        {
            let number = strconv::format_float(number, b'g', None, 64);
            return Err(YamlError::Convert(format!("json: unsupported value: {number}")));
        }
        if self.counts.deepest > MAX_DEPTH
            && let Some(bracket) = too_deep(value, 1)
        {
            return Err(YamlError::Decode(format!(
                "invalid character '{bracket}' exceeded max depth"
            )));
        }
        Ok(())
    }

    pub(super) fn value(&mut self, index: u32) -> Result<Value, Problem> {
        self.counts.count()?;
        match self.document.kind(index) {
            NodeKind::Scalar => self.scalar(index),
            NodeKind::Alias(target) => self.alias(index, target),
            NodeKind::Sequence => deep::step(|| self.sequence(index)),
            NodeKind::Mapping => deep::step(|| self.mapping(index)),
        }
    }

    fn alias(&mut self, index: u32, target: u32) -> Result<Value, Problem> {
        self.follow(index)?;
        let value = self.value(target);
        self.counts.followed();
        value
    }

    fn follow(&mut self, index: u32) -> Result<(), Problem> {
        let name = self.document.get(index).map_or(&b""[..], |node| &node.value);
        self.counts.follow(index, name)
    }

    fn sequence(&mut self, index: u32) -> Result<Value, Problem> {
        self.counts.enter();
        let mut items = Vec::new();
        for child in self.document.children(index) {
            items.push(self.value(child)?);
        }
        self.counts.leave();
        Ok(Value::list(items))
    }

    fn mapping(&mut self, index: u32) -> Result<Value, Problem> {
        self.counts.enter();
        let mut entries = Vec::new();
        self.entries(index, &mut entries)?;
        self.counts.leave();
        Ok(collected(entries))
    }

    fn entries(&mut self, index: u32, entries: &mut Vec<(Str, Value)>) -> Result<(), Problem> {
        let mut children = self.document.children(index);
        while let (Some(key), Some(value)) = (children.next(), children.next()) {
            if self.document.is_merge(key) {
                self.merge_all(value, entries)?;
                continue;
            }
            let name = self.key(key)?;
            let value = self.value(value)?;
            if let Some(name) = name {
                entries.push((name, value));
            }
        }
        Ok(())
    }

    fn merge_all(&mut self, value: u32, entries: &mut Vec<(Str, Value)>) -> Result<(), Problem> {
        for source in self.document.merged(value) {
            self.merge(source, entries)?;
        }
        Ok(())
    }

    /// Adds the entries of a mapping, or of an alias of one. They take the place of those before them.
    fn merge(&mut self, index: u32, entries: &mut Vec<(Str, Value)>) -> Result<(), Problem> {
        let mapping = self.document.mapping(index)?;
        self.counts.count()?;
        if mapping == index {
            return deep::step(|| self.entries(mapping, entries));
        }
        self.follow(index)?;
        self.counts.count()?;
        deep::step(|| self.entries(mapping, entries))?;
        self.counts.followed();
        Ok(())
    }

    /// A key as a string; none for one that JSON does not have, which is noted.
    fn key(&mut self, index: u32) -> Result<Option<Str>, Problem> {
        let document = self.document;
        let target = match document.kind(index) {
            NodeKind::Alias(target) => target,
            _ => index,
        };
        let Some(node) = document.get(target) else {
            return Ok(None);
        };
        if node.kind != NodeKind::Scalar {
            // What is wrong inside of it is told first.
            self.value(index)?;
            return Err(Problem::plain(format!(
                "invalid map key: {}",
                go_syntax(document, index)
            )));
        }
        self.counts.count()?;
        if target != index {
            self.follow(index)?;
            self.counts.count()?;
            self.counts.followed();
        }
        let text = match resolved(document, node)? {
            Resolved::Str | Resolved::Timestamp => return Ok(Some(Str::from(&*node.value))),
            Resolved::Binary => return Ok(Some(Str::from(&*valid(&binary(node)?)))),
            Resolved::Int(number) => number.to_string(),
            Resolved::Float(number) => format_g(number, 32),
            Resolved::Bool(truth) => truth.to_string(),
            Resolved::Null | Resolved::Uint(_) => {
                self.unsupported = true;
                return Ok(None);
            }
        };
        Ok(Some(text.into()))
    }

    fn scalar(&mut self, index: u32) -> Result<Value, Problem> {
        let Some(node) = self.document.get(index) else {
            return Ok(Value::Nil);
        };
        Ok(match resolved(self.document, node)? {
            Resolved::Null => Value::Nil,
            Resolved::Bool(truth) => Value::Bool(truth),
            Resolved::Int(number) => match self.numbers {
                Numbers::Exact => Value::int(number),
                Numbers::Floats => Value::float(number as f64),
            },
            Resolved::Uint(number) => match self.numbers {
                Numbers::Exact => Value::Uint(number, hoist_govalue::Kind::Uint64),
                Numbers::Floats => Value::float(number as f64),
            },
            Resolved::Float(number) => {
                self.infinite |= !number.is_finite();
                Value::float(number)
            }
            Resolved::Str | Resolved::Timestamp => Value::Str(Str::from(&*node.value)),
            Resolved::Binary => Value::Str(Str::from(&*valid(&binary(node)?))),
        })
    }
}

/// Of equal keys, the last one stays.
fn collected(entries: Vec<(Str, Value)>) -> Value {
    let entries: BTreeMap<Str, Value> = entries.into_iter().collect();
    Value::Map(Map::typed(Type::Map, entries))
}

/// What a scalar node means.
pub(super) fn resolved(document: &Document<'_>, node: &Node<'_>) -> Result<Resolved, Problem> {
    match document.tag(node) {
        None if node.implicit => Ok(resolve(&node.value, Dialect::V2)),
        None => Ok(Resolved::Str),
        Some(tag) => resolve_tagged(tag, &node.value),
    }
}

/// The bytes of a scalar that is tagged `!!binary`.
pub(super) fn binary(node: &Node<'_>) -> Result<Vec<u8>, Problem> {
    let text: Vec<u8> = node
        .value
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    lenient(&text).ok_or(Problem::plain("!!binary value contains invalid base64 data"))
}

/// Go does not mind bits behind the last byte.
fn lenient(text: &[u8]) -> Option<Vec<u8>> {
    use base64::alphabet::STANDARD as ALPHABET;
    use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
    STANDARD.decode(text).ok().or_else(|| {
        let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
        GeneralPurpose::new(&ALPHABET, config).decode(text).ok()
    })
}

/// A string as it comes out of JSON: each byte that is not UTF-8 is U+FFFD.
pub(super) fn valid(bytes: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    for rune in utf8::runes(bytes) {
        utf8::push(&mut text, rune.1);
    }
    Cow::Owned(text)
}

/// The first number that JSON does not have, in the order in which JSON is written.
fn infinite(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number, _) if !number.is_finite() => Some(*number),
        Value::List(items) => deep::step(|| items.iter().find_map(infinite)),
        Value::Map(map) => deep::step(|| map.borrow().values().find_map(infinite)),
        _ => None,
    }
}

/// What the first list or map begins with that is too deep for JSON.
fn too_deep(value: &Value, depth: usize) -> Option<char> {
    match value {
        Value::List(_) if depth > MAX_DEPTH => Some('['),
        Value::Map(_) if depth > MAX_DEPTH => Some('{'),
        Value::List(items) => deep::step(|| items.iter().find_map(|item| too_deep(item, depth + 1))),
        Value::Map(map) => deep::step(|| map.borrow().values().find_map(|value| too_deep(value, depth + 1))),
        _ => None,
    }
}
