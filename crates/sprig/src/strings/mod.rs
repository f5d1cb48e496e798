//! Strings: trimming, cutting, searching, replacing, quoting. Case and words are in `case` and `words`.

mod case;
mod split;
mod words;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Str, Type, Value, check_string, strconv};
use memchr::memmem;

use crate::def::{host, pure, variadic};
use crate::draw;
use crate::text::{append, strval};
use crate::unicode;

const STR: &[Type] = &[Type::Str];
const STR_STR: &[Type] = &[Type::Str, Type::Str];
const INT_STR: &[Type] = &[Type::INT, Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[&[Func]] = &[OWN, case::FUNCTIONS, split::FUNCTIONS, words::FUNCTIONS];

const OWN: &[Func] = &[
    pure("hello", &[], |_| Ok("Hello!".into())),
    pure("trunc", INT_STR, trunc),
    pure("substr", &[Type::INT, Type::INT, Type::Str], substr),
    pure("trim", STR, |args| Ok(trim_space(args.str(0)?).into_value())),
    pure("trimAll", STR_STR, trim_all),
    pure("trimall", STR_STR, trim_all),
    pure("trimSuffix", STR_STR, trim_suffix),
    pure("trimPrefix", STR_STR, trim_prefix),
    pure("nospace", STR, nospace),
    pure("repeat", INT_STR, |args| repeat(args.int(0)?, args.str(1)?)),
    pure("contains", STR_STR, contains),
    pure("hasPrefix", STR_STR, |args| {
        Ok(args.str(1)?.starts_with(args.str(0)?).into())
    }),
    pure("hasSuffix", STR_STR, |args| {
        Ok(args.str(1)?.ends_with(args.str(0)?).into())
    }),
    variadic("quote", &[Type::Any], quote),
    variadic("squote", &[Type::Any], squote),
    variadic("cat", &[Type::Any], cat),
    pure("indent", INT_STR, |args| indent("indent", b"", args)),
    pure("nindent", INT_STR, |args| indent("nindent", b"\n", args)),
    pure("replace", &[Type::Str, Type::Str, Type::Str], replace),
    pure("plural", &[Type::Str, Type::Str, Type::INT], plural),
    host("shuffle", STR, shuffle),
    pure("toString", &[Type::Any], |args| Ok(strval(args.any(0))?.into())),
];

/// Parts of strings as values.
trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for &[u8] {
    fn into_value(self) -> Value {
        Value::str(self)
    }
}

impl IntoValue for Vec<u8> {
    fn into_value(self) -> Value {
        Value::str(self)
    }
}

fn trunc(args: Args<'_>) -> FuncResult {
    let (count, text) = (args.int(0)?, args.str(1)?);
    let part = match usize::try_from(count) {
        Ok(count) => text.get(..count),
        Err(_) => text
            .len()
            .checked_sub(usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX))
            .filter(|start| *start > 0)
            .and_then(|start| text.get(start..)),
    };
    Ok(part.map_or_else(|| Value::Str(text.clone()), Value::str))
}

/// A slice expression of Go on a string; `None` is a bound left out.
pub(crate) fn slice(text: &[u8], start: Option<i64>, end: Option<i64>) -> Result<&[u8], FuncError> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let out_of_range = |what: String| {
        Err(FuncError::new(format!(
            "runtime error: slice bounds out of range {what}"
        )))
    };
    if let Some(end) = end {
        if end < 0 {
            return out_of_range(format!("[:{end}]"));
        }
        if end > length {
            return out_of_range(format!("[:{end}] with length {length}"));
        }
    }
    let last = end.unwrap_or(length);
    let first = start.unwrap_or(0);
    if first < 0 {
        return out_of_range(format!("[{first}:]"));
    }
    if first > last {
        return out_of_range(format!("[{first}:{last}]"));
    }
    let range = usize::try_from(first).unwrap_or(usize::MAX)..usize::try_from(last).unwrap_or(usize::MAX);
    Ok(text.get(range).unwrap_or_default())
}

fn substr(args: Args<'_>) -> FuncResult {
    let (start, end, text) = (args.int(0)?, args.int(1)?, args.str(2)?);
    let part = if start < 0 {
        slice(text, None, Some(end))
    } else if usize::try_from(end).map_or(true, |end| end > text.len()) {
        slice(text, Some(start), None)
    } else {
        slice(text, Some(start), Some(end))
    };
    Ok(part?.into_value())
}

/// Without the characters that `cut` holds for, at both ends.
fn trim(mut text: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    loop {
        let (character, width) = unicode::decode(text);
        if width == 0 || !cut(character) {
            break;
        }
        text = text.get(width..).unwrap_or_default();
    }
    loop {
        let (character, width) = unicode::decode_last(text);
        if width == 0 || !cut(character) {
            break;
        }
        text = text.get(..text.len() - width).unwrap_or_default();
    }
    text
}

/// `strings.TrimSpace`
pub(crate) fn trim_space(text: &[u8]) -> &[u8] {
    trim(text, unicode::is_space)
}

fn trim_all(args: Args<'_>) -> FuncResult {
    let (cutset, text) = (args.str(0)?, args.str(1)?);
    let cutset: Vec<char> = unicode::chars(cutset).collect();
    Ok(trim(text, |character| cutset.contains(&character)).into_value())
}

