//! The characters of a pattern, its numbers and its escapes.

use hoist_govalue::utf8;

use super::error::{Code, PatternError};
use super::set::MAX;

/// The bytes from `from` on that are before `to`, where `to` is an end of `from`.
pub(super) fn between<'a>(from: &'a [u8], to: &[u8]) -> &'a [u8] {
    from.get(..from.len().saturating_sub(to.len())).unwrap_or_default()
}

/// What is left without the first bytes.
pub(super) fn skip(text: &[u8], count: usize) -> &[u8] {
    text.get(count..).unwrap_or_default()
}

/// The first character and the rest. At the end it is U+FFFD, as in Go.
pub(super) fn next(text: &[u8]) -> Result<(char, &[u8]), PatternError> {
    let (character, width) = utf8::decode(text);
    if character == utf8::REPLACEMENT && width == 1 {
        return Err(Code::Utf8.at(text));
    }
    Ok((character, skip(text, width)))
}

/// Refuses what is not UTF-8.
pub(super) fn check_utf8(mut text: &[u8]) -> Result<(), PatternError> {
    while !text.is_empty() {
        text = next(text)?.1;
    }
    Ok(())
}

/// The counts of `{2}`, `{2,}` or `{2,3}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) min: u32,
    /// `None` is no limit.
    pub(super) max: Option<u32>,
    /// Whether a number is too big to read.
    pub(super) huge: bool,
}

/// The counts that the text starts with, and the rest; `None` where the brace is an ordinary character.
pub(super) fn counts(text: &[u8]) -> Option<(Counts, &[u8])> {
    let (min, rest) = number(text.strip_prefix(b"{")?)?;
    let mut counts = Counts {
        min: min.unwrap_or_default(),
        max: min,
        huge: min.is_none(),
    };
    let rest = match rest.strip_prefix(b",") {
        None => rest,
        Some(rest) if rest.first() == Some(&b'}') => {
            counts.max = None;
            rest
        }
        Some(rest) => {
            let (max, rest) = number(rest)?;
            counts.max = max;
            counts.huge |= max.is_none();
            rest
        }
    };
    Some((counts, rest.strip_prefix(b"}")?))
}

/// A number without leading zeros; the inner `None` is one that is too big.
fn number(text: &[u8]) -> Option<(Option<u32>, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits)?;
    if number.is_empty() || (number.len() > 1 && number.first() == Some(&b'0')) {
        return None;
    }
    let number = std::str::from_utf8(number).ok()?;
    Some((number.parse().ok().filter(|it| *it < 1_000_000_000), rest))
}

/// The code point that an escape stands for, and the rest.
pub(super) fn escape(text: &[u8]) -> Result<(u32, &[u8]), PatternError> {
    let after = skip(text, 1);
    if after.is_empty() {
        return Err(Code::TrailingBackslash.at(b""));
    }
    let (character, rest) = next(after)?;
    let octal = |rest: &[u8]| rest.first().is_some_and(|byte| matches!(byte, b'0'..=b'7'));
    let code = match character {
        '1'..='7' if !octal(rest) => Err(rest),
        '0'..='7' => {
            let mut code = u32::from(character) - u32::from('0');
            let mut rest = rest;
            for _ in 0..2 {
                match rest.split_first() {
                    Some((digit @ b'0'..=b'7', after)) => {
                        code = code * 8 + u32::from(digit - b'0');
                        rest = after;
                    }
                    _ => break,
                }
            }
            return Ok((code, rest));
        }
        'x' => match hex(rest)? {
            Ok(found) => return Ok(found),
            Err(rest) => Err(rest),
        },
        'a' => Ok(0x07),
        'f' => Ok(0x0C),
        'n' => Ok(0x0A),
        'r' => Ok(0x0D),
        't' => Ok(0x09),
        'v' => Ok(0x0B),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => Ok(other.into()),
        _ => Err(rest),
    };
    match code {
        Ok(code) => Ok((code, rest)),
        Err(rest) => Err(Code::Escape.at(between(text, rest))),
    }
}

/// What follows `\x`: two digits, or any number of them in braces. The inner error is how far it was read.
type Hex<'a> = Result<(u32, &'a [u8]), &'a [u8]>;

fn hex(text: &[u8]) -> Result<Hex<'_>, PatternError> {
    if text.is_empty() {
        return Ok(Err(text));
    }
    let (first, mut rest) = next(text)?;
    if first != '{' {
        let (second, rest) = next(rest)?;
        return Ok(match (first.to_digit(16), second.to_digit(16)) {
            (Some(first), Some(second)) => Ok((first * 16 + second, rest)),
            _ => Err(rest),
        });
    }
    let mut code = 0;
    let mut digits = 0;
    loop {
        if rest.is_empty() {
            return Ok(Err(rest));
        }
        let (character, after) = next(rest)?;
        rest = after;
        if character == '}' {
            break;
        }
        let Some(digit) = character.to_digit(16) else {
            return Ok(Err(rest));
        };
        code = code * 16 + digit;
        if code > MAX {
            return Ok(Err(rest));
        }
        digits += 1;
    }
    Ok(if digits == 0 { Err(rest) } else { Ok((code, rest)) })
}
