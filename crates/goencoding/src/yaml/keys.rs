//! The order in which go-yaml writes keys: letters last, numbers by their size (`a2` before `a10`).

use unicode_general_category::{GeneralCategory, get_general_category};

use super::resolve::Dialect;

/// Sorts entries by their keys, which are UTF-8 in all but exotic cases.
///
/// The order is not one of strings alone, so that the standard sort, which may panic at an order that contradicts itself,
/// is not used.
pub(super) fn sort<T>(entries: Vec<T>, key: &impl Fn(&T) -> &[u8], dialect: Dialect) -> Vec<T> {
    let ordered = entries
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if !less(key(b), key(a), dialect)));
    if ordered {
        return entries;
    }
    let mut first = entries;
    let second = first.split_off(first.len() / 2);
    let mut first = sort(first, key, dialect).into_iter().peekable();
    let mut second = sort(second, key, dialect).into_iter().peekable();
    let mut merged = Vec::with_capacity(first.len() + second.len());
    while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
        if less(key(b), key(a), dialect) {
            merged.extend(second.next());
        } else {
            merged.extend(first.next());
        }
    }
    merged.extend(first);
    merged.extend(second);
    merged
}

fn less(a: &[u8], b: &[u8], dialect: Dialect) -> bool {
    if a.is_ascii() && b.is_ascii() {
        let ascii = |bytes: &[u8], at: usize| bytes.get(at).map(|&byte| char::from(byte));
        return less_chars(|at| ascii(a, at), |at| ascii(b, at), dialect);
    }
    let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    less_chars(|at| a.get(at).copied(), |at| b.get(at).copied(), dialect)
}

fn less_chars(a: impl Fn(usize) -> Option<char>, b: impl Fn(usize) -> Option<char>, dialect: Dialect) -> bool {
    let mut at = 0;
    let mut after_digits = false;
    let (first, second) = loop {
        match (a(at), b(at)) {
            (Some(x), Some(y)) if x == y => after_digits = is_digit(x),
            (Some(x), Some(y)) => break (x, y),
            (None, Some(_)) => return true,
            (_, None) => return false,
        }
        at += 1;
    };
    match (is_letter(first), is_letter(second)) {
        (true, true) => return first < second,
        (false, false) => {}
        (first_is, second_is) => {
            return match dialect {
                Dialect::V3 if after_digits => first_is,
                _ => second_is,
            };
        }
    }
    // Behind other digits, zeros at the start of the rest count.
    let mut start = 0;
    if first == '0' || second == '0' {
        let mut before = at;
        while let Some(digit) = before.checked_sub(1).and_then(&a).filter(|&digit| is_digit(digit)) {
            if digit != '0' {
                start = 1;
                break;
            }
            before -= 1;
        }
    }
    let (first_number, first_end) = number(&a, at, start);
    let (second_number, second_end) = number(&b, at, start);
    if first_number != second_number {
        return first_number < second_number;
    }
    if first_end != second_end {
        return first_end < second_end;
    }
    first < second
}

/// The number whose digits begin here, behind what it starts with, and where they end.
fn number(text: &impl Fn(usize) -> Option<char>, at: usize, start: i64) -> (i64, usize) {
    let mut number = start;
    let mut end = at;
    while let Some(digit) = text(end).filter(|&digit| is_digit(digit)) {
        number = number
            .wrapping_mul(10)
            .wrapping_add(i64::from(u32::from(digit)) - i64::from(b'0'));
        end += 1;
    }
    (number, end)
}

fn is_digit(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_digit();
    }
    get_general_category(character) == GeneralCategory::DecimalNumber
}

fn is_letter(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphabetic();
    }
    matches!(
        get_general_category(character),
        GeneralCategory::UppercaseLetter
            | GeneralCategory::LowercaseLetter
            | GeneralCategory::TitlecaseLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::OtherLetter
    )
}
