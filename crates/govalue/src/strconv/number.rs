//! Numbers and truths read from text.

use super::quote;
use super::read::float;

/// Why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not written as one.
    Syntax,
    /// It is too large for its type.
    Range,
    /// The base is none.
    Base(u32),
}

/// An error of strconv, with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct NumError {
    function: &'static str,
    text: Vec<u8>,
    reason: Reason,
    nearest: Nearest,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Nearest {
    Zero,
    Int(i64),
    Uint(u64),
    Float(f64),
}

impl NumError {
    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What Go returns beside the error, for callers that ignore it: the nearest number of the type where the text's
    /// is out of range, else zero.
    pub fn nearest_int(&self) -> i64 {
        match self.nearest {
            Nearest::Int(number) => number,
            _ => 0,
        }
    }

    /// As [`NumError::nearest_int`], of an unsigned type.
    pub fn nearest_uint(&self) -> u64 {
        match self.nearest {
            Nearest::Uint(number) => number,
            _ => 0,
        }
    }

    /// As [`NumError::nearest_int`], of a floating-point type: an infinity.
    pub fn nearest_float(&self) -> f64 {
        match self.nearest {
            Nearest::Float(number) => number,
            _ => 0.0,
        }
    }

    fn new(function: &'static str, text: &[u8], (reason, nearest): (Reason, Nearest)) -> Self {
        Self {
            function,
            text: text.to_vec(),
            reason,
            nearest,
        }
    }
}

impl std::fmt::Display for NumError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "strconv.{}: parsing {}: ", self.function, quote(&self.text))?;
        match self.reason {
            Reason::Syntax => f.write_str("invalid syntax"),
            Reason::Range => f.write_str("value out of range"),
            Reason::Base(base) => write!(f, "invalid base {base}"),
        }
    }
}

impl std::error::Error for NumError {}

pub(super) type Failure = (Reason, Nearest);

pub(super) const SYNTAX: Failure = (Reason::Syntax, Nearest::Zero);

/// A signed integer of so many bits (0 for `int`) in a base; in base 0 its prefix tells the base, and underscores may
/// part its digits (`strconv.ParseInt`).
pub fn parse_int(text: &[u8], base: u32, bits: u32) -> Result<i64, NumError> {
    int(text, base, bits).map_err(|failure| NumError::new("ParseInt", text, failure))
}

/// An unsigned integer (`strconv.ParseUint`).
pub fn parse_uint(text: &[u8], base: u32, bits: u32) -> Result<u64, NumError> {
    uint(text, base, bits).map_err(|failure| NumError::new("ParseUint", text, failure))
}

/// An `int` in base ten (`strconv.Atoi`).
pub fn atoi(text: &[u8]) -> Result<i64, NumError> {
    int(text, 10, 0).map_err(|failure| NumError::new("Atoi", text, failure))
}

/// A truth: `1`, `t`, `T`, `TRUE`, `true`, `True` and their opposites (`strconv.ParseBool`).
pub fn parse_bool(text: &[u8]) -> Result<bool, NumError> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        _ => Err(NumError::new("ParseBool", text, SYNTAX)),
    }
}

/// A floating-point number of 32 or 64 bits, decimal or hexadecimal, `inf` and `nan` too (`strconv.ParseFloat`).
pub fn parse_float(text: &[u8], bits: u32) -> Result<f64, NumError> {
    float(text, bits).map_err(|failure| NumError::new("ParseFloat", text, failure))
}

fn int(text: &[u8], base: u32, bits: u32) -> Result<i64, Failure> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let size = width(bits);
    let limit = 1u64 << (size - 1);
    let magnitude = match uint(digits, base, size) {
        Ok(number) => number,
        Err((Reason::Range, _)) => u64::MAX,
        Err(failure) => return Err(failure),
    };
    if negative {
        return match magnitude {
            number if number > limit => Err((Reason::Range, Nearest::Int(0i64.wrapping_sub_unsigned(limit)))),
            number => Ok(0i64.wrapping_sub_unsigned(number)),
        };
    }
    match i64::try_from(magnitude) {
        Ok(number) if magnitude < limit => Ok(number),
        _ => Err((Reason::Range, Nearest::Int((limit - 1).cast_signed()))),
    }
}

fn width(bits: u32) -> u32 {
    if bits == 0 { 64 } else { bits.min(64) }
}

fn uint(text: &[u8], base: u32, bits: u32) -> Result<u64, Failure> {
    if text.is_empty() {
        return Err(SYNTAX);
    }
    let (radix, digits) = match (base, text) {
        (2..=36, _) => (base, text),
        (0, [b'0', b'b' | b'B', digits @ ..]) if !digits.is_empty() => (2, digits),
        (0, [b'0', b'o' | b'O', digits @ ..]) if !digits.is_empty() => (8, digits),
        (0, [b'0', b'x' | b'X', digits @ ..]) if !digits.is_empty() => (16, digits),
        (0, [b'0', digits @ ..]) => (8, digits),
        (0, _) => (10, text),
        _ => return Err((Reason::Base(base), Nearest::Zero)),
    };
    let most = u64::MAX >> (64 - width(bits));
    let too_large = (Reason::Range, Nearest::Uint(most));
    let mut number = 0u64;
    let mut underscores = false;
    for &byte in digits {
        if byte == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(SYNTAX)?;
        number = number
            .checked_mul(u64::from(radix))
            .and_then(|number| number.checked_add(u64::from(digit)))
            .filter(|number| *number <= most)
            .ok_or(too_large)?;
    }
    if underscores && !underscores_fit(text) {
        return Err(SYNTAX);
    }
    Ok(number)
}

/// Whether each underscore stands between digits, or between the prefix and a digit.
pub(super) fn underscores_fit(text: &[u8]) -> bool {
    let text = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let (hex, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (true, rest),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let is_digit = |byte: u8| byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
    // A prefix counts as a digit before the first underscore.
    let mut before = if digits.len() < text.len() { b'0' } else { b'!' };
    for &byte in digits {
        match (before, byte) {
            (before, b'_') if !is_digit(before) => return false,
            (b'_', byte) if !is_digit(byte) => return false,
            _ => before = byte,
        }
    }
    before != b'_'
}
