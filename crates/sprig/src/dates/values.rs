//! Times and durations for functions that are not sprig's: Helm's `durationRoundTo` and its like, `fromToml`.

use hoist_govalue::Value;

use super::moment::Moment;
use super::zone::Zone;
use super::{duration, object};

/// A `time.Duration` of so many nanoseconds.
pub fn duration(nanos: i64) -> Value {
    object::duration_value(nanos)
}

/// The nanoseconds of a value that is a `time.Duration`.
pub fn duration_of(value: &Value) -> Option<i64> {
    object::duration_of(value)
}

/// Reads a duration such as `1h30m` (`time.ParseDuration`), in nanoseconds; else Go's text of the error.
///
/// # Errors
///
/// The text is none.
pub fn parse_duration(text: &[u8]) -> Result<i64, String> {
    duration::parse(text)
}

/// The nearest multiple of another duration, of two the one further from zero (`Duration.Round`).
pub fn round_duration(nanos: i64, to: i64) -> i64 {
    duration::round(nanos, to)
}

/// The multiple of another duration that is next towards zero (`Duration.Truncate`).
pub fn truncate_duration(nanos: i64, to: i64) -> i64 {
    duration::truncate(nanos, to)
}

/// A duration in a unit of so many nanoseconds, as `Duration.Hours` and its like have it.
pub fn duration_in(nanos: i64, unit: i64) -> f64 {
    duration::in_units(nanos, unit)
}

/// A `time.Time` in a zone with a name and a fixed offset in seconds; without a name, an offset of zero is UTC.
///
/// `date` is year, month and day, `clock` hours, minutes and seconds.
pub fn time(date: (i64, i64, i64), clock: (i64, i64, i64), nanos: u32, zone: &str, offset: i64) -> Value {
    let zone = match (zone, offset) {
        ("", 0) => Zone::Utc,
        (name, offset) => Zone::Fixed(name.into(), offset),
    };
    let (year, month, day) = date;
    object::time(Moment::of(year, month, day, clock, nanos, zone))
}
