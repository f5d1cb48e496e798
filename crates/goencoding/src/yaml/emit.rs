//! Writes nodes in block style, with go-yaml's rules of quoting, folding and indentation.
//!
//! Long because each of the five styles of scalars keeps the same account of columns, spaces and breaks.

use super::analyze::{Analysis, analyze};
use super::chars::{break_width, is_printable, width};
use super::resolve::{Dialect, Resolved, is_base60, resolve};

/// A key of more bytes is written behind a `?`.
const MAX_SIMPLE_KEY: usize = 128;
/// By how much a level is indented.
const INDENT: isize = 2;
/// What strings are tagged with that are not UTF-8.
const BINARY: &[u8] = b"!!binary";

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Item,
    /// A mapping's value, or a key behind a `?`.
    Mapping,
    /// A key without `?`.
    SimpleKey,
}

pub(super) struct Emitter {
    pub(super) out: Vec<u8>,
    dialect: Dialect,
    /// Where lines are folded.
    best_width: usize,
    indent: isize,
    indents: Vec<isize>,
    column: usize,
    /// Whether the last character was a space.
    whitespace: bool,
    /// Whether there is nothing but indentation and indicators on the line.
    indention: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Emitter {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            out: Vec::with_capacity(256),
            dialect,
            best_width: match dialect {
                Dialect::V2 => 80,
                Dialect::V3 => usize::MAX,
            },
            indent: -1,
            indents: Vec::new(),
            column: 0,
            whitespace: true,
            indention: true,
        }
    }

    /// The whole document.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.write_indent();
        self.out
    }

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        if self.dialect == Dialect::V3 {
            self.indention = true;
        }
    }

    /// Writes the break that `rest` begins with; answers how long it is.
    fn write_break(&mut self, rest: &[u8]) -> usize {
        if let [b'\n', ..] = rest {
            self.put_break();
            self.indention = true;
            return 1;
        }
        let length = rest.first().map_or(1, |&byte| width(byte));
        self.out.extend_from_slice(rest.get(..length).unwrap_or_default());
        self.column = 0;
        self.indention = true;
        length
    }

    /// Writes the character that `rest` begins with; answers how long it is.
    fn write(&mut self, rest: &[u8]) -> usize {
        let length = rest.first().map_or(1, |&byte| width(byte));
        self.out.extend_from_slice(rest.get(..length).unwrap_or_default());
        self.column += 1;
        length
    }

    fn write_indent(&mut self) {
        let indent = self.indent.max(0) as usize;
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break();
        }
        if self.column < indent {
            self.out.resize(self.out.len() + indent - self.column, b' ');
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &[u8], is_indention: bool) {
        self.out.extend_from_slice(text);
        self.column += text.len();
        self.whitespace = false;
        self.indention &= is_indention;
    }

    /// An indicator that stands apart from what is before it.
    fn spaced(&mut self, text: &[u8], is_indention: bool) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.indicator(text, is_indention);
    }

    /// An empty mapping or sequence.
    pub(super) fn empty(&mut self, brackets: [u8; 2]) {
        self.spaced(&brackets, false);
    }

    fn deepen(&mut self, least: isize, more: bool) {
        self.indents.push(self.indent);
        if self.indent < 0 {
            self.indent = least;
        } else if more {
            self.indent += INDENT;
        }
    }

    fn shallow(&mut self) {
        self.indent = self.indents.pop().unwrap_or(-1);
    }

    pub(super) fn begin_sequence(&mut self, place: Place) {
        // Version 2 does not indent the sequence that is a mapping's value.
        let flat = self.dialect == Dialect::V2 && place == Place::Mapping && !self.indention;
        self.deepen(0, !flat);
    }

    pub(super) fn item(&mut self) {
        self.write_indent();
        self.spaced(b"-", true);
    }

    pub(super) fn begin_mapping(&mut self) {
        self.deepen(0, true);
    }

    pub(super) fn end(&mut self) {
        self.shallow();
    }

    /// A key, and what stands between it and its value.
    pub(super) fn key(&mut self, key: &[u8]) {
        self.write_indent();
        let scalar = self.prepare(key);
        let tag = if scalar.tagged { BINARY.len() } else { 0 };
        if !scalar.possible.multiline && scalar.text(key).len() + tag <= MAX_SIMPLE_KEY {
            self.scalar(key, &scalar, Place::SimpleKey);
            self.indicator(b":", false);
        } else {
            self.spaced(b"?", true);
            self.scalar(key, &scalar, Place::Mapping);
            self.write_indent();
            self.spaced(b":", true);
        }
    }

    /// A number, truth or null, which is written as it is.
    pub(super) fn literal(&mut self, text: &str) {
        self.spaced(text.as_bytes(), false);
    }

    pub(super) fn string(&mut self, text: &[u8], place: Place) {
        let scalar = self.prepare(text);
        self.scalar(text, &scalar, place);
    }

    /// What kind of scalar a string is to be.
    fn prepare(&self, text: &[u8]) -> Scalar {
        if is_simple(text) {
            let possible = Analysis {
                multiline: false,
                plain: true,
                single: true,
                block: true,
            };
            return Scalar {
                style: self.unquoted(text),
                possible,
                encoded: None,
                tagged: false,
            };
        }
        let encoded = match std::str::from_utf8(text) {
            Ok(_) => None,
            Err(_) => Some(base64_lines(text)),
        };
        let written = encoded.as_deref().unwrap_or(text);
        let style = if written.contains(&b'\n') {
            Style::Literal
        } else if encoded.is_some() {
            Style::Plain
        } else {
            self.unquoted(text)
        };
        Scalar {
            style,
            possible: analyze(written, self.dialect),
            tagged: encoded.is_some(),
            encoded,
        }
    }

    /// Whether a string needs quotes lest it be something else.
    fn unquoted(&self, text: &[u8]) -> Style {
        let is_string = resolve(text, self.dialect) == Resolved::Str && !is_base60(text);
        let old_truth = || matches!(resolve(text, Dialect::V2), Resolved::Bool(_));
        if is_string && !(self.dialect == Dialect::V3 && old_truth()) {
            Style::Plain
        } else {
            Style::Double
        }
    }

    fn scalar(&mut self, text: &[u8], scalar: &Scalar, place: Place) {
        let text = scalar.text(text);
        let simple = place == Place::SimpleKey;
        let possible = scalar.possible;
        let mut style = scalar.style;
        if simple && possible.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && (!possible.plain || simple && text.is_empty()) {
            style = Style::Single;
        }
        if style == Style::Single && !possible.single || style == Style::Literal && (!possible.block || simple) {
            style = Style::Double;
        }
        if scalar.tagged {
            self.spaced(BINARY, false);
        }
        self.deepen(INDENT, true);
        match style {
            Style::Plain => self.plain(text, !simple),
            Style::Single => self.single_quoted(text, !simple),
            Style::Double => self.double_quoted(text, !simple),
            Style::Literal => self.block(text),
        }
        self.shallow();
    }

    fn plain(&mut self, text: &[u8], fold: bool) {
        if !self.whitespace && !text.is_empty() {
            self.put(b' ');
        }
        // What has breaks is never plain.
        self.words(text, fold);
        self.whitespace = false;
        self.indention = false;
    }

    /// Text without breaks and quotes, folded at single spaces.
    fn words(&mut self, text: &[u8], fold: bool) {
        let mut rest = text;
        let mut after_space = true;
        while let Some(space) = rest.iter().position(|&byte| byte == b' ') {
            let (word, spaces) = rest.split_at(space);
            self.word(word);
            after_space &= word.is_empty();
            rest = spaces.get(1..).unwrap_or_default();
            let single = !after_space && !rest.is_empty() && !rest.starts_with(b" ");
            if fold && single && self.column > self.best_width {
                self.write_indent();
            } else {
                self.put(b' ');
            }
            after_space = true;
        }
        self.word(rest);
    }

    /// Characters that are written as they are.
    fn word(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.column += text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    }

    fn single_quoted(&mut self, text: &[u8], fold: bool) {
        self.spaced(b"'", false);
        let mut spaces = false;
        let mut breaks = false;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let rest = text.get(at..).unwrap_or_default();
            if byte == b' ' {
                let last = at + 1 == text.len();
                let more = text.get(at + 1) == Some(&b' ');
                if fold && !spaces && self.column > self.best_width && at > 0 && !last && !more {
                    self.write_indent();
                } else {
                    self.put(b' ');
                }
                at += 1;
                spaces = true;
            } else if break_width(rest) > 0 {
                if !breaks && byte == b'\n' {
                    self.put_break();
                }
                at += self.write_break(rest);
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if byte == b'\'' {
                    self.put(b'\'');
                }
                at += self.write(rest);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
        }
        self.indicator(b"'", false);
        self.whitespace = false;
        self.indention = false;
    }

    fn double_quoted(&mut self, text: &[u8], fold: bool) {
        self.spaced(b"\"", false);
        // go-yaml looks for the mark at the start of the string, wherever it is in it.
        let marked = text.starts_with(b"\xEF\xBB\xBF");
        let mut spaces = false;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let rest = text.get(at..).unwrap_or_default();
            if marked || !is_printable(rest) || break_width(rest) > 0 || byte == b'"' || byte == b'\\' {
                at += self.escape(rest);
                spaces = false;
            } else if byte == b' ' {
                let last = at + 1 == text.len();
                if fold && !spaces && self.column > self.best_width && at > 0 && !last {
                    self.write_indent();
                    if text.get(at + 1) == Some(&b' ') {
                        self.put(b'\\');
                    }
                } else {
                    self.put(b' ');
                }
                at += 1;
                spaces = true;
            } else {
                at += self.write(rest);
                spaces = false;
            }
        }
        self.indicator(b"\"", false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, rest: &[u8]) -> usize {
        let length = rest.first().map_or(1, |&byte| width(byte));
        let sequence = rest.get(..length).unwrap_or(rest);
        let code = std::str::from_utf8(sequence)
            .ok()
            .and_then(|text| text.chars().next())
            .unwrap_or(char::REPLACEMENT_CHARACTER);
        let letter = match code {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(code);
                let escape = match code {
                    0..=0xFF => format!("\\x{code:02X}"),
                    0x100..=0xFFFF => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.out.extend_from_slice(escape.as_bytes());
                self.column += escape.len();
                return length;
            }
        };
        self.put(b'\\');
        self.put(letter as u8);
        length
    }

    fn block(&mut self, text: &[u8]) {
        self.spaced(b"|", false);
        if text.first() == Some(&b' ') || break_width(text) > 0 {
            self.indicator(b"2", false);
        }
        if let Some(hint) = chomping(text) {
            self.indicator(&[hint], false);
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        let mut rest = text;
        while !rest.is_empty() {
            let length = line_length(rest);
            if length == 0 {
                let width = self.write_break(rest);
                rest = rest.get(width..).unwrap_or_default();
                breaks = true;
                continue;
            }
            if breaks {
                self.write_indent();
            }
            let (line, after) = rest.split_at(length);
            self.word(line);
            rest = after;
            self.indention = false;
            breaks = false;
        }
    }
}

