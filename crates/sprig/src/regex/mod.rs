//! Regular expressions with the rules of Go's regexp.
//!
//! Patterns are read here, by Go's grammar and with its errors, and searched by the engine of the regex crate, which
//! prefers matches as Go's does (leftmost, then first).

mod class;
mod cursor;
mod error;
mod parse;
mod search;
mod set;
mod unicode;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hoist_govalue::{Args, Func, FuncError, FuncResult, List, Str, Type, Value, strconv};

use self::error::PatternError;
use self::search::Regex;
use crate::def::pure;

const TEXT_TEXT: &[Type] = &[Type::Str, Type::Str];
const TEXT_TEXT_INT: &[Type] = &[Type::Str, Type::Str, Type::INT];
const TEXT_TEXT_TEXT: &[Type] = &[Type::Str, Type::Str, Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("regexMatch", TEXT_TEXT, |args| {
        Ok(Value::Bool(match compiled(args.str(0)?) {
            Ok(regex) => regex.is_match(args.str(1)?)?,
            Err(PatternError::Go { .. }) => false,
            Err(error) => return Err(returned(&error)),
        }))
    }),
    pure("mustRegexMatch", TEXT_TEXT, |args| {
        Ok(Value::Bool(must(args)?.is_match(args.str(1)?)?))
    }),
    pure("regexFind", TEXT_TEXT, |args| find(args, &*or_panic(args)?)),
    pure("mustRegexFind", TEXT_TEXT, |args| find(args, &*must(args)?)),
    pure("regexFindAll", TEXT_TEXT_INT, |args| find_all(args, &*or_panic(args)?)),
    pure("mustRegexFindAll", TEXT_TEXT_INT, |args| find_all(args, &*must(args)?)),
    pure("regexReplaceAll", TEXT_TEXT_TEXT, |args| {
        replace(args, &*or_panic(args)?, false)
    }),
    pure("mustRegexReplaceAll", TEXT_TEXT_TEXT, |args| {
        replace(args, &*must(args)?, false)
    }),
    pure("regexReplaceAllLiteral", TEXT_TEXT_TEXT, |args| {
        replace(args, &*or_panic(args)?, true)
    }),
    pure("mustRegexReplaceAllLiteral", TEXT_TEXT_TEXT, |args| {
        replace(args, &*must(args)?, true)
    }),
    pure("regexSplit", TEXT_TEXT_INT, |args| split(args, &*or_panic(args)?)),
    pure("mustRegexSplit", TEXT_TEXT_INT, |args| split(args, &*must(args)?)),
    pure("regexQuoteMeta", &[Type::Str], quote_meta),
];

/// How many patterns a thread keeps compiled.
const CACHED: usize = 128;

/// How many bytes they may take together.
const CACHED_BYTES: usize = 64 << 20;

#[derive(Default)]
struct Cache {
    known: HashMap<Str, Rc<Regex>>,
    bytes: usize,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

fn compiled(pattern: &Str) -> Result<Rc<Regex>, PatternError> {
    let known = CACHE.with_borrow(|cache| cache.known.get(pattern).cloned());
    if let Some(regex) = known {
        return Ok(regex);
    }
    let regex = Rc::new(Regex::new(pattern)?);
    CACHE.with_borrow_mut(|cache| {
        let size = regex.size() + pattern.len();
        if cache.known.len() >= CACHED || cache.bytes + size > CACHED_BYTES {
            *cache = Cache::default();
        }
        cache.bytes += size;
        cache.known.insert(pattern.clone(), Rc::clone(&regex));
    });
    Ok(regex)
}

fn returned(error: &PatternError) -> FuncError {
    FuncError::new(error.to_string())
}

/// The pattern, or the error as the `must` functions return it.
fn must(args: Args<'_>) -> Result<Rc<Regex>, FuncError> {
    compiled(args.str(0)?).map_err(|error| returned(&error))
}

/// The pattern, or the text of the panic that the other functions end with.
fn or_panic(args: Args<'_>) -> Result<Rc<Regex>, FuncError> {
    let pattern = args.str(0)?;
    compiled(pattern).map_err(|error| {
        let quoted = if strconv::can_backquote(pattern) {
            format!("`{pattern}`")
        } else {
            strconv::quote(pattern)
        };
        FuncError::new(format!("regexp: Compile({quoted}): {error}"))
    })
}

fn find(args: Args<'_>, regex: &Regex) -> FuncResult {
    Ok(Value::Str(regex.find(args.str(1)?)?))
}

fn find_all(args: Args<'_>, regex: &Regex) -> FuncResult {
    strings(regex.find_all(args.str(1)?, args.int(2)?)?)
}

fn split(args: Args<'_>, regex: &Regex) -> FuncResult {
    strings(regex.split(args.str(1)?, args.int(2)?)?)
}

fn strings(found: Option<Vec<Str>>) -> FuncResult {
    Ok(Value::List(
        found.map_or_else(|| List::nil(Type::StrList), List::strings),
    ))
}

fn replace(args: Args<'_>, regex: &Regex, literal: bool) -> FuncResult {
    Ok(Value::Str(regex.replace_all(args.str(1)?, args.str(2)?, literal)?))
}

fn quote_meta(args: Args<'_>) -> FuncResult {
    let text = args.str(0)?;
    hoist_govalue::check_string("regexQuoteMeta", text.len().saturating_mul(2))?;
    let mut out = Vec::with_capacity(text.len() + 8);
    for byte in text.iter() {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    Ok(Value::str(out))
}
