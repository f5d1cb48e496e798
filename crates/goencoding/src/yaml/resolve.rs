//! What a scalar without quotes means: go-yaml's mixture of YAML 1.1 and 1.2.

use hoist_govalue::strconv;

use super::error::Problem;
use super::numbers::parse_float;

const PREFIX: &[u8] = b"tag:yaml.org,2002:";

/// What a scalar is resolved to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit the signed ones.
    Uint(u64),
    Float(f64),
    /// A point in time, which is read as a string.
    Timestamp,
    Str,
    /// A string in base64, for its tag.
    Binary,
}

impl Resolved {
    /// The tag that it has by itself, in its short form.
    fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Str => "!!str",
            Self::Binary => "!!binary",
        }
    }
}

/// Which go-yaml resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Version 2, in which `yes` is true.
    V2,
    /// Version 3, which writes only.
    V3,
}

/// What a scalar with a tag means.
pub(super) fn resolve_tagged(tag: &[u8], text: &[u8]) -> Result<Resolved, Problem> {
    let Some(short) = tag.strip_prefix(PREFIX) else {
        return Ok(Resolved::Str);
    };
    let found = match short {
        b"str" => return Ok(Resolved::Str),
        b"binary" => return Ok(Resolved::Binary),
        b"bool" | b"int" | b"float" | b"null" => resolve_in(text, Dialect::V2, false),
        b"timestamp" => resolve_in(text, Dialect::V2, true),
        _ => return Ok(Resolved::Str),
    };
    let own = found.tag();
    match (short, found) {
        (b"float", Resolved::Int(number)) => Ok(Resolved::Float(number as f64)),
        _ if own.as_bytes().get(2..) == Some(short) => Ok(found),
        _ => Err(Problem::plain(format!(
            "cannot decode {own} `{}` as a !!{}",
            String::from_utf8_lossy(text),
            String::from_utf8_lossy(short)
        ))),
    }
}

/// What a scalar without quotes and tag means.
pub(super) fn resolve(text: &[u8], dialect: Dialect) -> Resolved {
    resolve_in(text, dialect, true)
}

fn resolve_in(text: &[u8], dialect: Dialect, timestamps: bool) -> Resolved {
    let Some(&first) = text.first() else {
        return Resolved::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => number(text, first, dialect, timestamps),
        b'.' => match text {
            b".nan" | b".NaN" | b".NAN" => Resolved::Float(f64::NAN),
            b".inf" | b".Inf" | b".INF" => Resolved::Float(f64::INFINITY),
            _ => parse_float(text).map_or(Resolved::Str, Resolved::Float),
        },
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, dialect),
        _ => Resolved::Str,
    }
}

fn word(text: &[u8], dialect: Dialect) -> Resolved {
    match text {
        b"~" | b"null" | b"Null" | b"NULL" => Resolved::Null,
        b"true" | b"True" | b"TRUE" => Resolved::Bool(true),
        b"false" | b"False" | b"FALSE" => Resolved::Bool(false),
        _ if dialect == Dialect::V3 => Resolved::Str,
        b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"on" | b"On" | b"ON" => Resolved::Bool(true),
        b"n" | b"N" | b"no" | b"No" | b"NO" | b"off" | b"Off" | b"OFF" => Resolved::Bool(false),
        _ => Resolved::Str,
    }
}

