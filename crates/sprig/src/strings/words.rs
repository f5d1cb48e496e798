//! Words: wrapping, abbreviating, initials, as goutils does it: on bytes.

use hoist_govalue::{Args, Func, FuncResult, Type, Value, check_string};
use memchr::{memchr, memrchr};

use crate::def::pure;
use crate::unicode;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("wrap", &[Type::INT, Type::Str], |args| {
        wrapped("wrap", args.str(1)?, args.int(0)?, b"\n", false)
    }),
    pure("wrapWith", &[Type::INT, Type::Str, Type::Str], wrap_with),
    pure("abbrev", &[Type::INT, Type::Str], |args| {
        abbreviated(args, 0, args.int(0)?, 1)
    }),
    pure("abbrevboth", &[Type::INT, Type::INT, Type::Str], |args| {
        abbreviated(args, args.int(0)?, args.int(1)?, 2)
    }),
    pure("initials", &[Type::Str], initials),
];

fn wrap_with(args: Args<'_>) -> FuncResult {
    let newline: &[u8] = match args.str(1)? {
        it if it.is_empty() => b"\n",
        it => it,
    };
    wrapped("wrapWith", args.str(2)?, args.int(0)?, newline, true)
}

/// Wraps at spaces; words longer than a line are broken when `break_words`.
fn wrapped(name: &str, text: &[u8], width: i64, newline: &[u8], break_words: bool) -> FuncResult {
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        if let [b' ', after @ ..] = rest {
            rest = after;
            continue;
        }
        let (line, after) = match memrchr(b' ', rest.get(..=width).unwrap_or(rest)) {
            Some(space) => (rest.get(..space), rest.get(space + 1..)),
            None if break_words => (rest.get(..width), rest.get(width..)),
            None => match memchr(b' ', rest.get(width..).unwrap_or_default()) {
                Some(space) => (rest.get(..width + space), rest.get(width + space + 1..)),
                None => break,
            },
        };
        out.extend_from_slice(line.unwrap_or_default());
        out.extend_from_slice(newline);
        check_string(name, out.len())?;
        rest = after.unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Ok(Value::str(out))
}

fn abbreviated(args: Args<'_>, left: i64, right: i64, at: usize) -> FuncResult {
    let text = args.str(at)?;
    if right < 4 || left > 0 && right < 7 {
        return Ok(Value::Str(text.clone()));
    }
    Ok(Value::str(abbreviate(text, left, right)))
}

const MARK: &[u8] = b"...";

/// `text` in at most `width` bytes (at least 4, or 7 with an offset), with an ellipsis where something is left out.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let room = usize::try_from(width.saturating_sub(3)).unwrap_or(0);
    let Some(longest_start) = text.len().checked_sub(room).filter(|start| *start > MARK.len()) else {
        return text.to_vec();
    };
    // So far below zero that the difference to it wraps around, the offset counts as one beyond the end.
    let wraps = offset < 0 && i64::try_from(text.len()).is_ok_and(|length| length.checked_sub(offset).is_none());
    let offset = match usize::try_from(offset) {
        Ok(offset) => offset.min(longest_start),
        Err(_) if wraps => longest_start,
        Err(_) => 0,
    };
    if offset <= 4 {
        return [text.get(..room).unwrap_or(text), MARK].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    let tail = text.get(offset..).unwrap_or_default();
    if tail.len() > room {
        return [MARK, &abbreviate(tail, 0, width - 3)].concat();
    }
    [MARK, text.get(longest_start..).unwrap_or_default()].concat()
}

/// The first byte of each word, each taken for a character.
fn initials(args: Args<'_>) -> FuncResult {
    let mut gap = true;
    let mut out = String::new();
    for character in args.str(0)?.iter().map(|byte| char::from(*byte)) {
        if unicode::is_space(character) {
            gap = true;
        } else if std::mem::take(&mut gap) {
            out.push(character);
        }
    }
    Ok(out.into())
}