fn trim_suffix(args: Args<'_>) -> FuncResult {
    let (suffix, text) = (args.str(0)?, args.str(1)?);
    Ok(text
        .strip_suffix(&**suffix)
        .map_or_else(|| Value::Str(text.clone()), Value::str))
}

fn trim_prefix(args: Args<'_>) -> FuncResult {
    let (prefix, text) = (args.str(0)?, args.str(1)?);
    Ok(text
        .strip_prefix(&**prefix)
        .map_or_else(|| Value::Str(text.clone()), Value::str))
}

/// goutils takes each byte for a character, and spells it in UTF-8 again when a space was found.
fn nospace(args: Args<'_>) -> FuncResult {
    let text = args.str(0)?;
    if !text.iter().any(|byte| unicode::is_space(char::from(*byte))) {
        return Ok(Value::Str(text.clone()));
    }
    let kept = text.iter().map(|byte| char::from(*byte));
    Ok(kept.filter(|it| !unicode::is_space(*it)).collect::<String>().into())
}

/// `strings.Repeat`
pub(crate) fn repeat(count: i64, text: &[u8]) -> FuncResult {
    let Ok(count) = usize::try_from(count) else {
        return Err(FuncError::new("strings: negative Repeat count"));
    };
    check_string("repeat", text.len().saturating_mul(count))?;
    Ok(text.repeat(count).into_value())
}

fn contains(args: Args<'_>) -> FuncResult {
    let (part, text) = (args.str(0)?, args.str(1)?);
    Ok(memmem::find(text, part).is_some().into())
}

/// The texts of all values but nil, with spaces between them.
fn spaced(name: &str, values: &[Value], write: impl Fn(&mut Vec<u8>, &Value) -> Result<(), FuncError>) -> FuncResult {
    let mut out = Vec::new();
    let mut first = true;
    for value in values.iter().filter(|value| !matches!(value, Value::Nil)) {
        if !std::mem::take(&mut first) {
            out.push(b' ');
        }
        write(&mut out, value)?;
        check_string(name, out.len())?;
    }
    Ok(out.into_value())
}

fn quote(args: Args<'_>) -> FuncResult {
    spaced("quote", args.all(), |out, value| {
        strconv::append_quote(out, &strval(value)?);
        Ok(())
    })
}

fn squote(args: Args<'_>) -> FuncResult {
    spaced("squote", args.all(), |out, value| {
        out.push(b'\'');
        append(out, value)?;
        out.push(b'\'');
        Ok(())
    })
}

fn cat(args: Args<'_>) -> FuncResult {
    spaced("cat", args.all(), append)
}

fn indent(name: &str, before: &[u8], args: Args<'_>) -> FuncResult {
    let (spaces, text) = (args.int(0)?, args.str(1)?);
    let Ok(spaces) = usize::try_from(spaces) else {
        return Err(FuncError::new("strings: negative Repeat count"));
    };
    let lines = memchr::memchr_iter(b'\n', text).count() + 1;
    let length = lines.saturating_mul(spaces).saturating_add(text.len() + before.len());
    check_string(name, length)?;
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(before);
    out.resize(out.len() + spaces, b' ');
    let mut from = 0;
    for newline in memchr::memchr_iter(b'\n', text) {
        out.extend_from_slice(text.get(from..=newline).unwrap_or_default());
        out.resize(out.len() + spaces, b' ');
        from = newline + 1;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    Ok(out.into_value())
}

fn replace(args: Args<'_>) -> FuncResult {
    let (old, new, text) = (args.str(0)?, args.str(1)?, args.str(2)?);
    if old.is_empty() {
        return interleave(new, text);
    }
    let finder = memmem::Finder::new(&**old);
    let count = finder.find_iter(text).count();
    if count == 0 || old == new {
        return Ok(Value::Str(text.clone()));
    }
    let length = (text.len() - count * old.len()).saturating_add(count.saturating_mul(new.len()));
    check_string("replace", length)?;
    let mut out = Vec::with_capacity(length);
    let mut from = 0;
    for at in finder.find_iter(text) {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        out.extend_from_slice(new);
        from = at + old.len();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    Ok(out.into_value())
}

/// What replacing the empty string does: before each character, and at the end.
fn interleave(new: &Str, mut text: &[u8]) -> FuncResult {
    let count = unicode::chars(text).count() + 1;
    let length = text.len().saturating_add(count.saturating_mul(new.len()));
    check_string("replace", length)?;
    let mut out = Vec::with_capacity(length);
    while !text.is_empty() {
        let (first, rest) = text.split_at(unicode::decode(text).1.min(text.len()));
        out.extend_from_slice(new);
        out.extend_from_slice(first);
        text = rest;
    }
    out.extend_from_slice(new);
    Ok(out.into_value())
}

fn plural(args: Args<'_>) -> FuncResult {
    let chosen = if args.int(2)? == 1 { args.str(0)? } else { args.str(1)? };
    Ok(Value::Str(chosen.clone()))
}

/// Fisher and Yates, over characters.
fn shuffle(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    if let Some(Value::Str(kept)) = host.recall("shuffle", args.all()) {
        return Ok(Value::Str(kept));
    }
    let mut characters: Vec<char> = unicode::chars(args.str(0)?).collect();
    for at in (1..characters.len()).rev() {
        characters.swap(at, draw::below(host, at + 1));
    }
    let result = Value::str(characters.into_iter().collect::<String>());
    host.drawn("shuffle", args.all(), &result);
    Ok(result)
}
