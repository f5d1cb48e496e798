//! Classes of characters: `[a-z]`, `\d`, `[[:alpha:]]`, `\p{Greek}`.

use super::cursor::{between, check_utf8, escape, next, skip};
use super::error::{Code, PatternError};
use super::set::Set;
use super::unicode;

type Found<'a> = Option<(Set, &'a [u8])>;

const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
const UPPER: &[(u32, u32)] = &[(0x41, 0x5A)];
const LOWER: &[(u32, u32)] = &[(0x61, 0x7A)];
const ALPHA: &[(u32, u32)] = &[(0x41, 0x5A), (0x61, 0x7A)];
const ALNUM: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)];
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];
/// Without the vertical tab, which POSIX has and Perl has not.
const PERL_SPACE: &[(u32, u32)] = &[(0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)];

/// The whole of a class in brackets, and the rest.
pub(super) fn brackets(text: &[u8], fold: bool) -> Result<(Set, &[u8]), PatternError> {
    let mut rest = skip(text, 1);
    let negated = rest.first() == Some(&b'^');
    if negated {
        rest = skip(rest, 1);
    }
    let mut set = Set::default();
    // Their other cases are looked for once.
    let mut members = Set::default();
    let mut first = true;
    while first || rest.first() != Some(&b']') {
        first = false;
        let group = match named(rest, fold)? {
            Some(found) => Some(found),
            None => match property(rest, fold)? {
                Some(found) => Some(found),
                None => perl(rest, fold),
            },
        };
        if let Some((group, after)) = group {
            set.add(&group);
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = member(rest, text)?;
        rest = after;
        let mut high = low;
        if rest.len() >= 2 && rest.first() == Some(&b'-') && rest.get(1) != Some(&b']') {
            (high, rest) = member(skip(rest, 1), text)?;
            if high < low {
                return Err(Code::CharRange.at(between(start, rest)));
            }
        }
        members.push(low, high);
    }
    if fold {
        members.fold();
    }
    set.add(&members);
    set.clean();
    Ok((if negated { set.negated() } else { set }, skip(rest, 1)))
}

fn member<'a>(text: &'a [u8], whole: &[u8]) -> Result<(u32, &'a [u8]), PatternError> {
    match text.first() {
        None => Err(Code::MissingBracket.at(whole)),
        Some(b'\\') => escape(text),
        Some(_) => next(text).map(|(character, rest)| (character.into(), rest)),
    }
}

fn group(ranges: &[(u32, u32)], negated: bool, fold: bool) -> Set {
    let mut set = Set::of(ranges);
    if fold {
        set.fold();
    }
    if negated { set.negated() } else { set }
}

/// `\d`, `\s`, `\w` and their opposites: of ASCII only.
pub(super) fn perl(text: &[u8], fold: bool) -> Found<'_> {
    let (ranges, negated) = match text.get(..2)? {
        br"\d" => (DIGIT, false),
        br"\D" => (DIGIT, true),
        br"\s" => (PERL_SPACE, false),
        br"\S" => (PERL_SPACE, true),
        br"\w" => (WORD, false),
        br"\W" => (WORD, true),
        _ => return None,
    };
    Some((group(ranges, negated, fold), skip(text, 2)))
}

/// `[:alpha:]` and the other names of POSIX, within brackets.
fn named(text: &[u8], fold: bool) -> Result<Found<'_>, PatternError> {
    let Some(inner) = text.strip_prefix(b"[:") else {
        return Ok(None);
    };
    let Some(end) = inner.windows(2).position(|pair| pair == b":]") else {
        return Ok(None);
    };
    let name = inner.get(..end).unwrap_or_default();
    let rest = skip(inner, end + 2);
    let (name, negated) = name.strip_prefix(b"^").map_or((name, false), |name| (name, true));
    let ranges: &[(u32, u32)] = match name {
        b"alnum" => ALNUM,
        b"alpha" => ALPHA,
        b"ascii" => &[(0, 0x7F)],
        b"blank" => &[(0x09, 0x09), (0x20, 0x20)],
        b"cntrl" => &[(0, 0x1F), (0x7F, 0x7F)],
        b"digit" => DIGIT,
        b"graph" => &[(0x21, 0x7E)],
        b"lower" => LOWER,
        b"print" => &[(0x20, 0x7E)],
        b"punct" => &[(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
        b"space" => &[(0x09, 0x0D), (0x20, 0x20)],
        b"upper" => UPPER,
        b"word" => WORD,
        b"xdigit" => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
        _ => return Err(Code::CharRange.at(between(text, rest))),
    };
    Ok(Some((group(ranges, negated, fold), rest)))
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`.
pub(super) fn property(text: &[u8], fold: bool) -> Result<Found<'_>, PatternError> {
    let mut negated = match text.get(..2) {
        Some(br"\p") => false,
        Some(br"\P") => true,
        _ => return Ok(None),
    };
    let (character, mut rest) = next(skip(text, 2))?;
    let mut name = between(skip(text, 2), rest);
    if character == '{' {
        let Some(end) = text.iter().position(|byte| *byte == b'}') else {
            check_utf8(text)?;
            return Err(Code::CharRange.at(text));
        };
        name = text.get(3..end).unwrap_or_default();
        check_utf8(name)?;
        rest = skip(text, end + 1);
    }
    let whole = between(text, rest);
    if let Some(other) = name.strip_prefix(b"^") {
        negated = !negated;
        name = other;
    }
    let set = std::str::from_utf8(name)
        .ok()
        .and_then(|name| unicode::class(name, fold))
        .ok_or_else(|| Code::CharRange.at(whole))?;
    Ok(Some((if negated { set.negated() } else { set }, rest)))
}
