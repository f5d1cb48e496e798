//! The parser: makes events of tokens.
//!
//! Long because it is one machine of states, which keeps no stack of calls however deep a text nests.

use std::borrow::Cow;

use super::error::Problem;
use super::reader::Watch;
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// An event: what begins or ends, or a whole node.
#[derive(Debug)]
pub(super) enum Event<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a [u8]),
    Scalar {
        anchor: Option<&'a [u8]>,
        tag: Option<Cow<'a, [u8]>>,
        value: Cow<'a, [u8]>,
        /// Whether the value may be something else than a string, for want of a tag or quotes.
        implicit: bool,
    },
    SequenceStart(Option<&'a [u8]>),
    SequenceEnd,
    MappingStart(Option<&'a [u8]>),
    MappingEnd,
}

#[derive(Clone, Copy, Debug)]
enum State {
    ImplicitDocumentStart,
    DocumentContent,
    DocumentEnd,
    End,
    BlockNode,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
}

pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// Where to go on when a node ends.
    states: Vec<State>,
    /// The prefixes that handles of tags stand for.
    prefixes: Vec<(&'a [u8], Vec<u8>)>,
}

/// What may stand before a node's content.
#[derive(Default)]
struct Properties<'a> {
    anchor: Option<&'a [u8]>,
    tag: Option<(u32, &'a [u8], Vec<u8>)>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a [u8], watch: Option<Watch>) -> Self {
        Self {
            scanner: Scanner::new(text, watch),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            prefixes: Vec::new(),
        }
    }

    /// The next event of the first document, or the end of the stream.
    pub(super) fn next(&mut self) -> Result<Event<'a>, Problem> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::End => Ok(Event::StreamEnd),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingFirst => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => {
                self.peek()?;
                self.state = State::FlowMappingKey;
                Ok(empty())
            }
        }
    }

    fn peek(&mut self) -> Result<&Token<'a>, Problem> {
        self.scanner.peek().map(|token| &*token)
    }

    fn skip(&mut self) -> Result<Token<'a>, Problem> {
        self.scanner.next()
    }

    /// Goes on where the node that ends was begun.
    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// A node, after which it goes on at `then`.
    fn node_then(&mut self, then: State, block: bool, indentless: bool) -> Result<Event<'a>, Problem> {
        self.states.push(then);
        self.node(block, indentless)
    }

    /// No node where one could be, after which it goes on at `then`.
    fn empty_then(&mut self, then: State) -> Result<Event<'a>, Problem> {
        self.state = then;
        Ok(empty())
    }

    fn end(&mut self, event: Event<'a>) -> Result<Event<'a>, Problem> {
        self.pop();
        self.skip()?;
        Ok(event)
    }

    fn document_start(&mut self) -> Result<Event<'a>, Problem> {
        // The start of the stream.
        self.skip()?;
        let token = self.peek()?;
        match token.kind {
            Kind::StreamEnd => {
                self.state = State::End;
                self.skip()?;
                return Ok(Event::StreamEnd);
            }
            Kind::Version(_) | Kind::TagDirective(..) | Kind::DocumentStart => {
                self.directives()?;
                let token = self.peek()?;
                if !matches!(token.kind, Kind::DocumentStart) {
                    return Err(Problem::parser(token.line, "did not find expected <document start>"));
                }
                self.skip()?;
                self.state = State::DocumentContent;
            }
            _ => {
                self.directives()?;
                self.state = State::BlockNode;
            }
        }
        self.states.push(State::DocumentEnd);
        Ok(Event::DocumentStart)
    }

    fn directives(&mut self) -> Result<(), Problem> {
        let mut versions = 0;
        loop {
            let token = self.peek()?;
            let line = token.line;
            match token.kind {
                Kind::Version(known) => {
                    versions += 1;
                    if versions > 1 {
                        return Err(Problem::parser(line, "found duplicate %YAML directive"));
                    }
                    if !known {
                        return Err(Problem::parser(line, "found incompatible YAML document"));
                    }
                }
                Kind::TagDirective(handle, _) => {
                    if self.prefixes.iter().any(|(known, _)| *known == handle) {
                        return Err(Problem::parser(line, "found duplicate %TAG directive"));
                    }
                }
                _ => break,
            }
            if let Kind::TagDirective(handle, prefix) = self.skip()?.kind {
                self.prefixes.push((handle, prefix));
            }
        }
        for (handle, prefix) in [(&b"!"[..], &b"!"[..]), (b"!!", b"tag:yaml.org,2002:")] {
            if !self.prefixes.iter().any(|(known, _)| *known == handle) {
                self.prefixes.push((handle, prefix.to_vec()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        match token.kind {
            Kind::Version(_) | Kind::TagDirective(..) | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd => {
                self.pop();
                Ok(empty())
            }
            _ => self.node(true, false),
        }
    }

    /// What follows the document is not looked at: `{} a` is read as `{}`.
    fn document_end(&mut self) -> Result<Event<'a>, Problem> {
        self.peek()?;
        self.state = State::End;
        Ok(Event::DocumentEnd)
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        if let Kind::Alias(name) = token.kind {
            self.pop();
            self.skip()?;
            return Ok(Event::Alias(name));
        }
        let (anchor, tag) = match token.kind {
            Kind::Anchor(_) | Kind::Tag(..) => self.properties()?,
            _ => (None, None),
        };
        let token = self.peek()?;
        let here = token.line;
        let kind = match &token.kind {
            Kind::BlockEntry if indentless => {
                self.state = State::IndentlessSequenceEntry;
                Event::SequenceStart(anchor)
            }
            Kind::Scalar { plain, .. } => {
                let implicit = match &tag {
                    None => *plain,
                    Some(tag) => &tag[..] == b"!",
                };
                self.pop();
                let value = match self.skip()?.kind {
                    Kind::Scalar { value, .. } => value,
                    _ => Cow::Borrowed(&b""[..]),
                };
                Event::Scalar {
                    anchor,
                    tag,
                    value,
                    implicit,
                }
            }
            Kind::FlowSequenceStart => {
                self.state = State::FlowSequenceFirst;
                Event::SequenceStart(anchor)
            }
            Kind::FlowMappingStart => {
                self.state = State::FlowMappingFirst;
                Event::MappingStart(anchor)
            }
            Kind::BlockSequenceStart if block => {
                self.skip()?;
                self.state = State::BlockSequenceEntry;
                Event::SequenceStart(anchor)
            }
            Kind::BlockMappingStart if block => {
                self.skip()?;
                self.state = State::BlockMappingKey;
                Event::MappingStart(anchor)
            }
            _ if anchor.is_some() || tag.is_some() => {
                self.pop();
                Event::Scalar {
                    anchor,
                    implicit: tag.is_none(),
                    tag,
                    value: Cow::Borrowed(b""),
                }
            }
            _ => return Err(Problem::parser(here, "did not find expected node content")),
        };
        Ok(kind)
    }

    /// An anchor and a tag, in any order.
    #[allow(clippy::type_complexity)]
    fn properties(&mut self) -> Result<(Option<&'a [u8]>, Option<Cow<'a, [u8]>>), Problem> {
        let mut found = Properties::default();
        for _ in 0..2 {
            match self.peek()?.kind {
                Kind::Anchor(_) if found.anchor.is_none() => {}
                Kind::Tag(..) if found.tag.is_none() => {}
                _ => break,
            }
            let token = self.skip()?;
            match token.kind {
                Kind::Anchor(name) => found.anchor = Some(name),
                Kind::Tag(handle, suffix) => found.tag = Some((token.line, handle, suffix)),
                _ => {}
            }
        }
        // What follows is read before the tag is looked at.
        self.peek()?;
        let Some((tag_line, handle, suffix)) = found.tag else {
            return Ok((found.anchor, None));
        };
        let tag = if handle.is_empty() {
            suffix
        } else {
            let Some((_, prefix)) = self.prefixes.iter().find(|(known, _)| *known == handle) else {
                return Err(Problem::parser(tag_line, "found undefined tag handle"));
            };
            [&prefix[..], &suffix[..]].concat()
        };
        Ok((found.anchor, Some(Cow::Owned(tag))))
    }

    fn block_sequence_entry(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        let line = token.line;
        match token.kind {
            Kind::BlockEntry => {
                self.skip()?;
                match self.peek()?.kind {
                    Kind::BlockEntry | Kind::BlockEnd => self.empty_then(State::BlockSequenceEntry),
                    _ => self.node_then(State::BlockSequenceEntry, true, false),
                }
            }
            Kind::BlockEnd => self.end(Event::SequenceEnd),
            _ => Err(Problem::parser(line, "did not find expected '-' indicator")),
        }
    }

    fn indentless_sequence_entry(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        if !matches!(token.kind, Kind::BlockEntry) {
            self.pop();
            return Ok(Event::SequenceEnd);
        }
        self.skip()?;
        match self.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => {
                self.empty_then(State::IndentlessSequenceEntry)
            }
            _ => self.node_then(State::IndentlessSequenceEntry, true, false),
        }
    }

    fn block_mapping_key(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        let line = token.line;
        match token.kind {
            Kind::Key => {
                self.skip()?;
                match self.peek()?.kind {
                    Kind::Key | Kind::Value | Kind::BlockEnd => self.empty_then(State::BlockMappingValue),
                    _ => self.node_then(State::BlockMappingValue, true, true),
                }
            }
            Kind::BlockEnd => self.end(Event::MappingEnd),
            _ => Err(Problem::parser(line, "did not find expected key")),
        }
    }

    fn block_mapping_value(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        if !matches!(token.kind, Kind::Value) {
            return self.empty_then(State::BlockMappingKey);
        }
        self.skip()?;
        match self.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.empty_then(State::BlockMappingKey),
            _ => self.node_then(State::BlockMappingKey, true, true),
        }
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Result<Event<'a>, Problem> {
        if first {
            self.skip()?;
        }
        if !matches!(self.peek()?.kind, Kind::FlowSequenceEnd) {
            if !first {
                let token = self.peek()?;
                if !matches!(token.kind, Kind::FlowEntry) {
                    return Err(Problem::parser(token.line, "did not find expected ',' or ']'"));
                }
                self.skip()?;
            }
            match self.peek()?.kind {
                Kind::Key => {
                    self.skip()?;
                    self.state = State::FlowPairKey;
                    return Ok(Event::MappingStart(None));
                }
                Kind::FlowSequenceEnd => {}
                _ => return self.node_then(State::FlowSequenceEntry, false, false),
            }
        }
        self.end(Event::SequenceEnd)
    }

    fn flow_pair_key(&mut self) -> Result<Event<'a>, Problem> {
        match self.peek()?.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // As go-yaml does: what ends the key is lost.
                self.skip()?;
                self.empty_then(State::FlowPairValue)
            }
            _ => self.node_then(State::FlowPairValue, false, false),
        }
    }

    fn flow_pair_value(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        if matches!(token.kind, Kind::Value) {
            self.skip()?;
            if !matches!(self.peek()?.kind, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                return self.node_then(State::FlowPairEnd, false, false);
            }
        }
        self.empty_then(State::FlowPairEnd)
    }

    fn flow_pair_end(&mut self) -> Result<Event<'a>, Problem> {
        self.peek()?;
        self.state = State::FlowSequenceEntry;
        Ok(Event::MappingEnd)
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<Event<'a>, Problem> {
        if first {
            self.skip()?;
        }
        if !matches!(self.peek()?.kind, Kind::FlowMappingEnd) {
            if !first {
                let token = self.peek()?;
                if !matches!(token.kind, Kind::FlowEntry) {
                    return Err(Problem::parser(token.line, "did not find expected ',' or '}'"));
                }
                self.skip()?;
            }
            match self.peek()?.kind {
                Kind::Key => {
                    self.skip()?;
                    let token = self.peek()?;
                    return match token.kind {
                        Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => {
                            self.empty_then(State::FlowMappingValue)
                        }
                        _ => self.node_then(State::FlowMappingValue, false, false),
                    };
                }
                Kind::FlowMappingEnd => {}
                _ => return self.node_then(State::FlowMappingEmptyValue, false, false),
            }
        }
        self.end(Event::MappingEnd)
    }

    fn flow_mapping_value(&mut self) -> Result<Event<'a>, Problem> {
        let token = self.peek()?;
        if matches!(token.kind, Kind::Value) {
            self.skip()?;
            if !matches!(self.peek()?.kind, Kind::FlowEntry | Kind::FlowMappingEnd) {
                return self.node_then(State::FlowMappingKey, false, false);
            }
        }
        self.empty_then(State::FlowMappingKey)
    }
}

fn empty<'a>() -> Event<'a> {
    Event::Scalar {
        anchor: None,
        tag: None,
        value: Cow::Borrowed(b""),
        implicit: true,
    }
}
