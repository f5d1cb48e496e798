//! Times read from text by a layout, with Go's errors.

use hoist_govalue::utf8;

use super::civil::{days_before, days_in, is_leap};
use super::layout::{self, Element, MONTHS, Offset, WEEKDAYS};
use super::moment::Moment;
use super::zone::Zone;

/// Why an element does not fit.
enum Bad {
    /// It is not one.
    Value,
    /// It is one, but this is out of range.
    Range(&'static str),
}

type Read<'a, T> = Result<(T, &'a [u8]), Bad>;

#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    morning: bool,
    afternoon: bool,
    utc: bool,
    offset: Option<i64>,
    zone_name: Vec<u8>,
}

/// Reads a time that is meant in a zone where it does not name another; else Go's text of the error.
pub(super) fn parse(layout: &[u8], value: &[u8], zone: &Zone) -> Result<Moment, String> {
    let unfit = |rest: &[u8], element: &[u8]| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(value),
            quote(layout),
            quote(rest),
            quote(element)
        )
    };
    let wrong = |what: &str| format!("parsing time {}: {what}", quote(value));
    let mut fields = Fields::default();
    let (mut pattern, mut rest) = (layout, value);
    loop {
        let chunk = layout::next(pattern);
        rest = skip(rest, chunk.prefix).map_err(|rest| unfit(rest, chunk.prefix))?;
        let Some(element) = chunk.element else {
            if !rest.is_empty() {
                return Err(wrong(&format!("extra text: {}", quote(rest))));
            }
            break;
        };
        pattern = chunk.rest;
        rest = fields.read(element, rest, pattern).map_err(|bad| match bad {
            Bad::Value => unfit(rest, chunk.written),
            Bad::Range(what) => wrong(&format!("{what} out of range")),
        })?;
    }
    fields.moment(zone).map_err(wrong)
}

