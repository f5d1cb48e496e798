//! The pieces of times in text: digits, names, offsets and abbreviations of zones.

use hoist_govalue::utf8;

use super::layout::{self, Offset};

/// Why an element does not fit.
pub(super) enum Bad {
    /// It is not one.
    Value,
    /// It is one, but this is out of range.
    Range(&'static str),
}

pub(super) type Read<'a, T> = Result<(T, &'a [u8]), Bad>;

pub(super) fn is_digit(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_digit)
}

/// One or two digits; two where they are `fixed`.
pub(super) fn number(text: &[u8], fixed: bool) -> Read<'_, i64> {
    let length = match (is_digit(text, 0), is_digit(text, 1)) {
        (true, true) => 2,
        (true, false) if !fixed => 1,
        _ => return Err(Bad::Value),
    };
    let (digits, rest) = text.split_at_checked(length).ok_or(Bad::Value)?;
    Ok((atoi(digits)?, rest))
}

pub(super) fn atoi(text: &[u8]) -> Result<i64, Bad> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (number, rest) = leading_int(digits).ok_or(Bad::Value)?;
    if !rest.is_empty() {
        return Err(Bad::Value);
    }
    let number = number as i64;
    Ok(if negative { number.wrapping_neg() } else { number })
}

/// The digits that the text starts with, which may be none; `None` where they are too many.
pub(super) fn leading_int(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let mut number: u64 = 0;
    for digit in digits {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        if number > 1 << 63 {
            return None;
        }
    }
    Some((number, rest))
}

/// Nanoseconds of a point with digits.
pub(super) fn nanos(text: &[u8]) -> Result<u32, Bad> {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return Err(Bad::Value);
    }
    let digits = text.get(1..text.len().min(10)).unwrap_or_default();
    let mut nanos = atoi(digits)?;
    if nanos < 0 {
        return Err(Bad::Range("fractional second"));
    }
    for _ in digits.len()..9 {
        nanos *= 10;
    }
    u32::try_from(nanos).map_err(|_| Bad::Value)
}

/// The name that the text starts with, in any case of letters.
pub(super) fn lookup<'a>(names: &[&'static str], text: &'a [u8], short: bool) -> Read<'a, i64> {
    for (index, name) in names.iter().enumerate() {
        let name = if short { layout::short(name) } else { name };
        let start = text.get(..name.len());
        if start.is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes())) {
            return Ok((index as i64, text.get(name.len()..).unwrap_or_default()));
        }
    }
    Err(Bad::Value)
}

pub(super) fn offset(text: &[u8], how: Offset) -> Read<'_, i64> {
    let at = |from: usize| text.get(from..from + 2).unwrap_or_default();
    let (minutes_at, seconds_at) = if how.colons { (4, 7) } else { (3, 5) };
    let length = match (how.minutes, how.seconds) {
        (false, _) => 3,
        (true, false) => minutes_at + 2,
        (true, true) => seconds_at + 2,
    };
    let rest = text.get(length..).ok_or(Bad::Value)?;
    let colon = |at: usize| text.get(at) == Some(&b':');
    if how.colons && (!colon(3) || (how.seconds && !colon(6))) {
        return Err(Bad::Value);
    }
    let minutes_text = if how.minutes { at(minutes_at) } else { b"00" };
    let seconds_text = if how.seconds { at(seconds_at) } else { b"00" };
    let (mut parts, mut bad) = ([0; 3], false);
    for (part, text) in parts.iter_mut().zip([at(1), minutes_text, seconds_text]) {
        match number(text, true) {
            Ok((value, _)) if !bad => *part = value,
            _ => bad = true,
        }
    }
    let [hours, minutes, seconds] = parts;
    if hours > 24 {
        return Err(Bad::Range("time zone offset hour"));
    }
    if minutes > 60 {
        return Err(Bad::Range("time zone offset minute"));
    }
    if seconds > 60 {
        return Err(Bad::Range("time zone offset second"));
    }
    let offset = (hours * 60 + minutes) * 60 + seconds;
    match text.first() {
        _ if bad => Err(Bad::Value),
        Some(b'+') => Ok((offset, rest)),
        Some(b'-') => Ok((-offset, rest)),
        _ => Err(Bad::Value),
    }
}

/// The length of the abbreviation of a zone that the text starts with.
pub(super) fn zone_name(text: &[u8]) -> Option<usize> {
    let start = text.get(..3)?;
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if start == b"GMT" {
        return Some(3 + signed_offset(text.get(3..)?));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset(text)).filter(|it| *it > 0);
    }
    let upper = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match upper {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

/// The length of a sign with hours; 0 where there is none.
fn signed_offset(text: &[u8]) -> usize {
    let Some((b'+' | b'-', digits)) = text.split_first() else {
        return 0;
    };
    match leading_int(digits) {
        Some((hours, rest)) if hours <= 23 && rest.len() < digits.len() => text.len() - rest.len(),
        _ => 0,
    }
}

/// The text without a prefix, in which spaces stand for any number of them; the inner error is where it stops to fit.
pub(super) fn skip<'a>(mut text: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some(first) = prefix.first() {
        if *first == b' ' {
            if text.first().is_some_and(|it| *it != b' ') {
                return Err(text);
            }
            prefix = without_spaces(prefix);
            text = without_spaces(text);
            continue;
        }
        if text.first() != Some(first) {
            return Err(text);
        }
        prefix = prefix.get(1..).unwrap_or_default();
        text = text.get(1..).unwrap_or_default();
    }
    Ok(text)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte != b' ');
    text.get(end.unwrap_or(text.len())..).unwrap_or_default()
}

/// A text between quotes as Go's package time writes it: whatever is not plain ASCII by its bytes.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (at, rune, length) in utf8::runes(text) {
        match rune {
            ' '..'\u{80}' => {
                if matches!(rune, '"' | '\\') {
                    out.push('\\');
                }
                out.push(rune);
            }
            _ => {
                for byte in text.get(at..at + length).unwrap_or_default() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    out.push('"');
    out
}