/// How much of a text stands before its first line break.
fn line_length(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(byte) = text.get(length) {
        if matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2) && break_width(text.get(length..).unwrap_or_default()) > 0 {
            break;
        }
        length += 1;
    }
    length
}

/// A string on its way to being written.
struct Scalar {
    style: Style,
    possible: Analysis,
    tagged: bool,
    /// Its bytes in base64.
    encoded: Option<Vec<u8>>,
}

impl Scalar {
    fn text<'a>(&'a self, text: &'a [u8]) -> &'a [u8] {
        self.encoded.as_deref().unwrap_or(text)
    }
}

/// Whether a string is of a kind that needs no look at each of its characters.
fn is_simple(text: &[u8]) -> bool {
    let Some((first, rest)) = text.split_first() else {
        return false;
    };
    let simple = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_' | b'-');
    (first.is_ascii_alphanumeric() || *first == b'/' || *first == b'_') && rest.iter().all(simple)
}

/// What tells how many breaks are at the end of a block.
fn chomping(text: &[u8]) -> Option<u8> {
    let before = |end: usize| {
        let mut at = end.checked_sub(1)?;
        while text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
            at = at.checked_sub(1)?;
        }
        Some(at)
    };
    let is_break = |at: usize| break_width(text.get(at..).unwrap_or_default()) > 0;
    let Some(last) = before(text.len()).filter(|&last| is_break(last)) else {
        return Some(b'-');
    };
    match before(last) {
        None => Some(b'+'),
        Some(at) if is_break(at) => Some(b'+'),
        Some(_) => None,
    }
}

/// Base64, in lines of 70 where it is longer than one.
fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    const LINE: usize = 70;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes).into_bytes();
    if encoded.len() < LINE {
        return encoded;
    }
    let mut lines = Vec::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for line in encoded.chunks(LINE) {
        lines.extend_from_slice(line);
        lines.push(b'\n');
    }
    lines
}
