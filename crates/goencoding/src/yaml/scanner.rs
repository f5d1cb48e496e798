//! The scanner: makes tokens of a text, with the rules and the mistakes of go-yaml v2.
//!
//! Long because indentation and simple keys only make sense together: a `:` makes a key of what was read before it, and
//! opens a block around it.

use std::collections::VecDeque;

use super::chars::{break_width, is_blank, is_blankz, is_breakz, is_document_indicator, width};
use super::error::{MAX_DEPTH, Problem, TOO_DEEP};
use super::reader::Watch;
use super::token::{Kind, Token};

/// A simple key is at most this many characters.
const MAX_KEY: usize = 1024;

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// In the block context at the indentation of the mapping, where nothing but a key may stand.
    required: bool,
    /// Whether the parser must wait for what becomes of it.
    awaited: bool,
    /// The number of its first token, counted from the start of the text.
    token: usize,
    line: u32,
    column: usize,
}

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    watch: Option<Watch>,
    pub(super) pos: usize,
    pub(super) line: u32,
    /// What `pos` would be at the start of the line if every character before it were one byte.
    base: usize,
    started: bool,
    tokens: VecDeque<Token<'a>>,
    /// How many tokens the parser has taken.
    taken: usize,
    /// One for each flow level, and one for the block context.
    keys: Vec<SimpleKey>,
    pub(super) key_allowed: bool,
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) flow: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], watch: Option<Watch>) -> Self {
        Self {
            text,
            watch,
            pos: 0,
            line: 0,
            base: 0,
            started: false,
            tokens: VecDeque::new(),
            taken: 0,
            keys: vec![SimpleKey::default()],
            key_allowed: true,
            indent: -1,
            indents: Vec::new(),
            flow: 0,
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&mut Token<'a>, Problem> {
        while self.needs_more()? {
            self.fetch()?;
        }
        // The loop ends only with a token in the queue.
        self.tokens
            .front_mut()
            .ok_or(Problem::plain("unknown problem parsing YAML content"))
    }

    /// The next token, which is taken.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Problem> {
        self.peek()?;
        self.taken += 1;
        self.tokens
            .pop_front()
            .ok_or(Problem::plain("unknown problem parsing YAML content"))
    }

    /// Whether the first token may still turn out to be a key.
    fn needs_more(&mut self) -> Result<bool, Problem> {
        if self.tokens.is_empty() {
            return Ok(true);
        }
        let index = match self.keys.as_slice() {
            [only] if only.token == self.taken => 0,
            [_] => return Ok(false),
            keys => keys.partition_point(|key| key.token < self.taken),
        };
        match self.keys.get(index) {
            Some(key) if key.token == self.taken && key.awaited => self.check_key(index),
            _ => Ok(false),
        }
    }

    /// The text that is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// The byte so far from here; 0 behind the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.pos + ahead).copied().unwrap_or_default()
    }

    /// The column, counted in characters.
    pub(super) fn column(&self) -> usize {
        self.pos.saturating_sub(self.base)
    }

    /// Fails where so many characters from here on reach what cannot be read.
    pub(super) fn need(&mut self, characters: usize) -> Result<(), Problem> {
        match &mut self.watch {
            None => Ok(()),
            Some(watch) => watch.need(self.text, self.pos, characters).map_err(Problem::plain),
        }
    }

    /// Goes on by bytes of which each is a character.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.pos += bytes;
    }

    /// Goes on to a place on the same line.
    pub(super) fn skip_to(&mut self, end: usize) {
        let passed = self.text.get(self.pos..end).unwrap_or_default();
        self.base += passed.iter().filter(|&&byte| byte & 0xC0 == 0x80).count();
        self.pos = end;
    }

    /// Goes behind the line break that is here, if one is.
    pub(super) fn skip_break(&mut self) {
        let width = break_width(self.rest());
        if width > 0 {
            self.pos += width;
            self.line += 1;
            self.base = self.pos;
        }
    }

    /// Goes behind the line break that is here, and answers how it is read.
    pub(super) fn read_break(&mut self) -> &'a [u8] {
        let rest = self.rest();
        self.skip_break();
        match rest {
            [0xE2, ..] => rest.get(..3).unwrap_or_default(),
            [] => b"",
            _ => b"\n",
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.rest()) {
            self.pos += 1;
        }
    }

    /// Goes to the end of the line, where a comment begins here.
    pub(super) fn skip_comment(&mut self) -> Result<(), Problem> {
        if self.byte(0) == b'#' {
            let rest = self.rest();
            let mut length = 0;
            while let Some(byte) = rest.get(length) {
                if matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2) && is_breakz(rest.get(length..).unwrap_or_default()) {
                    break;
                }
                length += 1;
            }
            self.skip_to(self.pos + length);
        }
        self.need(1)
    }

    pub(super) fn error<T>(&self, text: &'static str) -> Result<T, Problem> {
        Err(Problem::scanner(self.line, text))
    }

    fn push(&mut self, line: u32, kind: Kind<'a>) {
        self.tokens.push_back(Token { line, kind });
    }

    /// Makes the next token, with those that its place brings along.
    fn fetch(&mut self) -> Result<(), Problem> {
        self.need(1)?;
        if !self.started {
            self.started = true;
            self.push(self.line, Kind::StreamStart);
            return Ok(());
        }
        self.skip_to_token()?;
        self.unroll_indent(self.column() as isize);
        self.need(4)?;

        let rest = self.rest();
        let Some(&first) = rest.first() else {
            return self.fetch_stream_end();
        };
        if self.pos == self.base {
            if first == b'%' {
                self.leave_block()?;
                let token = self.directive()?;
                self.tokens.push_back(token);
                return Ok(());
            }
            if matches!(first, b'-' | b'.') && is_document_indicator(rest) {
                self.leave_block()?;
                let kind = match first {
                    b'-' => Kind::DocumentStart,
                    _ => Kind::DocumentEnd,
                };
                self.push(self.line, kind);
                self.skip(3);
                return Ok(());
            }
        }
        let second_blank = || is_blankz(rest.get(1..).unwrap_or_default());
        match first {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.push(self.line, Kind::FlowEntry);
                self.skip(1);
                Ok(())
            }
            b'-' if second_blank() => self.fetch_block_entry(),
            b'?' if self.flow > 0 || second_blank() => self.fetch_key(),
            b':' if self.flow > 0 || second_blank() => self.fetch_value(),
            b'*' | b'&' | b'!' | b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = match first {
                    b'*' | b'&' => self.anchor(first == b'*')?,
                    b'!' => self.tag()?,
                    quote => self.quoted(quote)?,
                };
                self.tokens.push_back(token);
                Ok(())
            }
            b'|' | b'>' if self.flow == 0 => {
                self.remove_key()?;
                self.key_allowed = true;
                let token = self.block_scalar(first == b'|')?;
                self.tokens.push_back(token);
                Ok(())
            }
            // A tab, or what may only stand inside of a plain scalar. (A line break is never here.)
            b'\t' | b'|' | b'>' | b'#' | b'%' | b'@' | b'`' => {
                self.error("found character that cannot start any token")
            }
            _ => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.plain()?;
                self.tokens.push_back(token);
                Ok(())
            }
        }
    }

    /// Passes blanks, comments and line breaks.
    fn skip_to_token(&mut self) -> Result<(), Problem> {
        loop {
            self.need(1)?;
            if self.pos == self.base && self.watch.is_some_and(|watch| watch.is_marked(self.text)) {
                let length = self.rest().first().map_or(0, |&byte| width(byte));
                self.skip_to(self.pos + length);
            }
            self.need(1)?;
            // A tab may not indent a block.
            let tabs = self.flow > 0 || !self.key_allowed;
            while self.byte(0) == b' ' || tabs && self.byte(0) == b'\t' {
                self.pos += 1;
            }
            self.need(1)?;
            self.skip_comment()?;
            if break_width(self.rest()) == 0 {
                return Ok(());
            }
            self.need(2)?;
            self.skip_break();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Whether a key is still possible, after what has been read since.
    fn check_key(&mut self, index: usize) -> Result<bool, Problem> {
        let (line, column) = (self.line, self.column());
        let Some(key) = self.keys.get_mut(index) else {
            return Ok(false);
        };
        if !key.possible {
            return Ok(false);
        }
        if key.line < line || key.column + MAX_KEY < column {
            if key.required {
                return self.error("could not find expected ':'");
            }
            key.possible = false;
            key.awaited = false;
            return Ok(false);
        }
        Ok(true)
    }

    /// Notes that a key may begin here.
    fn save_key(&mut self) -> Result<(), Problem> {
        if !self.key_allowed {
            return Ok(());
        }
        self.remove_key()?;
        let key = SimpleKey {
            possible: true,
            required: self.flow == 0 && self.indent == self.column() as isize,
            awaited: true,
            token: self.taken + self.tokens.len(),
            line: self.line,
            column: self.column(),
        };
        if let Some(last) = self.keys.last_mut() {
            *last = key;
        }
        Ok(())
    }

    /// Gives up the key that may have begun on this flow level.
    fn remove_key(&mut self) -> Result<(), Problem> {
        let Some(key) = self.keys.last_mut() else {
            return Ok(());
        };
        if key.possible {
            if key.required {
                return self.error("could not find expected ':'");
            }
            key.possible = false;
            key.awaited = false;
        }
        Ok(())
    }

    /// Opens a block, where the column is deeper than the one that is open.
    fn roll_indent(&mut self, column: usize, number: Option<usize>, kind: Kind<'a>, line: u32) -> Result<(), Problem> {
        if self.flow > 0 || self.indent >= column as isize {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column as isize;
        if self.indents.len() > MAX_DEPTH {
            return self.error(TOO_DEEP);
        }
        self.insert(number, Token { line, kind });
        Ok(())
    }

    /// Puts a token before the one of this number; behind all where there is none, or where it has been taken already.
    fn insert(&mut self, number: Option<usize>, token: Token<'a>) {
        match number.and_then(|number| number.checked_sub(self.taken)) {
            Some(index) if index <= self.tokens.len() => self.tokens.insert(index, token),
            _ => self.tokens.push_back(token),
        }
    }

    /// Closes the blocks that are deeper than a column.
    fn unroll_indent(&mut self, column: isize) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.push(self.line, Kind::BlockEnd);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Before what ends a document: no block is open, no key awaited.
    fn leave_block(&mut self) -> Result<(), Problem> {
        self.unroll_indent(-1);
        self.remove_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), Problem> {
        if self.column() != 0 {
            self.line += 1;
            self.base = self.pos;
        }
        self.leave_block()?;
        self.push(self.line, Kind::StreamEnd);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<(), Problem> {
        self.save_key()?;
        self.keys.push(SimpleKey {
            token: self.taken + self.tokens.len(),
            line: self.line,
            column: self.column(),
            ..SimpleKey::default()
        });
        self.flow += 1;
        if self.flow > MAX_DEPTH {
            return self.error(TOO_DEEP);
        }
        self.key_allowed = true;
        self.push(self.line, kind);
        self.skip(1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<(), Problem> {
        self.remove_key()?;
        if self.flow > 0 {
            self.flow -= 1;
            let inner = self.keys.pop();
            // go-yaml forgets the key that the collection itself may be, where nothing inside of it could have been one:
            // so `{}: a` is no mapping.
            if let (Some(inner), Some(outer)) = (inner, self.keys.last_mut())
                && inner.token == outer.token
            {
                outer.awaited = false;
            }
        }
        self.key_allowed = false;
        self.push(self.line, kind);
        self.skip(1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Problem> {
        // In the flow context, the parser finds it.
        if self.flow == 0 {
            if !self.key_allowed {
                return self.error("block sequence entries are not allowed in this context");
            }
            self.roll_indent(self.column(), None, Kind::BlockSequenceStart, self.line)?;
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.push(self.line, Kind::BlockEntry);
        self.skip(1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Problem> {
        if self.flow == 0 {
            if !self.key_allowed {
                return self.error("mapping keys are not allowed in this context");
            }
            self.roll_indent(self.column(), None, Kind::BlockMappingStart, self.line)?;
        }
        self.remove_key()?;
        self.key_allowed = self.flow == 0;
        self.push(self.line, Kind::Key);
        self.skip(1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Problem> {
        let last = self.keys.len().saturating_sub(1);
        if self.check_key(last)? {
            let key = self.keys.get(last).copied().unwrap_or_default();
            let token = Token {
                line: key.line,
                kind: Kind::Key,
            };
            self.insert(Some(key.token), token);
            self.roll_indent(key.column, Some(key.token), Kind::BlockMappingStart, key.line)?;
            if let Some(key) = self.keys.get_mut(last) {
                key.possible = false;
                key.awaited = false;
            }
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.key_allowed {
                    return self.error("mapping values are not allowed in this context");
                }
                self.roll_indent(self.column(), None, Kind::BlockMappingStart, self.line)?;
            }
            self.key_allowed = self.flow == 0;
        }
        self.push(self.line, Kind::Value);
        self.skip(1);
        Ok(())
    }
}
