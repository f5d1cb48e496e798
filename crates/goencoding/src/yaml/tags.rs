//! Scanning of directives, anchors, aliases and tags.

use super::chars::{is_blank, is_blankz, is_breakz, is_word, width};
use super::error::Problem;
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// The longest number in a version.
const MAX_VERSION_DIGITS: usize = 2;

impl<'a> Scanner<'a> {
    pub(super) fn directive(&mut self) -> Result<Token<'a>, Problem> {
        let line = self.line;
        self.skip(1);
        self.need(1)?;
        let name = self.word();
        self.need(1)?;
        if name.is_empty() {
            return self.error("could not find expected directive name");
        }
        if !is_blankz(self.rest()) {
            return self.error("found unexpected non-alphabetical character");
        }
        self.skip_blanks();
        self.need(1)?;
        let kind = match name {
            b"YAML" => {
                let major = self.version_number()?;
                if self.byte(0) != b'.' {
                    return self.error("did not find expected digit or '.' character");
                }
                self.skip(1);
                let minor = self.version_number()?;
                Kind::Version((major, minor) == (1, 1))
            }
            b"TAG" => {
                let handle = self.tag_handle(true)?;
                self.need(1)?;
                if !is_blank(self.rest()) {
                    return self.error("did not find expected whitespace");
                }
                self.skip_blanks();
                let prefix = self.tag_uri(&[], false)?;
                self.need(1)?;
                if !is_blankz(self.rest()) {
                    return self.error("did not find expected whitespace or line break");
                }
                Kind::TagDirective(handle, prefix)
            }
            _ => return self.error("found unknown directive name"),
        };
        self.skip_blanks();
        self.need(1)?;
        self.skip_comment()?;
        if !is_breakz(self.rest()) {
            return self.error("did not find expected comment or line break");
        }
        self.need(2)?;
        self.skip_break();
        Ok(Token { line, kind })
    }

    fn version_number(&mut self) -> Result<usize, Problem> {
        self.need(1)?;
        let mut number = 0;
        let mut length = 0;
        while self.byte(0).is_ascii_digit() {
            length += 1;
            if length > MAX_VERSION_DIGITS {
                return self.error("found extremely long version number");
            }
            number = number * 10 + usize::from(self.byte(0) - b'0');
            self.skip(1);
            self.need(1)?;
        }
        if length == 0 {
            return self.error("did not find expected version number");
        }
        Ok(number)
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
        self.skip(length);
        rest.get(..length).unwrap_or_default()
    }

    pub(super) fn anchor(&mut self, alias: bool) -> Result<Token<'a>, Problem> {
        let line = self.line;
        self.skip(1);
        self.need(1)?;
        let name = self.word();
        self.need(1)?;
        let ended =
            is_blankz(self.rest()) || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ended {
            return self.error("did not find expected alphabetic or numeric character");
        }
        let kind = if alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        Ok(Token { line, kind })
    }

    pub(super) fn tag(&mut self) -> Result<Token<'a>, Problem> {
        let line = self.line;
        self.need(2)?;
        let (handle, suffix): (&'a [u8], _) = if self.byte(1) == b'<' {
            self.skip(2);
            let suffix = self.tag_uri(&[], false)?;
            if self.byte(0) != b'>' {
                return self.error("did not find the expected '>'");
            }
            self.skip(1);
            (b"", suffix)
        } else {
            let handle = self.tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with(b"!") {
                (handle, self.tag_uri(&[], false)?)
            } else {
                let suffix = self.tag_uri(handle.get(1..).unwrap_or_default(), true)?;
                match suffix.is_empty() {
                    true => (b"", b"!".to_vec()),
                    false => (b"!", suffix),
                }
            }
        };
        self.need(1)?;
        if !is_blankz(self.rest()) {
            return self.error("did not find expected whitespace or line break");
        }
        Ok(Token {
            line,
            kind: Kind::Tag(handle, suffix),
        })
    }

    /// `!`, `!!` or `!name!`; outside of directives also `!name`, which is then no handle but the start of a tag.
    fn tag_handle(&mut self, directive: bool) -> Result<&'a [u8], Problem> {
        self.need(1)?;
        if self.byte(0) != b'!' {
            return self.error("did not find expected '!'");
        }
        let start = self.pos;
        self.skip(1);
        self.need(1)?;
        self.word();
        self.need(1)?;
        if self.byte(0) == b'!' {
            self.skip(1);
        } else if directive && self.pos - start > 1 {
            return self.error("did not find expected '!'");
        }
        Ok(self.text.get(start..self.pos).unwrap_or_default())
    }

    /// The rest of a tag that begins with `head`; `begun` where there need not be more of it.
    fn tag_uri(&mut self, head: &[u8], begun: bool) -> Result<Vec<u8>, Problem> {
        let mut uri = head.to_vec();
        let mut found = begun;
        self.need(1)?;
        loop {
            let byte = self.byte(0);
            match byte {
                b'%' => self.uri_escape(&mut uri)?,
                b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'.' | b'!' | b'~' | b'*'
                | b'\'' | b'(' | b')' | b'[' | b']' => {
                    uri.push(byte);
                    self.skip(1);
                }
                _ if is_word(byte) => {
                    uri.push(byte);
                    self.skip(1);
                }
                _ => break,
            }
            found = true;
            self.need(1)?;
        }
        if !found {
            return self.error("did not find expected tag URI");
        }
        Ok(uri)
    }

    /// The escapes that make up one character.
    fn uri_escape(&mut self, uri: &mut Vec<u8>) -> Result<(), Problem> {
        let mut left = 0;
        loop {
            self.need(3)?;
            let digit = |ahead| char::from(self.byte(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.byte(0), digit(1), digit(2)) else {
                return self.error("did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            if left == 0 {
                left = match octet {
                    0x80..0xC0 | 0xF8.. => return self.error("found an incorrect leading UTF-8 octet"),
                    _ => width(octet),
                };
            } else if octet & 0xC0 != 0x80 {
                return self.error("found an incorrect trailing UTF-8 octet");
            }
            uri.push(octet);
            self.skip(3);
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }
}
