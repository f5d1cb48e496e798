//! Paths with slashes: Go's `path`, and `path/filepath` on Linux, which is the same there.

use hoist_govalue::{Args, Func, FuncResult, Type, Value};

use crate::def::pure;

const STR: &[Type] = &[Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("base", STR, base),
    pure("osBase", STR, base),
    pure("dir", STR, dir),
    pure("osDir", STR, dir),
    pure("clean", STR, |args| Ok(Value::str(clean(args.str(0)?)))),
    pure("osClean", STR, |args| Ok(Value::str(clean(args.str(0)?)))),
    pure("ext", STR, ext),
    pure("osExt", STR, ext),
    pure("isAbs", STR, |args| Ok(args.str(0)?.starts_with(b"/").into())),
    pure("osIsAbs", STR, |args| Ok(args.str(0)?.starts_with(b"/").into())),
];

fn base(args: Args<'_>) -> FuncResult {
    let path = args.str(0)?;
    if path.is_empty() {
        return Ok(".".into());
    }
    let last = path.split(|byte| *byte == b'/').rfind(|part| !part.is_empty());
    Ok(Value::str(last.unwrap_or(b"/")))
}

fn dir(args: Args<'_>) -> FuncResult {
    let path = args.str(0)?;
    let end = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    Ok(Value::str(clean(path.get(..end).unwrap_or_default())))
}

fn ext(args: Args<'_>) -> FuncResult {
    let path = args.str(0)?;
    let at = path.iter().rposition(|byte| matches!(byte, b'/' | b'.'));
    let ext = at.and_then(|at| path.get(at..)).filter(|ext| ext.starts_with(b"."));
    Ok(Value::str(ext.unwrap_or_default()))
}

/// The shortest path that means the same, as far as text can tell.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join(&b'/')) {
        (true, joined) => [b"/", &*joined].concat(),
        (false, joined) if joined.is_empty() => b".".to_vec(),
        (false, joined) => joined,
    }
}
