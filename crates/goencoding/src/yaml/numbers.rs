//! Numbers as YAML writes them, between JSON's and Go's.

use hoist_govalue::{Kind, strconv};

/// A number as YAML writes floats: `1`, `1.`, `.5`, `-1.5e+3`. What is too large is none.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    let unsigned = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let (whole, rest) = split_digits(unsigned);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_digits(rest),
        _ => (&b""[..], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    match rest {
        [] => {}
        [b'e' | b'E', rest @ ..] => {
            let digits = match rest {
                [b'-' | b'+', rest @ ..] => rest,
                _ => rest,
            };
            if digits.is_empty() || !split_digits(digits).1.is_empty() {
                return None;
            }
        }
        _ => return None,
    }
    strconv::parse_float(text, 64).ok()
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(length)
}

/// `strconv.FormatFloat(number, 'g', -1, bits)`, with YAML's names of what is no number.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn format_g(number: f64, bits: u32) -> String {
    let number = if bits == 32 { f64::from(number as f32) } else { number };
    let text = strconv::format_float(number, b'g', None, bits);
    match text.as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        _ => text,
    }
}

/// A finite number as it comes out of JSON and YAML: one that is whole there is an integer, as far as those go.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn through_json(number: f64, kind: Kind) -> String {
    if kind == Kind::Float64 && number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).to_string();
    }
    let bits = if kind == Kind::Float32 { 32 } else { 64 };
    let size = number.abs();
    let extreme = match bits {
        32 => size as f32 != 0.0 && !(1e-6..1e21).contains(&(size as f32)),
        _ => size != 0.0 && !(1e-6..1e21).contains(&size),
    };
    let json = strconv::format_float(number, if extreme { b'e' } else { b'f' }, None, bits);
    if let Ok(whole) = json.parse::<i64>() {
        return whole.to_string();
    }
    if json.parse::<u64>().is_ok() {
        return json;
    }
    format_g(strconv::parse_float(json.as_bytes(), 64).unwrap_or(number), 64)
}
