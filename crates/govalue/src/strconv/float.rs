//! Floating-point numbers as text.

use super::digits::{Digits, MOST_DIGITS};

/// A number as text, as [`append_float`] writes it.
pub fn format_float(value: f64, format: u8, precision: Option<usize>, bits: u32) -> String {
    let mut out = Vec::new();
    append_float(&mut out, value, format, precision, bits);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends a number of 32 or 64 bits in one of Go's formats (`strconv.AppendFloat`): `b`, `e`, `E`, `f`, `g`, `G`, `x`
/// or `X`. Without a precision there are as few digits as tell it from each other number.
pub fn append_float(out: &mut Vec<u8>, value: f64, format: u8, precision: Option<usize>, bits: u32) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value < 0.0 { b"-Inf" } else { b"+Inf" });
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    match (format, precision) {
        (b'b', _) => binary(out, value, bits),
        (b'x' | b'X', _) => hexadecimal(out, value, format, precision, bits),
        (b'e' | b'E', None) => exponential(out, &Digits::shortest(value, bits), None, format),
        (b'e' | b'E', Some(places)) => exponential(
            out,
            &Digits::exact(value, places.saturating_add(1)),
            Some(places),
            format,
        ),
        (b'f', None) => fixed(out, &Digits::shortest(value, bits)),
        (b'f', Some(places)) => fixed_to(out, value, places),
        (b'g' | b'G', None) => {
            let digits = Digits::shortest(value, bits);
            general(out, &digits, 6, format);
        }
        (b'g' | b'G', Some(places)) => {
            let places = places.max(1);
            let digits = Digits::exact(value, places);
            let count = signed(digits.count());
            // A number that its digits tell in full is not written with an exponent for want of places.
            let most = if signed(places) > count && count >= digits.point {
                count
            } else {
                signed(places)
            };
            general(out, &digits, most, format);
        }
        _ => out.extend_from_slice(&[b'%', format]),
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn zeros(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b'0');
}

/// With an exponent where it is under -4 or at least `most`, else without.
fn general(out: &mut Vec<u8>, digits: &Digits, most: i64, format: u8) {
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= most {
        exponential(out, digits, None, format + b'e' - b'g');
    } else {
        fixed(out, digits);
    }
}

fn exponential(out: &mut Vec<u8>, digits: &Digits, places: Option<usize>, letter: u8) {
    let first = digits.get(0..1);
    out.push(first.first().copied().unwrap_or(b'0'));
    let places = places.unwrap_or(digits.count().saturating_sub(1));
    if places > 0 {
        out.push(b'.');
        let more = digits.get(1..places.saturating_add(1));
        out.extend_from_slice(more);
        zeros(out, places - more.len());
    }
    out.push(letter);
    let exponent = if digits.count() == 0 { 0 } else { digits.point - 1 };
    power(out, exponent);
}

/// A sign and at least two digits.
fn power(out: &mut Vec<u8>, exponent: i64) {
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let exponent = exponent.unsigned_abs();
    if exponent < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(exponent.to_string().as_bytes());
}

/// Without an exponent, with as many digits as there are.
fn fixed(out: &mut Vec<u8>, digits: &Digits) {
    let count = digits.count();
    match usize::try_from(digits.point) {
        Ok(point) if point > 0 => {
            let whole = digits.get(0..point);
            out.extend_from_slice(whole);
            zeros(out, point - whole.len());
            if count > point {
                out.push(b'.');
                out.extend_from_slice(digits.get(point..count));
            }
        }
        _ if count == 0 => out.push(b'0'),
        _ => {
            out.extend_from_slice(b"0.");
            zeros(out, usize::try_from(-digits.point).unwrap_or_default());
            out.extend_from_slice(digits.get(0..count));
        }
    }
}

/// Without an exponent, with so many digits after the point.
fn fixed_to(out: &mut Vec<u8>, value: f64, places: usize) {
    let exact = places.min(MOST_DIGITS);
    out.extend_from_slice(format!("{value:.exact$}").as_bytes());
    zeros(out, places - exact);
}

/// The mantissa as a whole number, and the power of two to multiply it with.
fn parts(value: f64, bits: u32) -> (u64, i64, u32) {
    #[allow(clippy::cast_possible_truncation)]
    let (raw, mantissa_bits, bias) = if bits == 32 {
        (u64::from((value as f32).to_bits()), 23, 127)
    } else {
        (value.to_bits(), 52, 1023)
    };
    let mantissa = raw & ((1 << mantissa_bits) - 1);
    let exponent = i64::try_from(raw >> mantissa_bits).unwrap_or_default();
    if exponent == 0 {
        (mantissa, 1 - bias - i64::from(mantissa_bits), mantissa_bits)
    } else {
        (
            mantissa | 1 << mantissa_bits,
            exponent - bias - i64::from(mantissa_bits),
            mantissa_bits,
        )
    }
}

fn binary(out: &mut Vec<u8>, value: f64, bits: u32) {
    let (mantissa, exponent, _) = parts(value, bits);
    out.extend_from_slice(format!("{mantissa}p{exponent:+}").as_bytes());
}

fn hexadecimal(out: &mut Vec<u8>, value: f64, format: u8, precision: Option<usize>, bits: u32) {
    /// Where the leading one stands while the fraction's fifteen digits lie below it.
    const ONE: u64 = 1 << 60;
    let (mantissa, exponent, mantissa_bits) = parts(value, bits);
    let mut exponent = exponent + i64::from(mantissa_bits);
    let mut mantissa = mantissa << (60 - mantissa_bits);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent -= i64::from(shift);
    }
    if let Some(places) = precision
        && places < 15
    {
        let unit = ONE >> (4 * places);
        let rest = mantissa & (unit - 1);
        mantissa -= rest;
        if rest > unit / 2 || rest == unit / 2 && mantissa & unit != 0 {
            mantissa += unit;
        }
        if mantissa & (2 * ONE) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    out.extend_from_slice(&[b'0', format, if mantissa & ONE == 0 { b'0' } else { b'1' }]);
    let fraction = format!("{:015x}", mantissa & (ONE - 1));
    let fraction = match precision {
        None => fraction.trim_end_matches('0'),
        Some(places) => fraction.get(..places).unwrap_or(&fraction),
    };
    let places = precision.unwrap_or(fraction.len());
    if places > 0 {
        out.push(b'.');
        let start = out.len();
        out.extend_from_slice(fraction.as_bytes());
        zeros(out, places - fraction.len());
        if format == b'X'
            && let Some(fraction) = out.get_mut(start..)
        {
            fraction.make_ascii_uppercase();
        }
    }
    out.push(if format == b'X' { b'P' } else { b'p' });
    power(out, exponent);
}