impl Fields {
    fn read<'a>(&mut self, element: Element, text: &'a [u8], layout: &[u8]) -> Result<&'a [u8], Bad> {
        let within = |(number, rest): (i64, &'a [u8]), least: i64, most: i64, what| {
            if (least..=most).contains(&number) {
                Ok((number, rest))
            } else {
                Err(Bad::Range(what))
            }
        };
        let rest = match element {
            Element::Year => {
                let (digits, rest) = text.split_at_checked(2).ok_or(Bad::Value)?;
                let year = atoi(digits)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                rest
            }
            Element::LongYear => {
                let (digits, rest) = text.split_at_checked(4).ok_or(Bad::Value)?;
                if !is_digit(digits, 0) {
                    return Err(Bad::Value);
                }
                self.year = atoi(digits)?;
                rest
            }
            Element::Month | Element::LongMonth => {
                let (index, rest) = lookup(&MONTHS, text, element == Element::Month)?;
                self.month = Some(index + 1);
                rest
            }
            Element::NumMonth | Element::ZeroMonth => {
                let (month, rest) = within(number(text, element == Element::ZeroMonth)?, 1, 12, "month")?;
                self.month = Some(month);
                rest
            }
            Element::Weekday | Element::LongWeekday => lookup(&WEEKDAYS, text, element == Element::Weekday)?.1,
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                let padded = element == Element::UnderDay;
                let text = text.strip_prefix(b" ").filter(|_| padded).unwrap_or(text);
                let (day, rest) = number(text, element == Element::ZeroDay)?;
                self.day = Some(day);
                rest
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                let padded = element == Element::UnderYearDay;
                let mut text = text;
                for _ in 0..2 {
                    text = text.strip_prefix(b" ").filter(|_| padded).unwrap_or(text);
                }
                let digits = text.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 || (!padded && digits != 3) {
                    return Err(Bad::Value);
                }
                let (digits, rest) = text.split_at_checked(digits).ok_or(Bad::Value)?;
                self.year_day = Some(atoi(digits)?);
                rest
            }
            Element::Hour => {
                let (hour, rest) = within(number(text, false)?, 0, 23, "hour")?;
                self.hour = hour;
                rest
            }
            Element::Hour12 | Element::ZeroHour12 => {
                let (hour, rest) = within(number(text, element == Element::ZeroHour12)?, 0, 12, "hour")?;
                self.hour = hour;
                rest
            }
            Element::Minute | Element::ZeroMinute => {
                let (minute, rest) = within(number(text, element == Element::ZeroMinute)?, 0, 59, "minute")?;
                self.minute = minute;
                rest
            }
            Element::Second | Element::ZeroSecond => {
                let (second, rest) = within(number(text, element == Element::ZeroSecond)?, 0, 59, "second")?;
                self.second = second;
                self.unasked_fraction(rest, layout)?
            }
            Element::UpperPm | Element::LowerPm => {
                let (half, rest) = text.split_at_checked(2).ok_or(Bad::Value)?;
                let names = if element == Element::UpperPm {
                    [b"AM", b"PM"]
                } else {
                    [b"am", b"pm"]
                };
                if half == names[1] {
                    self.afternoon = true;
                } else if half == names[0] {
                    self.morning = true;
                } else {
                    return Err(Bad::Value);
                }
                rest
            }
            Element::Zone(how) => {
                if let Some(rest) = text.strip_prefix(b"Z").filter(|_| how.z) {
                    self.utc = true;
                    rest
                } else {
                    let (offset, rest) = offset(text, how)?;
                    self.offset = Some(offset);
                    rest
                }
            }
            Element::ZoneName => {
                if let Some(rest) = text.strip_prefix(b"UTC") {
                    self.utc = true;
                    rest
                } else {
                    let length = zone_name(text).ok_or(Bad::Value)?;
                    let (name, rest) = text.split_at_checked(length).ok_or(Bad::Value)?;
                    self.zone_name = name.to_vec();
                    rest
                }
            }
            Element::Fraction {
                digits, trim: false, ..
            } => {
                let (fraction, rest) = text.split_at_checked(1 + digits).ok_or(Bad::Value)?;
                self.nanos = nanos(fraction)?;
                rest
            }
            // A fraction that may be left out.
            Element::Fraction { .. } => self.fraction(text)?,
        };
        Ok(rest)
    }

    /// A fraction after seconds, though the layout asks for none.
    fn unasked_fraction<'a>(&mut self, text: &'a [u8], layout: &[u8]) -> Result<&'a [u8], Bad> {
        if matches!(layout::next(layout).element, Some(Element::Fraction { .. })) {
            return Ok(text);
        }
        self.fraction(text)
    }

    fn fraction<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Bad> {
        let digits = text.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        if !matches!(text.first(), Some(b'.' | b',')) || digits == 0 {
            return Ok(text);
        }
        let (fraction, rest) = text.split_at_checked(1 + digits).ok_or(Bad::Value)?;
        self.nanos = nanos(fraction)?;
        Ok(rest)
    }

    fn moment(mut self, zone: &Zone) -> Result<Moment, &'static str> {
        if self.afternoon && self.hour < 12 {
            self.hour += 12;
        } else if self.morning && self.hour == 12 {
            self.hour = 0;
        }
        let (month, day) = self.date()?;
        let at = |zone: Zone| {
            let time = (self.hour, self.minute, self.second);
            Moment::of(self.year, month, day, time, self.nanos, zone)
        };
        if self.utc {
            return Ok(at(Zone::Utc));
        }
        let name = String::from_utf8_lossy(&self.zone_name).into_owned();
        // Go's mark for no offset is one second west.
        if let Some(offset) = self.offset.filter(|it| *it != -1) {
            let mut moment = at(Zone::Utc);
            moment.add_secs(-offset);
            let own = zone.at(moment.unix());
            let same = own.offset == offset && (name.is_empty() || own.name == name);
            return Ok(moment.in_zone(if same {
                zone.clone()
            } else {
                Zone::Fixed(name.into(), offset)
            }));
        }
        if name.is_empty() {
            return Ok(at(zone.clone()));
        }
        let mut moment = at(Zone::Utc);
        if let Some(offset) = zone.offset_of(&name, moment.unix()) {
            moment.add_secs(-offset);
            return Ok(moment.in_zone(zone.clone()));
        }
        let hours = name.strip_prefix("GMT").and_then(|it| atoi(it.as_bytes()).ok());
        let offset = hours.unwrap_or_default() * 3600;
        Ok(moment.in_zone(Zone::Fixed(name.into(), offset)))
    }

    /// The month and day, which must be some, and must agree with the day of the year.
    fn date(&self) -> Result<(i64, i64), &'static str> {
        let (month, day) = match self.year_day {
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
            Some(mut of_year) => {
                let leap_day = is_leap(self.year) && of_year == 60;
                if is_leap(self.year) && of_year > 60 {
                    of_year -= 1;
                }
                if !(1..=365).contains(&of_year) {
                    return Err("day-of-year out of range");
                }
                let (month, day) = if leap_day {
                    (2, 29)
                } else {
                    let month = (1..=12).rev().find(|month| days_before(*month) < of_year).unwrap_or(1);
                    (month, of_year - days_before(month))
                };
                if self.month.is_some_and(|it| it != month) {
                    return Err("day-of-year does not match month");
                }
                if self.day.is_some_and(|it| it != day) {
                    return Err("day-of-year does not match day");
                }
                (month, day)
            }
        };
        if day < 1 || day > days_in(month, self.year) {
            return Err("day out of range");
        }
        Ok((month, day))
    }
}

fn is_digit(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_digit)
}

/// One or two digits; two where they are `fixed`.
fn number(text: &[u8], fixed: bool) -> Read<'_, i64> {
    let length = match (is_digit(text, 0), is_digit(text, 1)) {
        (true, true) => 2,
        (true, false) if !fixed => 1,
        _ => return Err(Bad::Value),
    };
    let (digits, rest) = text.split_at_checked(length).ok_or(Bad::Value)?;
    Ok((atoi(digits)?, rest))
}

