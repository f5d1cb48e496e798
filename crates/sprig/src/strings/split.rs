//! Strings to lists and back.

use std::collections::BTreeMap;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Kind, List, Map, Str, Type, Value, check_items, check_string};
use memchr::memmem;

use crate::def::pure;
use crate::lists::items;
use crate::text::strval;
use crate::unicode;

const STR_STR: &[Type] = &[Type::Str, Type::Str];
const ANY: &[Type] = &[Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("split", STR_STR, |args| {
        numbered(parts("split", args.str(0)?, args.str(1)?, -1)?)
    }),
    pure("splitn", &[Type::Str, Type::INT, Type::Str], |args| {
        numbered(parts("splitn", args.str(0)?, args.str(2)?, args.int(1)?)?)
    }),
    pure("splitList", STR_STR, |args| {
        Ok(List::strings(parts("splitList", args.str(0)?, args.str(1)?, -1)?).into())
    }),
    pure("join", &[Type::Str, Type::Any], join),
    pure("toStrings", ANY, |args| Ok(strings(args.any(0))?.into())),
    pure("sortAlpha", ANY, sort_alpha),
];

/// `strings.SplitN`: at most `most` parts, all of them where it is negative, none where it is zero.
fn parts(name: &str, separator: &[u8], text: &[u8], most: i64) -> Result<Vec<Str>, FuncError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if most == 0 {
        return Ok(parts);
    }
    let mut rest = text;
    if separator.is_empty() {
        while !rest.is_empty() && parts.len() + 1 < most {
            let (first, after) = rest.split_at(unicode::decode(rest).1.min(rest.len()));
            parts.push(Str::from(first));
            check_items(name, parts.len())?;
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Str::from(rest));
        }
        return Ok(parts);
    }
    let finder = memmem::Finder::new(separator);
    while parts.len() + 1 < most {
        let Some(at) = finder.find(rest) else { break };
        parts.push(Str::from(rest.get(..at).unwrap_or_default()));
        check_items(name, parts.len())?;
        rest = rest.get(at + separator.len()..).unwrap_or_default();
    }
    parts.push(Str::from(rest));
    Ok(parts)
}

/// A `map[string]string` with the keys `_0`, `_1` and so on.
fn numbered(parts: Vec<Str>) -> FuncResult {
    let entries: BTreeMap<_, _> = parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| (Str::from(format!("_{at}")), Value::Str(part)))
        .collect();
    Ok(Map::typed(Type::StrMap, entries).into())
}

/// Sprig's `strslice`: the texts of a list's elements but nil, or the text of anything else as the only element.
pub(crate) fn strings(value: &Value) -> Result<List, FuncError> {
    let items = match value {
        Value::List(list) if list.ty() == Type::StrList => return Ok(list.clone()),
        Value::Nil => return Ok(List::strings(Vec::<Str>::new())),
        other => items(other),
    };
    let Some(items) = items else {
        return Ok(List::strings([strval(value)?]));
    };
    let texts = items.iter().filter(|it| !matches!(it, Value::Nil)).map(strval);
    Ok(List::strings(texts.collect::<Result<Vec<_>, _>>()?))
}

fn join(args: Args<'_>) -> FuncResult {
    let separator = args.str(0)?;
    let parts = strings(args.any(1))?;
    let texts = || parts.iter().filter_map(Value::as_str);
    let between = separator.len().saturating_mul(parts.len().saturating_sub(1));
    let length = texts().map(|text| text.len()).fold(between, usize::saturating_add);
    check_string("join", length)?;
    let mut out = Vec::with_capacity(length);
    for (at, text) in texts().enumerate() {
        if at > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(text);
    }
    Ok(Value::str(out))
}

fn sort_alpha(args: Args<'_>) -> FuncResult {
    let value = args.any(0);
    if value.kind() != Kind::Slice {
        return Ok(List::strings([strval(value)?]).into());
    }
    let list = strings(value)?;
    // Of a `[]string` this is the list itself, which Go sorts in place.
    list.sort_strings();
    Ok(list.into())
}
