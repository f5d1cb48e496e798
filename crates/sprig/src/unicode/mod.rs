//! Characters as Go's packages utf8 and unicode see them: bytes that are not UTF-8 are U+FFFD, one each; case mappings
//! are from character to character; the version of Unicode is Go's.

mod tables;

use tables::{ALTERNATE, CASES, CLASSES};

/// What stands for a byte that is not UTF-8.
pub(crate) const BAD: char = char::REPLACEMENT_CHARACTER;

const UPPER: u8 = 1;
const LOWER: u8 = 2;
const TITLE: u8 = 4;
const LETTER: u8 = 8;
const DIGIT: u8 = 16;
const NUMBER: u8 = 32;
const PUNCT: u8 = 64;

/// The first character and how many bytes it takes; [`BAD`] and 1 where it is not UTF-8, and 0 at the end.
pub(crate) fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&first) = bytes.first() else {
        return (BAD, 0);
    };
    if first < 0x80 {
        return (char::from(first), 1);
    }
    let width = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (BAD, 1),
    };
    let decoded = bytes.get(..width).and_then(|it| std::str::from_utf8(it).ok());
    match decoded.and_then(|text| text.chars().next()) {
        Some(character) => (character, width),
        None => (BAD, 1),
    }
}

/// The last character and how many bytes it takes, as [`decode`].
pub(crate) fn decode_last(bytes: &[u8]) -> (char, usize) {
    if bytes.is_empty() {
        return (BAD, 0);
    }
    let from = bytes.len().saturating_sub(4);
    for start in (from..bytes.len()).rev() {
        let tail = bytes.get(start..).unwrap_or_default();
        if tail.first().is_some_and(|byte| byte & 0xC0 != 0x80) {
            let (character, width) = decode(tail);
            if width == tail.len() {
                return (character, width);
            }
            break;
        }
    }
    (BAD, 1)
}

/// The characters of a string of bytes.
pub(crate) fn chars(mut bytes: &[u8]) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || {
        let (character, width) = decode(bytes);
        if width == 0 {
            return None;
        }
        bytes = bytes.get(width..).unwrap_or_default();
        Some(character)
    })
}

/// Appends a character in UTF-8.
pub(crate) fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Each character replaced by another, as `strings.Map` does: what is not UTF-8 becomes U+FFFD.
pub(crate) fn map(bytes: &[u8], mut change: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for character in chars(bytes) {
        push(&mut out, change(character));
    }
    out
}

fn class(character: char) -> u8 {
    let at = CLASSES.partition_point(|(start, _)| *start <= u32::from(character));
    at.checked_sub(1)
        .and_then(|at| CLASSES.get(at))
        .map_or(0, |(_, class)| *class)
}

/// `unicode.IsUpper`
pub(crate) fn is_upper(character: char) -> bool {
    class(character) & UPPER != 0
}

/// `unicode.IsLower`
pub(crate) fn is_lower(character: char) -> bool {
    class(character) & LOWER != 0
}

/// `unicode.IsTitle`
pub(crate) fn is_title(character: char) -> bool {
    class(character) & TITLE != 0
}

/// `unicode.IsLetter`
pub(crate) fn is_letter(character: char) -> bool {
    class(character) & LETTER != 0
}

/// `unicode.IsDigit`
pub(crate) fn is_digit(character: char) -> bool {
    class(character) & DIGIT != 0
}

/// `unicode.IsNumber`
pub(crate) fn is_number(character: char) -> bool {
    class(character) & NUMBER != 0
}

/// `unicode.IsPunct`
pub(crate) fn is_punct(character: char) -> bool {
    class(character) & PUNCT != 0
}

/// `unicode.IsSpace`
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// `unicode.ToUpper`
pub(crate) fn to_upper(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    mapped(character, 0)
}

/// `unicode.ToLower`
pub(crate) fn to_lower(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    mapped(character, 1)
}

/// `unicode.ToTitle`
pub(crate) fn to_title(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    mapped(character, 2)
}

fn mapped(character: char, case: usize) -> char {
    let code = u32::from(character);
    let at = CASES.partition_point(|(_, last, _)| *last < code);
    let Some((first, _, deltas)) = CASES.get(at).filter(|(first, ..)| *first <= code) else {
        return character;
    };
    let changed = if *deltas == ALTERNATE {
        // The second of each pair is the lower case of the first.
        Some(first + ((code - first) & !1 | u32::from(case == 1)))
    } else {
        deltas.get(case).and_then(|delta| code.checked_add_signed(*delta))
    };
    changed.and_then(char::from_u32).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_one_character_each() {
        assert_eq!(chars(b"a\xE2\x82b").collect::<String>(), "a\u{FFFD}\u{FFFD}b");
        assert_eq!(decode_last("é".as_bytes()), ('é', 2));
        assert_eq!(decode_last(b"\xC3\xA9\xA9"), (BAD, 1));
        assert_eq!(decode("\u{FFFD}".as_bytes()), (BAD, 3));
    }

    #[test]
    fn case_mappings_are_from_character_to_character() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('ā'), 'Ā');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_title('ǆ'), 'ǅ');
    }
}
