//! URLs taken apart and put together, as Go's net/url does it.

mod address;
mod escape;
mod parse;

use std::collections::BTreeMap;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Kind, Map, Str, Type, Value};

use crate::def::{map_at, nil_dereference, pure};
use escape::{Mode, escape};
use parse::{Url, User};

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("urlParse", &[Type::Str], url_parse),
    pure("urlJoin", &[Type::Map], url_join),
];

fn url_parse(args: Args<'_>) -> FuncResult {
    let url = Url::parse(args.str(0)?).map_err(|why| FuncError::new(format!("unable to parse url: {why}")))?;
    let userinfo = url.user.as_ref().map(User::text).unwrap_or_default();
    let entries: BTreeMap<Str, Value> = [
        ("hostname", url.hostname()),
        ("scheme", url.scheme),
        ("host", url.host),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", userinfo),
    ]
    .into_iter()
    .map(|(key, part)| (Str::from(key), Value::str(part)))
    .collect();
    Ok(Map::typed(Type::Map, entries).into())
}

fn url_join(args: Args<'_>) -> FuncResult {
    let map = map_at(args, 0)?;
    let part = |key: &str| match map.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.to_vec()),
        Some(Value::Nil) => Err(nil_dereference()),
        Some(other) => match (other.kind(), crate::text::strval(&other)) {
            (Kind::String, text) => Ok(text?.to_vec()),
            (kind, _) => Err(FuncError::new(format!(
                "unable to parse {key} key, must be of type string, but {} found",
                kind.name()
            ))),
        },
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        let with_user = [b"proto://", &*userinfo, b"@host"].concat();
        url.user = Url::parse(&with_user)
            .map_err(|why| FuncError::new(format!("unable to parse userinfo in dict: {why}")))?
            .user;
    }
    Ok(Value::str(text(&url)))
}

/// `URL.String` of a URL that was put together, not parsed: there is no other spelling of path or fragment to keep.
fn text(url: &Url) -> Vec<u8> {
    let mut out = Vec::new();
    if !url.scheme.is_empty() {
        out.extend_from_slice(&url.scheme);
        out.push(b':');
    }
    if url.opaque.is_empty() {
        if url.user.is_some() || !url.host.is_empty() || !url.scheme.is_empty() && !url.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &url.user {
            out.extend_from_slice(&user.text());
            out.push(b'@');
        }
        out.extend_from_slice(&escape(&url.host, Mode::Host));
        let path = match &*url.path {
            b"*" => b"*".to_vec(),
            path => escape(path, Mode::Path),
        };
        if !path.is_empty() && !path.starts_with(b"/") && !url.host.is_empty() {
            out.push(b'/');
        }
        // A colon in the first segment would make a scheme of it.
        if out.is_empty()
            && path
                .split(|byte| *byte == b'/')
                .next()
                .is_some_and(|it| it.contains(&b':'))
        {
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(&path);
    } else {
        out.extend_from_slice(&url.opaque);
    }
    for (mark, part) in [(b'?', url.query.clone()), (b'#', escape(&url.fragment, Mode::Fragment))] {
        if !part.is_empty() {
            out.push(mark);
            out.extend_from_slice(&part);
        }
    }
    out
}
