//! base64 and base32, with the errors of Go's decoders, which the functions answer as text.

use hoist_govalue::{Args, Func, FuncResult, Type, Value, check_string};

use crate::def::pure;

const STR: &[Type] = &[Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("b64enc", STR, |args| encode(args, "b64enc", &data_encoding::BASE64)),
    pure("b64dec", STR, |args| Ok(decoded(decode64(args.str(0)?), "base64"))),
    pure("b32enc", STR, |args| encode(args, "b32enc", &data_encoding::BASE32)),
    pure("b32dec", STR, |args| Ok(decoded(decode32(args.str(0)?), "base32"))),
];

fn encode(args: Args<'_>, name: &str, encoding: &data_encoding::Encoding) -> FuncResult {
    let text = args.str(0)?;
    check_string(name, text.len().saturating_mul(2))?;
    Ok(encoding.encode(text).into())
}

/// Where the data is not of its encoding.
pub(crate) type Corrupt = usize;

fn decoded(result: Result<Vec<u8>, Corrupt>, what: &str) -> Value {
    match result {
        Ok(bytes) => Value::str(bytes),
        Err(at) => Value::str(format!("illegal {what} data at input byte {at}")),
    }
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The standard alphabet, padded; newlines are skipped, bits left over are not looked at.
pub(crate) fn decode64(text: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut group, mut digits) = (0_u32, 0_usize);
    let mut bytes = text.iter().copied().enumerate().filter(|(_, byte)| !is_newline(*byte));
    while let Some((at, byte)) = bytes.next() {
        if let Some(digit) = digit(byte) {
            group = group << 6 | u32::from(digit);
            digits += 1;
            if digits == 4 {
                out.extend_from_slice(group.to_be_bytes().get(1..).unwrap_or_default());
                (group, digits) = (0, 0);
            }
            continue;
        }
        if byte != b'=' || digits < 2 {
            return Err(at);
        }
        if digits == 2 {
            match bytes.next() {
                None => return Err(text.len()),
                Some((_, b'=')) => {}
                // Go points before it, be there a newline or the padding.
                Some((second, _)) => return Err(second - 1),
            }
        }
        if let Some((garbage, _)) = bytes.next() {
            return Err(garbage);
        }
        let whole = (group << (6 * (4 - digits))).to_be_bytes();
        out.extend_from_slice(whole.get(1..digits).unwrap_or_default());
        return Ok(out);
    }
    if digits > 0 {
        return Err(text.len() - digits);
    }
    Ok(out)
}

/// The standard alphabet, padded; places are counted without newlines.
fn decode32(text: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_newline(*byte)).collect();
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        })
    };
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut from = 0;
    while from < text.len() {
        let group = text.get(from..).unwrap_or_default();
        let (mut bits, mut digits, mut ended) = (0_u64, 0_usize, false);
        for (at, byte) in group.iter().take(8).enumerate() {
            let after = group.get(at + 1..).unwrap_or_default();
            if *byte == b'=' && at >= 2 && after.len() < 8 {
                // Go looks no further than this group: what comes behind its padding is not an error.
                if after.len() + at < 7 {
                    return Err(text.len());
                }
                if let Some(wrong) = after.iter().take(7 - at).position(|byte| *byte != b'=') {
                    return Err(from + at + wrong);
                }
                if matches!(at, 3 | 6) {
                    return Err(from + at);
                }
                ended = true;
                break;
            }
            bits = bits << 5 | u64::from(digit(*byte).ok_or(from + at)?);
            digits += 1;
        }
        if !ended && digits < 8 {
            return Err(text.len() - digits);
        }
        let whole = (bits << (5 * (8 - digits))).to_be_bytes();
        out.extend_from_slice(whole.get(3..3 + digits * 5 / 8).unwrap_or_default());
        if ended {
            break;
        }
        from += 8;
    }
    Ok(out)
}
