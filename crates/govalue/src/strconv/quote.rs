//! Strings and characters between quotes, as Go's source has them.

use super::is_print;
use crate::utf8;

/// A string between double quotes; what is not printable is escaped (`strconv.Quote`).
pub fn quote(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    append_quote(&mut out, text);
    into_string(out)
}

/// A string between double quotes, in ASCII alone (`strconv.QuoteToASCII`).
pub fn quote_to_ascii(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    append_quote_to_ascii(&mut out, text);
    into_string(out)
}

fn into_string(quoted: Vec<u8>) -> String {
    // What is not UTF-8 has been escaped.
    String::from_utf8(quoted).unwrap_or_default()
}

/// As [`quote`], appended.
pub fn append_quote(out: &mut Vec<u8>, text: &[u8]) {
    append_quoted(out, text, false);
}

/// As [`quote_to_ascii`], appended.
pub fn append_quote_to_ascii(out: &mut Vec<u8>, text: &[u8]) {
    append_quoted(out, text, true);
}

/// A character between single quotes (`strconv.AppendQuoteRune`).
pub fn append_quote_rune(out: &mut Vec<u8>, rune: char) {
    out.push(b'\'');
    append_escaped(out, rune, '\'', false);
    out.push(b'\'');
}

/// A character between single quotes, in ASCII alone (`strconv.AppendQuoteRuneToASCII`).
pub fn append_quote_rune_to_ascii(out: &mut Vec<u8>, rune: char) {
    out.push(b'\'');
    append_escaped(out, rune, '\'', true);
    out.push(b'\'');
}

fn append_quoted(out: &mut Vec<u8>, text: &[u8], ascii: bool) {
    out.push(b'"');
    let mut rest = text;
    loop {
        // Most text needs no escape: it is copied in runs.
        let plain = rest
            .iter()
            .take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
            .count();
        let (run, tail) = rest.split_at(plain);
        out.extend_from_slice(run);
        let (rune, size) = utf8::decode(tail);
        if size == 0 {
            break;
        }
        let (bytes, after) = tail.split_at(size);
        match bytes {
            [byte] if rune == utf8::REPLACEMENT => append_hex(out, 'x', u32::from(*byte), 2),
            _ => append_escaped(out, rune, '"', ascii),
        }
        rest = after;
    }
    out.push(b'"');
}

fn append_escaped(out: &mut Vec<u8>, rune: char, quote: char, ascii: bool) {
    if rune == quote || rune == '\\' {
        out.push(b'\\');
        utf8::push(out, rune);
        return;
    }
    if is_print(rune) && (rune.is_ascii() || !ascii) {
        utf8::push(out, rune);
        return;
    }
    let letter = match rune {
        '\x07' => b'a',
        '\x08' => b'b',
        '\x0c' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\x0b' => b'v',
        '\0'..' ' | '\x7f' => return append_hex(out, 'x', u32::from(rune), 2),
        '\0'..='\u{ffff}' => return append_hex(out, 'u', u32::from(rune), 4),
        _ => return append_hex(out, 'U', u32::from(rune), 8),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

fn append_hex(out: &mut Vec<u8>, letter: char, code: u32, digits: u32) {
    out.push(b'\\');
    utf8::push(out, letter);
    for place in (0..digits).rev() {
        let digit = char::from_digit(code >> (4 * place) & 0xf, 16).unwrap_or('0');
        utf8::push(out, digit);
    }
}

/// Whether a string can stand between backquotes on one line as it is (`strconv.CanBackquote`).
pub fn can_backquote(text: &[u8]) -> bool {
    utf8::runes(text).all(|(_, rune, size)| match rune {
        '\t' => true,
        '\0'..' ' | '`' | '\x7f' | '\u{feff}' => false,
        utf8::REPLACEMENT => size > 1,
        _ => true,
    })
}

/// The first character of an escaped string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unquoted<'a> {
    /// The code point, or the byte.
    pub value: u32,
    /// Whether it stands for a character, which may be several bytes of UTF-8, rather than for a byte.
    pub character: bool,
    /// What follows it.
    pub rest: &'a [u8],
}

/// Reads one character, which may be escaped, of a string between quotes (`strconv.UnquoteChar`); `None` where it is
/// none.
pub fn unquote_char(text: &[u8], quote: u8) -> Option<Unquoted<'_>> {
    let (&first, rest) = text.split_first()?;
    if first == quote && matches!(quote, b'\'' | b'"') {
        return None;
    }
    if first >= 0x80 {
        let (rune, size) = utf8::decode(text);
        return Some(Unquoted {
            value: u32::from(rune),
            character: true,
            rest: text.get(size..)?,
        });
    }
    let byte = |value: u32, rest| {
        Some(Unquoted {
            value,
            character: false,
            rest,
        })
    };
    if first != b'\\' {
        return byte(u32::from(first), rest);
    }
    let (&escape, rest) = rest.split_first()?;
    let digits = |count: usize, radix: u32, from: &[u8]| {
        let digits = from.get(..count)?;
        digits.iter().try_fold(0u32, |value, digit| {
            // Eight hexadecimal digits fill a u32 and no more.
            Some(value << radix.trailing_zeros() | char::from(*digit).to_digit(radix)?)
        })
    };
    match escape {
        b'a' => byte(7, rest),
        b'b' => byte(8, rest),
        b'f' => byte(12, rest),
        b'n' => byte(10, rest),
        b'r' => byte(13, rest),
        b't' => byte(9, rest),
        b'v' => byte(11, rest),
        b'x' => byte(digits(2, 16, rest)?, rest.get(2..)?),
        b'u' | b'U' => {
            let count = if escape == b'u' { 4 } else { 8 };
            Some(Unquoted {
                value: u32::from(char::from_u32(digits(count, 16, rest)?)?),
                character: true,
                rest: rest.get(count..)?,
            })
        }
        b'0'..=b'7' => {
            let value = u32::from(escape - b'0') << 6 | digits(2, 8, rest)?;
            if value > 255 {
                return None;
            }
            byte(value, rest.get(2..)?)
        }
        b'\\' => byte(u32::from(b'\\'), rest),
        b'\'' | b'"' if escape == quote => byte(u32::from(escape), rest),
        _ => None,
    }
}

/// The string that a literal between single, double or back quotes stands for (`strconv.Unquote`); `None` where it is
/// no such literal ("invalid syntax").
pub fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (&quote, rest) = literal.split_first()?;
    match quote {
        b'`' => {
            let (&last, inside) = rest.split_last()?;
            if last != b'`' || inside.contains(&b'`') {
                return None;
            }
            Some(inside.iter().copied().filter(|byte| *byte != b'\r').collect())
        }
        b'"' | b'\'' => {
            let mut out = Vec::with_capacity(rest.len());
            let mut rest = rest;
            while *rest.first()? != quote {
                if rest.first() == Some(&b'\n') {
                    return None;
                }
                let unquoted = unquote_char(rest, quote)?;
                match u8::try_from(unquoted.value) {
                    Ok(byte) if byte < 0x80 || !unquoted.character => out.push(byte),
                    _ => utf8::push(&mut out, utf8::rune(u64::from(unquoted.value))),
                }
                rest = unquoted.rest;
                if quote == b'\'' {
                    break;
                }
            }
            matches!(rest, [last] if *last == quote).then_some(out)
        }
        _ => None,
    }
}