fn number(text: &[u8], first: u8, dialect: Dialect, timestamps: bool) -> Resolved {
    match text {
        b"+.inf" | b"+.Inf" | b"+.INF" => return Resolved::Float(f64::INFINITY),
        b"-.inf" | b"-.Inf" | b"-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if timestamps && first.is_ascii_digit() && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let stripped: Vec<u8>;
    let plain = if text.contains(&b'_') {
        stripped = text.iter().copied().filter(|&byte| byte != b'_').collect();
        &stripped[..]
    } else {
        text
    };
    if let Ok(number) = strconv::parse_int(plain, 0, 64) {
        return Resolved::Int(number);
    }
    if let Ok(number) = strconv::parse_uint(plain, 0, 64) {
        return Resolved::Uint(number);
    }
    if let Some(number) = parse_float(plain) {
        return Resolved::Float(number);
    }
    // What is left are signs behind the prefix of the base.
    let base = match plain {
        [b'0', b'b', ..] | [b'-', b'0', b'b', ..] => 2,
        [b'0', b'o', ..] | [b'-', b'0', b'o', ..] if dialect == Dialect::V3 => 8,
        _ => return Resolved::Str,
    };
    let signed = match plain {
        [b'-', _, _, rest @ ..] => strconv::parse_int(&[b"-", rest].concat(), base, 64),
        _ => strconv::parse_int(plain.get(2..).unwrap_or_default(), base, 64),
    };
    signed.map_or(Resolved::Str, Resolved::Int)
}

/// `YYYY-M-D`, alone or with a time behind `T`, `t` (then with a zone) or a space (then without).
fn is_timestamp(text: &[u8]) -> bool {
    let Some(date) = text.get(4..).and_then(|rest| rest.strip_prefix(b"-")) else {
        return false;
    };
    let Some(year) = text.get(..4).and_then(digits) else {
        return false;
    };
    let Some((month, rest)) = one_or_two(date) else {
        return false;
    };
    let Some((day, rest)) = rest.strip_prefix(b"-").and_then(one_or_two) else {
        return false;
    };
    if day < 1 || day > days_in(month, year) {
        return false;
    }
    match rest {
        [] => true,
        [b'T' | b't', rest @ ..] => time(rest).is_some_and(is_zone),
        [b' ', rest @ ..] => time(without_spaces(rest)).is_some_and(<[u8]>::is_empty),
        _ => false,
    }
}

/// Reads a time of day, with its fraction; answers what follows it.
fn time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = one_or_two(text)?;
    let (minute, rest) = one_or_two(rest.strip_prefix(b":")?)?;
    let (second, rest) = one_or_two(rest.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = match rest {
        [b'.' | b',', fraction @ ..] if fraction.first().is_some_and(u8::is_ascii_digit) => {
            let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(length..)?
        }
        _ => rest,
    };
    Some(rest)
}

fn is_zone(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let hours = digits(&[*h1, *h2]);
            let minutes = digits(&[*m1, *m2]);
            hours.is_some_and(|hours| hours <= 24) && minutes.is_some_and(|minutes| minutes <= 60)
        }
        _ => false,
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter()
        .try_fold(0, |number, &digit| Some(number * 10 + char::from(digit).to_digit(10)?))
}

fn one_or_two(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = match text {
        [first, second, ..] if first.is_ascii_digit() && second.is_ascii_digit() => 2,
        [first, ..] if first.is_ascii_digit() => 1,
        _ => return None,
    };
    Some((digits(text.get(..length)?)?, text.get(length..)?))
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|&&byte| byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// A number to the base of 60 as YAML 1.1 knows it, which go-yaml does not read but keeps others from reading.
pub(super) fn is_base60(text: &[u8]) -> bool {
    let unsigned = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    if !unsigned.first().is_some_and(u8::is_ascii_digit) || !text.contains(&b':') {
        return false;
    }
    let number = |byte: &&u8| byte.is_ascii_digit() || **byte == b'_';
    let mut rest = unsigned
        .get(unsigned.iter().take_while(number).count()..)
        .unwrap_or_default();
    let mut parts = 0;
    while let [b':', tail @ ..] = rest {
        rest = match tail {
            [b'0'..=b'5', b'0'..=b'9', tail @ ..] | [b'0'..=b'9', tail @ ..] => tail,
            _ => return false,
        };
        parts += 1;
    }
    if let [b'.', tail @ ..] = rest {
        rest = tail.get(tail.iter().take_while(number).count()..).unwrap_or_default();
    }
    parts > 0 && rest.is_empty()
}