fn atoi(text: &[u8]) -> Result<i64, Bad> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (number, rest) = leading_int(digits).ok_or(Bad::Value)?;
    if !rest.is_empty() {
        return Err(Bad::Value);
    }
    let number = number as i64;
    Ok(if negative { number.wrapping_neg() } else { number })
}

/// The digits that the text starts with, which may be none; `None` where they are too many.
pub(super) fn leading_int(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let mut number: u64 = 0;
    for digit in digits {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        if number > 1 << 63 {
            return None;
        }
    }
    Some((number, rest))
}

/// Nanoseconds of a point with digits.
fn nanos(text: &[u8]) -> Result<u32, Bad> {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return Err(Bad::Value);
    }
    let digits = text.get(1..text.len().min(10)).unwrap_or_default();
    let mut nanos = atoi(digits)?;
    if nanos < 0 {
        return Err(Bad::Range("fractional second"));
    }
    for _ in digits.len()..9 {
        nanos *= 10;
    }
    u32::try_from(nanos).map_err(|_| Bad::Value)
}

/// The name that the text starts with, in any case of letters.
fn lookup<'a>(names: &[&'static str], text: &'a [u8], short: bool) -> Read<'a, i64> {
    for (index, name) in names.iter().enumerate() {
        let name = if short { layout::short(name) } else { name };
        let start = text.get(..name.len());
        if start.is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes())) {
            return Ok((index as i64, text.get(name.len()..).unwrap_or_default()));
        }
    }
    Err(Bad::Value)
}

fn offset(text: &[u8], how: Offset) -> Read<'_, i64> {
    let at = |from: usize| text.get(from..from + 2).unwrap_or_default();
    let (minutes_at, seconds_at) = if how.colons { (4, 7) } else { (3, 5) };
    let length = match (how.minutes, how.seconds) {
        (false, _) => 3,
        (true, false) => minutes_at + 2,
        (true, true) => seconds_at + 2,
    };
    let rest = text.get(length..).ok_or(Bad::Value)?;
    let colon = |at: usize| text.get(at) == Some(&b':');
    if how.colons && (!colon(3) || (how.seconds && !colon(6))) {
        return Err(Bad::Value);
    }
    let minutes_text = if how.minutes { at(minutes_at) } else { b"00" };
    let seconds_text = if how.seconds { at(seconds_at) } else { b"00" };
    let (mut parts, mut bad) = ([0; 3], false);
    for (part, text) in parts.iter_mut().zip([at(1), minutes_text, seconds_text]) {
        match number(text, true) {
            Ok((value, _)) if !bad => *part = value,
            _ => bad = true,
        }
    }
    let [hours, minutes, seconds] = parts;
    if hours > 24 {
        return Err(Bad::Range("time zone offset hour"));
    }
    if minutes > 60 {
        return Err(Bad::Range("time zone offset minute"));
    }
    if seconds > 60 {
        return Err(Bad::Range("time zone offset second"));
    }
    let offset = (hours * 60 + minutes) * 60 + seconds;
    match text.first() {
        _ if bad => Err(Bad::Value),
        Some(b'+') => Ok((offset, rest)),
        Some(b'-') => Ok((-offset, rest)),
        _ => Err(Bad::Value),
    }
}

/// The length of the abbreviation of a zone that the text starts with.
fn zone_name(text: &[u8]) -> Option<usize> {
    let start = text.get(..3)?;
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if start == b"GMT" {
        return Some(3 + signed_offset(text.get(3..)?));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset(text)).filter(|it| *it > 0);
    }
    let upper = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match upper {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

/// The length of a sign with hours; 0 where there is none.
fn signed_offset(text: &[u8]) -> usize {
    let Some((b'+' | b'-', digits)) = text.split_first() else {
        return 0;
    };
    match leading_int(digits) {
        Some((hours, rest)) if hours <= 23 && rest.len() < digits.len() => text.len() - rest.len(),
        _ => 0,
    }
}

/// The text without a prefix, in which spaces stand for any number of them; the inner error is where it stops to fit.
fn skip<'a>(mut text: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some(first) = prefix.first() {
        if *first == b' ' {
            if text.first().is_some_and(|it| *it != b' ') {
                return Err(text);
            }
            prefix = without_spaces(prefix);
            text = without_spaces(text);
            continue;
        }
        if text.first() != Some(first) {
            return Err(text);
        }
        prefix = prefix.get(1..).unwrap_or_default();
        text = text.get(1..).unwrap_or_default();
    }
    Ok(text)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte != b' ');
    text.get(end.unwrap_or(text.len())..).unwrap_or_default()
}

/// A text between quotes as Go's package time writes it: whatever is not plain ASCII by its bytes.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (at, rune, length) in utf8::runes(text) {
        match rune {
            ' '..'\u{80}' => {
                if matches!(rune, '"' | '\\') {
                    out.push('\\');
                }
                out.push(rune);
            }
            _ => {
                for byte in text.get(at..at + length).unwrap_or_default() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    out.push('"');
    out
}
