//! Durations: reading, writing and rounding.

use super::scan::{leading_int, quote};

/// Nanoseconds of a second.
pub(super) const SECOND: i64 = 1_000_000_000;

/// Reads a duration such as `1h30m` or `-1.5s`, in nanoseconds; else Go's text of the error.
pub(super) fn parse(text: &[u8]) -> Result<i64, String> {
    let error = |what: &str| format!("time: {what} {}", quote(text));
    let invalid = || error("invalid duration");
    let (negative, mut rest) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while let Some(first) = rest.first() {
        if *first != b'.' && !first.is_ascii_digit() {
            return Err(invalid());
        }
        let (whole, after) = leading_int(rest).ok_or_else(invalid)?;
        let mut some = after.len() != rest.len();
        rest = after;
        let (mut part, mut scale) = (0, 1.0);
        if let Some(after) = rest.strip_prefix(b".") {
            let (found, by, behind) = leading_fraction(after);
            some |= behind.len() != after.len();
            (part, scale, rest) = (found, by, behind);
        }
        if !some {
            return Err(invalid());
        }
        let end = rest.iter().position(|byte| *byte == b'.' || byte.is_ascii_digit());
        let (unit, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let size: u64 = match unit {
            b"" => return Err(error("missing unit in duration")),
            b"ns" => 1,
            b"us" | b"\xC2\xB5s" | b"\xCE\xBCs" => 1_000,
            b"ms" => 1_000_000,
            b"s" => 1_000_000_000,
            b"m" => 60_000_000_000,
            b"h" => 3_600_000_000_000,
            _ => return Err(error(&format!("unknown unit {} in duration", quote(unit)))),
        };
        let mut value = whole
            .checked_mul(size)
            .filter(|it| *it <= 1 << 63)
            .ok_or_else(invalid)?;
        if part > 0 {
            value += (part as f64 * (size as f64 / scale)) as u64;
        }
        total = total
            .checked_add(value)
            .filter(|it| value <= 1 << 63 && *it <= 1 << 63)
            .ok_or_else(invalid)?;
    }
    if negative {
        return Ok((total as i64).wrapping_neg());
    }
    i64::try_from(total).map_err(|_| invalid())
}

/// The digits after a point, as far as they fit, and by what they are to be divided.
fn leading_fraction(text: &[u8]) -> (u64, f64, &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let (mut value, mut scale) = (0u64, 1.0);
    for digit in digits {
        if value > i64::MAX as u64 / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value, scale, rest)
}

/// A duration as Go writes it: `1h2m3.5s`, `1.5ms`, `0s`.
pub(super) fn string(duration: i64) -> String {
    let sign = if duration < 0 { "-" } else { "" };
    let nanos = duration.unsigned_abs();
    let small = |unit: u64| decimal(nanos / unit, nanos % unit, unit);
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{nanos}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", small(1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", small(1_000_000)),
        _ => {
            let seconds = nanos / 1_000_000_000;
            let last = decimal(seconds % 60, nanos % 1_000_000_000, 1_000_000_000);
            match (seconds / 3600, seconds / 60 % 60) {
                (0, 0) => format!("{sign}{last}s"),
                (0, minutes) => format!("{sign}{minutes}m{last}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{last}s"),
            }
        }
    }
}

/// A number with its fraction, which is so many of a unit, without zeros at its end.
fn decimal(whole: u64, fraction: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{whole}.{fraction:0width$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// To the nearest multiple, away from zero when halfway; the most or least there is where it does not fit.
pub(super) fn round(duration: i64, to: i64) -> i64 {
    if to <= 0 {
        return duration;
    }
    let over = (duration % to).unsigned_abs();
    let half = over.saturating_mul(2) < to.unsigned_abs();
    let down = over as i64;
    let up = to - down;
    match (duration < 0, half) {
        (false, true) => duration - down,
        (true, true) => duration + down,
        (false, false) => duration.saturating_add(up),
        (true, false) => duration.saturating_sub(up),
    }
}

/// Toward zero to a multiple.
pub(super) fn truncate(duration: i64, to: i64) -> i64 {
    if to <= 0 { duration } else { duration - duration % to }
}

/// In a unit of so many nanoseconds, as Go computes it: the whole part and the rest each by themselves.
pub(super) fn in_units(duration: i64, unit: i64) -> f64 {
    (duration / unit) as f64 + (duration % unit) as f64 / unit as f64
}

/// As sprig's `durationRound` has it: the largest unit alone.
pub(super) fn rounded(duration: i64) -> String {
    const HOUR: u64 = 3_600_000_000_000;
    let nanos = duration.unsigned_abs();
    let units = [
        (HOUR * 24 * 365, "y"),
        (HOUR * 24 * 30, "mo"),
        (HOUR * 24, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let fitting = units.iter().find(|(size, _)| nanos > *size);
    fitting.map_or_else(|| "0s".to_owned(), |(size, unit)| format!("{}{unit}", nanos / size))
}
