//! Floating-point numbers from text, decimal and hexadecimal.

use super::number::{Failure, Nearest, Reason, SYNTAX, underscores_fit};

/// A number of 32 or 64 bits.
pub(super) fn float(text: &[u8], bits: u32) -> Result<f64, Failure> {
    let (negative, body) = match text {
        [b'-', body @ ..] => (true, body),
        [b'+', body @ ..] => (false, body),
        _ => (false, text),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") {
        return Ok(sign * f64::INFINITY);
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Ok(f64::NAN);
    }
    let number = match body {
        [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() => hexadecimal(digits, bits),
        _ => decimal(body, bits),
    };
    let number = number.ok_or(SYNTAX)?;
    if text.contains(&b'_') && !underscores_fit(text) {
        return Err(SYNTAX);
    }
    if number.is_infinite() {
        return Err((Reason::Range, Nearest::Float(sign * number)));
    }
    Ok(sign * number)
}

/// An exponent's sign and digits; it grows no more once past 10000, as in Go.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    if !digits.first()?.is_ascii_digit() {
        return None;
    }
    let mut number = 0;
    for &byte in digits {
        match byte {
            b'_' => {}
            b'0'..=b'9' if number < 10000 => number = number * 10 + i64::from(byte - b'0'),
            b'0'..=b'9' => {}
            _ => return None,
        }
    }
    Some(if negative { -number } else { number })
}

fn decimal(body: &[u8], bits: u32) -> Option<f64> {
    let end = body.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = match end {
        Some(end) => (body.get(..end)?, exponent(body.get(end + 1..)?)?),
        None => (body, 0),
    };
    let (mut dots, mut digits, mut underscores) = (0, 0, 0);
    for &byte in mantissa {
        match byte {
            b'_' => underscores += 1,
            b'.' => dots += 1,
            b'0'..=b'9' => digits += 1,
            _ => return None,
        }
    }
    if digits == 0 || dots > 1 {
        return None;
    }
    // Most numbers are written as Rust reads them.
    if underscores == 0 && exponent == 0 {
        return parse(std::str::from_utf8(mantissa).ok()?, bits);
    }
    let mut clean: String = mantissa
        .iter()
        .filter(|byte| **byte != b'_')
        .map(|byte| char::from(*byte))
        .collect();
    clean.push('e');
    clean.push_str(&exponent.to_string());
    parse(&clean, bits)
}

fn parse(number: &str, bits: u32) -> Option<f64> {
    if bits == 32 {
        number.parse::<f32>().ok().map(f64::from)
    } else {
        number.parse().ok()
    }
}

fn hexadecimal(body: &[u8], bits: u32) -> Option<f64> {
    let end = body.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let scale = exponent(body.get(end + 1..)?)?;
    let mut mantissa = 0u64;
    let (mut lost, mut kept, mut digits) = (false, 0i64, 0i64);
    let mut point = None;
    for &byte in body.get(..end)? {
        match byte {
            b'_' => {}
            b'.' if point.is_none() => point = Some(digits),
            b'.' => return None,
            _ => {
                let digit = char::from(byte).to_digit(16)?;
                digits += 1;
                if mantissa >> 60 == 0 {
                    mantissa = mantissa << 4 | u64::from(digit);
                    kept += 1;
                } else {
                    lost |= digit != 0;
                }
            }
        }
    }
    if digits == 0 {
        return None;
    }
    let power = scale + 4 * (point.unwrap_or(digits) - kept);
    Some(if bits == 32 {
        let bits = round(mantissa, lost, power, 23, -126, 127);
        f64::from(f32::from_bits(u32::try_from(bits).ok()?))
    } else {
        f64::from_bits(round(mantissa, lost, power, 52, -1022, 1023))
    })
}

/// The bits of `mantissa * 2^power`, with something lost beyond it perhaps, rounded to even: of a format with so many
/// bits of mantissa and these exponents.
fn round(mantissa: u64, lost: bool, power: i64, mantissa_bits: i64, least: i64, most: i64) -> u64 {
    if mantissa == 0 {
        return 0;
    }
    let infinity = ((2 * most + 1) << mantissa_bits).cast_unsigned();
    let shift = mantissa.leading_zeros();
    let mantissa = mantissa << shift;
    let exponent = power - i64::from(shift) + 63;
    if exponent > most {
        return infinity;
    }
    // Below the least exponent there are fewer bits; of far smaller numbers none is left.
    let keep = (mantissa_bits + 1 - (least - exponent).max(0)).max(-1);
    let wide = u128::from(mantissa) << 64 | u128::from(lost);
    let drop = u32::try_from(128 - keep).unwrap_or(128);
    let (kept, rest, half) = match drop {
        129 => return 0,
        128 => (0, wide, 1u128 << 127),
        _ => (wide >> drop, wide & ((1u128 << drop) - 1), 1u128 << (drop - 1)),
    };
    let up = rest > half || rest == half && kept & 1 == 1;
    let kept = u64::try_from(kept).unwrap_or_default() + u64::from(up);
    // The leading one of a normal number adds one to the exponent: a carry does so once more.
    let biased = (exponent.max(least) - least).cast_unsigned();
    let bits = (biased << mantissa_bits) + kept;
    bits.min(infinity)
}
