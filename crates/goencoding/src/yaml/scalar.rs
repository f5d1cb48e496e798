//! Scanning of scalars: plain, quoted and block.
//!
//! Long because each style folds lines and ends in its own way, and they share how breaks are read.

use std::borrow::Cow;

use super::chars::{break_width, is_blank, is_blankz, is_breakz, is_document_indicator};
use super::error::Problem;
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// The bytes at which a run of plain characters may end.
const MAY_END_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b" \t\n\r:,?[]{}\xC2\xE2";
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
};

/// A scalar's value while it is read: a piece of the text as long as that is all of it.
struct Builder<'a> {
    text: &'a [u8],
    start: usize,
    end: usize,
    owned: Option<Vec<u8>>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a [u8], start: usize) -> Self {
        Self {
            text,
            start,
            end: start,
            owned: None,
        }
    }

    /// Takes the text from where the last piece ended up to here as it is.
    fn extend_to(&mut self, end: usize) {
        if let Some(owned) = &mut self.owned {
            owned.extend_from_slice(self.text.get(self.end..end).unwrap_or_default());
        }
        self.end = end;
    }

    /// Leaves the text out from where the last piece ended up to here.
    fn omit_to(&mut self, end: usize) {
        self.own();
        self.end = end;
    }

    /// Adds what is not in the text.
    fn push(&mut self, bytes: &[u8]) {
        self.own().extend_from_slice(bytes);
    }

    fn own(&mut self) -> &mut Vec<u8> {
        let so_far = self.text.get(self.start..self.end).unwrap_or_default();
        self.owned.get_or_insert_with(|| so_far.to_vec())
    }

    fn finish(self) -> Cow<'a, [u8]> {
        match self.owned {
            Some(owned) => Cow::Owned(owned),
            None => Cow::Borrowed(self.text.get(self.start..self.end).unwrap_or_default()),
        }
    }
}

/// Line breaks inside of a flow scalar: the first, and those behind it.
#[derive(Default)]
struct Fold<'a> {
    first: Option<&'a [u8]>,
    more: Vec<u8>,
}

impl<'a> Fold<'a> {
    /// Adds a break; `later` where one came before it, be it escaped.
    fn add(&mut self, line_break: &'a [u8], later: bool) {
        if later {
            self.more.extend_from_slice(line_break);
        } else {
            self.first = Some(line_break);
        }
    }

    /// What they are read as.
    fn join(&mut self, builder: &mut Builder<'_>) {
        match self.first.take() {
            Some(b"\n") if self.more.is_empty() => builder.push(b" "),
            Some(b"\n") | None => builder.push(&self.more),
            Some(first) => {
                builder.push(first);
                builder.push(&self.more);
            }
        }
        self.more.clear();
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn plain(&mut self) -> Result<Token<'a>, Problem> {
        let line = self.line;
        let indent = (self.indent + 1) as usize;
        let mut value = Builder::new(self.text, self.pos);
        let mut fold = Fold::default();
        let mut leading = false;
        loop {
            self.need(4)?;
            if self.column() == 0 && is_document_indicator(self.rest()) || self.byte(0) == b'#' {
                break;
            }
            let end = self.plain_run();
            if end > self.pos {
                if leading {
                    leading = false;
                    value.omit_to(self.pos);
                    fold.join(&mut value);
                }
                value.extend_to(end);
                self.skip_to(end);
                self.need(2)?;
            }
            if !(is_blank(self.rest()) || break_width(self.rest()) > 0) {
                break;
            }
            self.need(1)?;
            loop {
                if is_blank(self.rest()) {
                    if leading && self.column() < indent && self.byte(0) == b'\t' {
                        return self.error("found a tab character that violates indentation");
                    }
                    self.skip(1);
                } else if break_width(self.rest()) > 0 {
                    self.need(2)?;
                    fold.add(self.read_break(), leading);
                    leading = true;
                } else {
                    break;
                }
                self.need(1)?;
            }
            if self.flow == 0 && self.column() < indent {
                break;
            }
        }
        if leading {
            self.key_allowed = true;
        }
        Ok(Token {
            line,
            kind: Kind::Scalar {
                value: value.finish(),
                plain: true,
            },
        })
    }

