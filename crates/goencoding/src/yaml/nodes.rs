//! The nodes of a document, in the order in which they begin.

use std::borrow::Cow;
use std::collections::HashMap;

use super::error::Problem;
use super::parser::{Event, Parser};
use super::reader::Watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    Scalar,
    Sequence,
    Mapping,
    /// Stands for the node of this number.
    Alias(u32),
}

#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) kind: NodeKind,
    /// The number of the node that follows it and all that it holds.
    pub(super) next: u32,
    /// The number of its tag, from one; 0 for none.
    tag: u32,
    pub(super) implicit: bool,
    /// A scalar's value, an alias's name.
    pub(super) value: Cow<'a, [u8]>,
}

/// The first document of a text; no nodes where it has none.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    tags: Vec<Cow<'a, [u8]>>,
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a [u8], watch: Option<Watch>) -> Result<Self, Problem> {
        let mut parser = Parser::new(text, watch);
        let mut document = Self::default();
        if matches!(parser.next()?, Event::StreamEnd) {
            return Ok(document);
        }
        let mut anchors: HashMap<&'a [u8], u32> = HashMap::new();
        let mut open: Vec<u32> = Vec::new();
        loop {
            let event = parser.next()?;
            if document.add(event, &mut anchors, &mut open)? {
                break;
            }
        }
        parser.next()?;
        Ok(document)
    }

    /// Adds what an event tells; answers whether the document's node is complete.
    fn add(
        &mut self,
        event: Event<'a>,
        anchors: &mut HashMap<&'a [u8], u32>,
        open: &mut Vec<u32>,
    ) -> Result<bool, Problem> {
        let index = self.nodes.len() as u32;
        let mut node = Node {
            kind: NodeKind::Scalar,
            next: index + 1,
            tag: 0,
            implicit: false,
            value: Cow::Borrowed(&b""[..]),
        };
        let anchor = match event {
            Event::Scalar {
                anchor,
                tag,
                value,
                implicit,
            } => {
                node.value = value;
                node.implicit = implicit;
                if let Some(tag) = tag {
                    self.tags.push(tag);
                    node.tag = self.tags.len() as u32;
                }
                anchor
            }
            Event::Alias(name) => {
                let Some(&target) = anchors.get(name) else {
                    let name = String::from_utf8_lossy(name);
                    return Err(Problem::plain(format!("unknown anchor '{name}' referenced")));
                };
                node.kind = NodeKind::Alias(target);
                node.value = Cow::Borrowed(name);
                None
            }
            Event::SequenceStart(anchor) => {
                node.kind = NodeKind::Sequence;
                anchor
            }
            Event::MappingStart(anchor) => {
                node.kind = NodeKind::Mapping;
                anchor
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(node) = open.pop().and_then(|begun| self.nodes.get_mut(begun as usize)) {
                    node.next = index;
                }
                return Ok(open.is_empty());
            }
            Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => return Ok(true),
        };
        if let Some(anchor) = anchor {
            anchors.insert(anchor, index);
        }
        if matches!(node.kind, NodeKind::Sequence | NodeKind::Mapping) {
            open.push(index);
        }
        self.nodes.push(node);
        Ok(open.is_empty())
    }

    pub(super) fn get(&self, index: u32) -> Option<&Node<'a>> {
        self.nodes.get(index as usize)
    }

    pub(super) fn kind(&self, index: u32) -> NodeKind {
        self.get(index).map_or(NodeKind::Scalar, |node| node.kind)
    }

    /// A scalar's tag, in full.
    pub(super) fn tag(&self, node: &Node<'_>) -> Option<&[u8]> {
        let index = (node.tag as usize).checked_sub(1)?;
        self.tags.get(index).map(|tag| &**tag)
    }

    /// Whether a key is `<<`, whose value is merged into the mapping.
    pub(super) fn is_merge(&self, index: u32) -> bool {
        let is = |node: &Node<'_>| {
            node.kind == NodeKind::Scalar
                && *node.value == *b"<<"
                && (node.implicit || self.tag(node) == Some(b"tag:yaml.org,2002:merge"))
        };
        self.get(index).is_some_and(is)
    }

    /// The nodes that a value to merge stands for, in the order in which they are merged: of several, the first comes
    /// last, so that it prevails.
    pub(super) fn merged(&self, index: u32) -> Vec<u32> {
        let mut sources: Vec<u32> = match self.kind(index) {
            NodeKind::Sequence => self.children(index).collect(),
            _ => vec![index],
        };
        sources.reverse();
        sources
    }

    /// The mapping that a node to merge is, or is an alias of.
    pub(super) fn mapping(&self, index: u32) -> Result<u32, Problem> {
        let target = match self.kind(index) {
            NodeKind::Alias(target) => target,
            _ => index,
        };
        match self.kind(target) {
            NodeKind::Mapping => Ok(target),
            _ => Err(Problem::plain(
                "map merge requires map or sequence of maps as the value",
            )),
        }
    }

    /// The numbers of the nodes right below one.
    pub(super) fn children(&self, index: u32) -> Children<'_, 'a> {
        Children {
            document: self,
            at: index + 1,
            end: self.get(index).map_or(0, |node| node.next),
        }
    }
}

pub(super) struct Children<'d, 'a> {
    document: &'d Document<'a>,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_, '_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at >= self.end {
            return None;
        }
        let child = self.at;
        self.at = self.document.get(child)?.next;
        Some(child)
    }
}
