//! The numbers, times and strings of a document, from their words.

use hoist_govalue::strconv::{self, Reason};
use hoist_govalue::{Value, utf8};

use super::datetime::{self, Datetime};

/// Why a word is no value.
pub(super) type Refusal = String;

fn shown(word: &[u8]) -> String {
    strconv::quote(word)
}

/// Whether each underscore stands between digits.
fn underscores_fit(number: &[u8]) -> bool {
    let unsigned = number
        .strip_prefix(b"-")
        .or(number.strip_prefix(b"+"))
        .unwrap_or(number);
    if unsigned == b"nan" || unsigned == b"inf" {
        return true;
    }
    let mut after_digit = false;
    for byte in number {
        if *byte == b'_' && !after_digit {
            return false;
        }
        after_digit = byte.is_ascii_hexdigit();
    }
    after_digit
}

fn has_leading_zero(number: &[u8]) -> bool {
    match number {
        [b'0', b'b' | b'o' | b'x', ..] => false,
        [b'0', _, ..] | [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

pub(super) fn integer(word: &[u8]) -> Result<Value, Refusal> {
    if !underscores_fit(word) {
        return Err(format!(
            "Invalid integer {}: underscores must be surrounded by digits",
            shown(word)
        ));
    }
    if has_leading_zero(word) {
        return Err(format!("Invalid integer {}: cannot have leading zeroes", shown(word)));
    }
    strconv::parse_int(word, 0, 64)
        .map(Value::int64)
        .map_err(|_| format!("{} is out of range for int64", String::from_utf8_lossy(word)))
}

pub(super) fn float(word: &[u8]) -> Result<Value, Refusal> {
    let mut parts = word
        .split(|byte| matches!(byte, b'.' | b'e' | b'E'))
        .filter(|part| !part.is_empty())
        .peekable();
    let leading_zero = parts.peek().is_some_and(|part| has_leading_zero(part));
    if !parts.all(underscores_fit) {
        return Err(format!(
            "Invalid float {}: underscores must be surrounded by digits",
            shown(word)
        ));
    }
    if leading_zero {
        return Err(format!("Invalid float {}: cannot have leading zeroes", shown(word)));
    }
    let mut periods = word.iter().enumerate().filter(|(_, byte)| **byte == b'.');
    if !periods.all(|(at, _)| word.get(at + 1).is_some_and(u8::is_ascii_digit)) {
        return Err(format!(
            "Invalid float {}: '.' must be followed by one or more digits",
            shown(word)
        ));
    }
    let clean: Vec<u8> = word.iter().copied().filter(|byte| *byte != b'_').collect();
    match clean.as_slice() {
        b"+nan" => return Ok(Value::float(f64::NAN)),
        b"-nan" => return Ok(Value::float(f64::NAN.copysign(-1.0))),
        _ => {}
    }
    strconv::parse_float(&clean, 64)
        .map(Value::float)
        .map_err(|error| match error.reason() {
            Reason::Range => format!("{} is out of range for float64", String::from_utf8_lossy(word)),
            _ => format!("Invalid float value: {}", shown(word)),
        })
}

pub(super) fn datetime(word: &[u8]) -> Result<Datetime, Refusal> {
    let upper: Vec<u8> = word
        .iter()
        .map(|byte| match byte {
            b'z' => b'Z',
            b't' | b' ' => b'T',
            _ => *byte,
        })
        .collect();
    datetime::parse(&upper).ok_or_else(|| format!("invalid datetime: {}", shown(&upper)))
}

/// The text of a string over several lines: its first newline does not count.
pub(super) fn without_first_newline(text: &[u8]) -> &[u8] {
    let rest = text.strip_prefix(b"\r\n").or(text.strip_prefix(b"\n"));
    rest.unwrap_or(text)
}

/// Removes each backslash at the end of a line, with the white space up to what follows.
pub(super) fn join_lines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        let spaces = from
            .iter()
            .skip(1)
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let (escape, after) = from.split_at((spaces + 1).min(from.len()));
        let kept = match after {
            _ if escape.contains(&b'\n') => 0,
            // A backslash that is escaped escapes nothing.
            [b'\\', ..] if spaces == 0 => 2,
            _ => 1,
        };
        let (kept, tail) = if kept == 0 {
            (&b""[..], after)
        } else {
            from.split_at(kept)
        };
        out.extend_from_slice(kept);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out
}

/// Replaces escapes, which the lexer has looked at.
pub(super) fn unescape(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let plain = rest.iter().take_while(|byte| **byte != b'\\').count();
        let (run, tail) = rest.split_at(plain);
        out.extend_from_slice(run);
        let [b'\\', letter, after @ ..] = tail else {
            return Ok(out);
        };
        let (byte, digits) = match letter {
            b'b' => (0x08, 0),
            b't' => (b'\t', 0),
            b'n' => (b'\n', 0),
            b'f' => (0x0c, 0),
            b'r' => (b'\r', 0),
            b'e' => (0x1b, 0),
            b'x' => (0, 2),
            b'u' => (0, 4),
            b'U' => (0, 8),
            b' ' | b'\t' => return Err(format!("invalid escape: '\\{}'", char::from(*letter))),
            byte => (*byte, 0),
        };
        if digits == 0 {
            out.push(byte);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at(digits.min(after.len()));
        let digits = String::from_utf8_lossy(digits);
        let rune = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        let Some(rune) = rune else {
            return Err(format!("Escaped character '\\u{digits}' is not valid UTF-8."));
        };
        utf8::push(&mut out, rune);
        rest = after;
    }
}