    /// Where the plain characters end that begin here.
    fn plain_run(&self) -> usize {
        let rest = self.rest();
        let mut at = 0;
        while let Some(&byte) = rest.get(at) {
            if MAY_END_PLAIN[usize::from(byte)] {
                let ends = match byte {
                    b':' => is_blankz(rest.get(at + 1..).unwrap_or_default()),
                    b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
                    0xC2 | 0xE2 => break_width(rest.get(at..).unwrap_or_default()) > 0,
                    _ => true,
                };
                if ends {
                    break;
                }
            }
            at += 1;
        }
        self.pos + at
    }

    pub(super) fn quoted(&mut self, quote: u8) -> Result<Token<'a>, Problem> {
        let line = self.line;
        self.skip(1);
        let mut value = Builder::new(self.text, self.pos);
        let mut fold = Fold::default();
        loop {
            self.need(4)?;
            if self.column() == 0 && is_document_indicator(self.rest()) {
                return self.error("found unexpected document indicator");
            }
            if self.rest().is_empty() {
                return self.error("found unexpected end of stream");
            }
            let mut leading = self.quoted_run(quote, &mut value)?;
            self.need(1)?;
            if self.byte(0) == quote {
                break;
            }
            loop {
                if is_blank(self.rest()) {
                    self.skip(1);
                } else if break_width(self.rest()) > 0 {
                    self.need(2)?;
                    fold.add(self.read_break(), leading);
                    leading = true;
                } else {
                    break;
                }
                self.need(1)?;
            }
            if leading {
                value.omit_to(self.pos);
                fold.join(&mut value);
            } else {
                value.extend_to(self.pos);
            }
        }
        self.skip(1);
        Ok(Token {
            line,
            kind: Kind::Scalar {
                value: value.finish(),
                plain: false,
            },
        })
    }

    /// Reads up to a blank, a break or the end quote; answers whether it ended with an escaped line break.
    fn quoted_run(&mut self, quote: u8, value: &mut Builder<'a>) -> Result<bool, Problem> {
        loop {
            let rest = self.rest();
            let mut length = 0;
            while let Some(&byte) = rest.get(length) {
                let stops = match byte {
                    b' ' | b'\t' | b'\n' | b'\r' => true,
                    b'\\' => quote == b'"',
                    0xC2 | 0xE2 => break_width(rest.get(length..).unwrap_or_default()) > 0,
                    _ => byte == quote,
                };
                if stops {
                    break;
                }
                length += 1;
            }
            let end = self.pos + length;
            value.extend_to(end);
            self.skip_to(end);
            self.need(2)?;
            match (self.byte(0), self.byte(1)) {
                (b'\'', b'\'') if quote == b'\'' => {
                    value.extend_to(end + 1);
                    value.omit_to(end + 2);
                    self.skip(2);
                }
                (b'\\', _) if quote == b'"' => {
                    if break_width(self.text.get(end + 1..).unwrap_or_default()) > 0 {
                        self.need(3)?;
                        self.skip(1);
                        self.skip_break();
                        value.omit_to(self.pos);
                        return Ok(true);
                    }
                    self.escape(value)?;
                    value.omit_to(self.pos);
                }
                _ => return Ok(false),
            }
            self.need(2)?;
        }
    }

    fn escape(&mut self, value: &mut Builder<'a>) -> Result<(), Problem> {
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            letter => {
                let plain: &[u8] = match letter {
                    b'0' => b"\0",
                    b'a' => b"\x07",
                    b'b' => b"\x08",
                    b't' | b'\t' => b"\t",
                    b'n' => b"\n",
                    b'v' => b"\x0B",
                    b'f' => b"\x0C",
                    b'r' => b"\r",
                    b'e' => b"\x1B",
                    b' ' => b" ",
                    b'"' => b"\"",
                    b'\'' => b"'",
                    b'\\' => b"\\",
                    b'N' => "\u{85}".as_bytes(),
                    b'_' => "\u{A0}".as_bytes(),
                    b'L' => "\u{2028}".as_bytes(),
                    b'P' => "\u{2029}".as_bytes(),
                    _ => return self.error("found unknown escape character"),
                };
                value.push(plain);
                self.skip(2);
                return Ok(());
            }
        };
        self.skip(2);
        self.need(digits)?;
        let mut code: u64 = 0;
        for ahead in 0..digits {
            match char::from(self.byte(ahead)).to_digit(16) {
                Some(digit) => code = code << 4 | u64::from(digit),
                None => return self.error("did not find expected hexdecimal number"),
            }
        }
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        let Some(character) = character else {
            return self.error("found invalid Unicode character escape code");
        };
        value.push(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.skip(digits);
        Ok(())
    }

    pub(super) fn block_scalar(&mut self, literal: bool) -> Result<Token<'a>, Problem> {
        let line = self.line;
        self.skip(1);
        self.need(1)?;
        let (keep, increment) = self.block_header()?;
        self.need(1)?;
        self.skip_blanks();
        self.need(1)?;
        self.skip_comment()?;
        if !is_breakz(self.rest()) {
            return self.error("did not find expected comment or line break");
        }
        if break_width(self.rest()) > 0 {
            self.need(2)?;
            self.skip_break();
        }
        let mut indent = match increment {
            0 => 0,
            _ => self.indent.max(0) as usize + increment,
        };
        let mut value = Vec::new();
        let mut last: &[u8] = b"";
        let mut trailing = Vec::new();
        self.block_breaks(&mut indent, &mut trailing)?;
        self.need(1)?;
        let mut after_blank = false;
        while self.column() == indent && !self.rest().is_empty() {
            let blank = is_blank(self.rest());
            if !literal && last == b"\n" && !after_blank && !blank {
                if trailing.is_empty() {
                    value.push(b' ');
                }
            } else {
                value.extend_from_slice(last);
            }
            value.append(&mut trailing);
            after_blank = blank;

            let rest = self.rest();
            let mut length = 0;
            while let Some(byte) = rest.get(length) {
                if matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2) && is_breakz(rest.get(length..).unwrap_or_default()) {
                    break;
                }
                length += 1;
            }
            value.extend_from_slice(rest.get(..length).unwrap_or_default());
            self.skip_to(self.pos + length);
            self.need(2)?;
            last = self.read_break();
            self.block_breaks(&mut indent, &mut trailing)?;
        }
        if keep != Some(false) {
            value.extend_from_slice(last);
        }
        if keep == Some(true) {
            value.append(&mut trailing);
        }
        Ok(Token {
            line,
            kind: Kind::Scalar {
                value: Cow::Owned(value),
                plain: false,
            },
        })
    }

    /// The indicators behind `|` or `>`: whether breaks at the end are kept (or taken away), and the indentation.
    fn block_header(&mut self) -> Result<(Option<bool>, usize), Problem> {
        let mut keep = None;
        let mut increment = 0;
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment == 0 => return self.error("found an indentation indicator equal to 0"),
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
                _ => break,
            }
            self.skip(1);
            self.need(1)?;
        }
        Ok((keep, increment))
    }

    /// Passes indentation and empty lines, whose breaks it collects. Finds the indentation, where it is not known.
    fn block_breaks(&mut self, indent: &mut usize, breaks: &mut Vec<u8>) -> Result<(), Problem> {
        let mut deepest = 0;
        loop {
            self.need(1)?;
            while (*indent == 0 || self.column() < *indent) && self.byte(0) == b' ' {
                self.skip(1);
            }
            self.need(1)?;
            deepest = deepest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.byte(0) == b'\t' {
                return self.error("found a tab character where an indentation space is expected");
            }
            if break_width(self.rest()) == 0 {
                break;
            }
            self.need(2)?;
            breaks.extend_from_slice(self.read_break());
        }
        if *indent == 0 {
            *indent = deepest.max((self.indent + 1) as usize).max(1);
        }
        Ok(())
    }
}
