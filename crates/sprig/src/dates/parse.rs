//! Times read from text by a layout, with Go's errors.

use super::civil::{days_before, days_in, is_leap};
use super::layout::{self, Element, MONTHS, WEEKDAYS};
use super::moment::Moment;
use super::scan::{Bad, atoi, is_digit, lookup, nanos, number, offset, quote, skip, zone_name};
use super::zone::Zone;

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
