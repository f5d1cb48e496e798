//! Go's layouts: the reference time (Mon Jan 2 15:04:05 MST 2006), written as times are to be.

/// What a part of a layout stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Zone(Offset),
    /// A fraction of a second.
    Fraction {
        digits: usize,
        /// Whether zeros at its end are left out.
        trim: bool,
        comma: bool,
    },
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// Whether UTC is `Z`.
    pub(super) z: bool,
    pub(super) colons: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// A layout up to its first element and with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk<'a> {
    /// Text as it is.
    pub(super) prefix: &'a [u8],
    /// `None` at the end.
    pub(super) element: Option<Element>,
    /// How the element is written.
    pub(super) written: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// The first part of a layout.
pub(super) fn next(layout: &[u8]) -> Chunk<'_> {
    for at in 0..layout.len() {
        let text = layout.get(at..).unwrap_or_default();
        let Some((mut skip, length, element)) = element(text) else {
            continue;
        };
        skip += at;
        let end = skip + length;
        return Chunk {
            prefix: layout.get(..skip).unwrap_or_default(),
            element: Some(element),
            written: layout.get(skip..end).unwrap_or_default(),
            rest: layout.get(end..).unwrap_or_default(),
        };
    }
    Chunk {
        prefix: layout,
        element: None,
        written: &[],
        rest: &[],
    }
}

/// The element that the text starts with: the bytes before it, its length, and what it is.
fn element(text: &[u8]) -> Option<(usize, usize, Element)> {
    use Element as E;
    let is = |length, element| Some((0, length, element));
    let starts = |prefix: &str| text.starts_with(prefix.as_bytes());
    let lower_at = |at: usize| text.get(at).is_some_and(u8::is_ascii_lowercase);
    match text.first()? {
        b'J' if starts("January") => is(7, E::LongMonth),
        b'J' if starts("Jan") && !lower_at(3) => is(3, E::Month),
        b'M' if starts("Monday") => is(6, E::LongWeekday),
        b'M' if starts("Mon") && !lower_at(3) => is(3, E::Weekday),
        b'M' if starts("MST") => is(3, E::ZoneName),
        b'0' => match text.get(1)? {
            b'1' => is(2, E::ZeroMonth),
            b'2' => is(2, E::ZeroDay),
            b'3' => is(2, E::ZeroHour12),
            b'4' => is(2, E::ZeroMinute),
            b'5' => is(2, E::ZeroSecond),
            b'6' => is(2, E::Year),
            b'0' if text.get(2) == Some(&b'2') => is(3, E::ZeroYearDay),
            _ => None,
        },
        b'1' if starts("15") => is(2, E::Hour),
        b'1' => is(1, E::NumMonth),
        b'2' if starts("2006") => is(4, E::LongYear),
        b'2' => is(1, E::Day),
        // The underscore before a year is one.
        b'_' if starts("_2006") => Some((1, 4, E::LongYear)),
        b'_' if starts("_2") => is(2, E::UnderDay),
        b'_' if starts("__2") => is(3, E::UnderYearDay),
        b'3' => is(1, E::Hour12),
        b'4' => is(1, E::Minute),
        b'5' => is(1, E::Second),
        b'P' if starts("PM") => is(2, E::UpperPm),
        b'p' if starts("pm") => is(2, E::LowerPm),
        sign @ (b'-' | b'Z') => {
            let (length, colons, minutes, seconds) = match text.get(1..)? {
                rest if rest.starts_with(b"070000") => (7, false, true, true),
                rest if rest.starts_with(b"07:00:00") => (9, true, true, true),
                rest if rest.starts_with(b"0700") => (5, false, true, false),
                rest if rest.starts_with(b"07:00") => (6, true, true, false),
                rest if rest.starts_with(b"07") => (3, false, false, false),
                _ => return None,
            };
            let z = *sign == b'Z';
            is(
                length,
                E::Zone(Offset {
                    z,
                    colons,
                    minutes,
                    seconds,
                }),
            )
        }
        point @ (b'.' | b',') => {
            let digit = *text.get(1).filter(|it| matches!(it, b'0' | b'9'))?;
            let digits = text.iter().skip(1).take_while(|it| **it == digit).count();
            if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            is(
                1 + digits,
                E::Fraction {
                    // Go keeps twelve bits of the count.
                    digits: digits & 0xFFF,
                    trim: digit == b'9',
                    comma: *point == b',',
                },
            )
        }
        _ => None,
    }
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The name of a month, which counts from 1.
pub(super) fn month(number: i64) -> &'static str {
    let at = usize::try_from(number - 1).unwrap_or_default();
    MONTHS.get(at).copied().unwrap_or_default()
}

/// The name of a weekday, which counts from Sunday, 0.
pub(super) fn weekday(number: i64) -> &'static str {
    let at = usize::try_from(number).unwrap_or_default();
    WEEKDAYS.get(at).copied().unwrap_or_default()
}

/// The first three letters of a name.
pub(super) fn short(name: &'static str) -> &'static str {
    name.get(..3).unwrap_or(name)
}
