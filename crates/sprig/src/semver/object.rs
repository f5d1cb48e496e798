//! Versions as templates hold them: `semver` answers a pointer; what a pointer's methods answer is a plain struct, which
//! has fewer methods, as in Go.

use std::any::Any;
use std::rc::Rc;

use hoist_govalue::{FuncError, FuncResult, Host, Kind, Method, Object, Str, Type, Value};

use super::version::{Version, check_metadata, check_prerelease};

const POINTER: Type = Type::Named("*semver.Version", Kind::Ptr);
const STRUCT: Type = Type::Named("semver.Version", Kind::Struct);

/// A `*semver.Version`.
#[derive(Debug)]
pub(super) struct Pointer(pub(super) Version);

/// A `semver.Version`.
#[derive(Debug)]
struct Struct(Version);

const fn method(name: &'static str, params: &'static [Type]) -> Method {
    Method {
        name,
        params,
        variadic: false,
    }
}

const ON_STRUCT: [Method; 13] = [
    method("IncMajor", &[]),
    method("IncMinor", &[]),
    method("IncPatch", &[]),
    method("Major", &[]),
    method("MarshalJSON", &[]),
    method("MarshalText", &[]),
    method("Metadata", &[]),
    method("Minor", &[]),
    method("Patch", &[]),
    method("Prerelease", &[]),
    method("SetMetadata", &[Type::Str]),
    method("SetPrerelease", &[Type::Str]),
    method("String", &[]),
];

const ON_POINTER: [Method; 20] = {
    let mut all = [method("", &[]); 20];
    let mut at = 0;
    while at < ON_STRUCT.len() {
        all[at] = ON_STRUCT[at];
        at += 1;
    }
    all[at] = method("Compare", &[POINTER]);
    all[at + 1] = method("Equal", &[POINTER]);
    all[at + 2] = method("GreaterThan", &[POINTER]);
    all[at + 3] = method("GreaterThanEqual", &[POINTER]);
    all[at + 4] = method("LessThan", &[POINTER]);
    all[at + 5] = method("LessThanEqual", &[POINTER]);
    all[at + 6] = method("Original", &[]);
    all
};

/// What a deep copy of a version is: it has no field that is exported.
fn nothing() -> Version {
    Version {
        major: 0,
        minor: 0,
        patch: 0,
        pre: String::new(),
        metadata: String::new(),
        original: String::new(),
    }
}

impl Object for Pointer {
    fn deep_copy(&self) -> Option<Value> {
        Some(Value::Object(Rc::new(Self(nothing()))))
    }

    fn ty(&self) -> Type {
        POINTER
    }

    fn methods(&self) -> &'static [Method] {
        &ON_POINTER
    }

    fn call(&self, method: &str, _host: &mut dyn Host, args: &[Value]) -> FuncResult {
        let version = &self.0;
        let compare = || Ok::<_, FuncError>(version.cmp(&other(args)?.ok_or_else(nil_pointer)?.0));
        Ok(match method {
            "Original" => Value::str(version.original()),
            "Compare" => Value::int(compare()? as i64),
            "Equal" => Value::Bool(other(args)?.is_some_and(|other| *version == other.0)),
            "GreaterThan" => Value::Bool(compare()?.is_gt()),
            "GreaterThanEqual" => Value::Bool(compare()?.is_ge()),
            "LessThan" => Value::Bool(compare()?.is_lt()),
            "LessThanEqual" => Value::Bool(compare()?.is_le()),
            _ => return call(version, method, args),
        })
    }

    fn text(&self) -> Option<Str> {
        Some(self.0.to_string().into())
    }

    fn plain(&self) -> Value {
        Value::str(self.0.to_string())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

impl Object for Struct {
    fn deep_copy(&self) -> Option<Value> {
        Some(Value::Object(Rc::new(Self(nothing()))))
    }

    fn ty(&self) -> Type {
        STRUCT
    }

    fn methods(&self) -> &'static [Method] {
        &ON_STRUCT
    }

    fn call(&self, method: &str, _host: &mut dyn Host, args: &[Value]) -> FuncResult {
        call(&self.0, method, args)
    }

    fn text(&self) -> Option<Str> {
        Some(self.0.to_string().into())
    }

    fn plain(&self) -> Value {
        Value::str(self.0.to_string())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

fn other(args: &[Value]) -> Result<Option<&Pointer>, FuncError> {
    match args.first() {
        None | Some(Value::Nil) => Ok(None),
        Some(Value::Object(object)) if object.any().is::<Pointer>() => Ok(object.any().downcast_ref()),
        Some(value) => Err(FuncError::new(format!(
            "wrong type for value; expected {POINTER}; got {}",
            value.type_name()
        ))),
    }
}

fn nil_pointer() -> FuncError {
    FuncError::new("runtime error: invalid memory address or nil pointer dereference")
}

/// The methods that both have.
fn call(version: &Version, method: &str, args: &[Value]) -> FuncResult {
    let number = |number: u64| Value::Uint(number, Kind::Uint64);
    let text = || args.first().and_then(Value::as_str).map(Str::text).unwrap_or_default();
    let next = |number: u64, which: &str| {
        number
            .checked_add(1)
            .ok_or_else(|| FuncError::new(format!("{which} version increment would overflow uint64")))
    };
    let (major, minor, patch) = (version.major(), version.minor(), version.patch());
    let changed = match method {
        "Major" => return Ok(number(major)),
        "Minor" => return Ok(number(minor)),
        "Patch" => return Ok(number(patch)),
        "Prerelease" => return Ok(Value::str(version.prerelease())),
        "Metadata" => return Ok(Value::str(version.metadata())),
        "String" => return Ok(Value::str(version.to_string())),
        "MarshalText" => return Ok(Value::Bytes(version.to_string().into_bytes().into())),
        "MarshalJSON" => return Ok(Value::Bytes(format!("\"{version}\"").into_bytes().into())),
        "IncMajor" => version.with((next(major, "major")?, 0, 0), "", ""),
        "IncMinor" => version.with((major, next(minor, "minor")?, 0), "", ""),
        "IncPatch" => {
            let release = version.prerelease().is_empty();
            let patch = if release { next(patch, "patch")? } else { patch };
            version.with((major, minor, patch), "", "")
        }
        "SetPrerelease" => {
            let text = text();
            if !text.is_empty() {
                check_prerelease(&text)?;
            }
            version.with((major, minor, patch), &text, version.metadata())
        }
        "SetMetadata" => {
            let text = text();
            if !text.is_empty() {
                check_metadata(&text)?;
            }
            version.with((major, minor, patch), version.prerelease(), &text)
        }
        _ => return Err(FuncError::new(format!("{POINTER} has no method {method}"))),
    };
    Ok(Value::Object(Rc::new(Struct(changed))))
}
