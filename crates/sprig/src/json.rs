//! JSON: the functions that Helm leaves to sprig.

use hoist_goencoding::json::{self, JsonError};
use hoist_govalue::{Func, FuncError, FuncResult, Type, Value};

use crate::def::pure;

const ANY: &[Type] = &[Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("mustFromJson", &[Type::Str], |args| {
        json::decode(args.str(0)?).map_err(|why| FuncError::new(why.to_string()))
    }),
    pure("toPrettyJson", ANY, |args| swallowed(json::encode_pretty(args.any(0)))),
    pure("mustToPrettyJson", ANY, |args| told(json::encode_pretty(args.any(0)))),
    // Sprig panics where its sisters swallow the error.
    pure("toRawJson", ANY, |args| told(json::encode_raw(args.any(0)))),
    pure("mustToRawJson", ANY, |args| told(json::encode_raw(args.any(0)))),
];

fn told(encoded: Result<Vec<u8>, JsonError>) -> FuncResult {
    encoded.map(Value::str).map_err(|why| FuncError::new(why.to_string()))
}

/// No text in place of an error, unless it is a limit of ours, where Go has a text.
fn swallowed(encoded: Result<Vec<u8>, JsonError>) -> FuncResult {
    match encoded {
        Err(JsonError::Limit(_)) | Ok(_) => told(encoded),
        Err(_) => Ok("".into()),
    }
}
