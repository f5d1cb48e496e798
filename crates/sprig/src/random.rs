//! Random strings, bytes and numbers.

use data_encoding::BASE64;
use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Type, Value, check_string};

use crate::crypto::draw::{once, text};
use crate::def::host;
use crate::draw::below;

const COUNT: &[Type] = &[Type::INT];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    host("randAlphaNum", COUNT, |host, args| {
        string(host, args, "randAlphaNum", |it| it.is_ascii_alphanumeric())
    }),
    host("randAlpha", COUNT, |host, args| {
        string(host, args, "randAlpha", |it| it.is_ascii_alphabetic())
    }),
    host("randNumeric", COUNT, |host, args| {
        string(host, args, "randNumeric", |it| it.is_ascii_digit())
    }),
    host("randAscii", COUNT, |host, args| {
        string(host, args, "randAscii", |it| (b' '..=b'~').contains(&it))
    }),
    host("randBytes", COUNT, bytes),
    host("randInt", &[Type::INT, Type::INT], int),
    host("uuidv4", &[], uuid),
];

/// So many characters of a class; none where the count is negative, as sprig drops the error.
fn string(host: &mut dyn Host, args: Args<'_>, kind: &'static str, class: fn(u8) -> bool) -> FuncResult {
    let count = usize::try_from(args.int(0)?).unwrap_or(0);
    check_string(kind, count)?;
    once(host, kind, args, text, |host| {
        let characters: Vec<u8> = (0..=u8::MAX).filter(|byte| class(*byte)).collect();
        let drawn: Vec<u8> = (0..count)
            .filter_map(|_| characters.get(below(host, characters.len())).copied())
            .collect();
        Ok(Value::str(drawn))
    })
}

fn bytes(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let count =
        usize::try_from(args.int(0)?).map_err(|_| FuncError::new("runtime error: makeslice: len out of range"))?;
    check_string("randBytes", count.saturating_mul(2))?;
    once(host, "randBytes", args, text, |host| {
        let mut drawn = vec![0; count];
        host.random(&mut drawn);
        Ok(Value::str(BASE64.encode(&drawn)))
    })
}

/// A number from `min` up to, but not, `max`.
fn int(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let (min, max) = (args.int(0)?, args.int(1)?);
    let count = usize::try_from(max.wrapping_sub(min)).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| FuncError::new("invalid argument to Intn"))?;
    let accept = |value| matches!(value, Value::Int(..)).then_some(value);
    once(host, "randInt", args, accept, |host| {
        let drawn = i64::try_from(below(host, count)).unwrap_or(0);
        Ok(Value::int(min.wrapping_add(drawn)))
    })
}

fn uuid(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    once(host, "uuidv4", args, text, |host| {
        let mut bytes = [0; 16];
        host.random(&mut bytes);
        // Version 4, and the variant of RFC 9562.
        let bits = u128::from_be_bytes(bytes) & !(0xF << 76 | 0b11 << 62) | 4 << 76 | 0b10 << 62;
        let digits = format!("{bits:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        Ok(Value::str(format!(
            "{}-{}-{}-{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32)
        )))
    })
}
